//go:build linux

package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLedger_TellsLostTwiceAndNeverSentApart(t *testing.T) {
	for name, c := range map[string]struct {
		stored              map[string]int
		lost, twice, unsent int
	}{
		"all there":                           {map[string]int{"a": 1, "b": 1}, 0, 0, 0},
		"one that nobody acknowledged":        {map[string]int{"a": 1, "b": 1, "c": 1}, 0, 0, 0},
		"one of the acknowledged is missing":  {map[string]int{"a": 1, "c": 1}, 1, 0, 0},
		"one is there twice":                  {map[string]int{"a": 2, "b": 1}, 0, 1, 0},
		"one comes from nowhere":              {map[string]int{"a": 1, "b": 1, "z": 1}, 0, 0, 1},
		"nothing at all":                      {nil, 2, 0, 0},
		"what nobody acknowledged, two times": {map[string]int{"a": 1, "b": 1, "c": 2}, 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			for _, id := range []string{"a", "b", "c"} {
				l.send(id)
			}
			l.acknowledge("a", 100)
			l.acknowledge("b", 200)
			l.acknowledge("b", 200) // its second answer
			var o outcome
			require.NoError(t, l.compare(t.Context(), &o, 0, func(context.Context) (map[string]int, error) { return c.stored, nil }))
			require.Equal(t, []int{3, 2, c.lost, c.twice, c.unsent}, []int{o.sent, o.acknowledged, o.lost, o.twice, o.unsent})
			require.EqualValues(t, 300, l.value)
			o.nothingLost()
			require.Equal(t, c.lost+c.twice+c.unsent > 0, len(o.bad) > 0)
		})
	}
}

func TestOutcome_OfNothingShowsNothing(t *testing.T) {
	var o outcome
	o.nothingLost()
	require.NotEmpty(t, o.bad)
}
