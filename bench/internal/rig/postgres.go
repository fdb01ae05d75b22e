//go:build linux

package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The roles of a [Postgres]: Owner owns the tables and is above row security, App
// is whom the server connects as.
const (
	Owner = "superher_owner"
	App   = "superher_app"
)

const postgresStart = time.Minute

// Postgres is a server of its own, durable as a production server: fsync and
// synchronous_commit are on.
type Postgres struct {
	bin, folder string
	port        int
	databases   int
	flags       []string
	as          *syscall.Credential
	run         *exec.Cmd
	ended       chan struct{}
}

// PostgresProgram finds a program of Postgres: in the folders of Debian and its
// kin, the newest version first, or in the path.
func PostgresProgram(name string) (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(folders)
	for _, folder := range slices.Backward(folders) {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is missing; on Debian and Ubuntu: apt-get install postgresql (pgbench: postgresql-contrib)", name)
	}
	return path, nil
}

// StartPostgres makes a server in a folder and starts it, with further settings
// like "shared_buffers=1GB". It has the two roles and a database without tables.
func StartPostgres(ctx context.Context, folder string, settings ...string) (*Postgres, error) {
	initdb, err := PostgresProgram("initdb")
	if err != nil {
		return nil, err
	}
	p := &Postgres{bin: filepath.Dir(initdb), folder: folder}
	if p.as, err = ordinary(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if p.as != nil {
		if err := os.Chown(folder, int(p.as.Uid), int(p.as.Gid)); err != nil {
			return nil, err
		}
	}
	setup := exec.CommandContext(ctx, initdb, "-D", p.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	setup.SysProcAttr, setup.Dir = attributes(p.as), folder
	if out, err := setup.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	if p.port, err = FreePort(ctx); err != nil {
		return nil, err
	}
	for _, setting := range append([]string{
		"listen_addresses=127.0.0.1", "max_connections=200", "fsync=on", "synchronous_commit=on", "full_page_writes=on",
	}, settings...) {
		p.flags = append(p.flags, "-c", setting)
	}
	if err := p.Start(ctx); err != nil {
		return nil, err
	}
	err = p.execute(ctx, "CREATE ROLE "+Owner+" LOGIN SUPERUSER", "CREATE ROLE "+App+" LOGIN")
	return p, err
}

func (p *Postgres) data() string { return filepath.Join(p.folder, "data") }

// Port is where it listens.
func (p *Postgres) Port() int { return p.port }

// URL is how a role reaches a database.
func (p *Postgres) URL(role, database string) string { return Through(role, database, p.port) }

// Through is how a role reaches a database by a port, that of a proxy for instance.
func Through(role, database string, port int) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", role, port, database)
}

// NewDatabase makes a database without tables, and returns its name.
func (p *Postgres) NewDatabase(ctx context.Context) (string, error) {
	p.databases++
	name := fmt.Sprintf("superher_%d", p.databases)
	return name, p.execute(ctx, "CREATE DATABASE "+name+" OWNER "+Owner)
}

// Start starts it, a first time or after Stop, and returns when it answers.
func (p *Postgres) Start(ctx context.Context) error {
	journal, err := os.OpenFile(filepath.Join(p.folder, "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = journal.Close() }() // the child has its own
	run := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(p.bin, "postgres"),
		append([]string{"-D", p.data(), "-k", p.folder, "-p", strconv.Itoa(p.port)}, p.flags...)...)
	run.SysProcAttr, run.Dir, run.Stdout, run.Stderr = attributes(p.as), p.folder, journal, journal
	if err := run.Start(); err != nil {
		return err
	}
	p.run, p.ended = run, make(chan struct{})
	go func() { _ = run.Wait(); close(p.ended) }()
	answers := Until(ctx, postgresStart, 20*time.Millisecond, func() bool {
		one, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		conn, err := pgx.Connect(one, p.URL("postgres", "postgres"))
		if err != nil {
			return false
		}
		return conn.Close(one) == nil
	})
	if !answers {
		return errors.New("Postgres does not answer: " + tail(journal.Name()))
	}
	return nil
}

// execute runs statements outside of any transaction.
func (p *Postgres) execute(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres", "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// Stop ends it as "pg_ctl stop -m fast" does: connections are closed, what is
// committed stays.
func (p *Postgres) Stop() error {
	if p.run == nil {
		return nil
	}
	if err := p.run.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(postgresStart):
		return errors.Join(errors.New("Postgres does not stop"), p.run.Process.Kill())
	}
	p.run = nil
	return nil
}

// Freeze stops every process of the server where it is: connections stay open
// and nobody answers on them.
func (p *Postgres) Freeze() error { return p.each(syscall.SIGSTOP) }

// Thaw lets them go on.
func (p *Postgres) Thaw() error { return p.each(syscall.SIGCONT) }

func (p *Postgres) each(signal syscall.Signal) error {
	main := p.run.Process.Pid
	err := syscall.Kill(main, signal)
	for _, child := range children(main) {
		if failed := syscall.Kill(child, signal); failed != nil && !errors.Is(failed, syscall.ESRCH) {
			err = errors.Join(err, failed)
		}
	}
	return err
}
