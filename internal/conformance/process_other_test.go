//go:build !unix

package conformance_test

import "syscall"

func serverProcess(...string) (*syscall.SysProcAttr, error) { return nil, nil }
