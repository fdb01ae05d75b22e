package superher_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// portion is how many changes the scripted store folds at a time.
const portion = 10

// scripted is a store whose totals are numbers in a table.
type scripted struct {
	storage.Store

	mu      sync.Mutex
	waiting map[tenant.ID]int64
	rebuild map[tenant.ID]bool
	wrong   map[tenant.ID]error // what folding and rebuilding fail with
	lost    map[tenant.ID]int64 // clicks that rebuilding loses
	others  map[tenant.ID]bool  // whose totals another keeper makes as soon as they are due
	off     []storage.TotalsDifference
	looks   []time.Time // of those who fold and of those who rebuild
	tries   map[tenant.ID][]time.Time
}

func newScripted(t *testing.T, advertisers ...byte) *scripted {
	s := &scripted{
		Store: memory.New(), waiting: map[tenant.ID]int64{}, rebuild: map[tenant.ID]bool{}, wrong: map[tenant.ID]error{},
		lost: map[tenant.ID]int64{}, others: map[tenant.ID]bool{}, tries: map[tenant.ID][]time.Time{},
	}
	for _, n := range advertisers {
		require.NoError(t, s.Store.System().CreateAdvertiser(t.Context(),
			tenant.Advertiser{ID: tenant.ID{n}, Name: "Brand", Zone: "UTC", Currency: "INR", CreatedAt: start, Version: 1}))
	}
	return s
}

func (s *scripted) System() storage.System { return scriptedSystem{s.Store.System(), s} }

type scriptedSystem struct {
	storage.System
	s *scripted
}

func (y scriptedSystem) DueTotals(_ context.Context, after tenant.ID) (storage.DueTotals, error) {
	y.s.mu.Lock()
	defer y.s.mu.Unlock()
	if after.IsZero() {
		y.s.looks = append(y.s.looks, time.Now())
	}
	var ids []tenant.ID
	for id, n := range y.s.waiting {
		if n > 0 {
			ids = append(ids, id)
		}
	}
	for id := range y.s.rebuild {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b tenant.ID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		if bytes.Compare(id[:], after[:]) > 0 {
			return storage.DueTotals{Advertiser: id, Waiting: y.s.waiting[id], Rebuild: y.s.rebuild[id]}, nil
		}
	}
	return storage.DueTotals{}, nil
}

func (y scriptedSystem) FoldTotals(_ context.Context, id tenant.ID) (storage.Folded, error) {
	y.s.mu.Lock()
	defer y.s.mu.Unlock()
	y.s.tries[id] = append(y.s.tries[id], time.Now())
	if err := y.s.wrong[id]; err != nil {
		return storage.Folded{}, err
	}
	n := min(y.s.waiting[id], portion)
	y.s.waiting[id] -= n
	return storage.Folded{Changes: n, More: y.s.waiting[id] > 0}, nil
}

func (y scriptedSystem) RebuildTotals(_ context.Context, id tenant.ID, how storage.Rebuild) (storage.Rebuilt, error) {
	y.s.mu.Lock()
	defer y.s.mu.Unlock()
	y.s.tries[id] = append(y.s.tries[id], time.Now())
	if err := y.s.wrong[id]; err != nil {
		return storage.Rebuilt{}, err
	}
	defer delete(y.s.rebuild, id)
	if y.s.others[id] && how.IfDue {
		return storage.Rebuilt{Skipped: true}, nil
	}
	return storage.Rebuilt{Lost: y.s.lost[id]}, nil
}

func (y scriptedSystem) VerifyTotals(context.Context, tenant.ID) (storage.TotalsCheck, error) {
	y.s.mu.Lock()
	defer y.s.mu.Unlock()
	return storage.TotalsCheck{Zone: "UTC", Differences: y.s.off}, nil
}

// keeping runs a keeper for so long, in a bubble of time, and returns what it
// counted.
func keeping(t *testing.T, s *scripted, config superher.TotalsConfig, long time.Duration) superher.TotalsStats {
	t.Helper()
	client, err := superher.New(superher.Config{Store: s})
	require.NoError(t, err)
	keeper := client.NewTotalsKeeper(config)
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	keeper.Run(ctx)
	return keeper.Stats()
}

func never() superher.TotalsConfig { return superher.TotalsConfig{Verify: -1} }

func TestTotalsKeeper_FoldsAllThatWaitsAndRebuildsWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t)
		s.waiting[tenant.ID{1}], s.waiting[tenant.ID{2}], s.rebuild[tenant.ID{3}] = 35, 1, true
		got := keeping(t, s, never(), 10*time.Second)
		require.Equal(t, superher.TotalsStats{Folded: 36, Rebuilt: 1}, got, "the last look found nothing")
		require.Len(t, s.tries[tenant.ID{1}], 4, "at the first look, without a pause between portions")
	})
}

func TestTotalsKeeper_LooksLessOftenWhileThereIsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t)
		keeping(t, s, never(), time.Hour)
		require.InDelta(t, 2*3600/5, len(s.looks), 5, "two who look, every five seconds")
	})
}

func TestTotalsKeeper_WhatGoesWrongForOneKeepsNobodyWaitingAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t)
		bad, good := tenant.ID{1}, tenant.ID{2}
		s.waiting[bad], s.waiting[good] = 1, 1
		s.wrong[bad] = fault.New(fault.Invalid, "amount-overflow", "too much")
		got := keeping(t, s, never(), 30*time.Minute)
		require.EqualValues(t, 1, got.Folded)
		require.Len(t, s.tries[good], 1)
		// After 1, 2, 4, 8 and 16 minutes more: the last at 31.
		require.Len(t, s.tries[bad], 5)
		require.EqualValues(t, 5, got.Failed)
		require.EqualValues(t, 1, got.Waiting, "it is told of")
	})
}

func TestTotalsKeeper_ABusyStoreIsAskedAgainAtTheNextLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t)
		s.rebuild[tenant.ID{1}] = true
		s.wrong[tenant.ID{1}] = fault.New(fault.Unavailable, "store-busy", "busy")
		got := keeping(t, s, never(), time.Minute)
		require.InDelta(t, 60, got.Failed, 2)
	})
}

func TestTotalsKeeper_ComparesOneAdvertiserAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t, 1, 2, 3)
		s.off = []storage.TotalsDifference{{Cell: "event_types day=2026-03-01", Figure: "events", Off: 1}, {}}
		got := keeping(t, s, superher.TotalsConfig{}, 7*superher.DefaultTotalsVerify+time.Second)
		require.Equal(t, superher.TotalsStats{Verified: 7, Differences: 14}, got)
	})
}

func TestTotalsKeeper_WhatAnotherOneHasMadeIsNotMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t)
		s.rebuild[tenant.ID{1}], s.rebuild[tenant.ID{2}], s.others[tenant.ID{1}] = true, true, true
		got := keeping(t, s, never(), time.Second)
		require.Equal(t, superher.TotalsStats{Rebuilt: 1}, got)
	})
}

func TestTotalsKeeper_TellsOfClicksThatTheTotalsHaveLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted(t)
		s.rebuild[tenant.ID{1}], s.lost[tenant.ID{1}], s.rebuild[tenant.ID{2}] = true, 1234, true
		var log bytes.Buffer
		config := never()
		config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		keeping(t, s, config, time.Second)
		require.Regexp(t, `^[^\n]*advertiser=01000000-[-0]+ clicks=1234\n$`, log.String())
	})
}
