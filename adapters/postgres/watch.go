package postgres

import (
	"context"
	"time"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

// How long WatchLinks believes in a silent connection, and waits for its answer.
const (
	watchQuiet  = 5 * time.Second
	watchAnswer = 2 * time.Second
)

// WatchLinks calls changed with the code of every link that a store of this
// database updates, once that is committed, by whichever process; of changes
// made in SQL by hand it knows nothing. It returns when ctx is done or the
// connection is lost, after which calls are missing, always with an error:
// fault.Unavailable "store-unreachable" or what the end of the context means.
//
// It keeps one connection for itself, which it takes out of the pool, so that the
// pool is no smaller for it. The connection must be one to the server itself: a
// pooler that lends connections per transaction passes nothing on.
func (s *Store) WatchLinks(ctx context.Context, changed func(links.Code)) error {
	lent, err := s.pool.Acquire(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	conn := lent.Hijack()
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		_ = conn.Close(ending)
	}()
	if err := simple(ctx, conn, "LISTEN "+sqlstore.LinksChanged); err != nil {
		return translate(ctx, err)
	}
	for {
		quiet, cancel := context.WithTimeout(ctx, watchQuiet)
		told, err := conn.WaitForNotification(quiet)
		silent := quiet.Err() != nil
		cancel()
		switch {
		case err == nil:
			changed(links.Code(told.Payload))
			continue
		case ctx.Err() != nil:
			return fault.Of(ctx.Err())
		case !silent:
			return translate(ctx, err)
		}
		// A connection that a network has dropped says nothing either.
		answer, cancel := context.WithTimeout(ctx, watchAnswer)
		err = conn.Ping(answer)
		cancel()
		if err != nil {
			return translate(ctx, err)
		}
	}
}
