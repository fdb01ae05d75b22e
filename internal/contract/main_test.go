package contract_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// full says whether the run is at full scale, not at that of a short wait.
func full() bool { return os.Getenv("SUPERHER_CONTRACT") == "full" }
