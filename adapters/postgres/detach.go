package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher/fault"
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
	// Now is the time; nil means time.Now.
	Now func() time.Time
}

// DetachClicks takes the clicks of months before the kept ones out of the store
// and returns the names of the tables that held them. It has to connect as the
// role that owns the tables. Reports go on counting those clicks by whole days
// of the brand's own zone, from the totals, and nowhere else.
//
// The error is fault.Invalid for a bad setting and fault.Unavailable
// "store-busy" when others were in the way; what was taken out by then is
// returned with it.
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
		if err := detachMonth(ctx, db, m, config.Drop); err != nil {
			return tables, translate(ctx, err)
		}
		tables = append(tables, m.name)
	}
	left, err := detachRest(ctx, db, cut, config.Drop)
	if err != nil {
		return tables, translate(ctx, err)
	}
	return append(tables, left...), nil
}

func detachMonth(ctx context.Context, db *sql.DB, month clickMonth, drop bool) error {
	table := pgx.Identifier{month.name}.Sanitize()
	last := "ALTER TABLE " + table + " NO FORCE ROW LEVEL SECURITY"
	if drop {
		last = "DROP TABLE " + table
	}
	return asOwner(ctx, db, func(tx *sql.Tx) error {
		return each(ctx, tx, "ALTER TABLE click_events DETACH PARTITION "+table, noteTaken(month.to), last)
	})
}

// detachRest takes old clicks out of the default partition, to a table of their
// own if they are to stay.
func detachRest(ctx context.Context, db *sql.DB, cut time.Time, drop bool) (tables []string, err error) {
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
		name, err := freeName(ctx, tx, "click_events_rest_before_"+cut.Format("2006_01"))
		if err != nil {
			return err
		}
		if drop {
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

// noteTaken returns the statement that notes with the totals that clicks of
// before a midnight were taken out. It belongs to the transaction that does so,
// behind its lock, see storedClicks of the SQL store. It notes it for all
// advertisers: a click that comes late may be anyone's, and is taken out at the
// next time.
func noteTaken(midnight time.Time) string {
	day := midnight.Unix() / (24 * 60 * 60)
	return fmt.Sprintf("UPDATE totals SET clicks_from = %d WHERE clicks_from IS NULL OR clicks_from < %d", day, day)
}
