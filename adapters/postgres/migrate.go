package postgres

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/superher/superher/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable keeps which migrations ran. It is not goose's own name, which
// the host's migrations may use in the same schema.
const versionTable = "superher_migrations"

const (
	schemaOlder = "the database lacks tables of this version; run superher migrate"
	schemaNewer = "the database was migrated by a newer version of superher"
)

// lockSeconds is how long to wait for another migration at most, asking every
// second.
const lockSeconds = 300

// MigrateConfig is how to migrate.
type MigrateConfig struct {
	// GrantTo is the role that the application connects as, which is given the
	// right to read and write the tables; it must exist. Empty: nobody is.
	GrantTo string
	// MonthsAhead is for how many months to come, after the present one, there
	// are to be tables of clicks; 0 means DefaultMonthsAhead. Clicks of later
	// months are stored as well, only together, until the next Migrate.
	MonthsAhead int
	// Now is the time; nil means time.Now.
	Now func() time.Time
}

// Migrate brings the tables of the database up to date, forwards only, and
// returns how many migrations it ran. It also makes the tables for the clicks of
// the months to come, so it is of use at least once in that time. It has to
// connect as the role that owns the tables. Several instances may do so at once: one does the work, the
// others wait for it and find nothing to do.
//
// The error is fault.Invalid for a bad setting and fault.Unavailable
// "schema-newer" for a database that a later version has migrated.
func Migrate(ctx context.Context, url string, config MigrateConfig) (applied int, err error) {
	ahead, err := config.months()
	if err != nil {
		return 0, err
	}
	now := time.Now
	if config.Now != nil {
		now = config.Now
	}
	db, err := openOwner(url)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	provider, err := newProvider(db)
	if err != nil {
		return 0, fault.Of(err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, translate(ctx, err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return 0, translate(ctx, err)
	}
	if current > target {
		return 0, fault.New(fault.Unavailable, "schema-newer", schemaNewer)
	}
	if err := createMonths(ctx, db, now(), ahead); err != nil {
		return len(results), translate(ctx, err)
	}
	if config.GrantTo != "" {
		if _, err := db.ExecContext(ctx, grants(config.GrantTo)); err != nil {
			return len(results), translate(ctx, err)
		}
	}
	return len(results), nil
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, lockSeconds))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
}

// grants returns the statement that gives a role what the store needs, and no
// more: nothing but salts, reservations, requests, tickets and what can be made
// anew is ever deleted.
func grants(role string) string {
	return strings.NewReplacer("{role}", strings.ReplaceAll(role, "'", "''")).Replace(`DO $grants$
DECLARE
    app text := '{role}';
    tables text := 'advertisers, api_keys, campaigns, influencers, influencer_access, assignments, terms, coupons, tracking_links, '
        'customer_events, click_events, visitor_salts, link_codes, api_key_hashes, users, requests, tickets, '
        'totals, event_changes, event_types, event_paths, event_pairs, event_coupons, event_links, click_days, click_visitors';
BEGIN
    -- Two that grant on one table at the same time would be in each other's way.
    PERFORM pg_advisory_xact_lock(hashtextextended('superher grants', 0));
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), app);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO %I', tables, app);
    EXECUTE format('GRANT DELETE ON visitor_salts, link_codes, api_key_hashes, requests, tickets, totals, event_changes, event_types, '
        'event_paths, event_pairs, event_coupons, event_links, click_days, click_visitors TO %I', app);
    EXECUTE format('GRANT SELECT ON superher_migrations TO %I', app);
END
$grants$`)
}

// checkVersion compares the database with the migrations of this version.
func checkVersion(ctx context.Context, pool *pgxpool.Pool) error {
	target, err := newestMigration()
	if err != nil {
		return fault.Of(err)
	}
	var current int64
	err = pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable+" WHERE is_applied").Scan(&current)
	switch {
	case err != nil:
		return translate(ctx, err)
	case current < target:
		return fault.New(fault.Unavailable, "schema-older", schemaOlder)
	case current > target:
		return fault.New(fault.Unavailable, "schema-newer", schemaNewer)
	}
	return nil
}

// newestMigration returns the version of the last embedded migration.
func newestMigration() (int64, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, entry := range entries {
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return 0, err
		}
		newest = max(newest, version)
	}
	return newest, nil
}
