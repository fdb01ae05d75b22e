//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Zero(t, median(nil))
	require.InDelta(t, 2, median([]float64{9, 1, 2}), 0)
	require.InDelta(t, 3, median([]float64{9, 1, 4, 2}), 0)
}

func TestTable_APromiseIsBrokenByAFigureOrByALoss(t *testing.T) {
	for name, c := range map[string]struct {
		line        line
		broken, bad int // with promises, and without
	}{
		"nothing promised":     {line{got: 5}, 0, 0},
		"just enough":          {line{got: 6, against: "x", limit: 10, least: 0.6}, 0, 0},
		"too slow":             {line{got: 5.9, against: "x", limit: 10, least: 0.6}, 1, 0},
		"just little enough":   {line{got: 60, most: 60}, 0, 0},
		"too much":             {line{got: 61, most: 60}, 1, 0},
		"fast enough":          {line{got: 10, against: "x", limit: 200, faster: 20}, 0, 0},
		"not fast enough":      {line{got: 11, against: "x", limit: 200, faster: 20}, 1, 0},
		"nothing lost":         {line{got: 1, lost: "0"}, 0, 0},
		"something lost":       {line{got: 1, lost: "1"}, 1, 1},
		"a report that is off": {line{got: 1, lost: "WRONG: overview"}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.broken, (&table{lines: []line{c.line}}).broken())
			require.Equal(t, c.bad, (&table{lines: []line{c.line}, loose: true}).broken())
		})
	}
}

func TestDiffers_FindsAMinorUnitAndAMissingRow(t *testing.T) {
	home, err := time.LoadLocation(reportZone)
	require.NoError(t, err)
	first := time.Date(2026, 3, 1, 0, 0, 0, 0, home)
	number := first.Add(5*time.Hour+30*time.Minute).UTC().Unix() / 86400
	q := question{report: "chart", zone: home}
	got := reply{Data: []figures{{
		Start: first.UTC(), Clicks: 3, All: 4, Visitors: 2, Events: 2, Conversions: 1,
		Revenue: []amount{{"1499.00", "INR"}}, Payout: []amount{{"149.90", "INR"}},
	}}}
	right := func() map[string]*sums {
		return map[string]*sums{"20513": {3, 4, 2, 2, 1, map[string]int64{"INR": 149_900}, map[string]int64{"INR": 14_990}}}
	}
	require.EqualValues(t, 20513, number)
	same, err := differs(q, got, right())
	require.NoError(t, err)
	require.Empty(t, same)

	cent := right()
	cent["20513"].Payout["INR"]++
	different, err := differs(q, got, cent)
	require.NoError(t, err)
	require.NotEmpty(t, different)

	more := right()
	more["20514"] = &sums{Events: 1}
	different, err = differs(q, got, more)
	require.NoError(t, err)
	require.NotEmpty(t, different)

	different, err = differs(q, reply{}, nil)
	require.NoError(t, err)
	require.NotEmpty(t, different, "an answer without rows agrees with nothing")
}

func TestDataset_IsTheSameEachTimeAndSkewed(t *testing.T) {
	end := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	all := func() (out []event) {
		d := newDataset(20, end)
		for _, s := range d.spans(4000) {
			require.NoError(t, d.eachEvent(s, func(e event) error {
				require.False(t, e.at.Before(s.from))
				require.True(t, e.at.Before(s.to))
				out = append(out, e)
				return nil
			}))
		}
		return out
	}
	first, second := all(), all()
	require.Len(t, first, 4000)
	ids, of := map[id]bool{}, map[int]int{}
	for i, e := range first {
		require.Equal(t, e.id, second[i].id)
		require.Equal(t, e.value, second[i].value)
		ids[e.id] = true
		of[e.of.number]++
	}
	require.Len(t, ids, 4000, "no two events have one id")
	require.Greater(t, of[0], 10*of[19], "the largest brand has far more than the smallest")
	require.NotZero(t, of[19])
}

func TestSizes_ComeFromTheEnvironment(t *testing.T) {
	set := map[string]string{"SUPERHER_BENCH_EVENTS": "123", "SUPERHER_BENCH_SECONDS": "0.5"}
	got, err := chosen(false, func(name string) string { return set[name] })
	require.NoError(t, err)
	require.Equal(t, 123, got.events)
	require.Equal(t, 500*time.Millisecond, got.span)
	require.Equal(t, 5, got.rounds)
	for _, bad := range []string{"0", "-1", "many"} {
		_, err := chosen(false, func(string) string { return bad })
		require.Error(t, err, bad)
	}
}
