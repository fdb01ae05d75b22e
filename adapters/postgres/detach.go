package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

const (
	// LeastMonthsKept is the least DetachConfig.KeepMonths. The present month and
	// the one before it still get clicks that arrive late, and are what repeated
	// visits are told by.
	LeastMonthsKept = 2
	// MostMonthsKept is the most, a hundred years: more is a slip of the pen.
	MostMonthsKept = 1200
)

// DetachConfig is which clicks to take out of the store.
type DetachConfig struct {
	// KeepMonths is how many whole months (UTC) before the present one stay, from
	// LeastMonthsKept to MostMonthsKept.
	KeepMonths int
	// Drop deletes what is taken out. Otherwise it stays as tables that only
	// their owner can read, to be archived.
	Drop bool
	// Force takes clicks out that the totals do not hold: no report counts them
	// any more.
	Force bool
	// Now is the time; nil means time.Now.
	Now func() time.Time
}

// DetachClicks takes the clicks of months before the kept ones out of the store
// and returns the names of the tables that held them. It has to connect as the
// role that owns the tables. Reports go on counting those clicks by whole days
// of the brand's own zone, from the totals, and nowhere else.
//
// The error is fault.Invalid for a bad setting, fault.Unavailable
// "totals-not-ready" while an advertiser has clicks to take out and no totals in
// its reporting time zone that hold them, and fault.Unavailable "store-busy" when
// others were in the way for too long; what was taken out by then is returned
// with it.
func DetachClicks(ctx context.Context, url string, config DetachConfig) (tables []string, err error) {
	if config.KeepMonths < LeastMonthsKept || config.KeepMonths > MostMonthsKept {
		return nil, fault.Bad("keep_months", "out-of-range", fmt.Sprintf("DetachConfig.KeepMonths must be from %d to %d", LeastMonthsKept, MostMonthsKept))
	}
	now := time.Now
	if config.Now != nil {
		now = config.Now
	}
	db, err := openOwner(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	cut := monthOf(now()).AddDate(0, -config.KeepMonths, 0)
	months, err := attached(ctx, db)
	if err != nil {
		return nil, translate(ctx, err)
	}
	for _, m := range months {
		if m.to.After(cut) {
			continue
		}
		taken, err := detachMonth(ctx, db, m, config)
		if err != nil {
			return tables, translate(ctx, err)
		}
		if taken {
			tables = append(tables, m.name)
		}
	}
	left, err := detachRest(ctx, db, cut, config)
	if err != nil {
		return tables, translate(ctx, err)
	}
	return append(tables, left...), nil
}

// detachMonth reports false for a month that somebody else has taken out.
func detachMonth(ctx context.Context, db *sql.DB, month clickMonth, config DetachConfig) (taken bool, err error) {
	table := pgx.Identifier{month.name}.Sanitize()
	last := "ALTER TABLE " + table + " NO FORCE ROW LEVEL SECURITY"
	if config.Drop {
		last = "DROP TABLE " + table
	}
	err = asOwner(ctx, db, func(tx *sql.Tx) error {
		// The lock of DETACH, so that no click comes behind the look at the totals.
		if err := each(ctx, tx, "LOCK TABLE ONLY click_events IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		have, err := attached(ctx, tx)
		if taken = err == nil && month.among(have); !taken {
			return err
		}
		if err := config.ready(ctx, tx, "occurred_at >= "+bound(month.from)+" AND occurred_at < "+bound(month.to)); err != nil {
			return err
		}
		return each(ctx, tx, "ALTER TABLE click_events DETACH PARTITION "+table, noteTaken(month.to), last)
	})
	return taken, err
}

// detachRest takes old clicks out of the default partition, to a table of their
// own if they are to stay.
func detachRest(ctx context.Context, db *sql.DB, cut time.Time, config DetachConfig) (tables []string, err error) {
	old := "occurred_at < " + bound(cut)
	err = asOwner(ctx, db, func(tx *sql.Tx) error {
		tables = nil
		// As DETACH does: nobody who reads clicks sees some of them only.
		if err := each(ctx, tx, "LOCK TABLE click_events_rest IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		var some bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM click_events WHERE "+old+")").Scan(&some); err != nil || !some {
			return err
		}
		if err := config.ready(ctx, tx, old); err != nil {
			return err
		}
		name, err := freeName(ctx, tx, "click_events_rest_before_"+cut.Format("2006_01"))
		if err != nil {
			return err
		}
		if config.Drop {
			tables = []string{"click_events_rest"}
			return each(ctx, tx, "DELETE FROM click_events WHERE "+old, noteTaken(cut))
		}
		tables = []string{name}
		return each(ctx, tx, "CREATE TABLE "+name+" (LIKE click_events)", moveClicks(name, old), noteTaken(cut),
			"ALTER TABLE "+name+" ENABLE ROW LEVEL SECURITY")
	})
	if err != nil {
		return nil, err
	}
	return tables, nil
}

// ready refuses to take clicks out that the totals do not hold. Clicks are
// counted as they are stored where an advertiser has totals, and all at once
// where it gets them; so it has to have them, and in a zone that stays and that
// reports know.
func (c DetachConfig) ready(ctx context.Context, tx *sql.Tx, clicks string) error {
	if c.Force {
		return nil
	}
	//nolint:gosec // the condition is made of moments, see bound
	text := `SELECT a.time_zone, coalesce(t.zone = a.time_zone, false), count(*)
FROM advertisers a LEFT JOIN totals t ON t.advertiser_id = a.id
WHERE EXISTS (SELECT 1 FROM click_events c WHERE c.advertiser_id = a.id AND ` + clicks + `) GROUP BY 1, 2`
	rows, err := tx.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var missing int64
	for rows.Next() {
		var zone string
		var held bool
		var advertisers int64
		if err := rows.Scan(&zone, &held, &advertisers); err != nil {
			return err
		}
		if _, err := tenant.LoadZone(zone); err != nil || !held {
			missing += advertisers
		}
	}
	if err := rows.Err(); err != nil || missing == 0 {
		return err
	}
	return fault.New(fault.Unavailable, "totals-not-ready", fmt.Sprintf("brands with clicks to take out that the totals of reports do not hold yet: %d; "+
		"a server that runs makes these totals, and superher rollup rebuild as well", missing))
}

// noteTaken returns the statement that notes with the totals that clicks of
// before a midnight were taken out. It belongs to the transaction that does so,
// behind its lock, see storedClicks of the SQL store. It notes it for all
// advertisers: a click that comes late may be anyone's, and is taken out at the
// next time.
func noteTaken(midnight time.Time) string {
	day := midnight.Unix() / (24 * 60 * 60)
	return fmt.Sprintf("UPDATE totals SET clicks_from = %d WHERE clicks_from IS NULL OR clicks_from < %d", day, day)
}
