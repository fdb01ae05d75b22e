package attribution_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
)

func decide(facts attribution.Facts, coupon, ref, landing string) attribution.Decision {
	return attribution.Decide(attribution.Evidence{
		CouponCode: coupon, RefCode: ref, LandingURL: landing, OccurredAt: saleTime,
	}, facts, attribution.Policy{})
}

func TestDecide_LinkAndCouponIsTrackingLinkThenCoupon(t *testing.T) {
	d := decide(world(), "jessica20", "ravi101", "")
	require.Equal(t, attribution.ByCoupon, d.Method)
	require.Equal(t, attribution.TrackingLink, d.Source)
	require.Equal(t, jessica, d.Influencer)
	require.Equal(t, personalID, d.Coupon)
	require.Equal(t, refLinkID, d.Link, "the link is recorded even where the coupon wins")
}

func TestDecide_CouponAloneIsDirectThenCoupon(t *testing.T) {
	d := decide(world(), "JESSICA20", "", "")
	require.Equal(t, attribution.ByCoupon, d.Method)
	require.Equal(t, attribution.Direct, d.Source)
	require.True(t, d.Link.IsZero())
}

func TestDecide_LinkWithoutCouponIsRefCode(t *testing.T) {
	d := decide(world(), "", "ravi101", "")
	require.Equal(t, attribution.ByRefCode, d.Method)
	require.Equal(t, attribution.TrackingLink, d.Source)
	require.Equal(t, ravi, d.Influencer)
	require.Equal(t, campaignID, d.Campaign)
	require.True(t, d.Coupon.IsZero())
}

func TestDecide_LandingURLIsTheLastResort(t *testing.T) {
	d := decide(world(), "", "", "https://shop.example/p?ref_code=mina102")
	require.Equal(t, attribution.ByLandingURL, d.Method)
	require.Equal(t, mina, d.Influencer)

	d = decide(world(), "", "ravi101", "https://shop.example/p?ref_code=mina102")
	require.Equal(t, attribution.ByRefCode, d.Method, "the ref code comes before the landing URL")
	require.Equal(t, []attribution.Verdict{attribution.Won, attribution.Outranked}, verdicts(d))
}

func TestDecide_FirstLandingOccurrenceThatResolvesWins(t *testing.T) {
	d := decide(world(), "", "", "https://shop.example/?ref_code=nobody7&ref_code=mina102#/x?ref_code=ravi101")
	require.Equal(t, mina, d.Influencer)
	require.Equal(t, []attribution.Verdict{attribution.UnknownCode, attribution.Won, attribution.Outranked}, verdicts(d))
}

func TestDecide_NoEvidenceIsUnattributed(t *testing.T) {
	d := decide(world(), "", "", "")
	require.Equal(t, attribution.Decision{Method: attribution.None, Source: attribution.Direct}, d)
}

func TestDecide_DisabledLinkIsRecordedAsSourceButEarnsNothing(t *testing.T) {
	facts := world()
	change(facts.Links, "ravi101", func(l *links.Link) { l.Status = links.Disabled })
	d := decide(facts, "", "ravi101", "")
	require.Equal(t, attribution.None, d.Method)
	require.Equal(t, attribution.TrackingLink, d.Source)
	require.Equal(t, refLinkID, d.Link)
	require.Equal(t, []attribution.Verdict{attribution.IsDisabled}, verdicts(d))
}

func TestDecide_UsableLinkIsRecordedBeforeADisabledOne(t *testing.T) {
	facts := world()
	change(facts.Links, "ravi101", func(l *links.Link) { l.Status = links.Disabled })
	d := decide(facts, "JESSICA20", "ravi101", "https://shop.example/?ref_code=mina102")
	require.Equal(t, landLinkID, d.Link)
}

func TestDecide_GenericCouponCreditsTheCampaignAlone(t *testing.T) {
	d := decide(world(), "blackfriday", "ravi101", "")
	require.Equal(t, attribution.ByCoupon, d.Method)
	require.Equal(t, campaignID, d.Campaign)
	require.True(t, d.Influencer.IsZero())
	require.Equal(t, []attribution.Verdict{attribution.Won, attribution.Outranked}, verdicts(d))
}

func TestDecide_GenericCouponCreditsALinkOfTheSameCampaignWhereThePolicySaysSo(t *testing.T) {
	for name, set := range map[string]struct {
		campaign campaigns.GenericCoupon
		policy   campaigns.GenericCoupon
		credited bool
	}{
		"campaign says credits_link":        {campaigns.GenericCreditsLink, "", true},
		"policy says credits_link":          {"", campaigns.GenericCreditsLink, true},
		"campaign's wins beats the policy":  {campaigns.GenericWins, campaigns.GenericCreditsLink, false},
		"campaign's credits beats policy":   {campaigns.GenericCreditsLink, campaigns.GenericWins, true},
		"nobody says anything: coupon wins": {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			facts := world()
			change(facts.Campaigns, campaignID, func(c *campaigns.Campaign) { c.GenericCoupon = set.campaign })
			d := attribution.Decide(attribution.Evidence{CouponCode: "BLACKFRIDAY", RefCode: "other33", LandingURL: "?ref_code=mina102", OccurredAt: saleTime},
				facts, attribution.Policy{GenericCoupon: set.policy})
			require.Equal(t, attribution.ByCoupon, d.Method)
			require.Equal(t, campaignID, d.Campaign)
			if set.credited {
				require.Equal(t, mina, d.Influencer, "a link of another campaign is passed over")
				require.Equal(t, landLinkID, d.Link, "the link on record is the credited person's")
				require.Equal(t, []attribution.Verdict{attribution.Won, attribution.Outranked, attribution.CreditedByCoupon}, verdicts(d))
			} else {
				require.True(t, d.Influencer.IsZero())
			}
		})
	}
}

