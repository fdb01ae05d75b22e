package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/superher/superher/fault"
)

const (
	// DefaultMonthsAhead is for how many months to come Migrate makes a table of
	// clicks each.
	DefaultMonthsAhead = 24
	mostMonthsAhead    = 120
)

// clickMonth is a table of the clicks of one month (UTC).
type clickMonth struct {
	name     string
	from, to time.Time
}

func monthOf(at time.Time) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// bound returns a moment as SQL text. It is made of digits alone.
func bound(at time.Time) string { return "'" + at.UTC().Format("2006-01-02 15:04:05") + "+00'" }

// asking is a database or a transaction.
type asking interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// attached returns the months that have a table, in order.
func attached(ctx context.Context, db asking) ([]clickMonth, error) {
	const bounds = `SELECT c.relname,
    (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)'))[1]::timestamptz,
    (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'click_events'::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT' ORDER BY 2`
	rows, err := db.QueryContext(ctx, bounds)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []clickMonth
	for rows.Next() {
		var m clickMonth
		if err := rows.Scan(&m.name, &m.from, &m.to); err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// createMonths makes the tables of the present month and of those ahead, as far
// as there are none. Clicks of such a month that wait in the default partition
// move to it.
func createMonths(ctx context.Context, db *sql.DB, now time.Time, ahead int) error {
	have, err := attached(ctx, db)
	if err != nil {
		return err
	}
	for i := range ahead + 1 {
		from := monthOf(now).AddDate(0, i, 0)
		month := clickMonth{from: from, to: from.AddDate(0, 1, 0)}
		if month.among(have) {
			continue
		}
		if err := createMonth(ctx, db, month); err != nil {
			return err
		}
	}
	return nil
}

func (m clickMonth) among(months []clickMonth) bool {
	return slices.ContainsFunc(months, func(other clickMonth) bool { return m.from.Before(other.to) && other.from.Before(m.to) })
}

func createMonth(ctx context.Context, db *sql.DB, month clickMonth) error {
	return asOwner(ctx, db, func(tx *sql.Tx) error {
		// The lock first, so that no click of the month arrives behind the move, and
		// nobody else makes the month.
		if err := each(ctx, tx, "LOCK TABLE click_events_rest IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		have, err := attached(ctx, tx)
		if err != nil || month.among(have) {
			return err
		}
		name, err := freeName(ctx, tx, "click_events_"+month.from.Format("2006_01"))
		if err != nil {
			return err
		}
		return each(ctx, tx,
			"CREATE TABLE "+name+" (LIKE click_events)",
			moveClicks(name, "occurred_at >= "+bound(month.from)+" AND occurred_at < "+bound(month.to)),
			"ALTER TABLE "+name+" ENABLE ROW LEVEL SECURITY",
			"ALTER TABLE "+name+" FORCE ROW LEVEL SECURITY",
			"ALTER TABLE click_events ATTACH PARTITION "+name+" FOR VALUES FROM ("+bound(month.from)+") TO ("+bound(month.to)+")")
	})
}

// moveClicks returns the statement that moves clicks to a table beside.
func moveClicks(table, condition string) string {
	return "WITH moved AS (DELETE FROM click_events WHERE " + condition + " RETURNING *) INSERT INTO " + table + " SELECT * FROM moved"
}

// freeName returns a name that no table has: a detached month may still be there.
// All of its characters are those of a plain name.
func freeName(ctx context.Context, tx *sql.Tx, name string) (string, error) {
	for i := 1; ; i++ {
		candidate := name
		if i > 1 {
			candidate = fmt.Sprintf("%s_%d", name, i)
		}
		var taken bool
		if err := tx.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", candidate).Scan(&taken); err != nil {
			return "", err
		}
		if !taken {
			return candidate, nil
		}
	}
}

// How the tables' owner waits for the clicks to itself. Everybody else waits
// behind it meanwhile, and what is before it may be a comparison of minutes: so
// it waits shortly, lets the others go on, and tries again, for about two minutes.
const (
	ownerLockTimeout = 300 * time.Millisecond
	ownerPause       = 1700 * time.Millisecond
	ownerAttempts    = 60
)

// asOwner runs fn in a transaction of the tables' owner, who is under row
// security as well. It runs it again where others were in the way.
func asOwner(ctx context.Context, db *sql.DB, fn func(tx *sql.Tx) error) error {
	return patiently(ctx, func() error { return asOwnerOnce(ctx, db, fn) })
}

// patiently tries until nobody is in the way. It returns the last error.
func patiently(ctx context.Context, try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		var failed *pgconn.PgError
		inTheWay := isCollision(err) || errors.As(err, &failed) && failed.Code == stateLockTimeout
		if !inTheWay || attempt == ownerAttempts {
			return err
		}
		timer := time.NewTimer(ownerPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

func asOwnerOnce(ctx context.Context, db *sql.DB, fn func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	setup := fmt.Sprintf("SET LOCAL lock_timeout = %d", ownerLockTimeout.Milliseconds())
	if err := each(ctx, tx, setup, "SET LOCAL superher.reach = 'system'"); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func each(ctx context.Context, tx *sql.Tx, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func openOwner(url string) (*sql.DB, error) {
	connection, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fault.Bad("url", "malformed-url", "the URL is not a connection string of PostgreSQL")
	}
	return stdlib.OpenDB(*connection), nil
}

// months returns the configured number of months ahead.
func (c MigrateConfig) months() (int, error) {
	ahead := cmp.Or(c.MonthsAhead, DefaultMonthsAhead)
	if ahead < 1 || ahead > mostMonthsAhead {
		return 0, fault.Bad("months_ahead", "out-of-range", fmt.Sprintf("MigrateConfig.MonthsAhead must be from 1 to %d", mostMonthsAhead))
	}
	return ahead, nil
}
