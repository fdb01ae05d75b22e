//go:build linux

package rig

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/superher/superher/clicks"
)

// The databases of a [Place].
const (
	SQLite     = "SQLite"
	PostgreSQL = "Postgres"
)

// The recorders of clicks. A program without the setting has only Memory.
const (
	Journal   = "journal"
	JetStream = "jetstream"
	Memory    = "memory"
)

// Lab is where places are opened: a scratch folder, the built program, and one
// Postgres for all that need it.
type Lab struct {
	Folder   string
	Program  string
	Settings []string // of Postgres
	KeepLogs bool     // Close leaves what the processes have said

	postgres *Postgres
	places   int
}

// NewLab builds the program of this module in a new scratch folder.
func NewLab(ctx context.Context, settings ...string) (*Lab, error) {
	folder, err := os.MkdirTemp("", "superher-bench-")
	if err != nil {
		return nil, err
	}
	// Postgres runs as somebody else, who has to get through.
	if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // nothing in it is secret
		return nil, err
	}
	program, err := Build(ctx, folder, "./server/cmd/superher")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &Lab{Folder: folder, Program: program, Settings: settings}, nil
}

// Postgres returns the server of the lab, which it starts when it is first needed.
func (l *Lab) Postgres(ctx context.Context) (*Postgres, error) {
	var err error
	if l.postgres == nil {
		l.postgres, err = StartPostgres(ctx, filepath.Join(l.Folder, "postgres"), l.Settings...)
	}
	return l.postgres, err
}

// Close ends Postgres and deletes everything, but for the logs if they are to be
// kept.
func (l *Lab) Close() error {
	var err error
	if l.postgres != nil {
		err = l.postgres.Stop()
	}
	if !l.KeepLogs {
		return errors.Join(err, os.RemoveAll(l.Folder))
	}
	entries, failed := os.ReadDir(l.Folder)
	err = errors.Join(err, failed)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != logSuffix {
			err = errors.Join(err, os.RemoveAll(filepath.Join(l.Folder, e.Name())))
		}
	}
	return err
}

// logSuffix ends the names of logs, which lie in the folder of the lab itself.
const logSuffix = ".log"

// Has reports whether the program knows a recorder of clicks; "" is its default.
func (l *Lab) Has(ctx context.Context, recorder string) bool {
	return recorder == "" || recorder == Memory || strings.Contains(About(ctx, l.Program, "clicks"), recorder)
}

// Spec says what a place is like.
type Spec struct {
	Database string   // SQLite or PostgreSQL
	Recorder string   // "" is the default of the program
	Folder   string   // of the file and the journal; "" is one of the lab
	NATS     string   // address of the stream for JetStream; "" is the server's own
	Proxy    int      // port by which the server reaches Postgres; 0 is its own
	Settings []string // further ones of the server
}

// Place is a database with a world in it and a server on it.
type Place struct {
	Spec

	Lab      *Lab
	Server   *Server
	World    *World
	Stored   *Stored
	Postgres *Postgres // nil with SQLite
	Name     string    // of the database of Postgres

	clicks   int
	database []string // settings that name the database, for commands
	serving  []string // the same for the server
}

// Open makes a database, starts a server on it and makes a world.
func (l *Lab) Open(ctx context.Context, spec Spec) (*Place, error) {
	p, err := l.Prepare(ctx, spec)
	if err != nil {
		return nil, err
	}
	if p.Server, err = p.NewServer(ctx); err != nil {
		return nil, err
	}
	if err := p.Server.Start(ctx); err != nil {
		return nil, err
	}
	p.World, err = NewWorld(ctx, l.Program, p.Server, p.database...)
	return p, err
}

// Prepare makes a database with its tables, and no server.
func (l *Lab) Prepare(ctx context.Context, spec Spec) (p *Place, err error) {
	l.places++
	if spec.Folder == "" {
		spec.Folder = filepath.Join(l.Folder, "place-"+strconv.Itoa(l.places))
		if err := os.MkdirAll(spec.Folder, 0o700); err != nil {
			return nil, err
		}
	}
	p = &Place{Spec: spec, Lab: l}
	if spec.Database == SQLite {
		p.database = []string{"--db", p.File()}
		p.serving = p.database
		if err := Superher(ctx, l.Program, nil, append([]string{"migrate"}, p.database...)...); err != nil {
			return nil, err
		}
		p.Stored, err = InSQLite(p.File())
		return p, err
	}
	if p.Postgres, err = l.Postgres(ctx); err != nil {
		return nil, err
	}
	if p.Name, err = p.Postgres.NewDatabase(ctx); err != nil {
		return nil, err
	}
	p.database = []string{"--database-url", p.Postgres.URL(App, p.Name)}
	p.serving = p.database
	if spec.Proxy != 0 {
		p.serving = []string{"--database-url", Through(App, p.Name, spec.Proxy)}
	}
	if err := Superher(ctx, l.Program, nil, "migrate", "--database-url", p.Postgres.URL(Owner, p.Name), "--grant-to", App); err != nil {
		return nil, err
	}
	p.Stored, err = InPostgres(p.Postgres, p.Name)
	return p, err
}

// NewServer returns a further server on the database, with a folder for clicks of
// its own.
func (p *Place) NewServer(ctx context.Context) (*Server, error) {
	args := append([]string(nil), p.serving...)
	if About(ctx, p.Lab.Program, "clicks") != "" {
		args = append(args, p.keeping()...)
	}
	return NewServer(ctx, p.Lab.Program, p.Lab.Folder, append(args, p.Settings...)...)
}

// keeping are the settings that say where clicks wait.
func (p *Place) keeping() (args []string) {
	if p.Recorder != "" {
		args = append(args, "--clicks", p.Recorder)
	}
	if p.Recorder == JetStream {
		args = append(args, "--clicks-publish", "sync")
	}
	if p.NATS != "" {
		return append(args, "--nats-url", p.NATS, "--clicks-key", base64.StdEncoding.EncodeToString(make([]byte, clicks.KeySize)))
	}
	if p.Recorder != Memory {
		p.clicks++
		args = append(args, "--clicks-dir", filepath.Join(p.Folder, "clicks-"+strconv.Itoa(p.clicks)))
	}
	return args
}

// File is the database of SQLite.
func (p *Place) File() string { return filepath.Join(p.Folder, "superher.db") }

// DatabaseArgs are the settings by which a command finds the database.
func (p *Place) DatabaseArgs() []string { return p.database }

// Close ends the server, not in order.
func (p *Place) Close() error {
	var err error
	if p.Server != nil {
		err = p.Server.Kill()
	}
	return errors.Join(err, p.Stored.Close())
}
