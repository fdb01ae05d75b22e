package clickstest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

// verdict is what the sink does with an offer.
type verdict int

const (
	take       verdict = iota // stores it
	away                      // unavailable at once
	hang                      // unavailable, but only when the context ends
	refuse                    // never takes it
	broken                    // fails, and does not know why
	loseAnswer                // stores it and says unavailable
)

// store is the sink of the suite: a store that has each id once.
type store struct {
	patience time.Duration

	mu      sync.Mutex
	judge   func(offer int, visits []clicks.Visit) verdict // nil takes all
	taken   map[links.ClickID]clicks.Visit
	offers  int
	largest int
	empty   bool          // an offer of nothing was made
	changed chan struct{} // closed and made anew with every offer
	over    chan struct{} // closed at the end of the case: nothing hangs any more
}

func newStore(patience time.Duration) *store {
	return &store{patience: patience, taken: map[links.ClickID]clicks.Visit{}, changed: make(chan struct{}), over: make(chan struct{})}
}

// always is a judge of one verdict.
func always(v verdict) func(int, []clicks.Visit) verdict {
	return func(int, []clicks.Visit) verdict { return v }
}

// become changes the judge.
func (s *store) become(judge func(int, []clicks.Visit) verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judge = judge
}

// sink is a clicks.Sink.
func (s *store) sink(ctx context.Context, visits []clicks.Visit) error {
	verdict := s.offered(visits)
	switch verdict {
	case away:
		return fault.New(fault.Unavailable, "store-busy", "the store is busy; trying again may work")
	case hang:
		select {
		case <-ctx.Done():
			return fault.Of(ctx.Err())
		case <-s.over:
			return fault.New(fault.Unavailable, "store-busy", "the store is busy; trying again may work")
		}
	case refuse:
		return fault.New(fault.NotFound, "not-found", "there is no such thing")
	case broken:
		return errors.New("permission denied for table click_events")
	case loseAnswer:
		return fault.New(fault.Unavailable, "store-unreachable", "the database cannot be reached")
	default:
		return nil
	}
}

func (s *store) offered(visits []clicks.Visit) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offers++
	s.largest = max(s.largest, len(visits))
	s.empty = s.empty || len(visits) == 0
	verdict := take
	if s.judge != nil {
		verdict = s.judge(s.offers, visits)
	}
	if verdict == take || verdict == loseAnswer {
		for _, v := range visits {
			s.taken[v.ID] = v
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return verdict
}

// await waits until done holds, looking after each offer.
func (s *store) await(t *testing.T, what string, done func() bool) {
	t.Helper()
	timeout := time.NewTimer(s.patience)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		ok, changed := done(), s.changed
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			s.mu.Lock()
			taken, offers := len(s.taken), s.offers
			s.mu.Unlock()
			require.FailNow(t, "waited in vain for "+what, "%d visits taken in %d offers", taken, offers)
		}
	}
}

// awaitTaken waits until n visits are stored.
func (s *store) awaitTaken(t *testing.T, n int) {
	t.Helper()
	s.await(t, "visits to be stored", func() bool { return len(s.taken) >= n })
}

// awaitOffers waits until n offers were made.
func (s *store) awaitOffers(t *testing.T, n int) {
	t.Helper()
	s.await(t, "offers", func() bool { return s.offers >= n })
}

// requireExactly fails unless the store has these visits, as they are, and no
// other.
func (s *store) requireExactly(t *testing.T, want []clicks.Visit) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	missing := 0
	for _, v := range want {
		got, found := s.taken[v.ID]
		if !found {
			missing++
			continue
		}
		require.Equal(t, v, got, "a visit reaches the sink as it was recorded")
	}
	require.Zero(t, missing, "recorded visits are missing, of %d", len(want))
	require.Len(t, s.taken, len(want), "nothing is stored under two ids, and nothing else is stored")
	require.LessOrEqual(t, s.largest, clicks.MaxBatch, "visits in one offer")
	require.False(t, s.empty, "nothing is offered where nothing waits")
}

// has reports whether an offer has any of the visits.
func has(offer []clicks.Visit, some map[links.ClickID]bool) bool {
	for _, v := range offer {
		if some[v.ID] {
			return true
		}
	}
	return false
}
