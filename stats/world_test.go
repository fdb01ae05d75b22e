package stats_test

import (
	"fmt"
	"math/rand"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

// world is a small, dense set of data: everything meets everything.
func world(seed int64, n int) stats.Data {
	r := rand.New(rand.NewSource(seed))
	var d stats.Data
	for i := range 4 {
		d.Campaigns = append(d.Campaigns, campaigns.Campaign{ID: newID[campaigns.ID](r), Name: fmt.Sprintf("Campaign %d", i/2)})
		d.Influencers = append(d.Influencers, campaigns.Influencer{ID: newID[campaigns.InfluencerID](r), Name: fmt.Sprintf("Person %d", i), Handle: "@p"})
	}
	for i := range 6 {
		c, l := d.Campaigns[i%3].ID, campaigns.InfluencerID{}
		if i > 0 {
			l = d.Influencers[i%3].ID
		}
		d.Coupons = append(d.Coupons, coupons.Coupon{ID: newID[coupons.ID](r), Campaign: c, Influencer: l, Code: coupons.Code(fmt.Sprintf("CODE%d", i))})
		d.Links = append(d.Links, links.Link{ID: newID[links.ID](r), Campaign: c, Influencer: l, Code: links.Code(fmt.Sprintf("code%d", i))})
	}
	d.Assignments = []campaigns.Assignment{{Campaign: d.Campaigns[3].ID, Influencer: d.Influencers[3].ID}}
	for range n {
		d.Events = append(d.Events, event(r, d))
		l := d.Links[r.Intn(4)]
		d.Clicks = append(d.Clicks, links.Click{
			ID: newID[links.ClickID](r), Link: l.ID, Campaign: l.Campaign, Influencer: l.Influencer,
			At: momentIn2026(r), Visitor: links.Visitor{byte(r.Intn(9))}, Class: pick(r, links.Classes()),
		})
	}
	return d
}

// event draws a sale at random, but for what always holds: an influencer is
// credited in a campaign, and only influencers earn.
func event(r *rand.Rand, d stats.Data) attribution.Event {
	e := attribution.Event{ID: newID[attribution.ID](r), Conversion: r.Intn(2) == 0}
	e.Type = pick(r, []campaigns.EventType{campaigns.Purchase, campaigns.Signup, campaigns.Lead})
	e.OccurredAt = momentIn2026(r)
	if r.Intn(4) > 0 {
		e.Value = money.Of(r.Int63n(4), pick(r, []money.Currency{"EUR", "INR"}))
	}
	e.Decision.Method, e.Decision.Source = pick(r, attribution.Methods()), pick(r, attribution.Sources())
	if r.Intn(3) > 0 {
		e.Decision.Coupon, e.Decision.Campaign = d.Coupons[r.Intn(4)].ID, pick(r, d.Campaigns).ID
	}
	if !e.Decision.Campaign.IsZero() && r.Intn(4) > 0 {
		e.Decision.Influencer = pick(r, d.Influencers).ID
	}
	if !e.Decision.Influencer.IsZero() && r.Intn(4) > 0 {
		e.Commission.Amount = money.Of(r.Int63n(4), pick(r, []money.Currency{"EUR", "JPY"}))
	}
	if r.Intn(3) > 0 {
		e.Decision.Link = d.Links[r.Intn(4)].ID
	}
	return e
}

// momentIn2026 prefers moments on the edges of quarters of an hour.
func momentIn2026(r *rand.Rand) time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Intn(365*96)) * 15 * time.Minute)
	return at.Add(time.Duration(r.Intn(3)-1) * time.Microsecond)
}

func newID[T ~[16]byte](r *rand.Rand) T {
	var id T
	for i := range id {
		id[i] = byte(r.Intn(256))
	}
	id[0] |= 1
	return id
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.Intn(len(list))] }

func year2026() stats.Filter {
	return stats.Filter{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
}
