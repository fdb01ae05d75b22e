package money_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

func TestParse_ScaleIsTheCurrencys(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency money.Currency
		minor    int64
		back     string
	}{
		{"1499.00", "INR", 149900, "1499.00"},
		{"1499", "INR", 149900, "1499.00"},
		{"1499.5", "INR", 149950, "1499.50"},
		{"0.05", "USD", 5, "0.05"},
		{"0", "USD", 0, "0.00"},
		{"0.00", "USD", 0, "0.00"},
		{"1499", "JPY", 1499, "1499"},
		{"0", "JPY", 0, "0"},
		{"12.345", "KWD", 12345, "12.345"},
		{"0.001", "KWD", 1, "0.001"},
		{"1.2345", "CLF", 12345, "1.2345"},
		{"100000000000.00", "INR", money.MaxMinor, "100000000000.00"},
		{"10000000000000", "JPY", money.MaxMinor, "10000000000000"},
	} {
		got, err := money.Parse(c.text, c.currency)
		require.NoError(t, err, c.text)
		require.Equal(t, money.Of(c.minor, c.currency), got)
		require.Equal(t, c.back, got.Decimal())
		require.Equal(t, c.back+" "+string(c.currency), got.String())
		require.NoError(t, got.Check("value"))
	}
}

func TestParse_Refused(t *testing.T) {
	for _, c := range []struct {
		text, reason string
		currency     money.Currency
	}{
		{"", "malformed-value", "INR"}, {".", "malformed-value", "INR"}, {"1.", "malformed-value", "INR"}, {".5", "malformed-value", "INR"},
		{"+1", "malformed-value", "INR"}, {"1e3", "malformed-value", "INR"}, {"1E3", "malformed-value", "INR"}, {"0x10", "malformed-value", "INR"},
		{"1,499.00", "malformed-value", "INR"}, {"1_499", "malformed-value", "INR"}, {" 1", "malformed-value", "INR"}, {"1 ", "malformed-value", "INR"},
		{"1\n", "malformed-value", "INR"}, {"01", "malformed-value", "INR"}, {"00", "malformed-value", "INR"}, {"00.5", "malformed-value", "INR"},
		{"1.2.3", "malformed-value", "INR"}, {"NaN", "malformed-value", "INR"}, {"Infinity", "malformed-value", "INR"}, {"١٢", "malformed-value", "INR"},
		{"１", "malformed-value", "INR"}, {"1\x00", "malformed-value", "INR"}, {"₹1", "malformed-value", "INR"}, {"1 INR", "malformed-value", "INR"},
		{strings.Repeat("1", money.MaxText+1), "malformed-value", "INR"},
		{"-1", "negative-value", "INR"}, {"-0", "negative-value", "INR"}, {"-", "negative-value", "INR"},
		{"1.001", "too-many-digits", "INR"}, {"1.000", "too-many-digits", "INR"}, {"1.0", "too-many-digits", "JPY"}, {"1.0000", "too-many-digits", "KWD"},
		{"100000000000.01", "value-too-large", "INR"}, {"10000000000001", "value-too-large", "JPY"},
		{"9223372036854775807", "value-too-large", "JPY"}, {"9223372036854775808", "value-too-large", "JPY"},
		{strings.Repeat("9", money.MaxText), "value-too-large", "JPY"},
		{"1", "unknown-currency", ""}, {"1", "unknown-currency", "inr"}, {"1", "unknown-currency", "XXX"}, {"1", "unknown-currency", "XTS"},
	} {
		got, err := money.Parse(c.text, c.currency)
		require.ErrorIs(t, err, fault.Invalid, "%q", c.text)
		require.True(t, fault.HasReason(err, c.reason), "%q: %v", c.text, err)
		require.True(t, got.IsZero())
		want := "value"
		if c.reason == "unknown-currency" {
			want = "currency"
		}
		require.Equal(t, want, fault.Of(err).Fields[0].Name, "%q", c.text)
	}
}

