package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// withinAMicrosecond are what separates moments that are stored as one.
func withinAMicrosecond() []time.Duration {
	return []time.Duration{time.Nanosecond, 500 * time.Nanosecond, 999 * time.Nanosecond}
}

// brinks are moments to drop at: one of our days, one with microseconds of its
// own, and one before 1970, where a number of microseconds is negative.
func brinks() []time.Time {
	return []time.Time{
		start().AddDate(0, 0, 7), time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 1_000, time.UTC),
	}
}

func (h Harness) oldTickets(t *testing.T) {
	t.Run("DropTicketsDropsTheExpiredAndKeepsTheOthers", func(t *testing.T) {
		f := newFixture(t, h)
		limit := start().AddDate(0, 0, 7)
		dropped, edge, kept := newTicket("dropped"), newTicket("edge"), newTicket("kept")
		dropped.ExpiresAt, edge.ExpiresAt, kept.ExpiresAt = limit.Add(-time.Microsecond), limit, limit.AddDate(0, 0, 1)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			return firstError(tx.CreateTicket(ctx, dropped), tx.CreateTicket(ctx, edge))
		})
		f.administer(t, func(ctx context.Context, p storage.Platform) error { return p.CreateTicket(ctx, kept) })
		require.NoError(t, f.store.System().DropTickets(f.ctx, limit))
		for _, ticket := range []storage.Ticket{dropped, f.a.ticket, f.b.ticket} {
			f.requireNoTicket(t, ticket.Hash)
		}
		f.takeTicket(t, edge)
		f.takeTicket(t, kept)
	})
	h.ticketsAtTheMoment(t)
}

// ticketsAtTheMoment holds that the moment to drop at is taken as it is, and
// those of the tickets as they are stored: cut to the microsecond.
func (h Harness) ticketsAtTheMoment(t *testing.T) {
	t.Run("DropTicketsDropsWhatIsStoredAsLessThanAMicrosecondBefore", func(t *testing.T) {
		f := newFixture(t, h)
		for _, edge := range brinks() {
			for _, offset := range withinAMicrosecond() {
				mark := edge.Add(offset).String()
				before, cut, next := newTicket("before "+mark), newTicket("cut "+mark), newTicket("next "+mark)
				before.ExpiresAt, cut.ExpiresAt, next.ExpiresAt = edge, edge.Add(999*time.Nanosecond), edge.Add(time.Microsecond)
				f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
					return firstError(tx.CreateTicket(ctx, before), tx.CreateTicket(ctx, cut), tx.CreateTicket(ctx, next))
				})
				require.NoError(t, f.store.System().DropTickets(f.ctx, edge.Add(offset)))
				f.requireNoTicket(t, before.Hash)
				f.requireNoTicket(t, cut.Hash) // it was stored as expiring at the edge
				f.takeTicket(t, next)
			}
		}
	})
	t.Run("DropTicketsKeepsWhatIsCutToTheMoment", func(t *testing.T) {
		f := newFixture(t, h)
		for _, edge := range brinks() {
			for _, offset := range withinAMicrosecond() {
				cut := newTicket("cut " + edge.Add(offset).String())
				cut.ExpiresAt = edge.Add(offset)
				f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateTicket(ctx, cut) })
				require.NoError(t, f.store.System().DropTickets(f.ctx, edge))
				cut.ExpiresAt = edge
				f.takeTicket(t, cut)
			}
		}
	})
}

func (h Harness) oldRequests(t *testing.T) {
	t.Run("DropRequestsDropsTheOlderOfAllAndKeepsTheNewer", func(t *testing.T) {
		f := newFixture(t, h)
		limit := start().AddDate(0, 0, 7)
		ages := map[string]time.Time{"old": limit.Add(-time.Microsecond), "older": limit.AddDate(0, 0, -1), "edge": limit, "new": limit.Add(time.Hour)}
		carry := func(ctx context.Context, w storage.RequestWriter) (err error) {
			for key, at := range ages {
				r := newRequest(key, "body")
				r.At = at
				err = firstError(err, carryOut(ctx, w, r))
			}
			return err
		}
		left := func(ctx context.Context, w storage.RequestWriter) error {
			for key, at := range ages {
				_, first, err := w.ClaimRequest(ctx, newRequest(key, "again"))
				require.NoError(t, err)
				require.Equal(t, at.Before(limit), first, "%s is free again", key)
			}
			return errRollback()
		}
		for _, p := range []party{f.a, f.b} {
			f.write(t, p, func(ctx context.Context, tx storage.Tx) error { return carry(ctx, tx) })
		}
		f.administer(t, func(ctx context.Context, p storage.Platform) error { return carry(ctx, p) })
		require.NoError(t, f.store.System().DropRequests(f.ctx, limit))
		for _, p := range []party{f.a, f.b} {
			has(t, f.try(p, func(ctx context.Context, tx storage.Tx) error { return left(ctx, tx) }), fault.Unsupported, "rolled-back")
		}
		err := f.store.System().Administer(f.ctx, func(ctx context.Context, p storage.Platform) error { return left(ctx, p) })
		has(t, err, fault.Unsupported, "rolled-back")
	})
	t.Run("DropRequestsLeavesEverythingElse", func(t *testing.T) {
		f := newFixture(t, h)
		before := dumpOf(t, f.ctx, f.everyone())
		require.NoError(t, f.store.System().DropRequests(f.ctx, start().AddDate(1, 0, 0)))
		require.Equal(t, before, dumpOf(t, f.ctx, f.everyone()))
		f.requireFree(t, f.a, f.a.request.Key)
		_, err := f.store.System().TakeTicket(f.ctx, f.a.ticket.Hash)
		require.NoError(t, err)
	})
	h.requestsAtTheMoment(t)
}

// requestsAtTheMoment holds that the moment to drop at is taken as it is, and
// those of the requests as they are stored: cut to the microsecond.
func (h Harness) requestsAtTheMoment(t *testing.T) {
	t.Run("DropRequestsDropsWhatIsStoredAsLessThanAMicrosecondBefore", func(t *testing.T) {
		f := newFixture(t, h)
		for _, edge := range brinks() {
			for _, offset := range withinAMicrosecond() {
				mark := edge.Add(offset).String()
				before, cut, next := newRequest("before "+mark, "body"), newRequest("cut "+mark, "body"), newRequest("next "+mark, "body")
				before.At, cut.At, next.At = edge, edge.Add(999*time.Nanosecond), edge.Add(time.Microsecond)
				f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
					return firstError(carryOut(ctx, tx, before), carryOut(ctx, tx, cut), carryOut(ctx, tx, next))
				})
				require.NoError(t, f.store.System().DropRequests(f.ctx, edge.Add(offset)))
				f.requireFree(t, f.a, before.Key)
				f.requireFree(t, f.a, cut.Key) // it was stored as made at the edge
				f.requireAnswered(t, f.a, next)
			}
		}
	})
	t.Run("DropRequestsKeepsWhatIsCutToTheMoment", func(t *testing.T) {
		f := newFixture(t, h)
		for _, edge := range brinks() {
			for _, offset := range withinAMicrosecond() {
				cut := newRequest("cut "+edge.Add(offset).String(), "body")
				cut.At = edge.Add(offset)
				f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return carryOut(ctx, tx, cut) })
				require.NoError(t, f.store.System().DropRequests(f.ctx, edge))
				cut.At = edge
				f.requireAnswered(t, f.a, cut)
			}
		}
	})
}
