package attribution_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
)

// The decision table: every state of the coupon × of the ref code × of the
// landing URL × of the campaign. What must come of each combination is written
// down here by state, not computed from the code under test.

// state is one state of a piece of evidence: what is sent, how the facts are
// set, and the verdict it gets in an earning campaign when nothing outranks it.
type state struct {
	name    string
	send    string
	set     func(attribution.Facts)
	verdict attribution.Verdict // "" : no candidate at all
}

func couponStates() []state {
	jessica20 := func(fn func(*coupons.Coupon)) func(attribution.Facts) {
		return func(f attribution.Facts) { change(f.Coupons, "JESSICA20", fn) }
	}
	return []state{
		{"absent", "", nil, ""},
		{"malformed", "two words", nil, attribution.Malformed},
		{"unknown", "NOSUCH", nil, attribution.UnknownCode},
		{"personal", "JESSICA20", nil, attribution.Won},
		{"generic", "BLACKFRIDAY", nil, attribution.Won},
		{"disabled", "JESSICA20", jessica20(func(c *coupons.Coupon) { c.Status = coupons.Disabled }), attribution.IsDisabled},
		{"not yet valid", "JESSICA20", jessica20(func(c *coupons.Coupon) { c.ValidFrom = saleTime.Add(time.Hour) }), attribution.NotYetValid},
		{"expired", "JESSICA20", jessica20(func(c *coupons.Coupon) { c.ValidTo = saleTime.Add(-time.Hour) }), attribution.Expired},
	}
}

func linkStates(code links.Code, wrap func(string) string) []state {
	disable := func(f attribution.Facts) {
		change(f.Links, code, func(l *links.Link) { l.Status = links.Disabled })
	}
	return []state{
		{"absent", "", nil, ""},
		{"malformed", wrap("!!"), nil, attribution.Malformed},
		{"unknown", wrap("nosuch1"), nil, attribution.UnknownCode},
		{"usable", wrap(string(code)), nil, attribution.Won},
		{"disabled", wrap(string(code)), disable, attribution.IsDisabled},
	}
}

func campaignStates() []state {
	set := func(fn func(*campaigns.Campaign)) func(attribution.Facts) {
		return func(f attribution.Facts) { change(f.Campaigns, campaignID, fn) }
	}
	status := func(s campaigns.Status) func(attribution.Facts) {
		return set(func(c *campaigns.Campaign) { c.Status = s })
	}
	return []state{
		{"active", "", nil, attribution.Won},
		{"draft", "", status(campaigns.Draft), attribution.Won},
		{"paused", "", status(campaigns.Paused), attribution.CampaignPaused},
		{"ended", "", status(campaigns.Ended), attribution.CampaignEnded},
		{"archived", "", status(campaigns.Archived), attribution.CampaignArchived},
		{"not started", "", set(func(c *campaigns.Campaign) { c.StartsAt = saleTime.Add(time.Hour) }), attribution.CampaignNotStarted},
		{"over", "", set(func(c *campaigns.Campaign) { c.EndsAt = saleTime.Add(-time.Hour) }), attribution.CampaignOver},
	}
}

func TestDecide_DecisionTable(t *testing.T) {
	combinations := 0
	landingURL := func(code string) string { return "https://shop.example/p?a=1&ref_code=" + code }
	landings := append(linkStates("mina102", landingURL), state{"without a ref code", "https://shop.example/p?a=1", nil, ""})
	for _, coupon := range couponStates() {
		for _, ref := range linkStates("ravi101", func(code string) string { return code }) {
			for _, landing := range landings {
				for _, campaign := range campaignStates() {
					combinations++
					name := fmt.Sprintf("coupon %s, ref %s, landing %s, campaign %s", coupon.name, ref.name, landing.name, campaign.name)
					facts := world()
					for _, s := range []state{coupon, ref, landing, campaign} {
						if s.set != nil {
							s.set(facts)
						}
					}
					require.Equal(t, expected(coupon, ref, landing, campaign),
						row(decide(facts, coupon.send, ref.send, landing.send)), name)
				}
			}
		}
	}
	require.Equal(t, 8*5*6*7, combinations)
}

// tableRow is what the table says about a combination.
type tableRow struct {
	method     attribution.Method
	source     attribution.Source
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
	coupon     coupons.ID
	link       links.ID
	verdicts   string
}

func row(d attribution.Decision) tableRow {
	return tableRow{d.Method, d.Source, d.Campaign, d.Influencer, d.Coupon, d.Link, fmt.Sprint(verdicts(d))}
}

// expected reads the table: the first usable piece of evidence wins, later
// usable ones are outranked, the others keep their own verdict, and a campaign
// that does not earn spoils what would have been usable.
func expected(coupon, ref, landing, campaign state) tableRow {
	out := tableRow{method: attribution.None, source: attribution.Direct}
	var verdictList []attribution.Verdict
	for _, step := range []struct {
		state
		method attribution.Method
		link   links.ID
		who    campaigns.InfluencerID
	}{
		{coupon, attribution.ByCoupon, links.ID{}, jessica},
		{ref, attribution.ByRefCode, refLinkID, ravi},
		{landing, attribution.ByLandingURL, landLinkID, mina},
	} {
		if step.verdict == "" {
			continue
		}
		usable := step.verdict == attribution.Won && campaign.verdict == attribution.Won
		known := step.verdict == attribution.Won || step.verdict == attribution.IsDisabled
		verdict := step.verdict
		switch {
		case usable && out.method == attribution.None:
			out.method, out.campaign, out.influencer = step.method, campaignID, step.who
			if step.method == attribution.ByCoupon {
				out.coupon = personalID
				if step.name == "generic" {
					out.coupon, out.influencer = genericID, campaigns.InfluencerID{}
				}
			}
		case usable:
			verdict = attribution.Outranked
		case step.verdict == attribution.Won:
			verdict = campaign.verdict
		}
		if !step.link.IsZero() && known {
			out.source = attribution.TrackingLink
			if out.link.IsZero() || usable && !refUsable(ref, campaign) {
				out.link = step.link
			}
		}
		verdictList = append(verdictList, verdict)
	}
	out.verdicts = fmt.Sprint(verdictList)
	return out
}

// refUsable reports whether the ref code is usable: then its link is the one
// the shopper came through, whatever the landing URL says.
func refUsable(ref, campaign state) bool {
	return ref.verdict == attribution.Won && campaign.verdict == attribution.Won
}