func TestDecimal_AnyAmount(t *testing.T) {
	for _, c := range []struct {
		amount money.Amount
		want   string
	}{
		{money.Of(-5, "USD"), "-0.05"},
		{money.Of(-149900, "INR"), "-1499.00"},
		{money.Of(math.MinInt64, "USD"), "-92233720368547758.08"},
		{money.Of(math.MaxInt64, "USD"), "92233720368547758.07"},
		{money.Of(math.MinInt64, "JPY"), "-9223372036854775808"},
		{money.Of(-1, "KWD"), "-0.001"},
		{money.Amount{}, "0"},
	} {
		require.Equal(t, c.want, c.amount.Decimal())
	}
	require.Equal(t, "0", money.Amount{}.String())
}

func TestParse_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]money.Currency{"INR", "JPY", "KWD", "CLF", "USD", "XAU"}).Draw(t, "currency")
		a := money.Of(rapid.Int64Range(0, money.MaxMinor).Draw(t, "minor"), currency)
		back, err := money.Parse(a.Decimal(), currency)
		require.NoError(t, err)
		require.Equal(t, a, back)
	})
}

func TestAdd_ExactOrAnError(t *testing.T) {
	edge := rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, money.MaxMinor})
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.OneOf(edge, rapid.Int64()).Draw(t, "a")
		b := rapid.OneOf(edge, rapid.Int64()).Draw(t, "b")
		for _, op := range []struct {
			exact *big.Int
			got   func(money.Amount) (money.Amount, error)
		}{
			{new(big.Int).Add(big.NewInt(a), big.NewInt(b)), money.Of(a, "EUR").Add},
			{new(big.Int).Sub(big.NewInt(a), big.NewInt(b)), money.Of(a, "EUR").Sub},
		} {
			got, err := op.got(money.Of(b, "EUR"))
			if err != nil {
				// Sub refuses to take away the one number without an opposite.
				require.True(t, !op.exact.IsInt64() || b == math.MinInt64)
				require.ErrorIs(t, err, fault.Invalid)
				continue
			}
			require.True(t, op.exact.IsInt64())
			require.Equal(t, money.Of(op.exact.Int64(), "EUR"), got)
		}
	})
}

func TestAdd_CurrenciesNeverMix(t *testing.T) {
	for _, other := range []money.Currency{"USD", ""} {
		_, err := money.Of(1, "EUR").Add(money.Of(1, other))
		require.ErrorIs(t, err, fault.Internal)
		require.True(t, fault.HasReason(err, "currency-mismatch"))
		_, err = money.Of(1, "EUR").Sub(money.Of(1, other))
		require.True(t, fault.HasReason(err, "currency-mismatch"))
	}
}

func TestCheck_Limits(t *testing.T) {
	for _, c := range []struct {
		amount money.Amount
		ok     bool
	}{
		{money.Of(0, "EUR"), true}, {money.Of(-1, "EUR"), false},
		{money.Of(money.MaxMinor, "EUR"), true}, {money.Of(money.MaxMinor+1, "EUR"), false},
		{money.Amount{}, false}, {money.Of(1, "XXX"), false}, {money.Of(1, "eur"), false},
	} {
		require.Equal(t, c.ok, c.amount.Check("value") == nil, "%v", c.amount)
	}
	require.Len(t, fault.Of(money.Of(-1, "").Check("value")).Fields, 2, "every bad field at once")
}

func TestIsZero_ZeroEurosAreMoney(t *testing.T) {
	require.True(t, money.Amount{}.IsZero())
	require.False(t, money.Of(0, "EUR").IsZero())
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1499.00", "0.05", "1e3", "-1", "01", "1.", ".1", "9223372036854775807", "0.000", "1\n", "١"} {
		f.Add(seed, "INR")
		f.Add(seed, "JPY")
		f.Add(seed, "KWD")
	}
	f.Fuzz(func(t *testing.T, text, code string) {
		a, err := money.Parse(text, money.Currency(code))
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			require.True(t, a.IsZero())
			return
		}
		require.NoError(t, a.Check("value"))
		exact, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(a.Currency.Digits())), nil)
		require.Zero(t, exact.Cmp(new(big.Rat).SetFrac(big.NewInt(a.Minor), scale)), "%s is %s", text, a)
		back, err := money.Parse(a.Decimal(), a.Currency)
		require.NoError(t, err)
		require.Equal(t, a, back)
	})
}
