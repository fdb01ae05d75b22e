//go:build unix

package conformance_test

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// serverProcess returns as whom the server runs, and gives that user the paths:
// Postgres refuses to run as root.
func serverProcess(paths ...string) (*syscall.SysProcAttr, error) {
	// An interrupt at the keyboard is for the tests, which then stop the server.
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return as, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.New("the server does not run as root, and there is no user postgres")
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := os.Chown(path, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return as, nil
}
