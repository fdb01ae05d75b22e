package storagetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/storage"
)

// record records events of a party in one transaction.
func (f *fixture) record(t *testing.T, p party, events ...attribution.Event) []storage.Outcome {
	t.Helper()
	var outcomes []storage.Outcome
	f.write(t, p, func(ctx context.Context, tx storage.Tx) error {
		var err error
		outcomes, err = tx.RecordEvents(ctx, events)
		return err
	})
	require.Len(t, outcomes, len(events), "an outcome for each, in order")
	return outcomes
}

// again returns another sending of the same submission.
func (f *fixture) again(e attribution.Event) attribution.Event {
	e.ID = newID[attribution.Event](f.ids)
	e.ReceivedAt = e.ReceivedAt.AddDate(0, 0, 1)
	e.Commission.Amount = money.Of(77, "INR")
	return e
}

// altered returns another submission under the same external id.
func (f *fixture) altered(e attribution.Event) attribution.Event {
	e = f.again(e)
	e.Value = money.Of(e.Value.Minor+1, "INR")
	e.Print = e.Fingerprint()
	return e
}

func stored(t *testing.T, want attribution.Event, got storage.Outcome) {
	t.Helper()
	require.NoError(t, got.Err)
	require.False(t, got.Repeat, "it was stored now")
	same(t, want, got.Event)
}

func repeated(t *testing.T, first attribution.Event, got storage.Outcome) {
	t.Helper()
	require.NoError(t, got.Err)
	require.True(t, got.Repeat, "it was stored before")
	same(t, first, got.Event, "a repeat gives the first result")
}

func differs(t *testing.T, first attribution.Event, got storage.Outcome) {
	t.Helper()
	has(t, got.Err, fault.Conflict, "event-differs")
	require.False(t, got.Repeat)
	same(t, first, got.Event, "the event as stored is the first one")
}

func (h Harness) idempotency(t *testing.T) {
	t.Run("TheSameEventAgainIsARepeatWithTheFirstResult", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			for range 3 {
				repeated(t, f.a.event, f.record(t, f.a, f.again(f.a.event))[0])
			}
			repeated(t, f.a.event, f.record(t, f.a, f.a.event)[0])
		})
	})
	t.Run("AnotherPrintUnderTheExternalIDIsEventDiffers", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() { differs(t, f.a.event, f.record(t, f.a, f.altered(f.a.event))[0]) })
	})
	t.Run("ThePrintAloneTellsARepeat", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			e := f.altered(f.a.event)
			e.Print = f.a.event.Print
			repeated(t, f.a.event, f.record(t, f.a, e)[0])
		})
	})
	t.Run("WithinOneCallTooAndABadOneFailsNoOther", func(t *testing.T) {
		f := newFixture(t, h)
		first, last := f.newEvent(f.a, "order-2", 10), f.newEvent(f.a, "order-3", 10)
		got := f.record(t, f.a, first, f.again(first), f.altered(first), f.again(f.a.event), f.again(first), last)
		stored(t, first, got[0])
		repeated(t, first, got[1])
		differs(t, first, got[2])
		repeated(t, f.a.event, got[3])
		repeated(t, first, got[4])
		stored(t, last, got[5])
		requireEvents(t, f, f.a, f.a.event, first, last)
	})
	t.Run("NoEventsAreNoEvents", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() { require.Empty(t, f.record(t, f.a)) })
	})
	t.Run("AFullBatchIsStored", func(t *testing.T) {
		f := newFixture(t, h)
		var events []attribution.Event
		for i := range attribution.MaxBatch {
			events = append(events, f.newEvent(f.a, fmt.Sprintf("full-%d", i), int64(i)))
		}
		for i, got := range f.record(t, f.a, events...) {
			stored(t, events[i], got)
		}
		requireEvents(t, f, f.a, append([]attribution.Event{f.a.event}, events...)...)
		for i, e := range events {
			events[i] = f.again(e)
		}
		for _, got := range f.record(t, f.a, events...) {
			require.True(t, got.Repeat)
		}
	})
	h.naturalKeys(t)
}

// naturalKeys holds what an event is unique by.
func (h Harness) naturalKeys(t *testing.T) {
	t.Run("TheTypeIsPartOfTheKey", func(t *testing.T) {
		f := newFixture(t, h)
		signup := f.newEvent(f.a, f.a.event.ExternalID, 10)
		signup.Type = campaigns.Signup
		signup.Print = signup.Fingerprint()
		stored(t, signup, f.record(t, f.a, signup)[0])
		requireEvents(t, f, f.a, f.a.event, signup)
	})
	t.Run("TheAdvertiserIsPartOfTheKey", func(t *testing.T) {
		f := newFixture(t, h)
		require.Equal(t, f.a.event.ExternalID, f.b.event.ExternalID)
		only := f.newEvent(f.b, "only-b", 10)
		stored(t, only, f.record(t, f.b, only)[0])
		mine := f.newEvent(f.a, "only-b", 99)
		stored(t, mine, f.record(t, f.a, mine)[0])
		repeated(t, only, f.record(t, f.b, f.again(only))[0])
	})
	t.Run("EventsWithoutAnExternalIDAreAlwaysStored", func(t *testing.T) {
		f := newFixture(t, h)
		one := f.newEvent(f.a, "", 10)
		two, three := f.again(one), f.again(one)
		got := f.record(t, f.a, one, two)
		stored(t, one, got[0])
		stored(t, two, got[1])
		stored(t, three, f.record(t, f.a, three)[0])
		requireEvents(t, f, f.a, f.a.event, one, two, three)
	})
	t.Run("ARolledBackEventLeavesItsExternalIDFree", func(t *testing.T) {
		f := newFixture(t, h)
		e := f.newEvent(f.a, "order-2", 10)
		err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.RecordEvents(ctx, []attribution.Event{e})
			require.NoError(t, err)
			return errRollback()
		})
		has(t, err, fault.Unsupported, "rolled-back")
		other := f.altered(e)
		stored(t, other, f.record(t, f.a, other)[0])
	})
	t.Run("ExternalIDsCompareByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		var events []attribution.Event
		for _, id := range lookAlikes() {
			events = append(events, f.newEvent(f.a, id, 10))
		}
		for i, got := range f.record(t, f.a, events...) {
			stored(t, events[i], got)
		}
		for _, e := range events {
			repeated(t, e, f.record(t, f.a, f.again(e))[0])
		}
	})
}

// requireEvents requires that the party has exactly these events.
func requireEvents(t *testing.T, f *fixture, p party, want ...attribution.Event) {
	t.Helper()
	same(t, want, collect(t, f.read(p).EachEvent(f.ctx, forever())))
}
