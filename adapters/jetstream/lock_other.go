//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package jetstream

import (
	"os"

	"github.com/superher/superher/fault"
)

// lockFile fails: without a lock two processes could spoil each other's stream.
func lockFile(string) (*os.File, error) {
	return nil, fault.New(fault.Unsupported, "clicks-store-unsupported", "an embedded NATS server needs file locks, which this platform does not have")
}
