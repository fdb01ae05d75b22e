package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/stats/statsql"
)

const (
	maxAttempts = 4
	retryPause  = 10 * time.Millisecond
)

// engine runs transactions: writes on the only connection that may, reads on
// any of the others, each on the snapshot that its first statement takes.
type engine struct {
	writer  *sql.DB
	readers *sql.DB
	timeout time.Duration
	exports *sqlstore.Exports
}

// Dialect implements sqlstore.Engine.
func (e *engine) Dialect() statsql.Dialect { return statsql.SQLite }

// Run implements sqlstore.Engine. A write has the lock of the file from its
// beginning, so all writes take turns, and only its beginning can collide.
func (e *engine) Run(ctx context.Context, work sqlstore.Work, fn func(context.Context, sqlstore.Querier) error) error {
	if _, set := ctx.Deadline(); !set && work.Kind != sqlstore.Export {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.timeout)
		defer cancel()
	}
	db, writes := e.readers, work.Kind == sqlstore.Change || work.Kind == sqlstore.Turn
	if writes {
		db = e.writer
	}
	if work.Kind == sqlstore.Export {
		leave, err := e.exports.Enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	for attempt := 1; ; attempt++ {
		collision, err := e.once(ctx, db, writes, fn)
		if collision == nil {
			return err
		}
		if attempt == maxAttempts || pause(ctx, retryPause) != nil {
			return busy(collision)
		}
	}
}

// once runs fn in one transaction. A collision means that it may be repeated.
func (e *engine) once(ctx context.Context, db *sql.DB, writes bool, fn func(context.Context, sqlstore.Querier) error) (collision, err error) {
	// Also an export, which may last, waits only so long for a connection.
	waiting, cancel := context.WithTimeout(ctx, e.timeout)
	conn, err := db.Conn(waiting)
	if err != nil {
		err = translate(waiting, err)
	}
	cancel()
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		if isBusy(err) && ctx.Err() == nil {
			return err, nil
		}
		return nil, translate(ctx, err)
	}
	// After a commit this does nothing; it is for failures and panics.
	defer func() { _ = tx.Rollback() }()
	q := &querier{tx: tx, writes: writes}
	err = fn(ctx, q)
	if q.collision != nil {
		return q.collision, nil
	}
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		if isBusy(err) && ctx.Err() == nil {
			return err, nil
		}
		return nil, translate(ctx, err)
	}
	return nil, nil
}

// pause waits, or returns the reason not to.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// querier runs the statements of one transaction.
type querier struct {
	tx        *sql.Tx
	writes    bool // the transaction may change what it reads
	copies    int  // made so far, to give each a name
	collision error
}

// fail translates the error of a statement and notes a collision.
func (q *querier) fail(ctx context.Context, err error) error {
	if isBusy(err) && ctx.Err() == nil {
		q.collision = err
	}
	return translate(ctx, err)
}

// Query implements sqlstore.Querier.
func (q *querier) Query(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	found, err := q.tx.QueryContext(ctx, text, args...) //nolint:rowserrcheck // handed to the caller
	if err != nil {
		return nil, q.fail(ctx, err)
	}
	return rows{found, q, ctx}, nil
}

// Stream implements sqlstore.Querier. SQLite steps through a result anyway, but
// one that is open sees what the same connection writes meanwhile: where that
// can be, the stream reads a copy.
func (q *querier) Stream(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	if q.writes {
		return q.copy(ctx, text, args...)
	}
	return q.Query(ctx, text, args...)
}

// Exec implements sqlstore.Querier.
func (q *querier) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := q.tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, q.fail(ctx, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, q.fail(ctx, err)
	}
	return n, nil
}

// ExecEach implements sqlstore.Querier.
func (q *querier) ExecEach(ctx context.Context, text string, args [][]any) error {
	_, err := q.InsertEach(ctx, text, args)
	return err
}

// InsertEach implements sqlstore.Querier: SQLite is fastest with one short
// statement that is run for each row.
func (q *querier) InsertEach(ctx context.Context, text string, args [][]any) ([]bool, error) {
	if len(args) == 0 {
		return nil, nil
	}
	statement, err := q.tx.PrepareContext(ctx, text)
	if err != nil {
		return nil, q.fail(ctx, err)
	}
	defer func() { _ = statement.Close() }()
	stored := make([]bool, len(args))
	// The driver has a goroutine watch each context that can end, which costs more
	// than the row. A row takes no time worth interrupting.
	calm := context.WithoutCancel(ctx)
	for i, values := range args {
		if err := ctx.Err(); err != nil {
			return nil, q.fail(ctx, err)
		}
		result, err := statement.ExecContext(calm, values...)
		if err != nil {
			return nil, q.fail(ctx, err)
		}
		touched, err := result.RowsAffected()
		if err != nil {
			return nil, q.fail(ctx, err)
		}
		stored[i] = touched > 0
	}
	return stored, nil
}

// QueryAll implements sqlstore.Querier.
func (q *querier) QueryAll(ctx context.Context, asks ...sqlstore.Ask) error {
	for _, ask := range asks {
		if err := q.answer(ctx, ask); err != nil {
			return err
		}
	}
	return nil
}

// answer hands on the rows of a query.
func (q *querier) answer(ctx context.Context, ask sqlstore.Ask) error {
	found, err := q.Query(ctx, ask.SQL, ask.Args...)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		if err := ask.Row(found); err != nil {
			return err
		}
	}
	if err := found.Err(); err != nil {
		return err
	}
	return found.Close()
}

// rows translates the errors of a result.
type rows struct {
	*sql.Rows
	q   *querier
	ctx context.Context //nolint:containedctx // that of the query, whose end is what an error may mean
}

// Scan implements statsql.Rows.
func (r rows) Scan(dest ...any) error { return r.check(r.Rows.Scan(dest...)) }

// Err implements statsql.Rows.
func (r rows) Err() error { return r.check(r.Rows.Err()) }

// Close implements statsql.Rows.
func (r rows) Close() error { return r.check(r.Rows.Close()) }

func (r rows) check(err error) error {
	if err == nil {
		return nil
	}
	return r.q.fail(r.ctx, err)
}
