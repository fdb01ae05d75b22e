package postgres

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

const (
	firstPause   = 2 * time.Millisecond
	longestPause = 200 * time.Millisecond
	// endTimeout bounds the end of a transaction whose context is over.
	endTimeout = 5 * time.Second
)

// poolEngine runs transactions on connections of a pool.
type poolEngine struct {
	pool    *pgxpool.Pool
	config  Config
	exports *sqlstore.Exports
}

// Dialect implements sqlstore.Engine.
func (e *poolEngine) Dialect() statsql.Dialect { return statsql.Postgres }

// Run implements sqlstore.Engine.
func (e *poolEngine) Run(ctx context.Context, work sqlstore.Work, fn func(context.Context, sqlstore.Querier) error) error {
	if _, set := ctx.Deadline(); !set && work.Kind != sqlstore.Export {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cmp.Or(work.Timeout, e.config.Timeout))
		defer cancel()
	}
	if work.Kind == sqlstore.Export {
		leave, err := e.exports.Enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	begin := e.begin(work)
	for attempt := 1; ; attempt++ {
		collision, err := e.once(ctx, begin, work.Kind == sqlstore.Export, fn)
		if collision == nil {
			return err
		}
		if attempt >= e.config.Attempts || pause(ctx, attempt) != nil {
			return busy(collision)
		}
	}
}

// once runs fn in one transaction, of which a stream may be all. A collision
// means that it may be repeated.
func (e *poolEngine) once(ctx context.Context, begin string, stream bool, fn func(context.Context, sqlstore.Querier) error) (collision, err error) {
	conn, err := e.acquire(ctx, begin)
	if err != nil {
		if isCollision(err) && ctx.Err() == nil {
			return err, nil
		}
		return nil, translate(ctx, err)
	}
	// The pool throws a connection away that comes back inside a transaction,
	// as it does after a panic of fn or a failed roll-back.
	defer conn.Release()
	defer func() {
		if conn.Conn().PgConn().TxStatus() != 'I' {
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
			defer cancel()
			_ = simple(ending, conn.Conn(), "ROLLBACK")
		}
	}()
	q := &querier{session: conn, direct: stream}
	err = fn(ctx, q)
	switch {
	case q.abandoned:
		return nil, err // there is nothing to commit, and no connection to do it on
	case q.collision != nil:
		return q.collision, nil
	case err != nil:
		return nil, err
	case q.failed != nil:
		return nil, q.failed // fn let it pass, but nothing can be committed any more
	}
	if err := simple(ctx, conn.Conn(), "COMMIT"); err != nil {
		if isCollision(err) {
			return err, nil
		}
		return nil, translate(ctx, err)
	}
	return nil, nil
}

// acquire returns a connection with a transaction begun. A connection that was
// lost while it lay in the pool shows here, where nothing has happened yet.
func (e *poolEngine) acquire(ctx context.Context, begin string) (*pgxpool.Conn, error) {
	// Also an export, which may last, waits only so long to begin.
	ctx, cancel := context.WithTimeout(ctx, e.config.Timeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		conn, err := e.pool.Acquire(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil, errors.Join(busy(err), err)
			}
			return nil, err
		}
		err = simple(ctx, conn.Conn(), begin)
		if err == nil {
			return conn, nil
		}
		lost := conn.Conn().IsClosed()
		if !lost {
			_ = simple(ctx, conn.Conn(), "ROLLBACK")
		}
		conn.Release()
		if !lost || attempt == 3 || ctx.Err() != nil {
			return nil, err
		}
	}
}

// begin returns the statements that begin a transaction.
func (e *poolEngine) begin(work sqlstore.Work) string {
	var mode string
	timeout := cmp.Or(work.Timeout, e.config.Timeout)
	switch work.Kind {
	case sqlstore.Export:
		mode, timeout = "REPEATABLE READ READ ONLY", 0 // one statement, for as long as its consumer takes
	case sqlstore.Snapshot:
		mode = "REPEATABLE READ READ ONLY"
	case sqlstore.Change:
		mode = "REPEATABLE READ"
	case sqlstore.Turn:
		// Each statement has to see what was committed while it waited for its turn.
		mode = "READ COMMITTED"
	}
	return fmt.Sprintf("BEGIN ISOLATION LEVEL %s; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; %s; %s",
		mode, timeout.Milliseconds(), e.config.LockTimeout.Milliseconds(), settings(work.Reach), turns(work))
}

