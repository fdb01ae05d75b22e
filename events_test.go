package superher_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
)

func TestRecordEvent_TheThreeJourneysOfTheSeed(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	ref := string(b.ravs.Code)

	both, err := b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Purchase, Value: money.Of(100000, "INR"), CouponCode: "SUMMER20", RefCode: ref})
	require.NoError(t, err)
	require.Equal(t, attribution.TrackingLink, both.Decision.Source)
	require.Equal(t, attribution.ByCoupon, both.Decision.Method)
	require.True(t, both.Decision.Influencer.IsZero(), "a generic coupon credits the campaign alone")

	only, err := b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Purchase, Value: money.Of(50000, "INR"), CouponCode: "JESSICA20"})
	require.NoError(t, err)
	require.Equal(t, attribution.Direct, only.Decision.Source)
	require.Equal(t, money.Of(5000, "INR"), only.Commission.Amount)

	signup, err := b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Signup, RefCode: ref})
	require.NoError(t, err)
	require.Equal(t, attribution.TrackingLink, signup.Decision.Source)
	require.Equal(t, attribution.ByRefCode, signup.Decision.Method)
	require.Equal(t, payouts.NotConversion, signup.Commission.Reason)

	rows, err := b.Stats().Journey(t.Context(), wholePeriod())
	require.NoError(t, err)
	var paths []string
	for _, r := range rows {
		paths = append(paths, fmt.Sprint(r.Source, " → ", r.Method, " → ", r.Type, " ", r.Events))
	}
	require.Equal(t, []string{
		"direct → coupon → purchase 1", "tracking_link → coupon → purchase 1", "tracking_link → ref_code → signup 1",
	}, paths)
}

func TestRecordEvent_NothingIsDropped(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	event, err := b.RecordEvent(t.Context(), attribution.Submission{Type: "newsletter", CouponCode: "no such code", LandingURL: "::::"})
	require.NoError(t, err)
	require.Equal(t, attribution.None, event.Decision.Method)
	x, err := b.Explain(t.Context(), event.ID)
	require.NoError(t, err)
	require.Contains(t, x.Summary, "Unattributed")
	require.Len(t, x.Reasons, 1)
}

func TestRecordEvent_WhatOurOwnRedirectsMakeIsAlwaysAccepted(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	long := strings.Repeat("ü", links.MaxTitle)
	link, err := b.CreateLink(t.Context(), links.NewLink{
		Campaign: b.campaign.ID, Influencer: b.ravi.ID, Destination: "https://shop.example/" + strings.Repeat("p", 2000),
		UTM: links.UTM{Source: long, Medium: long, Campaign: long, Term: long, Content: long},
	})
	require.NoError(t, err)
	event, err := b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Purchase, LandingURL: link.RedirectURL() + "\n"})
	require.NoError(t, err)
	require.Equal(t, attribution.ByLandingURL, event.Decision.Method)
	event, err = b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Purchase, CouponCode: "\tjessica20\r\n"})
	require.NoError(t, err)
	require.Equal(t, attribution.ByCoupon, event.Decision.Method)
}

func TestRecordEvent_LateEventsKeepTheirOwnTime(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	late := start.Add(-72*time.Hour + 1500*time.Nanosecond)
	event, err := b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Purchase, OccurredAt: late})
	require.NoError(t, err)
	require.Equal(t, late.Truncate(time.Microsecond), event.OccurredAt)
	require.Equal(t, start, event.ReceivedAt)
}

func TestRecordEvent_TheSameAgainReturnsTheFirstResult(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	sale := attribution.Submission{Type: campaigns.Purchase, Value: money.Of(100, "INR"), CouponCode: "JESSICA20", ExternalID: "order-1", Metadata: map[string]string{"a": "b"}}
	first, err := b.RecordEvent(t.Context(), sale)
	require.NoError(t, err)
	require.False(t, first.Repeat)

	f.clock.Advance(24 * time.Hour)
	_, err = b.ChangeCoupon(t.Context(), b.personal.ID, coupons.Change{Status: new(coupons.Disabled)})
	require.NoError(t, err)
	again, err := b.RecordEvent(t.Context(), sale)
	require.NoError(t, err)
	require.True(t, again.Repeat)
	require.Equal(t, first.Event, again.Event, "the first decision stands")

	sale.Value.Minor++
	_, err = b.RecordEvent(t.Context(), sale)
	require.True(t, fault.HasReason(err, "event-differs"))
	sale.Type = campaigns.Lead
	other, err := b.RecordEvent(t.Context(), sale)
	require.NoError(t, err, "the type is part of the key")
	require.False(t, other.Repeat)
}

