package clickstest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/clicks/clickstest"
)

// The test file of a recorder is a harness and one call of Run. This recorder
// keeps nothing over the life of its process, so Reopen and Folder are left out.
func ExampleHarness() {
	harness := clickstest.Harness{
		New:   func(*testing.T) clicks.Recorder { return clicks.NewBuffer(0, nil) },
		Small: func(*testing.T) clicks.Recorder { return clicks.NewBuffer(100, nil) },
	}
	// func TestRecorder(t *testing.T) { clickstest.Run(t, harness) }

	recorder := harness.Small(nil)
	for range 101 {
		_ = recorder.Record(context.Background(), clicks.Visit{})
	}
	fmt.Println("shed:", recorder.Stats().Shed)
	// Output:
	// shed: 1
}
