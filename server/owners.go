package server

import (
	"context"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// The functions below find whose the thing in the path of a request is, for an
// admin who does not name an advertiser. They only find what the admin sees.

func campaignOwner(c *call) (tenant.ID, error) {
	return ownerOf(c, c.viewer.Campaign, func(x campaigns.Campaign) tenant.ID { return x.Advertiser })
}

func couponOwner(c *call) (tenant.ID, error) {
	return ownerOf(c, c.viewer.Coupon, func(x coupons.Coupon) tenant.ID { return x.Advertiser })
}

func linkOwner(c *call) (tenant.ID, error) {
	return ownerOf(c, c.viewer.Link, func(x links.Link) tenant.ID { return x.Advertiser })
}

func keyOwner(c *call) (tenant.ID, error) {
	return ownerOf(c, c.viewer.APIKey, func(x tenant.APIKey) tenant.ID { return x.Advertiser })
}

func influencerCreator(c *call) (tenant.ID, error) {
	return ownerOf(c, c.viewer.Influencer, func(x campaigns.Influencer) tenant.ID { return x.Creator })
}

func ownerOf[T, Found any](c *call, load func(context.Context, ident.Of[T]) (Found, error), owner func(Found) tenant.ID) (tenant.ID, error) {
	id, err := pathID[T](c, "id")
	if err != nil {
		return tenant.ID{}, err
	}
	found, err := load(c.r.Context(), id)
	if err != nil {
		return tenant.ID{}, err
	}
	return owner(found), nil
}