func TestRecordEvents_ABadItemNeverFailsTheOthers(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	results, err := b.RecordEvents(t.Context(), []attribution.Submission{
		{Type: campaigns.Purchase, ExternalID: "1"},
		{Type: "BAD"},
		{Type: campaigns.Purchase, ExternalID: "1"},
		{Type: campaigns.Purchase, ExternalID: "1", CustomerID: "other"},
		{Type: campaigns.Purchase, ExternalID: "2"},
	})
	require.NoError(t, err)
	require.NoError(t, results[0].Err)
	require.ErrorIs(t, results[1].Err, fault.Invalid)
	require.NoError(t, results[2].Err)
	require.True(t, results[2].Repeat)
	require.Equal(t, results[0].ID, results[2].ID)
	require.True(t, fault.HasReason(results[3].Err, "event-differs"))
	require.NoError(t, results[4].Err)

	for size, ok := range map[int]bool{0: false, attribution.MaxBatch: true, attribution.MaxBatch + 1: false} {
		_, err := b.RecordEvents(t.Context(), repeated(attribution.Submission{Type: campaigns.Lead}, size))
		require.Equal(t, ok, err == nil, size)
	}
}

func repeated(s attribution.Submission, n int) []attribution.Submission {
	out := make([]attribution.Submission, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestRecordEvent_ConcurrentRepeatsAreOneEventWithEqualAnswers(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	const ids, workers = 300, 16
	var stored atomic.Int64
	answers := make([]sync.Map, ids)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			order := rand.New(rand.NewPCG(uint64(w), 1)).Perm(ids)
			for _, i := range order {
				r, err := b.RecordEvent(t.Context(), attribution.Submission{
					Type: campaigns.Purchase, Value: money.Of(int64(i), "INR"), CouponCode: "JESSICA20", ExternalID: fmt.Sprint("order-", i),
				})
				if err == nil && !r.Repeat {
					stored.Add(1)
				}
				answers[i].Store(fmt.Sprint(r.ID, r.Commission, err), true)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, ids, stored.Load())
	for i := range answers {
		different := 0
		answers[i].Range(func(any, any) bool { different++; return true })
		require.Equal(t, 1, different, "order %d", i)
	}
	o, err := b.Stats().Overview(t.Context(), wholePeriod())
	require.NoError(t, err)
	require.EqualValues(t, ids, o.Events)
}

func TestRecordEvents_OrderOfArrivalChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		codes := rapid.SampledFrom([]string{"", "JESSICA20", "SUMMER20", "nope"})
		var batch []attribution.Submission
		for i := range rapid.IntRange(2, 12).Draw(rt, "events") {
			batch = append(batch, attribution.Submission{
				Type:       rapid.SampledFrom([]campaigns.EventType{campaigns.Purchase, campaigns.Signup}).Draw(rt, "type"),
				Value:      money.Of(rapid.Int64Range(0, 1e6).Draw(rt, "value"), "INR"),
				CouponCode: codes.Draw(rt, "coupon"), ExternalID: fmt.Sprint(i),
				OccurredAt: start.Add(time.Duration(rapid.IntRange(-100, 100).Draw(rt, "hours")) * time.Hour / 10),
			})
		}
		shuffled := rapid.Permutation(batch).Draw(rt, "order")
		require.Equal(t, decisions(t, batch), decisions(t, shuffled))
	})
}

// decisions records the batch in a new world and returns what was decided, by
// external id.
func decisions(t *testing.T, batch []attribution.Submission) map[string]string {
	f := newFixture(t)
	b := f.brand("Sunrise")
	out := map[string]string{}
	for _, s := range batch {
		r, err := b.RecordEvent(t.Context(), s)
		require.NoError(t, err)
		out[s.ExternalID] = fmt.Sprint(r.Decision.Method, r.Decision.Influencer, r.Decision.Campaign, r.Commission.Amount, r.Commission.Reason)
	}
	return out
}

func TestAttribution_NeverReachesAcrossTenants(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("A"), f.brand("B")
	_, err := b.CreateCoupon(t.Context(), "ONLYB", coupons.NewCoupon{Campaign: b.campaign.ID, Influencer: b.ravi.ID})
	require.NoError(t, err)
	event, err := a.RecordEvent(t.Context(), attribution.Submission{
		Type: campaigns.Purchase, Value: money.Of(1000, "INR"), CouponCode: "ONLYB", RefCode: string(b.ravs.Code), LandingURL: b.jessicas.RedirectURL(),
	})
	require.NoError(t, err)
	require.Equal(t, attribution.None, event.Decision.Method)
	require.Equal(t, attribution.Direct, event.Decision.Source)
	for _, c := range event.Decision.Candidates {
		require.Equal(t, attribution.UnknownCode, c.Verdict, "a foreign code gives no sign of existing")
	}
	_, err = b.Event(t.Context(), event.ID)
	require.ErrorIs(t, err, fault.NotFound)
}

