package storage

import (
	"context"
	"iter"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// AdvertiserReader reads advertisers and their keys.
type AdvertiserReader interface {
	// Advertiser returns one advertiser of the view.
	Advertiser(ctx context.Context, id tenant.ID) (tenant.Advertiser, error)
	// Advertisers lists the advertisers of the view: one, or all.
	Advertisers(ctx context.Context, page Page) (List[tenant.Advertiser], error)
	// APIKey returns one key, revoked and expired ones included.
	APIKey(ctx context.Context, id tenant.KeyID) (tenant.APIKey, error)
	// APIKeys lists the keys, revoked and expired ones included.
	APIKeys(ctx context.Context, page Page) (List[tenant.APIKey], error)
}

// CampaignReader reads campaigns and assignments.
type CampaignReader interface {
	// Campaign returns one campaign.
	Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error)
	// Campaigns lists the campaigns.
	Campaigns(ctx context.Context, page Page) (List[campaigns.Campaign], error)
	// Assignment returns an influencer's place in a campaign with every version
	// of its terms, sorted by version.
	Assignment(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID) (campaigns.Assignment, error)
	// Assignments lists the assignments of a campaign, sorted by the
	// influencer's id downwards; an unknown campaign has none.
	Assignments(ctx context.Context, campaign campaigns.ID, page Page) (List[campaigns.Assignment], error)
}

// InfluencerReader reads influencers. An advertiser sees those it created and
// those shared with it; every influencer that is assigned to one of its
// campaigns, or owns a link or coupon of it, is among these.
type InfluencerReader interface {
	// Influencer returns one influencer.
	Influencer(ctx context.Context, id campaigns.InfluencerID) (campaigns.Influencer, error)
	// Influencers lists the influencers: with a campaign those who are assigned
	// to it or own a link or coupon of it, with the zero id all.
	Influencers(ctx context.Context, campaign campaigns.ID, page Page) (List[campaigns.Influencer], error)
}

// Of narrows a list of links or coupons to those of a campaign, of an
// influencer, or of both. A zero id narrows nothing; one that the view does not
// see has none.
type Of struct {
	Campaign   campaigns.ID
	Influencer campaigns.InfluencerID
}

// EventFilter narrows a list of events further than a report does.
type EventFilter struct {
	stats.Filter
	ExternalID string             // exactly this one; "" for any
	Method     attribution.Method // credited in this way; "" for any
}

// LinkReader reads tracking links.
type LinkReader interface {
	// Link returns one link.
	Link(ctx context.Context, id links.ID) (links.Link, error)
	// Links lists the links of whom is named.
	Links(ctx context.Context, of Of, page Page) (List[links.Link], error)
	// LinkClicks counts, for each of the links, its clicks of class human. A
	// link without any, or outside the view, is left out.
	LinkClicks(ctx context.Context, ids []links.ID) (map[links.ID]int64, error)
}

// CouponReader reads coupons.
type CouponReader interface {
	// Coupon returns one coupon.
	Coupon(ctx context.Context, id coupons.ID) (coupons.Coupon, error)
	// Coupons lists the coupons of whom is named.
	Coupons(ctx context.Context, of Of, page Page) (List[coupons.Coupon], error)
	// CouponUses counts, for each of the coupons, the conversions it won. A
	// coupon without any, or outside the view, is left out.
	CouponUses(ctx context.Context, ids []coupons.ID) (map[coupons.ID]int64, error)
}

// EventReader reads conversion events.
type EventReader interface {
	// Event returns one event.
	Event(ctx context.Context, id attribution.ID) (attribution.Event, error)
	// Events lists the events that the filter covers, the latest OccurredAt first
	// and then by id downwards. A bad filter is fault.Invalid.
	Events(ctx context.Context, f EventFilter, page Page) (List[attribution.Event], error)
	// EachEvent yields the events that the filter covers, by OccurredAt and then
	// id, from one consistent state and without holding them all in memory. An
	// error ends the sequence; it comes with the zero event.
	EachEvent(ctx context.Context, f stats.Filter) iter.Seq2[attribution.Event, error]
}
