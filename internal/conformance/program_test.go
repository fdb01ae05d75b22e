package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// programs finds initdb and postgres: in the path, or where the packages of
// Debian and its kin put them, the newest version first.
func programs() (initdb, postgres string, err error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for _, folder := range slices.Backward(folders) {
		initdb, postgres = filepath.Join(folder, "initdb"), filepath.Join(folder, "postgres")
		if isFile(initdb) && isFile(postgres) {
			return initdb, postgres, nil
		}
	}
	initdb, first := exec.LookPath("initdb")
	postgres, second := exec.LookPath("postgres")
	return initdb, postgres, errors.Join(first, second)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// startBinary starts the postgres program of this computer on a fresh folder.
func (s *server) startBinary(ctx context.Context) (string, error) {
	initdb, postgres, err := programs()
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "superher-postgres-")
	if err != nil {
		return "", err
	}
	s.closers = append(s.closers, func(context.Context) error { return os.RemoveAll(folder) })
	data, secret := filepath.Join(folder, "data"), filepath.Join(folder, "password")
	if err := os.WriteFile(secret, []byte(adminPassword), 0o600); err != nil {
		return "", err
	}
	as, err := serverProcess(folder, secret)
	if err != nil {
		return "", err
	}
	setup := exec.CommandContext(ctx, initdb, "-D", data, "-U", adminUser, "--pwfile="+secret,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
	setup.SysProcAttr, setup.Dir = as, folder
	if out, err := setup.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	port, err := freePort(ctx)
	if err != nil {
		return "", err
	}
	// The process outlives ctx, which ends with the start.
	run := exec.CommandContext(context.WithoutCancel(ctx), postgres, append(serverSettings, "-D", data, "-k", folder,
		"-p", strconv.Itoa(port), "-c", "listen_addresses=127.0.0.1")...)
	run.SysProcAttr, run.Dir = as, folder
	if err := run.Start(); err != nil {
		return "", err
	}
	s.closers = append(s.closers, func(context.Context) error { return end(run) })
	return serverURL(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), adminPassword), nil
}

// end asks the server to close its connections and stop, and waits for it.
func end(run *exec.Cmd) error {
	if err := run.Process.Signal(os.Interrupt); err != nil {
		return errors.Join(err, run.Process.Kill())
	}
	force := time.AfterFunc(stopTimeout/2, func() { _ = run.Process.Kill() })
	defer force.Stop()
	return run.Wait()
}

func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("the listener has no port")
	}
	return address.Port, nil
}
