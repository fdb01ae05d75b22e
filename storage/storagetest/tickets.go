package storagetest

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// takeTicket takes a ticket and requires that it is the one.
func (f *fixture) takeTicket(t *testing.T, want storage.Ticket) {
	t.Helper()
	got, err := f.store.System().TakeTicket(f.ctx, want.Hash)
	require.NoError(t, err)
	same(t, want, got)
}

func (f *fixture) requireNoTicket(t *testing.T, hash [32]byte) {
	t.Helper()
	got, err := f.store.System().TakeTicket(f.ctx, hash)
	has(t, err, fault.NotFound, "not-found")
	same(t, storage.Ticket{}, got)
}

// tickets holds that a ticket is good for one use.
func (h Harness) tickets(t *testing.T) {
	t.Run("ATicketIsTakenOnce", func(t *testing.T) {
		f := newFixture(t, h)
		f.takeTicket(t, f.a.ticket)
		f.requireNoTicket(t, f.a.ticket.Hash)
		f.takeTicket(t, f.b.ticket)
		f.write(t, f.b, func(ctx context.Context, tx storage.Tx) error { return tx.CreateTicket(ctx, f.a.ticket) })
		f.takeTicket(t, f.a.ticket) // it was forgotten, so its hash was free
	})
	t.Run("AnUnknownTicketIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		for _, hash := range [][32]byte{{}, {1}, f.unknown.ticket.Hash, f.a.key.Hash} {
			f.requireNoTicket(t, hash)
		}
		f.takeTicket(t, f.a.ticket)
	})
	t.Run("AnExpiredTicketIsReturnedAsWell", func(t *testing.T) {
		f := newFixture(t, h)
		for i, at := range []time.Time{time.Date(1970, 1, 1, 0, 0, 0, 1_000, time.UTC), start().AddDate(-1, 0, 0), start().AddDate(1000, 0, 0)} {
			ticket := newTicket(at.String())
			ticket.ExpiresAt, ticket.Purpose = at, bytes.Repeat([]byte{byte(i), 0, 0xff}, 5_000)
			passed := ticket
			passed.Purpose = bytes.Clone(ticket.Purpose)
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateTicket(ctx, passed) })
			clear(passed.Purpose) // what was passed is not what is stored
			f.takeTicket(t, ticket)
		}
	})
	h.ticketOwners(t)
	h.ticketRollbacks(t)
	h.oldTickets(t)
	h.ticketWinners(t)
}

// ticketOwners holds that tickets are created by every advertiser and by the
// platform, and that their hashes are one set.
func (h Harness) ticketOwners(t *testing.T) {
	t.Run("ThePlatformCreatesTicketsToo", func(t *testing.T) {
		f := newFixture(t, h)
		ticket := newTicket("platform")
		ticket.Purpose = nil
		f.administer(t, func(ctx context.Context, p storage.Platform) error { return p.CreateTicket(ctx, ticket) })
		f.takeTicket(t, ticket)
	})
	t.Run("AHashIsTakenAcrossAdvertisersAndThePlatform", func(t *testing.T) {
		f := newFixture(t, h)
		spoiled, fresh := f.b.ticket, newTicket("fresh")
		spoiled.Purpose, spoiled.ExpiresAt = []byte("spoiled"), start().AddDate(1, 0, 0)
		for _, p := range []party{f.a, f.b} {
			f.write(t, p, func(ctx context.Context, tx storage.Tx) error {
				has(t, tx.CreateTicket(ctx, spoiled), fault.Conflict, "ticket-taken")
				return nil
			})
		}
		f.administer(t, func(ctx context.Context, p storage.Platform) error {
			has(t, p.CreateTicket(ctx, spoiled), fault.Conflict, "ticket-taken")
			return p.CreateTicket(ctx, fresh) // after a conflict the transaction can go on
		})
		f.takeTicket(t, f.b.ticket)
		f.takeTicket(t, fresh)
	})
}

func (h Harness) ticketRollbacks(t *testing.T) {
	t.Run("ATicketIsRolledBackWithItsTransaction", func(t *testing.T) {
		f := newFixture(t, h)
		ticket := newTicket("undone")
		has(t, f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
			return firstError(tx.CreateTicket(ctx, ticket), errRollback())
		}), fault.Unsupported, "rolled-back")
		f.requireNoTicket(t, ticket.Hash)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateTicket(ctx, ticket) })
		f.takeTicket(t, ticket)
	})
}

func (h Harness) ticketWinners(t *testing.T) {
	t.Run("OneOfManyCreationsOfAHashWins", func(t *testing.T) {
		f := newFixture(t, h)
		var won atomic.Int64
		together(t, 32, 32, func(i int) error {
			ticket := newTicket("contested")
			var err error
			switch i % 3 {
			case 0:
				err = f.insist(f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateTicket(ctx, ticket) })
			case 1:
				err = f.insist(f.b, func(ctx context.Context, tx storage.Tx) error { return tx.CreateTicket(ctx, ticket) })
			default:
				err = insistent(func() error {
					return f.store.System().Administer(f.ctx, func(ctx context.Context, p storage.Platform) error { return p.CreateTicket(ctx, ticket) })
				})
			}
			if fault.HasReason(err, "ticket-taken") {
				return nil
			}
			won.Add(1)
			return err
		})
		require.EqualValues(t, 1, won.Load(), "exactly one creation wins")
		f.takeTicket(t, newTicket("contested"))
	})
	t.Run("OneOfManyTakesATicket", func(t *testing.T) {
		f := newFixture(t, h)
		var won, lost atomic.Int64
		together(t, 32, 32, func(int) error {
			err := insistent(func() error {
				_, err := f.store.System().TakeTicket(f.ctx, f.a.ticket.Hash)
				return err
			})
			if fault.HasReason(err, "not-found") {
				lost.Add(1)
				return nil
			}
			won.Add(1)
			return err
		})
		require.EqualValues(t, 1, won.Load(), "exactly one takes it")
		require.EqualValues(t, 31, lost.Load())
	})
}
