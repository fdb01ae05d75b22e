package otel

import (
	"context"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

type tx struct {
	reader
	claims

	inner storage.Tx
	o     observer
}

func newTx(inner storage.Tx, o observer) tx {
	return tx{reader: reader{inner: inner, o: o}, claims: claims{inner: inner, o: o}, inner: inner, o: o}
}

func (t tx) UpdateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return tell(ctx, t.o, "UpdateAdvertiser", t.inner.UpdateAdvertiser, a)
}

func (t tx) CreateAPIKey(ctx context.Context, k tenant.APIKey) error {
	return tell(ctx, t.o, "CreateAPIKey", t.inner.CreateAPIKey, k)
}

func (t tx) UpdateAPIKey(ctx context.Context, k tenant.APIKey) error {
	return tell(ctx, t.o, "UpdateAPIKey", t.inner.UpdateAPIKey, k)
}

func (t tx) CreateCampaign(ctx context.Context, c campaigns.Campaign) error {
	return tell(ctx, t.o, "CreateCampaign", t.inner.CreateCampaign, c)
}

func (t tx) UpdateCampaign(ctx context.Context, c campaigns.Campaign) error {
	return tell(ctx, t.o, "UpdateCampaign", t.inner.UpdateCampaign, c)
}

func (t tx) Assign(ctx context.Context, a campaigns.Assignment) error {
	return tell(ctx, t.o, "Assign", t.inner.Assign, a)
}

func (t tx) AddTerms(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, terms payouts.Terms) error {
	return tell3(ctx, t.o, "AddTerms", t.inner.AddTerms, campaign, influencer, terms)
}

func (t tx) CreateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	return tell(ctx, t.o, "CreateInfluencer", t.inner.CreateInfluencer, i)
}

func (t tx) UpdateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	return tell(ctx, t.o, "UpdateInfluencer", t.inner.UpdateInfluencer, i)
}

func (t tx) CreateLink(ctx context.Context, l links.Link) error {
	return tell(ctx, t.o, "CreateLink", t.inner.CreateLink, l)
}

func (t tx) UpdateLink(ctx context.Context, l links.Link) error {
	return tell(ctx, t.o, "UpdateLink", t.inner.UpdateLink, l)
}

func (t tx) CreateCoupons(ctx context.Context, list []coupons.Coupon) ([]coupons.Code, error) {
	return ask(ctx, t.o, "CreateCoupons", t.inner.CreateCoupons, list)
}

func (t tx) UpdateCoupon(ctx context.Context, c coupons.Coupon) error {
	return tell(ctx, t.o, "UpdateCoupon", t.inner.UpdateCoupon, c)
}

func (t tx) Facts(ctx context.Context, couponCodes []coupons.Code, linkCodes []links.Code) (attribution.Facts, error) {
	return ask2(ctx, t.o, "Facts", t.inner.Facts, couponCodes, linkCodes)
}

func (t tx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	return ask(ctx, t.o, "RecordEvents", t.inner.RecordEvents, events)
}

func (t tx) SetCommissions(ctx context.Context, changes []storage.Recommission) error {
	return tell(ctx, t.o, "SetCommissions", t.inner.SetCommissions, changes)
}

// claims is what transactions of an advertiser and of the platform share.
type claims struct {
	inner interface {
		storage.RequestWriter
		storage.TicketWriter
	}
	o observer
}

func (c claims) ClaimRequest(ctx context.Context, r storage.Request) (stored storage.Request, first bool, err error) {
	stored, err = observe(ctx, c.o, "ClaimRequest", func(ctx context.Context) (was storage.Request, err error) {
		was, first, err = c.inner.ClaimRequest(ctx, r)
		return was, err
	})
	return stored, first, err
}

func (c claims) AnswerRequest(ctx context.Context, key string, answer []byte) error {
	return tell2(ctx, c.o, "AnswerRequest", c.inner.AnswerRequest, key, answer)
}

func (c claims) CreateTicket(ctx context.Context, t storage.Ticket) error {
	return tell(ctx, c.o, "CreateTicket", c.inner.CreateTicket, t)
}
