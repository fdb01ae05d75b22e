package money_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

func minors(parts []money.Amount) []int64 {
	out := make([]int64, len(parts))
	for i, p := range parts {
		out[i] = p.Minor
	}
	return out
}

func TestAllocate_LargestRemainderFirstThenTheEarlierPart(t *testing.T) {
	for _, c := range []struct {
		minor   int64
		weights []int64
		want    []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{101, []int64{1, 1, 1}, []int64{34, 34, 33}},
		{-100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		{100, []int64{1, 2}, []int64{33, 67}},    // remainders 1/3 and 2/3
		{5, []int64{3, 7}, []int64{2, 3}},        // 1.5 and 3.5: equal, the earlier wins
		{5, []int64{7, 3}, []int64{4, 1}},        // 3.5 and 1.5: equal, the earlier wins
		{10, []int64{1, 2, 4}, []int64{1, 3, 6}}, // 1.43, 2.86, 5.71
		{1, []int64{1, 1, 5}, []int64{0, 0, 1}},  // the largest share, not the first
		{1, []int64{0, 1}, []int64{0, 1}},        // nothing for no weight
		{7, []int64{5}, []int64{7}},
		{0, []int64{1, 2}, []int64{0, 0}},
		{math.MinInt64, []int64{1}, []int64{math.MinInt64}},
		{math.MaxInt64, []int64{math.MaxInt64}, []int64{math.MaxInt64}},
		{math.MinInt64, []int64{math.MaxInt64 - 1, 1}, []int64{math.MinInt64 + 1, -1}},
	} {
		got, err := money.Of(c.minor, "EUR").Allocate(c.weights...)
		require.NoError(t, err)
		require.Equal(t, c.want, minors(got), "%d over %v", c.minor, c.weights)
		for _, p := range got {
			require.Equal(t, money.Currency("EUR"), p.Currency)
		}
	}
}

func TestAllocate_TheEarlierAmongManyEquals(t *testing.T) {
	weights := make([]int64, 200) // 100 each of 1 and 2, mixed: 300 in all
	for i := range weights {
		weights[i] = 1 + int64(i*7%10/5)
	}
	// 1,150 / 300: shares of 3 and 5/6, and of 7 and 2/3. Floors leave 150: one
	// for each weight of 1, with the larger remainder, then the first 50 of the others.
	parts, err := money.Of(1150, "EUR").Allocate(weights...)
	require.NoError(t, err)
	twos := 0
	for i, p := range parts {
		want := int64(4)
		if weights[i] == 2 {
			want = 7
			twos++
			if twos <= 50 {
				want = 8
			}
		}
		require.Equal(t, want, p.Minor, "part %d", i)
	}
	require.Equal(t, 100, twos)
}

func TestAllocate_BadWeights(t *testing.T) {
	for _, weights := range [][]int64{nil, {0}, {0, 0}, {-1}, {2, -1}, {math.MinInt64}, {math.MaxInt64, 1}, {math.MaxInt64, math.MaxInt64, math.MaxInt64}} {
		got, err := money.Of(1, "EUR").Allocate(weights...)
		require.ErrorIs(t, err, fault.Invalid, "%v", weights)
		require.True(t, fault.HasReason(err, "bad-weights"))
		require.Nil(t, got)
	}
	_, err := money.Of(1, "EUR").Allocate(math.MaxInt64-1, 1)
	require.NoError(t, err, "the largest sum of weights")
}

func TestAllocate_PartsSumToTheWholeOver100000Splits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		minor := int64(random.Uint64()) >> random.IntN(63)
		weights := make([]int64, 1+random.IntN(12))
		positive := false
		for i := range weights {
			weights[i] = random.Int64N(1 << (1 + random.IntN(58))) // 12 of them stay below 2^62
			positive = positive || weights[i] > 0
		}
		if !positive {
			weights[0] = 1
		}
		parts, err := money.Of(minor, "EUR").Allocate(weights...)
		if err != nil {
			t.Fatal(err)
		}
		rest := minor
		for i, p := range parts {
			rest -= p.Minor
			if weights[i] == 0 && p.Minor != 0 {
				t.Fatalf("%d over %v: %v gives something for no weight", minor, weights, minors(parts))
			}
		}
		if rest != 0 {
			t.Fatalf("%d over %v: %v leaves %d", minor, weights, minors(parts), rest)
		}
	}
}

func TestAllocate_EveryPartIsWithinOneMinorUnitOfItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64().Draw(t, "minor")
		weights := rapid.SliceOfN(rapid.Int64Range(1, 1<<55), 1, 8).Draw(t, "weights")
		total := new(big.Int)
		for _, w := range weights {
			total.Add(total, big.NewInt(w))
		}
		parts, err := money.Of(minor, "EUR").Allocate(weights...)
		require.NoError(t, err)
		for i, p := range parts {
			// |part × total - minor × weight| < total
			d := new(big.Int).Mul(big.NewInt(p.Minor), total)
			d.Sub(d, new(big.Int).Mul(big.NewInt(minor), big.NewInt(weights[i])))
			require.Negative(t, d.CmpAbs(total))
		}
	})
}
