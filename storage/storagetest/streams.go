package storagetest

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
)

// streamed is how many events the streams of the cases hold.
const streamed = 5

// streams holds what a unit of work may do while it goes through its events.
func (h Harness) streams(t *testing.T) {
	t.Run("EventsRecordedInTheLoopAreNotYielded", func(t *testing.T) {
		f, before := newStream(t, h)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			require.Equal(t, before, f.walk(ctx, t, tx, f.recordOne(ctx, tx)))
			require.Len(t, collect(t, tx.EachEvent(ctx, forever())), 2*streamed, "a later loop sees them")
			return nil
		})
		require.Len(t, collect(t, f.read(f.a).EachEvent(f.ctx, forever())), 2*streamed)
	})
	t.Run("CommissionsSetInTheLoopAreNotYielded", func(t *testing.T) {
		f, before := newStream(t, h)
		none := payouts.Commission{Reason: payouts.NoValue, Terms: newTerms(1)}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			seen := f.walk(ctx, t, tx, func(attribution.Event) {
				var changes []storage.Recommission
				for _, e := range before {
					changes = append(changes, storage.Recommission{Event: e.ID, Commission: none})
				}
				require.NoError(t, tx.SetCommissions(ctx, changes))
			})
			require.Equal(t, before, seen)
			return nil
		})
		for _, e := range collect(t, f.read(f.a).EachEvent(f.ctx, forever())) {
			same(t, none, e.Commission, "it was set")
		}
	})
	t.Run("ALoopLeftEarlyLeavesTheUnitOfWorkUsable", func(t *testing.T) {
		f, _ := newStream(t, h)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			for range 3 {
				for e, err := range tx.EachEvent(ctx, forever()) {
					require.NoError(t, err)
					f.recordOne(ctx, tx)(e)
					break
				}
			}
			return tx.CreateCampaign(ctx, f.newCampaign(f.a, "Later"))
		})
		require.Len(t, collect(t, f.read(f.a).EachEvent(f.ctx, forever())), streamed+3)
	})
	t.Run("ALoopWithinALoopSeesTheOnesBeforeIt", func(t *testing.T) {
		f, before := newStream(t, h)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			inner := streamed
			seen := f.walk(ctx, t, tx, func(e attribution.Event) {
				require.Len(t, f.walk(ctx, t, tx, func(attribution.Event) {}), inner)
				f.recordOne(ctx, tx)(e)
				inner++
			})
			require.Equal(t, before, seen)
			return nil
		})
	})
	t.Run("ASequenceKeptBeyondTheUnitOfWorkDoesNoHarm", func(t *testing.T) {
		f, _ := newStream(t, h)
		var next func() (attribution.Event, error, bool)
		var stop func()
		// A context of the caller's own outlasts the unit of work.
		ctx, cancel := context.WithTimeout(f.ctx, time.Minute)
		defer cancel()
		require.NoError(t, f.store.Write(ctx, f.a.scope, func(ctx context.Context, tx storage.Tx) error {
			next, stop = iter.Pull2(tx.EachEvent(ctx, forever()))
			_, err, _ := next()
			return err
		}))
		require.NotPanics(t, func() {
			if _, err, ok := next(); ok && err != nil {
				has(t, err, fault.Internal, "transaction-ended")
			}
			stop()
		})
		require.Len(t, collect(t, f.read(f.a).EachEvent(f.ctx, forever())), streamed)
		f.record(t, f.a, f.newEvent(f.a, "", 1))
	})
	t.Run("AnErrorInTheLoopUndoesTheUnitOfWork", func(t *testing.T) {
		f, before := newStream(t, h)
		require.ErrorIs(t, f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
			for e, err := range tx.EachEvent(ctx, forever()) {
				require.NoError(t, err)
				f.recordOne(ctx, tx)(e)
				return context.Canceled
			}
			return nil
		}), context.Canceled)
		require.Equal(t, before, plain(collect(t, f.read(f.a).EachEvent(f.ctx, forever()))))
	})
}

// newStream makes a store with a few events, and returns them in order.
func newStream(t *testing.T, h Harness) (*fixture, []attribution.Event) {
	t.Helper()
	f := newFixture(t, h)
	for minor := range int64(streamed - 1) {
		f.record(t, f.a, f.newEvent(f.a, "", minor))
	}
	before := collect(t, f.read(f.a).EachEvent(f.ctx, forever()))
	require.Len(t, before, streamed)
	return f, plain(before)
}

// walk goes through the events of a unit of work and returns what it saw. A
// sequence that yields what is recorded meanwhile would have no end.
func (f *fixture) walk(ctx context.Context, t *testing.T, tx storage.Tx, do func(attribution.Event)) []attribution.Event {
	t.Helper()
	var seen []attribution.Event
	for e, err := range tx.EachEvent(ctx, forever()) {
		require.NoError(t, err)
		seen = append(seen, e)
		require.LessOrEqual(t, len(seen), 4*streamed, "the loop does not end")
		do(e)
	}
	return plain(seen)
}

// recordOne returns what records another event for each it is given, behind it
// in the order of the sequence.
func (f *fixture) recordOne(ctx context.Context, tx storage.Tx) func(attribution.Event) {
	return func(attribution.Event) {
		// Events of one moment are in the order of their ids, and those ascend.
		if _, err := tx.RecordEvents(ctx, []attribution.Event{f.newEvent(f.a, "", 1)}); err != nil {
			panic(err)
		}
	}
}
