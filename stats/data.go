package stats

import (
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
)

// Data is everything a view reaches: what [Fold] computes reports from.
type Data struct {
	Campaigns   []campaigns.Campaign
	Influencers []campaigns.Influencer // those visible to the view, each once
	Assignments []campaigns.Assignment
	Coupons     []coupons.Coupon
	Links       []links.Link
	Events      []attribution.Event
	Clicks      []links.Click
}
