package payouts_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
)

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func percent(version int, from time.Time, rate money.Rate) payouts.Terms {
	return payouts.Terms{Version: version, Share: payouts.Percentage, Rate: rate, From: from, RecordedAt: now()}
}

func flat(version int, from time.Time, fee money.Amount) payouts.Terms {
	return payouts.Terms{Version: version, Share: payouts.Flat, Fee: fee, From: from, RecordedAt: now()}
}

func sale(at time.Time, value money.Amount) payouts.Sale {
	return payouts.Sale{At: at, Value: value, Credited: true, Conversion: true}
}

func TestTerms_Check(t *testing.T) {
	euro := money.Of(1, "EUR")
	for _, c := range []struct {
		name   string
		terms  payouts.Terms
		fields []string
	}{
		{"0 %", percent(1, now(), 0), nil},
		{"0.0001 %", percent(1, now(), 1), nil},
		{"100 %", percent(1, now(), money.MaxRate), nil},
		{"above 100 %", percent(1, now(), money.MaxRate+1), []string{"rate"}},
		{"negative rate", percent(1, now(), -1), []string{"rate"}},
		{"percentage with a fee", payouts.Terms{Share: payouts.Percentage, Fee: euro}, []string{"fee"}},
		{"fee", flat(1, now(), euro), nil},
		{"no fee, in euros", flat(1, now(), money.Of(0, "EUR")), nil},
		{"largest fee", flat(1, now(), money.Of(money.MaxMinor, "EUR")), nil},
		{"larger fee", flat(1, now(), money.Of(money.MaxMinor+1, "EUR")), []string{"fee.amount"}},
		{"negative fee", flat(1, now(), money.Of(-1, "EUR")), []string{"fee.amount"}},
		{"flat without a fee", flat(1, now(), money.Amount{}), []string{"fee.currency"}},
		{"flat with a rate", payouts.Terms{Share: payouts.Flat, Fee: euro, Rate: 1}, []string{"rate"}},
		{"no share type", payouts.Terms{}, []string{"share_type"}},
		{"unknown share type", payouts.Terms{Share: "tiered"}, []string{"share_type"}},
		{"two bad fields", payouts.Terms{Share: payouts.Percentage, Rate: -1, Fee: euro}, []string{"rate", "fee"}},
	} {
		err := c.terms.Check()
		if c.fields == nil {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, c.name)
		var names []string
		for _, f := range fault.Of(err).Fields {
			names = append(names, f.Name)
		}
		require.Equal(t, c.fields, names, c.name)
	}
	require.True(t, fault.HasReason(percent(1, now(), -1).Check(), "terms-out-of-range"))
}

func TestInForce_Boundaries(t *testing.T) {
	first, second := now(), now().Add(24*time.Hour)
	history := payouts.History{percent(1, first, 100_000), percent(2, second, 200_000)}
	for _, c := range []struct {
		name string
		at   time.Time
		want int // version; 0: none
	}{
		{"a microsecond before the first", first.Add(-time.Microsecond), 0},
		{"the first moment", first, 1},
		{"the first moment in another zone", first.In(time.FixedZone("", 5*3600+2700)), 1},
		{"a microsecond before the second", second.Add(-time.Microsecond), 1},
		{"the second's moment", second, 2},
		{"long after", second.AddDate(50, 0, 0), 2},
	} {
		got, found := history.InForce(c.at)
		require.Equal(t, c.want != 0, found, c.name)
		require.Equal(t, c.want, got.Version, c.name)
	}
	_, found := payouts.History(nil).InForce(now())
	require.False(t, found)
}

func TestInForce_ALaterVersionOfTheSameMomentCounts(t *testing.T) {
	same := payouts.History{percent(2, now(), 2), percent(3, now().UTC(), 3), percent(1, now(), 1)}
	got, found := same.InForce(now())
	require.True(t, found)
	require.Equal(t, 3, got.Version)

	// A version that was agreed later for an earlier moment does not displace what follows it.
	back := payouts.History{percent(1, now(), 1), percent(2, now().Add(-time.Hour), 2)}
	got, _ = back.InForce(now())
	require.Equal(t, 1, got.Version)
	got, _ = back.InForce(now().Add(-time.Minute))
	require.Equal(t, 2, got.Version)
}

func TestInForce_OrderOfTheHistoryIsIrrelevantAndAChangeNeverRewritesThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.SliceOfN(rapid.IntRange(0, 20), 0, 8).Draw(t, "minutes")
		history := make(payouts.History, len(minutes))
		for i, m := range minutes {
			history[i] = percent(i+1, now().Add(time.Duration(m)*time.Minute), money.Rate(i))
		}
		at := now().Add(time.Duration(rapid.IntRange(-1, 21).Draw(t, "at")) * time.Minute)
		want, found := history.InForce(at)

		shuffled := append(payouts.History(nil), history...)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		got, ok := shuffled.InForce(at)
		require.Equal(t, found, ok)
		require.Equal(t, want, got)

		later := append(slices.Clone(shuffled), percent(99, at.Add(1), 99))
		got, ok = later.InForce(at)
		require.Equal(t, found, ok)
		require.Equal(t, want, got)
	})
}

