package clickstest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/links"
)

// delivered: each recorded visit reaches the sink as it was, in batches.
func (h Harness) delivered(t *testing.T) {
	t.Run("EachVisitReachesTheSinkAsItWas", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		w.record(t, w.visits(1200))
		w.requireAll(t)
	})
	t.Run("WhatWasRecordedBeforeRunIsDelivered", func(t *testing.T) {
		w := h.world(h.New(t))
		w.record(t, w.visits(3000))
		got := w.recorder.Stats()
		require.EqualValues(t, 3000, got.Waiting)
		require.EqualValues(t, 3000, got.Recorded)
		w.run(t).requireAll(t)
		require.LessOrEqual(t, w.store.offers, 3000/20, "many wait, so they go in batches")
	})
	t.Run("ASingleVisitIsNotHeldBack", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		for range 3 {
			w.record(t, w.visits(1))
			w.requireAll(t)
		}
	})
	t.Run("ManyAtOnce", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				for range 50 {
					w.record(t, w.visits(2))
				}
			})
		}
		wg.Wait()
		w.requireAll(t)
	})
	t.Run("RecordDoesNotWaitForTheSink", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(always(hang))
		w.run(t)
		w.record(t, w.visits(1))
		w.store.awaitOffers(t, 1)
		w.record(t, w.visits(1000)) // while the sink is busy with the first
		got := w.recorder.Stats()
		require.EqualValues(t, 1001, got.Waiting)
		require.Zero(t, got.Stored)
	})
	t.Run("ALateVisitOfACallerWhoLeftIsTakenOrShed", func(t *testing.T) {
		w := h.world(h.New(t)).run(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		v := w.visit()
		err := w.recorder.Record(gone, v)
		if err != nil {
			requireShed(t, err)
			require.EqualValues(t, 1, w.recorder.Stats().Shed)
			return
		}
		w.recorded = append(w.recorded, v)
		w.requireAll(t)
	})
}

// unavailable: a store that is away for a while costs nothing.
func (h Harness) unavailable(t *testing.T) {
	t.Run("AStoreThatWasAwayLosesNothing", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(func(offer int, _ []clicks.Visit) verdict {
			if offer <= 5 {
				return away
			}
			return take
		})
		w.run(t)
		w.record(t, w.visits(1200))
		w.requireAll(t)
	})
	t.Run("RecordingGoesOnMeanwhile", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(always(away))
		w.run(t)
		w.record(t, w.visits(500))
		w.store.awaitOffers(t, 2)
		w.record(t, w.visits(2500))
		got := w.recorder.Stats()
		require.EqualValues(t, 3000, got.Waiting, "nothing is lost and nothing stored")
		require.Zero(t, got.Stored+got.Refused+got.Shed)
		w.store.become(nil)
		w.requireAll(t)
	})
	t.Run("AStoreThatDoesNotKnowWhyLosesNothing", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(func(offer int, _ []clicks.Visit) verdict {
			if offer < 3 {
				return broken
			}
			return take
		})
		w.record(t, w.visits(2))
		w.run(t)
		w.requireAll(t)
	})
	t.Run("OffersComeEverSlower", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(always(away))
		w.record(t, w.visits(1))
		began := time.Now()
		w.run(t)
		w.store.awaitOffers(t, 5)
		require.Greater(t, time.Since(began), 2*clicks.FirstPause)
		w.store.become(nil)
		w.requireAll(t)
	})
	t.Run("ALostAnswerStoresNothingTwice", func(t *testing.T) {
		w := h.world(h.New(t))
		w.store.become(func(offer int, _ []clicks.Visit) verdict {
			if offer%2 == 1 && offer < 8 {
				return loseAnswer
			}
			return take
		})
		w.run(t)
		w.record(t, w.visits(700))
		w.store.awaitTaken(t, 700)
		w.requireAll(t)
	})
}

// refused: what the sink never takes holds up nothing.
func (h Harness) refused(t *testing.T) {
	run := func(t *testing.T, poisoned func(i int) bool, alsoAway bool) {
		w := h.world(h.New(t))
		visits, poison := w.visits(300), map[links.ClickID]bool{}
		var good []clicks.Visit
		for i, v := range visits {
			if poisoned(i) {
				poison[v.ID] = true
			} else {
				good = append(good, v)
			}
		}
		w.store.become(func(offer int, visits []clicks.Visit) verdict {
			switch {
			case alsoAway && offer%5 == 2 && offer < 30:
				return away
			case has(visits, poison):
				return refuse
			}
			return take
		})
		w.record(t, visits)
		w.run(t)
		got := w.settle(t)
		w.store.requireExactly(t, good)
		require.EqualValues(t, 300, got.Recorded)
		require.EqualValues(t, len(good), got.Stored)
		require.EqualValues(t, len(poison), got.Refused, "each is counted once")
		require.Zero(t, got.Shed)
		w.recorded = good
		more := w.visits(50)
		w.record(t, more) // and life goes on
		w.store.awaitTaken(t, len(good)+50)
		w.settle(t)
		w.store.requireExactly(t, w.recorded)
	}
	t.Run("OneOfMany", func(t *testing.T) { run(t, func(i int) bool { return i == 142 }, false) })
	t.Run("FirstAndLast", func(t *testing.T) { run(t, func(i int) bool { return i == 0 || i == 299 }, false) })
	t.Run("All", func(t *testing.T) { run(t, func(int) bool { return true }, false) })
	t.Run("SomeWhileTheStoreComesAndGoes", func(t *testing.T) { run(t, func(i int) bool { return i%50 == 7 }, true) })
}
