package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/superher/superher/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable keeps which migrations ran.
const versionTable = "superher_migrations"

// migrate brings the tables up to date, forwards only. Another process may do
// the same at the same time: each migration is one transaction, so whoever is
// late finds it done, fails, and looks again.
func migrate(ctx context.Context, config Config) error {
	db, err := open(config, "_txlock=immediate", 2)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	provider, err := newProvider(db)
	if err != nil {
		return translate(ctx, err)
	}
	for attempt := 1; ; attempt++ {
		current, target, err := provider.GetVersions(ctx)
		if err == nil && current > target {
			return fault.New(fault.Unavailable, "schema-newer", "the file of Config.Path was written by a newer version of superher")
		}
		if err == nil && current == target {
			return nil
		}
		if err == nil {
			_, err = provider.Up(ctx)
		}
		if err != nil && (attempt == 20 || pause(ctx, retryPause) != nil) {
			return translate(ctx, err)
		}
	}
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
}
