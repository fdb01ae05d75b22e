package main

import (
	"context"
	"fmt"

	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// store is a storage adapter that is open.
type store interface {
	storage.Store
	Close() error
}

// open opens the database that was chosen. A file is brought up to date; what
// PostgreSQL lacks is for the owner of the tables to add.
func (d database) open(ctx context.Context) (store, error) {
	if err := d.choose(); err != nil {
		return nil, err
	}
	if *d.url == "" {
		opened, err := sqlite.Open(ctx, sqlite.Config{Path: *d.file})
		if err != nil {
			return nil, d.explain("db", err)
		}
		return opened, nil
	}
	opened, err := postgres.Open(ctx, postgres.Config{URL: *d.url})
	if err != nil {
		return nil, d.explain("database-url", err)
	}
	return opened, nil
}

// explain adds to an error which setting it is about, and what to do.
func (d database) explain(setting string, err error) error {
	name, advice := d.settings.named(setting), ""
	switch {
	case fault.HasReason(err, "schema-older"):
		advice = "\nrun: superher migrate --database-url …, as the owner of the tables"
	case fault.HasReason(err, "schema-newer"):
		advice = "\nupdate superher to the version that wrote it, or a later one"
	}
	return fmt.Errorf("%s (%s): %w%s", name, d, err, advice)
}

// migrate is the command.
func (p program) migrate(ctx context.Context, args []string) error {
	s := p.settings("migrate")
	d := s.database()
	role := s.String("grant-to", "", "PostgreSQL `role` that the server connects as; it may then read and write the tables")
	if err := s.parse(args); err != nil {
		return err
	}
	if err := d.choose(); err != nil {
		return err
	}
	if *d.url == "" {
		if *role != "" {
			return s.wrong("grant-to", "goes with --database-url: a file has no roles")
		}
		opened, err := d.open(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s is up to date\n", d)
		return opened.Close()
	}
	applied, err := postgres.Migrate(ctx, *d.url, postgres.MigrateConfig{GrantTo: *role})
	if err != nil {
		return d.explain("database-url", err)
	}
	fmt.Fprintf(p.stdout, "%s is up to date, %d migrations were run\n", d, applied)
	return nil
}
