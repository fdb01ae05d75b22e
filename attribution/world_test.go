package attribution_test

import (
	"encoding/binary"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
)

// saleTime is when the events of these tests happen.
var saleTime = time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)

// id makes a readable, distinct id.
func id[T any](n uint64) ident.Of[T] {
	var out ident.Of[T]
	binary.BigEndian.PutUint64(out[8:], n)
	return out
}

var (
	campaignID  = id[campaigns.Campaign](1)
	otherID     = id[campaigns.Campaign](2)
	jessica     = id[campaigns.Influencer](11)
	ravi        = id[campaigns.Influencer](12)
	mina        = id[campaigns.Influencer](13)
	personalID  = id[coupons.Coupon](21)
	genericID   = id[coupons.Coupon](22)
	refLinkID   = id[links.Link](31)
	landLinkID  = id[links.Link](32)
	strangersID = id[links.Link](33)
)

// world is the facts that most tests start from: one earning campaign with a
// personal coupon of Jessica's, a generic coupon, and links of Ravi and Mina;
// another campaign with a link of Jessica's.
func world() attribution.Facts {
	coupon := func(id coupons.ID, code coupons.Code, influencer campaigns.InfluencerID) coupons.Coupon {
		return coupons.Coupon{ID: id, Campaign: campaignID, Influencer: influencer, Code: code, Status: coupons.Active}
	}
	link := func(id links.ID, code links.Code, campaign campaigns.ID, influencer campaigns.InfluencerID) links.Link {
		return links.Link{ID: id, Campaign: campaign, Influencer: influencer, Code: code, Status: links.Active}
	}
	return attribution.Facts{
		Coupons: map[coupons.Code]coupons.Coupon{
			"JESSICA20":   coupon(personalID, "JESSICA20", jessica),
			"BLACKFRIDAY": coupon(genericID, "BLACKFRIDAY", campaigns.InfluencerID{}),
		},
		Links: map[links.Code]links.Link{
			"ravi101": link(refLinkID, "ravi101", campaignID, ravi),
			"mina102": link(landLinkID, "mina102", campaignID, mina),
			"other33": link(strangersID, "other33", otherID, jessica),
		},
		Campaigns: map[campaigns.ID]campaigns.Campaign{
			campaignID: {ID: campaignID, Status: campaigns.Active, ConversionTypes: campaigns.DefaultConversionTypes()},
			otherID:    {ID: otherID, Status: campaigns.Active, ConversionTypes: []campaigns.EventType{campaigns.Signup}},
		},
		Terms: map[attribution.Assigned]payouts.History{
			{Campaign: campaignID, Influencer: jessica}: {{Version: 1, Share: payouts.Percentage, Rate: 100_000}},
			{Campaign: campaignID, Influencer: ravi}:    {{Version: 1, Share: payouts.Flat, Fee: money.Of(5000, "INR")}},
		},
	}
}

func change[K comparable, V any](m map[K]V, key K, fn func(*V)) {
	v := m[key]
	fn(&v)
	m[key] = v
}
