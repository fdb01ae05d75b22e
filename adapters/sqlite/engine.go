package sqlite

import (
	"cmp"
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
	writer  *writer
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
		ctx, cancel = context.WithTimeout(ctx, cmp.Or(work.Timeout, e.timeout))
		defer cancel()
	}
	if work.Kind == sqlstore.Export {
		leave, err := e.exports.Enter(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	for attempt := 1; ; attempt++ {
		collision, err := e.once(ctx, work, fn)
		if collision == nil {
			return err
		}
		if attempt == maxAttempts || pause(ctx, retryPause) != nil {
			return busy(collision)
		}
	}
}

// once runs fn in one transaction. A collision means that it may be repeated.
func (e *engine) once(ctx context.Context, work sqlstore.Work, fn func(context.Context, sqlstore.Querier) error) (collision, err error) {
	if work.Kind == sqlstore.Change || work.Kind == sqlstore.Turn {
		return e.writer.run(ctx, work.Brief, fn)
	}
	return e.read(ctx, fn)
}

// read runs fn in one transaction that only reads.
func (e *engine) read(ctx context.Context, fn func(context.Context, sqlstore.Querier) error) (collision, err error) {
	// Also an export, which may last, waits only so long for a connection.
	waiting, cancel := context.WithTimeout(ctx, e.timeout)
	conn, err := e.readers.Conn(waiting)
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
	// There is nothing to commit.
	defer func() { _ = tx.Rollback() }()
	q := &querier{session: tx}
	err = fn(ctx, q)
	if q.collision != nil {
		return q.collision, nil
	}
	return nil, err
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
