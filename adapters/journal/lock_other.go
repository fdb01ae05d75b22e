//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package journal

import (
	"os"

	"github.com/superher/superher/fault"
)

// lock fails: without a lock two processes could spoil each other's journal.
func lock(string) (*os.File, error) {
	return nil, fault.New(fault.Unsupported, "journal-unsupported", "the journal of clicks needs file locks, which this platform does not have")
}
