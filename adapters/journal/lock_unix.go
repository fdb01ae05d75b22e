//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/superher/superher/fault"
)

// lock makes the directory this process's own until the file is closed or the
// process ends, however it ends.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, private) //nolint:gosec // of a directory that the host names
	if err != nil {
		return nil, failed(err, "be locked")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fault.New(fault.Unavailable, "journal-in-use", "another process uses the journal of clicks in "+dir+"; each needs a directory of its own")
		} else {
			err = failed(err, "be locked")
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