func TestCompute_EveryReason(t *testing.T) {
	value := money.Of(149_900, "INR")
	tenPercent := percent(1, now(), 100_000)
	fee := flat(1, now(), money.Of(50_000, "INR"))
	for _, c := range []struct {
		name    string
		sale    payouts.Sale
		history payouts.History
		want    payouts.Commission
	}{
		{"percentage", sale(now(), value), payouts.History{tenPercent}, payouts.Commission{Amount: money.Of(14_990, "INR"), Reason: payouts.Earned, Terms: tenPercent}},
		{"flat", sale(now(), value), payouts.History{fee}, payouts.Commission{Amount: money.Of(50_000, "INR"), Reason: payouts.Earned, Terms: fee}},
		{"flat without a value", sale(now(), money.Amount{}), payouts.History{fee}, payouts.Commission{Amount: money.Of(50_000, "INR"), Reason: payouts.Earned, Terms: fee}},
		{"flat in its own currency", sale(now(), money.Of(1, "JPY")), payouts.History{fee}, payouts.Commission{Amount: money.Of(50_000, "INR"), Reason: payouts.Earned, Terms: fee}},
		{"percentage without a value", sale(now(), money.Amount{}), payouts.History{tenPercent}, payouts.Commission{Reason: payouts.NoValue, Terms: tenPercent}},
		{"percentage of zero euros", sale(now(), money.Of(0, "EUR")), payouts.History{tenPercent}, payouts.Commission{Amount: money.Of(0, "EUR"), Reason: payouts.Earned, Terms: tenPercent}},
		{"quick-assigned, without terms", sale(now(), value), nil, payouts.Commission{Reason: payouts.NoTerms}},
		{"before the first terms", sale(now().Add(-1), value), payouts.History{tenPercent}, payouts.Commission{Reason: payouts.NoTerms}},
		{"nobody credited", payouts.Sale{At: now(), Value: value, Conversion: true}, payouts.History{fee}, payouts.Commission{Reason: payouts.NoInfluencer}},
		{"not a conversion, percentage", payouts.Sale{At: now(), Value: value, Credited: true}, payouts.History{tenPercent}, payouts.Commission{Reason: payouts.NotConversion}},
		{"not a conversion, flat", payouts.Sale{At: now(), Value: value, Credited: true}, payouts.History{fee}, payouts.Commission{Reason: payouts.NotConversion}},
		{"nothing at all", payouts.Sale{}, nil, payouts.Commission{Reason: payouts.NoInfluencer}},
	} {
		require.Equal(t, c.want, payouts.Compute(c.sale, c.history), c.name)
	}
}

func TestCompute_RoundsHalfToEvenToTheMinorUnitOfTheCurrency(t *testing.T) {
	half := payouts.History{percent(1, now(), 500_000)}
	for _, currency := range []money.Currency{"INR", "JPY", "KWD"} {
		for minor, want := range map[int64]int64{1: 0, 3: 2, 5: 2, 7: 4, 100: 50} {
			require.Equal(t, money.Of(want, currency), payouts.Compute(sale(now(), money.Of(minor, currency)), half).Amount)
		}
	}
}

func TestCompute_OneCampaignTwoShares(t *testing.T) {
	value := money.Of(149_900, "INR")
	require.Equal(t, "149.90", payouts.Compute(sale(now(), value), payouts.History{percent(1, now(), 100_000)}).Amount.Decimal())
	require.Equal(t, "500.00", payouts.Compute(sale(now(), value), payouts.History{flat(1, now(), money.Of(50_000, "INR"))}).Amount.Decimal())
}

func TestCompute_APercentageNeverExceedsTheValueNorChangesTheCurrency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := money.Of(rapid.Int64Range(0, money.MaxMinor).Draw(t, "minor"), rapid.SampledFrom([]money.Currency{"INR", "JPY", "KWD"}).Draw(t, "currency"))
		rate := money.Rate(rapid.Int64Range(0, int64(money.MaxRate)).Draw(t, "rate"))
		got := payouts.Compute(sale(now(), value), payouts.History{percent(1, now(), rate)})
		require.Equal(t, payouts.Earned, got.Reason)
		require.Equal(t, value.Currency, got.Amount.Currency)
		require.GreaterOrEqual(t, got.Amount.Minor, int64(0))
		require.LessOrEqual(t, got.Amount.Minor, value.Minor)
	})
}

func TestEqual_SameMomentsInAnyZone(t *testing.T) {
	zone := time.FixedZone("", 5*3600+1800)
	a := payouts.Commission{Amount: money.Of(1, "INR"), Reason: payouts.Earned, Terms: percent(1, now(), 5)}
	b := a
	b.Terms.From, b.Terms.RecordedAt = b.Terms.From.In(zone), b.Terms.RecordedAt.In(zone)
	require.NotEqual(t, a, b, "the structs differ")
	require.True(t, a.Equal(b))
	for _, change := range []func(*payouts.Commission){
		func(c *payouts.Commission) { c.Amount.Minor++ },
		func(c *payouts.Commission) { c.Amount.Currency = "EUR" },
		func(c *payouts.Commission) { c.Reason = payouts.NoTerms },
		func(c *payouts.Commission) { c.Terms.Version++ },
		func(c *payouts.Commission) { c.Terms.Share = payouts.Flat },
		func(c *payouts.Commission) { c.Terms.Rate++ },
		func(c *payouts.Commission) { c.Terms.Fee.Minor++ },
		func(c *payouts.Commission) { c.Terms.From = c.Terms.From.Add(1) },
		func(c *payouts.Commission) { c.Terms.RecordedAt = c.Terms.RecordedAt.Add(1) },
	} {
		b := a
		change(&b)
		require.False(t, a.Equal(b))
	}
}

func BenchmarkCompute(b *testing.B) {
	history := payouts.History{percent(1, now(), 100_000), percent(2, now().Add(time.Hour), 125_000)}
	s := sale(now().Add(2*time.Hour), money.Of(149_900, "INR"))
	for b.Loop() {
		payouts.Compute(s, history)
	}
}
