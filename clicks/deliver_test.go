package clicks_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

var (
	errAway    = fault.New(fault.Unavailable, "store-busy", "busy")
	errRefused = fault.New(fault.NotFound, "not-found", "no such link")
)

// visits returns n visits with ids from 1 on.
func visits(n int) []clicks.Visit {
	out := make([]clicks.Visit, n)
	for i := range out {
		out[i].ID = links.ClickID{15: byte(i), 14: byte(i >> 8), 13: 1}
	}
	return out
}

// shelf is a sink over a map. What before says goes first.
type shelf struct {
	before func(call int, offered []clicks.Visit) error
	taken  map[links.ClickID]int
	calls  int
	most   int
}

func (s *shelf) take(_ context.Context, offered []clicks.Visit) error {
	s.calls++
	s.most = max(s.most, len(offered))
	if s.before != nil {
		if err := s.before(s.calls, offered); err != nil {
			return err
		}
	}
	if s.taken == nil {
		s.taken = map[links.ClickID]int{}
	}
	for _, v := range offered {
		s.taken[v.ID]++
	}
	return nil
}

func holds(offered []clicks.Visit, poison map[links.ClickID]bool) bool {
	for _, v := range offered {
		if poison[v.ID] {
			return true
		}
	}
	return false
}

func TestDeliver_AnEmptyBatchIsNotOffered(t *testing.T) {
	s := &shelf{}
	require.Empty(t, clicks.Deliver(t.Context(), s.take, nil, &clicks.Tally{}, nil))
	require.Zero(t, s.calls)
}

func TestDeliver_PausesEverLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var moments []time.Duration
		began := time.Now()
		s := &shelf{before: func(call int, _ []clicks.Visit) error {
			moments = append(moments, time.Since(began))
			if call <= 10 {
				return errAway
			}
			return nil
		}}
		var tally clicks.Tally
		require.Empty(t, clicks.Deliver(t.Context(), s.take, visits(3), &tally, nil))
		require.EqualValues(t, 3, tally.Stats(0, 0).Stored)
		want, pause := []time.Duration{0}, clicks.FirstPause
		for range 10 {
			want = append(want, want[len(want)-1]+pause)
			pause = min(2*pause, clicks.LongestPause)
		}
		require.Equal(t, want, moments)
	})
}

func TestDeliver_OfACancelledContextReturnsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batch := visits(8)
		s := &shelf{before: func(_ int, offered []clicks.Visit) error {
			switch {
			case holds(offered, map[links.ClickID]bool{batch[1].ID: true}):
				return errRefused
			case holds(offered, map[links.ClickID]bool{batch[5].ID: true}):
				return errAway
			}
			return nil
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var tally clicks.Tally
		left := clicks.Deliver(ctx, s.take, batch, &tally, nil)
		require.Equal(t, visits(8)[4:], left, "the halves before are taken, and left comes as it was")
		require.Equal(t, clicks.Stats{Stored: 3, Refused: 1}, tally.Stats(0, 0))
	})
}

func TestDeliver_OnlyAnErrorAboutTheVisitsIsARefusal(t *testing.T) {
	refusals := map[fault.Code]bool{fault.Invalid: true, fault.NotFound: true, fault.Conflict: true}
	causes := map[string]error{"plain": errors.New("odd")}
	for _, code := range fault.Codes() {
		causes[string(code)] = fault.New(code, "x", "x")
	}
	for name, cause := range causes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tally clicks.Tally
				refused := refusals[fault.Code(name)]
				s := &shelf{before: func(call int, _ []clicks.Visit) error {
					if call < 4 || refused {
						return cause
					}
					return nil
				}}
				require.Empty(t, clicks.Deliver(t.Context(), s.take, visits(2), &tally, nil))
				want := clicks.Stats{Stored: 2}
				if refused {
					want = clicks.Stats{Refused: 2}
				}
				require.Equal(t, want, tally.Stats(0, 0))
			})
		})
	}
}

func TestDeliver_OneRefusedOfManyCostsFewOffers(t *testing.T) {
	batch := visits(512)
	s := &shelf{before: func(_ int, offered []clicks.Visit) error {
		if holds(offered, map[links.ClickID]bool{batch[300].ID: true}) {
			return errRefused
		}
		return nil
	}}
	clicks.Deliver(t.Context(), s.take, batch, &clicks.Tally{}, nil)
	require.Len(t, s.taken, 511)
	require.LessOrEqual(t, s.calls, 1+2*9)
}

// Whatever is refused and whenever the sink is away: each visit ends up either
// stored once or refused once.
func TestDeliver_SettlesEachVisitOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		batch := visits(rapid.IntRange(0, 200).Draw(rt, "visits"))
		poison := map[links.ClickID]bool{}
		for _, v := range batch {
			if rapid.IntRange(0, 9).Draw(rt, "poison") == 0 {
				poison[v.ID] = true
			}
		}
		away := rapid.SliceOfN(rapid.Bool(), 0, 20).Draw(rt, "away")
		s := &shelf{before: func(call int, offered []clicks.Visit) error {
			if call <= len(away) && away[call-1] {
				return errAway
			}
			if holds(offered, poison) {
				return errRefused
			}
			return nil
		}}
		var tally clicks.Tally
		synctest.Test(t, func(t *testing.T) { clicks.Deliver(t.Context(), s.take, batch, &tally, nil) })
		got := tally.Stats(0, 0)
		require.EqualValues(rt, len(batch)-len(poison), got.Stored)
		require.EqualValues(rt, len(poison), got.Refused)
		require.Len(rt, s.taken, len(batch)-len(poison))
		for id, times := range s.taken {
			require.Equal(rt, 1, times)
			require.False(rt, poison[id])
		}
	})
}

func TestRest_LeavesTheMachineToABurstButNotForLong(t *testing.T) {
	const full = 500
	for name, c := range map[string]struct {
		count     int
		age, took time.Duration
		rested    time.Duration
	}{
		"five times what a full batch took":   {full, time.Second, 20 * time.Millisecond, 100 * time.Millisecond},
		"a second at most":                    {full, time.Second, time.Minute, time.Second},
		"nothing after less than a full one":  {full - 1, time.Second, 20 * time.Millisecond, 0},
		"also when it is as old as it may be": {full, clicks.MaxBehind, 20 * time.Millisecond, 100 * time.Millisecond},
		"nothing when it is older":            {full, clicks.MaxBehind + 1, 20 * time.Millisecond, 0},
		"nothing after none":                  {0, 0, time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				batch, began := visits(c.count), time.Now()
				for i := range batch {
					batch[i].Hit.At = began.Add(-c.age)
				}
				clicks.Rest(t.Context(), batch, c.took, began)
				require.Equal(t, c.rested, time.Since(began))
			})
		})
	}
}

func TestRest_EndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batch, began := visits(500), time.Now()
		for i := range batch {
			batch[i].Hit.At = began
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		clicks.Rest(ctx, batch, time.Minute, began)
		require.Equal(t, time.Millisecond, time.Since(began))
	})
}
