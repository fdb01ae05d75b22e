//go:build linux

package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

// broken is a run with a server that ends as soon as it is started.
func broken(t *testing.T) (context.Context, *lab, *rig.Place, *outcome) {
	t.Helper()
	s, err := rig.NewServer(t.Context(), "/bin/false", t.TempDir())
	require.NoError(t, err)
	ctx, end := context.WithCancelCause(t.Context())
	t.Cleanup(func() { end(nil) })
	l := &lab{scale: scale{killEvery: time.Millisecond, kills: 1, redirectRate: 1000, restarts: 1}}
	place := &rig.Place{Server: s, World: &rig.World{Links: []string{"abc"}, Coupons: []string{"ABC"}}}
	return ctx, l, place, &outcome{patience: time.Hour, end: end}
}

func TestKills_AServerThatDoesNotComeBackEndsTheRun(t *testing.T) {
	ctx, l, p, o := broken(t)
	err := l.underKills(ctx, p.Server, o, func(ctx context.Context) *load.Result {
		return newTraffic(p, o, "kill").redirects(ctx, load.Plan{Rate: 1000, Count: 1000, Tries: everyTry})
	})
	require.ErrorContains(t, err, "after kill 1: the server has ended")
	require.ErrorContains(t, err, p.Server.LogFile())
}

func TestRolling_AServerThatDoesNotComeBackEndsTheRun(t *testing.T) {
	ctx, l, p, o := broken(t)
	err := l.roll(ctx, p, o, []*rig.Server{p.Server})
	require.ErrorContains(t, err, "the server has ended")
	require.ErrorContains(t, err, p.Server.LogFile())
}

func TestTraffic_WithoutAnAnswerForItsPatienceEndsTheRun(t *testing.T) {
	ctx, _, p, o := broken(t)
	o.patience = 20 * time.Millisecond
	r := newTraffic(p, o, "lonely").events(ctx, load.Plan{Count: 1, Tries: everyTry})
	require.Zero(t, r.Accepted)
	require.ErrorContains(t, context.Cause(ctx), `no request of "lonely" had the answer that is wanted for 20ms; the server's log is `+p.Server.LogFile())
}

func TestMeanwhile_WhatFailsEndsTheLoad(t *testing.T) {
	ctx, _, p, o := broken(t)
	_, err := meanwhile(ctx, func(ctx context.Context) *load.Result {
		return newTraffic(p, o, "load").redirects(ctx, load.Plan{Count: 1, Tries: everyTry})
	}, func() error { return context.DeadlineExceeded })
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAt_ARunThatIsNotDoneInItsTimeFails(t *testing.T) {
	l := &lab{Lab: &rig.Lab{Folder: t.TempDir(), Program: "/bin/false"}}
	require.NoError(t, l.at(t.Context(), "late", rig.Spec{Database: rig.SQLite}, nil))
	require.Contains(t, l.outcomes[0].String(), "FAIL  the run was not done after 0s")
}

func TestAgrees_WhatIsMissingIsWhatWasTold(t *testing.T) {
	for name, c := range map[string]struct {
		lost, told, doubtful int
		fine                 bool
	}{
		"equal":                              {7, 7, 0, true},
		"one missing that nobody spoke of":   {8, 7, 0, false},
		"one spoken of that is there":        {7, 8, 0, false},
		"as many there as may be doubtful":   {7, 9, 2, true},
		"more there than may be doubtful":    {7, 10, 2, false},
		"one missing, where some may be odd": {8, 7, 2, false},
		"nothing at all":                     {0, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var o outcome
			o.agrees(&outcome{lost: c.lost}, c.told, c.doubtful)
			require.Equal(t, c.fine, len(o.bad) == 0, o.bad)
		})
	}
}

func TestBallast_ADiskThatDoesNotSayThatItIsFullFails(t *testing.T) {
	b, err := newBallast(t.TempDir())
	require.NoError(t, err)
	b.close()
	require.ErrorContains(t, b.keepFull(t.Context(), time.Hour), "does not say that it is full")
}
