package memory

import (
	"context"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
)

func (t *tx) Facts(ctx context.Context, couponCodes []coupons.Code, linkCodes []links.Code) (attribution.Facts, error) {
	facts := attribution.Facts{
		Coupons: map[coupons.Code]coupons.Coupon{}, Links: map[links.Code]links.Link{},
		Campaigns: map[campaigns.ID]campaigns.Campaign{}, Terms: map[attribution.Assigned]payouts.History{},
	}
	leave, err := t.enter(ctx)
	if err != nil {
		return facts, err
	}
	defer leave()
	lead := func(campaign campaigns.ID, influencer campaigns.InfluencerID) {
		if c, found := t.data.campaigns.get(t.advertiser, campaign); found {
			facts.Campaigns[campaign] = campaignOf(c)
		}
		if a, found := t.data.assignments.get(t.advertiser, assignment{campaign, influencer}); found {
			facts.Terms[attribution.Assigned{Campaign: campaign, Influencer: influencer}] = assignmentOf(a).Terms
		}
	}
	for _, code := range couponCodes {
		if id, found := t.data.couponCodes.get(t.advertiser, code); found {
			c, _ := t.data.coupons.get(t.advertiser, id)
			facts.Coupons[code] = couponOf(c)
			lead(c.Campaign, c.Influencer)
		}
	}
	for _, code := range linkCodes {
		ref, found := t.data.linkCodes.get(nobody(), code)
		if !found || ref.advertiser != t.advertiser {
			continue
		}
		l, _ := t.data.links.get(t.advertiser, ref.link)
		facts.Links[code] = linkOf(l)
		lead(l.Campaign, l.Influencer)
	}
	return facts, nil
}

func (t *tx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	leave, err := t.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, e := range events {
		if err := t.referDecision(e.Decision); err != nil {
			return nil, err
		}
	}
	outcomes := make([]storage.Outcome, len(events))
	for i, e := range events {
		if outcomes[i], err = t.record(e); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

func (t *tx) referDecision(d attribution.Decision) error {
	if err := t.refer(d.Campaign, d.Influencer); err != nil {
		return err
	}
	if !d.Coupon.IsZero() && !t.data.coupons.has(t.advertiser, d.Coupon) {
		return storage.NotFound()
	}
	if !d.Link.IsZero() && !t.data.links.has(t.advertiser, d.Link) {
		return storage.NotFound()
	}
	return nil
}

func (t *tx) record(e attribution.Event) (storage.Outcome, error) {
	key := natural{e.ExternalID, e.Type}
	if id, found := t.data.naturals.get(t.advertiser, key); found {
		first, _ := t.data.events.get(t.advertiser, id)
		if first.Print == e.Print {
			return storage.Outcome{Event: eventOf(first), Repeat: true}, nil
		}
		return storage.Outcome{
			Event: eventOf(first),
			Err:   storage.EventDiffers(),
		}, nil
	}
	e = eventOf(e)
	e.Advertiser = t.advertiser
	if err := create(t, &t.data.events, e.ID, e); err != nil {
		return storage.Outcome{}, err
	}
	if e.ExternalID != "" {
		t.data.naturals.put(t.advertiser, key, e.ID)
	}
	return storage.Outcome{Event: eventOf(e)}, nil
}

func (t *tx) SetCommissions(ctx context.Context, changes []storage.Recommission) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for _, c := range changes {
		if !t.data.events.has(t.advertiser, c.Event) {
			return storage.NotFound()
		}
	}
	for _, c := range changes {
		e, _ := t.data.events.get(t.advertiser, c.Event)
		e.Commission = commissionOf(c.Commission)
		t.data.events.put(t.advertiser, e.ID, e)
	}
	return nil
}