func TestRerate_ShowsTheDifferenceFirstAndThenAppliesExactlyThat(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	sell := func(minor int64, coupon string) attribution.ID {
		r, err := b.RecordEvent(t.Context(), attribution.Submission{Type: campaigns.Purchase, Value: money.Of(minor, "INR"), CouponCode: coupon})
		require.NoError(t, err)
		return r.ID
	}
	early := sell(10000, "JESSICA20")
	f.clock.Advance(48 * time.Hour)
	late := sell(20000, "JESSICA20")
	sell(70000, "SUMMER20")

	_, err := b.ChangeTerms(t.Context(), b.campaign.ID, b.jessica.ID, payouts.Terms{Share: payouts.Percentage, Rate: 150_000, From: start.Add(24 * time.Hour)})
	require.NoError(t, err)
	stored, err := b.Event(t.Context(), late)
	require.NoError(t, err)
	require.Equal(t, money.Of(2000, "INR"), stored.Commission.Amount, "new terms do not touch stored commissions")

	from, to := start.AddDate(0, 0, -1), start.AddDate(0, 0, 30)
	preview, err := b.PreviewRerate(t.Context(), b.campaign.ID, from, to)
	require.NoError(t, err)
	require.EqualValues(t, 3, preview.Examined)
	require.EqualValues(t, 1, preview.Changed)
	require.Equal(t, money.Totals{money.Of(1000, "INR")}, preview.Difference)
	require.Equal(t, b.jessica.ID, preview.Influencers[0].Influencer)

	applied, err := b.ApplyRerate(t.Context(), preview)
	require.NoError(t, err)
	require.Equal(t, preview, applied)
	stored, err = b.Event(t.Context(), late)
	require.NoError(t, err)
	require.Equal(t, money.Of(3000, "INR"), stored.Commission.Amount)
	require.Equal(t, 2, stored.Commission.Terms.Version)
	stored, err = b.Event(t.Context(), early)
	require.NoError(t, err)
	require.Equal(t, money.Of(1000, "INR"), stored.Commission.Amount)

	again, err := b.PreviewRerate(t.Context(), b.campaign.ID, from, to)
	require.NoError(t, err)
	require.Zero(t, again.Changed)
	_, err = b.ApplyRerate(t.Context(), preview)
	require.True(t, fault.HasReason(err, "rerate-differs"), "a preview is applied once")
	_, err = b.PreviewRerate(t.Context(), f.brand("Other").campaign.ID, from, to)
	require.ErrorIs(t, err, fault.NotFound)
}

func TestReports_AgreeWithEachOtherAndTheExport(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	rng := rand.New(rand.NewPCG(7, 7))
	pick := func(values ...string) string { return values[rng.IntN(len(values))] }
	for i := range 400 {
		_, err := b.RecordEvent(t.Context(), attribution.Submission{
			Type: campaigns.EventType(pick("purchase", "signup", "add_to_cart")), Value: money.Of(rng.Int64N(1e6), money.Currency(pick("INR", "USD", "JPY"))),
			CouponCode: pick("", "JESSICA20", "SUMMER20", "nope"), RefCode: pick("", string(b.ravs.Code)), ExternalID: fmt.Sprint(i),
			OccurredAt: start.Add(-time.Duration(rng.Int64N(int64(20 * 24 * time.Hour)))),
		})
		require.NoError(t, err)
	}
	r, err := b.Reconcile(t.Context(), wholePeriod())
	require.NoError(t, err)
	require.True(t, r.Agrees(), "%+v", r)

	var csv bytes.Buffer
	rows, err := b.Export(t.Context(), &csv, wholePeriod())
	require.NoError(t, err)
	require.EqualValues(t, 400, rows)
	require.Equal(t, 401, strings.Count(csv.String(), "\r\n"))

	_, err = b.Export(t.Context(), failingWriter{}, wholePeriod())
	require.True(t, fault.HasReason(err, "export-cut"))
	_, err = b.Export(t.Context(), &csv, stats.Filter{})
	require.ErrorIs(t, err, fault.Invalid)
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }
