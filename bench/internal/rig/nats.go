//go:build linux

package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// natsPackage is the program of the server of NATS, in the version that this
// module requires.
const natsPackage = "github.com/nats-io/nats-server/v2"

const natsStart = 30 * time.Second

// NATS is a server of NATS with JetStream, a process of its own with its messages
// in files, on a port that it keeps over restarts.
type NATS struct {
	addr, program, folder, log string

	run *exec.Cmd
}

// StartNATS builds the server, with a folder in that of the lab, and starts it.
func (l *Lab) StartNATS(ctx context.Context) (*NATS, error) {
	folder, err := os.MkdirTemp(l.Folder, "nats-")
	if err != nil {
		return nil, err
	}
	program, err := Build(ctx, folder, natsPackage)
	if err != nil {
		return nil, err
	}
	port, err := FreePort(ctx)
	if err != nil {
		return nil, err
	}
	n := &NATS{addr: "127.0.0.1:" + strconv.Itoa(port), program: program, folder: folder, log: filepath.Join(l.Folder, filepath.Base(folder)+logSuffix)}
	if err := n.Start(ctx); err != nil {
		return nil, errors.Join(err, n.Kill())
	}
	return n, nil
}

// URL is how a client reaches it.
func (n *NATS) URL() string { return "nats://" + n.addr }

// Start starts it, a first time or after Kill, and returns when it takes
// connections.
func (n *NATS) Start(ctx context.Context) error {
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the child has its own
	host, port, err := net.SplitHostPort(n.addr)
	if err != nil {
		return err
	}
	run := exec.CommandContext(context.WithoutCancel(ctx), n.program,
		"--jetstream", "--store_dir", filepath.Join(n.folder, "store"), "--addr", host, "--port", port)
	run.SysProcAttr, run.Stdout, run.Stderr = attributes(nil), log, log
	if err := run.Start(); err != nil {
		return err
	}
	n.run = run
	answers := Until(ctx, natsStart, 20*time.Millisecond, func() bool {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", n.addr)
		return err == nil && conn.Close() == nil
	})
	if !answers {
		return fmt.Errorf("NATS does not answer, see %s: %s", n.log, tail(n.log))
	}
	return nil
}

// Kill ends it with SIGKILL.
func (n *NATS) Kill() error {
	if n.run == nil {
		return nil
	}
	err := n.run.Process.Kill()
	_ = n.run.Wait() // it was killed
	n.run = nil
	return err
}
