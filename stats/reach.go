package stats

import (
	"slices"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
)

// Reach decides which entities have a row in a [Table]. An entity has one if
// the filter covers any event or click of it, or if it is in reach by
// structure, so that what has no figures yet still shows with zeros. In reach
// by structure is what passes the filter's list of its own kind and
//
//   - a link, or a coupon: whose campaign and influencer pass the filter's lists
//     of these. A filter by coupons has no link in reach, and a filter by links
//     no coupon;
//   - a campaign: that, for each of the other lists that is set, has an
//     influencer of the list assigned, or owning one of its links or coupons;
//     or has a link of the list; or has a coupon of the list;
//   - an influencer: who, for each of the other lists that is set, is assigned
//     to a campaign of the list, or owns a link or coupon in one; or owns a link
//     of the list; or owns a coupon of the list.
//
// Period and event types do not matter to it.
type Reach struct {
	f       Filter
	joined  map[pair]bool    // assigned, or owner of a link or coupon
	links   []links.Link     // those in the filter's list
	coupons []coupons.Coupon // those in the filter's list
}

type pair struct {
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
}

// NewReach prepares the decision for one filter over everything a view reaches.
func NewReach(f Filter, d Data) Reach {
	r := Reach{f: f, joined: map[pair]bool{}}
	for _, a := range d.Assignments {
		r.joined[pair{a.Campaign, a.Influencer}] = true
	}
	for _, l := range d.Links {
		r.joined[pair{l.Campaign, l.Influencer}] = true
		if slices.Contains(f.Links, l.ID) {
			r.links = append(r.links, l)
		}
	}
	for _, c := range d.Coupons {
		r.joined[pair{c.Campaign, c.Influencer}] = true
		if slices.Contains(f.Coupons, c.ID) {
			r.coupons = append(r.coupons, c)
		}
	}
	return r
}

// Link reports whether a link is in reach by structure.
func (r Reach) Link(l links.Link) bool {
	return allows(r.f.Links, l.ID) && allows(r.f.Campaigns, l.Campaign) && allows(r.f.Influencers, l.Influencer) &&
		len(r.f.Coupons) == 0
}

// Coupon reports whether a coupon is in reach by structure.
func (r Reach) Coupon(c coupons.Coupon) bool {
	return allows(r.f.Coupons, c.ID) && allows(r.f.Campaigns, c.Campaign) && allows(r.f.Influencers, c.Influencer) &&
		len(r.f.Links) == 0
}

// Campaign reports whether a campaign is in reach by structure.
func (r Reach) Campaign(id campaigns.ID) bool {
	return allows(r.f.Campaigns, id) &&
		anyOf(r.f.Influencers, func(i campaigns.InfluencerID) bool { return r.joined[pair{id, i}] }) &&
		(len(r.f.Links) == 0 || slices.ContainsFunc(r.links, func(l links.Link) bool { return l.Campaign == id })) &&
		(len(r.f.Coupons) == 0 || slices.ContainsFunc(r.coupons, func(c coupons.Coupon) bool { return c.Campaign == id }))
}

// Influencer reports whether an influencer is in reach by structure.
func (r Reach) Influencer(id campaigns.InfluencerID) bool {
	return allows(r.f.Influencers, id) &&
		anyOf(r.f.Campaigns, func(c campaigns.ID) bool { return r.joined[pair{c, id}] }) &&
		(len(r.f.Links) == 0 || slices.ContainsFunc(r.links, func(l links.Link) bool { return l.Influencer == id })) &&
		(len(r.f.Coupons) == 0 || slices.ContainsFunc(r.coupons, func(c coupons.Coupon) bool { return c.Influencer == id }))
}

// anyOf reports whether a value of the list holds; the empty list sets no limit.
func anyOf[T any](list []T, holds func(T) bool) bool {
	return len(list) == 0 || slices.ContainsFunc(list, holds)
}
