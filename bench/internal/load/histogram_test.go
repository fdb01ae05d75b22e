package load_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/bench/internal/load"
)

func TestHistogram_OfNothingIsZero(t *testing.T) {
	var h load.Histogram
	require.Zero(t, h.Quantile(0.99))
	require.Zero(t, h.Max())
	require.Zero(t, h.Count())
}

func TestHistogram_ANegativeDurationCountsAsNone(t *testing.T) {
	var h load.Histogram
	h.Add(-time.Second)
	require.EqualValues(t, 1, h.Count())
	require.Zero(t, h.Max())
}

// A percentile is never below the true one, and at most 1/32 above it.
func TestHistogram_QuantilesAreCloseFromAbove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		took := rapid.SliceOfN(rapid.Int64Range(0, int64(10*time.Minute)), 1, 200).Draw(t, "took")
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		var first, second load.Histogram
		for i, d := range took {
			[]*load.Histogram{&first, &second}[i%2].Add(time.Duration(d))
		}
		first.Merge(&second)
		slices.Sort(took)
		rank := 1
		for float64(rank) < share*float64(len(took)) {
			rank++
		}
		exact := took[rank-1]
		got := int64(first.Quantile(share))
		require.GreaterOrEqual(t, got, exact)
		require.LessOrEqual(t, got, exact+exact/32+1)
		require.EqualValues(t, took[len(took)-1], first.Max())
	})
}
