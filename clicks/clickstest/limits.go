package clickstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// requireShed fails unless err is one of the two answers of a Record that does
// not take a visit.
func requireShed(t *testing.T, err error) {
	t.Helper()
	var e *fault.Error
	require.ErrorAs(t, err, &e, "errors are *fault.Error")
	if e.Code == fault.Exhausted {
		require.Equal(t, "clicks-shed", e.Reason)
		return
	}
	require.Equal(t, fault.Unavailable, e.Code)
}

// fill records until the recorder has no more room, and returns how often that
// was so.
func (w *world) fill(t *testing.T) (shed int) {
	t.Helper()
	for i := range SmallMost {
		v := w.visit()
		err := w.recorder.Record(t.Context(), v)
		if err == nil {
			w.recorded = append(w.recorded, v)
			continue
		}
		require.True(t, fault.HasReason(err, "clicks-shed"), "what does not fit is clicks-shed and not %v", err)
		requireShed(t, err)
		require.GreaterOrEqual(t, i, 100, "even the smallest recorder has room for a hundred")
		shed++
		if shed == 10 {
			return shed
		}
	}
	require.FailNow(t, "a recorder without bounds", "it took %d visits; a small one has room for fewer", len(w.recorded))
	return 0
}

// room: what does not fit is refused, counted, and costs nothing else.
func (h Harness) room(t *testing.T) {
	t.Run("WhatDoesNotFitIsShedAndCounted", func(t *testing.T) {
		w := h.world(h.Small(t))
		shed := w.fill(t)
		got := w.recorder.Stats()
		require.EqualValues(t, len(w.recorded), got.Recorded)
		require.EqualValues(t, len(w.recorded), got.Waiting)
		require.EqualValues(t, shed, got.Shed)
		w.run(t)
		w.store.awaitTaken(t, len(w.recorded))
		w.settle(t)
		w.store.requireExactly(t, w.recorded)
	})
	t.Run("ThereIsRoomAgainOnceSomeAreStored", func(t *testing.T) {
		w := h.world(h.Small(t))
		w.store.become(always(away))
		w.run(t)
		shed := w.fill(t)
		w.store.become(nil)
		w.store.awaitTaken(t, len(w.recorded))
		w.settle(t)
		require.Eventually(t, func() bool { // room may come in larger pieces
			v := w.visit()
			if w.recorder.Record(t.Context(), v) != nil {
				shed++
				return false
			}
			w.recorded = append(w.recorded, v)
			return true
		}, w.patience, 10*time.Millisecond)
		w.record(t, w.visits(50))
		w.store.awaitTaken(t, len(w.recorded))
		got := w.settle(t)
		w.store.requireExactly(t, w.recorded)
		require.EqualValues(t, shed, got.Shed)
	})
}

// end: Run ends when it is told to, and leaves nothing behind that is not
// accounted for.
func (h Harness) end(t *testing.T) {
	t.Run("WhatIsWaitingIsDeliveredFirst", func(t *testing.T) {
		w := h.world(h.New(t))
		w.record(t, w.visits(1700))
		w.run(t)
		require.NoError(t, w.end(t))
		require.Len(t, w.store.taken, 1700, "the store was willing")
		w.accounted(t, h)
	})
	t.Run("AHiccupMeanwhileLosesNothing", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(func(offer int, _ []clicks.Visit) verdict {
			if offer <= 3 {
				return away
			}
			return take
		})
		w.record(t, w.visits(1700))
		w.run(t)
		require.NoError(t, w.end(t))
		require.Len(t, w.store.taken, 1700, "the store was willing")
		w.accounted(t, h)
	})
	t.Run("WithNothingToDo", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		require.NoError(t, w.end(t))
		require.Equal(t, clicks.Stats{Bytes: w.recorder.Stats().Bytes}, w.recorder.Stats())
	})
	t.Run("AStoreThatHangsIsWaitedForSomeSecondsOnly", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(always(hang))
		w.record(t, w.visits(700))
		w.run(t)
		w.store.awaitOffers(t, 1)
		began := time.Now()
		err := w.end(t)
		require.Less(t, time.Since(began), clicks.FlushTime+5*time.Second)
		if h.Reopen == nil {
			require.True(t, fault.HasReason(err, "clicks-left-over"), "lost visits are no secret, but Run said %v", err)
			got := w.recorder.Stats()
			require.EqualValues(t, 700, got.Shed, "what was left over is counted")
			require.Zero(t, got.Waiting)
			return
		}
		require.NoError(t, err, "nothing is lost that is kept")
		require.Zero(t, w.recorder.Stats().Shed)
		w.accounted(t, h)
	})
	t.Run("WhatComesDuringAndAfterTheEndIsAccountedFor", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		var shed int
		some, over := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			for i, v := range w.visits(3000) {
				if i == 1000 {
					close(some)
				}
				if w.recorder.Record(t.Context(), v) == nil {
					w.recorded = append(w.recorded, v)
				} else {
					shed++
				}
			}
		}()
		<-some
		require.NoError(t, w.end(t))
		<-over
		v := w.visit()
		if err := w.recorder.Record(t.Context(), v); err == nil {
			w.recorded = append(w.recorded, v)
		} else {
			requireShed(t, err)
			shed++
		}
		require.EqualValues(t, shed, w.recorder.Stats().Shed)
		w.accounted(t, h)
	})
}

// accounted fails unless each recorded visit is in the store, or comes to it
// when the recorder is opened again. Run has ended.
func (w *world) accounted(t *testing.T, h Harness) {
	t.Helper()
	got := w.recorder.Stats()
	require.EqualValues(t, len(w.recorded), got.Recorded, "recorded")
	require.Equal(t, got.Recorded, got.Stored+got.Refused+got.Waiting, "each recorded visit is stored, refused or waiting")
	require.LessOrEqual(t, got.Stored, int64(len(w.store.taken)), "stored")
	if h.Reopen == nil {
		require.Zero(t, got.Waiting, "there is nobody left to deliver them")
		w.store.requireExactly(t, w.recorded)
		return
	}
	next := h.world(h.Reopen(t, w.recorder, 0))
	next.store.taken = w.store.taken
	next.run(t)
	next.store.awaitTaken(t, len(w.recorded))
	next.settle(t)
	next.store.requireExactly(t, w.recorded)
}
