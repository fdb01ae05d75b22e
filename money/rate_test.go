package money_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

func TestParseRate(t *testing.T) {
	for _, c := range []struct {
		text string
		want money.Rate
		back string
	}{
		{"0", 0, "0"}, {"12.5", 125_000, "12.5"}, {"12.50", 125_000, "12.5"}, {"0.0001", 1, "0.0001"}, {"10", 100_000, "10"},
		{"99.9999", 999_999, "99.9999"}, {"100", money.MaxRate, "100"}, {"100.0000", money.MaxRate, "100"}, {"0.01", 100, "0.01"},
	} {
		got, err := money.ParseRate(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, got)
		require.Equal(t, c.back, got.String())
	}
	for _, bad := range []string{
		"", ".", "1.", ".5", "-1", "+1", "100.0001", "101", "1000", "1.00001", "0.00000", "1e1", "12,5", "12.5%", " 1", "1 ", "01", "00",
		"١", "NaN", strings.Repeat("9", 33), strings.Repeat("9", 30),
	} {
		_, err := money.ParseRate(bad)
		require.ErrorIs(t, err, fault.Invalid, "%q", bad)
		require.True(t, fault.HasReason(err, "rate-out-of-range"), "%q", bad)
	}
	for r := money.Rate(0); r <= money.MaxRate; r += 37 {
		back, err := money.ParseRate(r.String())
		require.NoError(t, err)
		require.Equal(t, r, back)
	}
}

func TestRateOf_HalfToEven(t *testing.T) {
	half, tenth := money.Rate(500_000), money.Rate(100_000)
	for _, c := range []struct {
		rate        money.Rate
		minor, want int64
	}{
		{half, 1, 0}, {half, 3, 2}, {half, 5, 2}, {half, 7, 4}, {half, -1, 0}, {half, -3, -2}, {half, -5, -2}, {half, -7, -4},
		{tenth, 4, 0}, {tenth, 5, 0}, {tenth, 6, 1}, {tenth, 15, 2}, {tenth, 25, 2}, {tenth, 35, 4}, {tenth, 149900, 14990},
		{1, 499_999, 0}, {1, 500_000, 0}, {1, 500_001, 1}, {1, 1_500_000, 2}, {1, 2_500_000, 2},
		{0, math.MaxInt64, 0}, {money.MaxRate, math.MaxInt64, math.MaxInt64}, {money.MaxRate, math.MinInt64, math.MinInt64},
		{-1, 100, 0}, {money.MaxRate + 1, 100, 100}, {math.MinInt64, 100, 0}, {math.MaxInt64, math.MaxInt64, math.MaxInt64},
	} {
		require.Equal(t, money.Of(c.want, "INR"), c.rate.Of(money.Of(c.minor, "INR")), "%d of %d", c.rate, c.minor)
	}
}

// exact is minor × rate / 1,000,000, rounded half to even, computed with
// integers of any size and by another route than the code's.
func exact(minor int64, rate money.Rate) *big.Int {
	whole := big.NewInt(int64(money.MaxRate))
	product := new(big.Int).Mul(big.NewInt(minor), big.NewInt(int64(rate)))
	floor, rest := new(big.Int).DivMod(product, whole, new(big.Int)) // rest is never negative
	switch rest.Lsh(rest, 1).Cmp(whole) {
	case 1:
		return floor.Add(floor, big.NewInt(1))
	case 0:
		return floor.Add(floor, big.NewInt(int64(floor.Bit(0)))) // to the even one of the two
	default:
		return floor
	}
}

func TestRateOf_AgreesWithExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1_000_000, 1_000_000),
			rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, money.MaxMinor})).Draw(t, "minor")
		rate := money.Rate(rapid.Int64Range(0, int64(money.MaxRate)).Draw(t, "rate"))
		require.Equal(t, exact(minor, rate).Int64(), rate.Of(money.Of(minor, "INR")).Minor)
	})
}

func TestRateOf_AMillionProducts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	halves := 0
	for range 1_000_000 {
		minor, rate := int64(random.Uint64()), money.Rate(random.Int64N(int64(money.MaxRate)+1))
		switch random.IntN(4) {
		case 0: // ordinary prices
			minor = random.Int64N(10_000_000)
		case 1: // products that end in exactly a half are rare by themselves
			minor, rate = (random.Int64N(2_000_000)-1_000_000)*2+1, money.Rate(random.Int64N(2)*250_000+250_000)
		case 2: // near the limits
			minor = math.MaxInt64 - random.Int64N(1000)
			if random.IntN(2) == 0 {
				minor = math.MinInt64 + random.Int64N(1000)
			}
		}
		got := rate.Of(money.Of(minor, "INR")).Minor
		if want := exact(minor, rate); !want.IsInt64() || want.Int64() != got {
			t.Fatalf("%d × %s %%: got %d, want %s", minor, rate, got, want)
		}
		if rate == 500_000 && minor%2 != 0 {
			halves++
		}
	}
	require.Greater(t, halves, 100_000, "products that lie exactly between two amounts")
}

func TestRateOf_NeverExceedsTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, math.MaxInt64).Draw(t, "minor")
		rate := money.Rate(rapid.Int64().Draw(t, "rate"))
		got := rate.Of(money.Of(minor, "INR")).Minor
		require.GreaterOrEqual(t, got, int64(0))
		require.LessOrEqual(t, got, minor)
	})
}
