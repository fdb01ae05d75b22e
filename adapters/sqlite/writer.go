package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/superher/superher/adapters/internal/sqlstore"
)

// Bounds of a commit that several share, so that the first ones do not wait too
// long for the last ones.
const (
	maxSharing  = 64
	longSharing = 20 * time.Millisecond
)

// writer is the one connection that writes. Who wants to write waits for a turn,
// in order of arrival. Where the next one in the queue is brief, as the one
// before was, it goes on in the same transaction, behind a savepoint; the last
// one commits for all, and nobody has succeeded before that. One wait for the
// disk serves them all.
type writer struct {
	db      *sql.DB
	timeout time.Duration // for a turn to come
	mu      sync.Mutex
	taken   bool // somebody has the turn
	closed  bool
	queue   []*turn

	conn     *sql.Conn // nil until first used, and after trouble; whoever has the turn has it
	prepared *prepared
}

// turn is a place in the queue.
type turn struct {
	given chan *shared // gets the transaction to go on in, nil to begin one
	brief bool
}

// shared is a transaction of one or more units of work.
type shared struct {
	units int // that will be committed
	began time.Time
	brief bool
	ended chan struct{} // closed when it is committed or lost
	lost  error         // why it was not committed
}

func newWriter(db *sql.DB, timeout time.Duration) *writer { return &writer{db: db, timeout: timeout} }

// enter waits for the turn.
func (w *writer) enter(ctx context.Context, brief bool) (*shared, error) {
	w.mu.Lock()
	if !w.taken {
		w.taken = true
		w.mu.Unlock()
		return nil, nil
	}
	t := &turn{given: make(chan *shared, 1), brief: brief}
	w.queue = append(w.queue, t)
	w.mu.Unlock()
	select {
	case s := <-t.given:
		return s, nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	for i, other := range w.queue {
		if other == t {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			w.mu.Unlock()
			return nil, ctx.Err()
		}
	}
	w.mu.Unlock()
	w.leave(<-t.given) // the turn came at the same moment
	return nil, ctx.Err()
}

// leave gives the turn to the next one. A transaction that holds something goes
// on with it, if they suit each other, or is committed before.
func (w *writer) leave(s *shared) {
	if s != nil && s.units > 0 {
		if w.give(s) {
			return
		}
		s.lost = w.commit()
		close(s.ended)
	}
	w.give(nil)
}

// give passes the turn on, with a transaction only to somebody who may share it.
func (w *writer) give(s *shared) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.taken = s != nil // the holder of a transaction keeps the turn
		if w.closed && !w.taken {
			w.drop()
		}
		return false
	}
	next := w.queue[0]
	if s != nil && (!s.brief || !next.brief || s.units >= maxSharing || time.Since(s.began) >= longSharing) {
		return false
	}
	w.queue[0] = nil
	w.queue = w.queue[1:]
	next.given <- s
	return true
}

// begin begins a transaction; the caller has the turn.
func (w *writer) begin(ctx context.Context, brief bool) (*shared, error) {
	w.mu.Lock()
	closed := w.closed
	w.mu.Unlock()
	if closed || w.conn == nil { // a closed one says so itself
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.conn, w.prepared = conn, newPrepared(conn)
	}
	// This waits for other processes, so it must be possible to give up.
	if err := w.prepared.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		// Given up at the last moment it may have begun all the same.
		_, _ = w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return nil, err
	}
	return &shared{began: time.Now(), brief: brief, ended: make(chan struct{})}, nil
}

// commit ends a transaction, once and for all that share it.
func (w *writer) commit() error {
	ctx := context.Background() // of no unit in particular; it is not waited for with a context
	err := w.prepared.exec(ctx, "COMMIT")
	if err != nil {
		w.rollback(ctx)
	}
	return err
}

