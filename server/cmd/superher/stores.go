package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"

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

// database is where the data is: one of the two.
type database struct {
	settings settings
	file     *string
	url      *string
}

const defaultFile = "superher.db"

// database adds the settings for it.
func (s settings) database() database {
	s.redacted["database-url"] = redact
	return database{
		settings: s,
		file:     s.String("db", defaultFile, "SQLite `file`; serve, migrate and advertiser create make it where there is none"),
		url:      s.String("database-url", "", "PostgreSQL `URL`, instead of a file"),
	}
}

// choose settles which of the two counts: the one that was given in the
// stronger way.
func (d database) choose() error {
	file, url := d.settings.from["db"], d.settings.from["database-url"]
	switch {
	case *d.url == "" && url > file && url != byDefault:
		// An unset variable in a script must not mean another database.
		return d.settings.wrong("database-url", "is empty")
	case *d.url == "" || file > url:
		*d.url = ""
		if *d.file == "" {
			return d.settings.wrong("db", "must name a file")
		}
	case file == url && file != byDefault:
		return d.settings.wrong("database-url", "is given beside "+d.settings.named("db")+"; one of them is enough")
	default:
		*d.file = ""
		d.settings.effective["db"] = ""
	}
	return nil
}

// String tells people where the data is. It never holds the password, nor
// anything else of the URL that may be secret.
func (d database) String() string {
	if *d.url == "" {
		return "SQLite file " + *d.file
	}
	return "PostgreSQL " + redact(*d.url)
}

// redact returns who connects to what by a connection string of PostgreSQL,
// whatever its form.
func redact(url string) string {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return "(not a connection string)"
	}
	return fmt.Sprintf("%s as %s on %s, port %d", c.Database, c.User, c.Host, c.Port)
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
func (p program) migrate(s settings) func(context.Context) error {
	d := s.database()
	role := s.String("grant-to", "", "PostgreSQL `role` that the server connects as; it may then read and write the tables")
	return func(ctx context.Context) error {
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
}

// warnOfRole tells an operator who works on PostgreSQL without its second lock.
func warnOfRole(ctx context.Context, opened store, log *slog.Logger) error {
	pg, ok := opened.(*postgres.Store)
	if !ok {
		return nil
	}
	skips, err := pg.SkipsRowSecurity(ctx)
	if skips {
		log.Warn("this database role is above row security, which is the second lock between brands; serve as a role " +
			"of its own, to which superher migrate --grant-to gives what it needs")
	}
	return err
}