// settings returns the statements that tell row security whose rows are meant.
// Their values are constants and the text form of an id.
func settings(reach sqlstore.Reach) string {
	advertiser, kind := "", "one"
	switch {
	case reach.System:
		kind = "system"
	case reach.Everyone:
		kind = "everyone"
	case !reach.Advertiser.IsZero():
		advertiser = reach.Advertiser.String()
	}
	return "SET LOCAL superher.advertiser = '" + advertiser + "'; SET LOCAL superher.reach = '" + kind + "'"
}

// totalsKey turns the key of an advertiser's turn into that of its totals.
const totalsKey = 0x746f74616c73 // "totals"

// turns returns the statements that wait for the totals and for the turn of each
// advertiser, in one order for all, so that two transactions never wait for each
// other.
func turns(work sqlstore.Work) string {
	keys := make([]int64, 0, len(work.Turns))
	for _, id := range work.Turns {
		keys = append(keys, turnKey(id))
	}
	slices.Sort(keys)
	var b strings.Builder
	if !work.Totals.IsZero() {
		fmt.Fprintf(&b, "SELECT pg_advisory_xact_lock(%d);", turnKey(work.Totals)^totalsKey)
	}
	for _, key := range slices.Compact(keys) {
		fmt.Fprintf(&b, "SELECT pg_advisory_xact_lock(%d);", key)
	}
	return b.String()
}

// turnKey returns the second half of an id, which is random but for two bits.
func turnKey(id tenant.ID) int64 { return int64(binary.BigEndian.Uint64(id[8:])) }

// simple runs statements without arguments in one round trip.
func simple(ctx context.Context, conn *pgx.Conn, text string) error {
	return conn.PgConn().Exec(ctx, text).Close()
}

// pause waits before the next attempt, longer each time and by chance, so that
// those who collided do not collide again.
func pause(ctx context.Context, attempt int) error {
	longest := min(firstPause<<min(attempt, 10), longestPause)
	timer := time.NewTimer(rand.N(longest)) //nolint:gosec // spreads retries, keeps no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// txEngine runs everything inside one transaction of the host.
type txEngine struct{ tx pgx.Tx }

// Dialect implements sqlstore.Engine.
func (e *txEngine) Dialect() statsql.Dialect { return statsql.Postgres }

// Run implements sqlstore.Engine with a savepoint. An export has one for each
// statement of its own instead: what the host does while it goes through the
// rows must neither be undone with them nor run under their settings.
func (e *txEngine) Run(ctx context.Context, work sqlstore.Work, fn func(context.Context, sqlstore.Querier) error) error {
	if work.Kind == sqlstore.Export {
		return fn(ctx, &querier{session: e.tx, around: func(ctx context.Context, step func() error) error {
			return e.within(ctx, work, step)
		}})
	}
	return e.within(ctx, work, func() error {
		q := &querier{session: e.tx}
		err := fn(ctx, q)
		switch {
		case err != nil && q.collision != nil:
			return busy(q.collision)
		case err != nil:
			return err
		}
		return q.failed // fn let it pass, but Postgres refuses everything behind it
	})
}

// within runs step in a savepoint with the settings of the work. They are put
// back in any case: with the savepoint if step fails or panics, else by hand,
// since what step did stays.
func (e *txEngine) within(ctx context.Context, work sqlstore.Work, step func() error) error {
	var advertiser, reach, isolation string
	err := e.tx.QueryRow(ctx, "SELECT coalesce(current_setting('superher.advertiser', true), ''), coalesce(current_setting('superher.reach', true), ''), "+
		"current_setting('transaction_isolation')").Scan(&advertiser, &reach, &isolation)
	if err != nil {
		return translate(ctx, err)
	}
	if work.Kind == sqlstore.Turn && !strings.HasPrefix(isolation, "read ") {
		// It would not see what was committed while it waited for its turn.
		return fault.New(fault.Invalid, "isolation-too-strict", "what takes turns, as AppendClicks does, needs a READ COMMITTED transaction, not one that is "+isolation)
	}
	done := false
	defer func() {
		if !done {
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
			defer cancel()
			_ = simple(ending, e.tx.Conn(), "ROLLBACK TO SAVEPOINT superher; RELEASE SAVEPOINT superher")
		}
	}()
	if err := simple(ctx, e.tx.Conn(), "SAVEPOINT superher; "+settings(work.Reach)+"; "+turns(work)); err != nil {
		return translate(ctx, err)
	}
	if err := step(); err != nil {
		return err
	}
	_, err = e.tx.Exec(ctx, "SELECT set_config('superher.advertiser', $1, true), set_config('superher.reach', $2, true)", advertiser, reach)
	if err == nil {
		err = simple(ctx, e.tx.Conn(), "RELEASE SAVEPOINT superher")
	}
	if err != nil {
		return translate(ctx, err)
	}
	done = true
	return nil
}