// rollback undoes a transaction. A connection that cannot even do that may be
// within one still and is not used again; where SQLite has undone it by itself
// there is nothing left to do, and the next use would say so.
func (w *writer) rollback(ctx context.Context) {
	if err := w.prepared.exec(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
		w.drop()
	}
}

// drop closes the connection.
func (w *writer) drop() {
	if w.conn != nil {
		w.prepared.close()
		discard(w.conn)
		w.conn, w.prepared = nil, nil
	}
}

// run runs fn as a unit of work, in a transaction of its own or in one that is
// under way. A collision means that it may be repeated.
func (w *writer) run(ctx context.Context, brief bool, fn func(context.Context, sqlstore.Querier) error) (collision, err error) {
	waiting, cancel := context.WithTimeout(ctx, w.timeout)
	s, err := w.enter(waiting, brief)
	cancel()
	if err != nil {
		return nil, translate(waiting, err)
	}
	if s == nil {
		if s, err = w.begin(ctx, brief); err != nil {
			w.leave(nil)
			if isBusy(err) && ctx.Err() == nil {
				return err, nil
			}
			return nil, translate(ctx, err)
		}
	}
	collision, err = w.unit(ctx, s, fn)
	if collision != nil || err != nil {
		return collision, err
	}
	// Also a caller who is in a hurry waits for this: fn has run and cannot be called
	// off, and who returned before the commit could not say from when on others see
	// it, by which caches go. It is not long, as those who share are brief.
	<-s.ended
	switch {
	case s.lost == nil:
		return nil, nil
	case isBusy(s.lost), errors.As(s.lost, new(undone)):
		return s.lost, nil
	default:
		return nil, translate(ctx, s.lost)
	}
}

// unit runs fn in the transaction, behind a savepoint, and passes the turn on.
// What fn did is undone when it fails or panics, and nothing else is. After some
// failures, such as a full disk, SQLite undoes the whole transaction by itself;
// the savepoint is gone then, by which that is noticed whatever fn makes of it.
func (w *writer) unit(ctx context.Context, s *shared, fn func(context.Context, sqlstore.Querier) error) (collision, err error) {
	calm := context.WithoutCancel(ctx)
	if err := w.prepared.exec(calm, "SAVEPOINT unit"); err != nil {
		w.lose(calm, s, err)
		return err, nil
	}
	q := &querier{session: w.prepared, writes: true}
	done := false
	defer func() {
		q.settle(calm, done)
		failed := w.finish(calm, s, done)
		if failed == nil {
			w.leave(s)
			return
		}
		w.lose(calm, s, failed)
		if done {
			collision = failed
		}
	}()
	err = fn(ctx, q)
	switch {
	case q.collision != nil:
		return q.collision, nil
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, translate(ctx, ctx.Err())
	}
	done = true
	return nil, nil
}

// finish keeps or undoes what was done behind the savepoint.
func (w *writer) finish(ctx context.Context, s *shared, kept bool) error {
	switch {
	case kept:
		s.units++
		return w.prepared.exec(ctx, "RELEASE unit")
	case s.units == 0: // nobody else is in it
		w.rollback(ctx)
		return nil
	}
	if err := w.prepared.exec(ctx, "ROLLBACK TO unit"); err != nil {
		return err
	}
	return w.prepared.exec(ctx, "RELEASE unit")
}

// lose gives up a transaction that others have a part in: they are told to
// repeat what they did.
func (w *writer) lose(ctx context.Context, s *shared, cause error) {
	w.rollback(ctx)
	s.lost = undone{cause}
	close(s.ended)
	w.leave(nil)
}

// undone is why a unit has to be repeated whose transaction was lost to another.
type undone struct{ cause error }

// Error implements error.
func (u undone) Error() string {
	return "the transaction was undone with that of another call: " + u.cause.Error()
}

// Unwrap returns what the other call met with.
func (u undone) Unwrap() error { return u.cause }

// close closes the file. Who has the turn may end what was begun.
func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if !w.taken {
		w.drop()
	}
	return w.db.Close()
}
