package money_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

func TestTotals_NeverMixCurrencies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOf(rapid.Custom(func(t *rapid.T) money.Amount {
			return money.Of(rapid.Int64Range(-1000, 1000).Draw(t, "minor"), rapid.SampledFrom([]money.Currency{"", "EUR", "INR", "JPY"}).Draw(t, "currency"))
		})).Draw(t, "amounts")
		want := map[money.Currency]int64{}
		for _, a := range amounts {
			if a.Currency != "" {
				want[a.Currency] += a.Minor
			}
		}
		totals, err := money.Totals(nil).Plus(amounts...)
		require.NoError(t, err)
		require.Len(t, totals, len(want))
		require.True(t, slices.IsSortedFunc(totals, func(a, b money.Amount) int {
			if a.Currency < b.Currency {
				return -1
			}
			return 1
		}))
		for currency, minor := range want {
			require.Equal(t, money.Of(minor, currency), totals.In(currency))
		}
		require.Equal(t, money.Of(0, "USD"), totals.In("USD"))

		// The order of what is added does not matter.
		slices.Reverse(amounts)
		reversed, err := money.Totals{}.Plus(amounts...)
		require.NoError(t, err)
		require.ElementsMatch(t, totals, reversed)

		// What is taken away again leaves nothing, in each currency.
		nothing, err := totals.Minus(amounts...)
		require.NoError(t, err)
		require.Empty(t, nothing.NonZero())
		require.Len(t, nothing, len(totals))
	})
}

func TestTotals_PlusLeavesTheOriginalAlone(t *testing.T) {
	before := append(make(money.Totals, 0, 8), money.Of(1, "EUR"))
	for _, currency := range []money.Currency{"AED", "EUR", "USD"} {
		_, err := before.Plus(money.Of(5, currency))
		require.NoError(t, err)
		require.Equal(t, money.Totals{money.Of(1, "EUR")}, before)
	}
	_ = before.NonZero()
	require.Equal(t, money.Totals{money.Of(1, "EUR")}, before)
}

func TestTotals_OverflowIsAnErrorAndNoWrongSum(t *testing.T) {
	full := money.Totals{money.Of(math.MaxInt64, "EUR")}
	_, err := full.Plus(money.Of(1, "EUR"))
	require.ErrorIs(t, err, fault.Invalid)
	_, err = full.Plus(money.Of(1, "INR"))
	require.NoError(t, err, "another currency has room")
	_, err = money.Totals{}.Minus(money.Of(math.MinInt64, "EUR"))
	require.ErrorIs(t, err, fault.Invalid)
	got, err := money.Totals{}.Minus(money.Of(math.MaxInt64, "EUR"))
	require.NoError(t, err)
	require.Equal(t, money.Of(-math.MaxInt64, "EUR"), got.In("EUR"))
}