func TestDecide_ValidityAndDatesHoldToTheMicrosecond(t *testing.T) {
	tick := time.Microsecond
	coupon := func(from, to time.Time) func(attribution.Facts) {
		return func(f attribution.Facts) {
			change(f.Coupons, "JESSICA20", func(c *coupons.Coupon) { c.ValidFrom, c.ValidTo = from, to })
		}
	}
	campaign := func(from, to time.Time) func(attribution.Facts) {
		return func(f attribution.Facts) {
			change(f.Campaigns, campaignID, func(c *campaigns.Campaign) { c.StartsAt, c.EndsAt = from, to })
		}
	}
	for name, c := range map[string]struct {
		set  func(attribution.Facts)
		want attribution.Verdict
	}{
		"coupon valid from this moment":    {coupon(saleTime, time.Time{}), attribution.Won},
		"coupon valid from the next":       {coupon(saleTime.Add(tick), time.Time{}), attribution.NotYetValid},
		"coupon valid to the next":         {coupon(time.Time{}, saleTime.Add(tick)), attribution.Won},
		"coupon valid to this moment":      {coupon(time.Time{}, saleTime), attribution.Expired},
		"campaign starts at this moment":   {campaign(saleTime, time.Time{}), attribution.Won},
		"campaign starts at the next":      {campaign(saleTime.Add(tick), time.Time{}), attribution.CampaignNotStarted},
		"campaign ends at the next moment": {campaign(time.Time{}, saleTime.Add(tick)), attribution.Won},
		"campaign ends at this moment":     {campaign(time.Time{}, saleTime), attribution.CampaignOver},
	} {
		t.Run(name, func(t *testing.T) {
			facts := world()
			c.set(facts)
			require.Equal(t, []attribution.Verdict{c.want}, verdicts(decide(facts, "JESSICA20", "", "")))
		})
	}
}

func TestCodes_NamesWhatFactsMustBeLoadedFor(t *testing.T) {
	e := attribution.Evidence{CouponCode: " summer20 ", RefCode: "abcDEF1", LandingURL: "https://s.example/?ref_code=abcDEF1&ref_code=zzzzzzz&ref_code=!"}
	couponCodes, linkCodes := e.Codes()
	require.Equal(t, []coupons.Code{"SUMMER20"}, couponCodes)
	require.Equal(t, []links.Code{"abcDEF1", "zzzzzzz"}, linkCodes)
}

func TestDecide_IsTotalAndDeterministic(t *testing.T) {
	texts := rapid.OneOf(rapid.SampledFrom([]string{"", "JESSICA20", "blackfriday", "ravi101", "mina102", "other33", "?ref_code=mina102"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		e := attribution.Evidence{
			CouponCode: texts.Draw(t, "coupon"), RefCode: texts.Draw(t, "ref"), LandingURL: texts.Draw(t, "landing"), OccurredAt: saleTime,
		}
		d := attribution.Decide(e, world(), attribution.Policy{})
		require.Equal(t, d, attribution.Decide(e, world(), attribution.Policy{}))
		won := 0
		for _, c := range d.Candidates {
			require.NotEmpty(t, c.Verdict)
			if c.Verdict == attribution.Won {
				won++
			}
		}
		require.Equal(t, d.Method != attribution.None, won == 1, "exactly the attributed events have one winner")
		require.Equal(t, d.Method == attribution.None, d.Campaign.IsZero())
	})
}

func TestDecide_MoreFactsThanNeededDoNoHarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		full := world()
		e := attribution.Evidence{CouponCode: "JESSICA20", RefCode: "ravi101", OccurredAt: saleTime}
		least := attribution.Facts{Coupons: maps.Clone(full.Coupons), Links: maps.Clone(full.Links), Campaigns: full.Campaigns}
		if rapid.Bool().Draw(t, "drop the generic coupon") {
			delete(least.Coupons, "BLACKFRIDAY")
		}
		if rapid.Bool().Draw(t, "drop the other link") {
			delete(least.Links, "other33")
		}
		require.Equal(t, attribution.Decide(e, full, attribution.Policy{}), attribution.Decide(e, least, attribution.Policy{}))
	})
}

func verdicts(d attribution.Decision) []attribution.Verdict {
	var out []attribution.Verdict
	for _, c := range d.Candidates {
		out = append(out, c.Verdict)
	}
	return slices.Clip(out)
}
