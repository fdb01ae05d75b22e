package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/links"
)

// How often WatchLinks makes sure that it hears everything, and how long it waits
// for the answer.
const (
	watchBeat   = 500 * time.Millisecond
	watchAnswer = 2 * time.Second
	watchBegin  = 5 * time.Second // to connect
)

// WatchLinks calls changed with the code of every link that a store of this
// database updates, once that is committed, by whichever process; of changes
// made in SQL by hand it knows nothing, unless they send the same notification.
// Twice a second it asks the server for an answer, and once it is there calls
// complete with the moment at which it asked: the server sends what there is to
// tell before it. It returns when ctx is done or the connection is lost, after
// which calls are missing, always with an error: fault.Unavailable
// "store-unreachable" or what the end of the context means.
//
// It keeps one connection for itself, which it takes out of the pool of link
// lookups, so that the pool is no smaller for it. Through a pooler it may hear of changes or not, and
// never calls complete: who lends connections per transaction passes nothing on.
func (s *Store) WatchLinks(ctx context.Context, changed func(links.Code), complete func(until time.Time)) error {
	conn, err := s.listen(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		_ = conn.Close(ending)
	}()
	for {
		asked := time.Now()
		direct, err := answers(ctx, conn)
		if err != nil {
			return translate(ctx, err)
		}
		if err := hear(ctx, conn, 0, changed); err != nil { // what came before the answer
			return translate(ctx, err)
		}
		if direct {
			complete(asked)
		}
		if err := hear(ctx, conn, watchBeat, changed); err != nil {
			return translate(ctx, err)
		}
	}
}

// listen returns a connection of its own that is told of changes.
func (s *Store) listen(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, watchBegin)
	defer cancel()
	lent, err := s.links.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := lent.Hijack()
	if err := simple(ctx, conn, "LISTEN "+sqlstore.LinksChanged); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// answers asks the server for a sign of life. direct says that it is the server
// itself to which the connection was made, and not a pooler in front of it.
func answers(ctx context.Context, conn *pgx.Conn) (direct bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, watchAnswer)
	defer cancel()
	var pid uint32
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return pid == conn.PgConn().PID(), err
}

// hear passes on what is told within a time; of none, what has arrived by now.
func hear(ctx context.Context, conn *pgx.Conn, within time.Duration, changed func(links.Code)) error {
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		told, err := conn.WaitForNotification(waiting)
		switch {
		case err == nil:
			changed(links.Code(told.Payload))
		case waiting.Err() != nil:
			return ctx.Err()
		default:
			return err
		}
	}
}
