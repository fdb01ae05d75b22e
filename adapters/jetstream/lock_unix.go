//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package jetstream

import (
	"os"
	"syscall"

	"github.com/superher/superher/fault"
)

// lockFile opens a file and locks it until it is closed, also by a kill. A file
// that is locked already is fault.Conflict "clicks-store-in-use".
func lockFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, unusable(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fault.Wrap(err, fault.Conflict, "clicks-store-in-use", "another process has the folder of the clicks open")
	}
	return file, nil
}
