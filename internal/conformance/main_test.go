package conformance_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// stopTimeout bounds what is torn down after the last test.
const stopTimeout = 30 * time.Second

func TestMain(m *testing.M) {
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	err := shared.stop(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance: stopping Postgres:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func inCI() bool { return os.Getenv("CI") == "true" }

// full says whether the suite runs at the scale of the promises, not at the
// scale of a short wait. The race detector makes SQLite, which is C in Go's
// clothes, some thirty times slower, so the run with it stays at the short one.
func full() bool { return os.Getenv("SUPERHER_CONFORMANCE") == "full" }
