package storagetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

type writeCase func(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error

// writeCases names, for each writing method of Tx, how A tries to change or to
// refer to what is B's. Each leaves the store unchanged.
func writeCases() map[string]writeCase {
	return map[string]writeCase{
		"UpdateAdvertiser": updateForeignAdvertiser,
		"CreateAPIKey":     createForeignHash,
		"UpdateAPIKey":     updateForeignKey,
		"CreateCampaign":   createStamped,
		"CreateInfluencer": createStamped,
		"UpdateCampaign":   updateForeignCampaign,
		"Assign":           assignForeign,
		"AddTerms":         addForeignTerms,
		"UpdateInfluencer": updateForeignInfluencer,
		"CreateLink":       createForeignLink,
		"UpdateLink":       updateForeignLink,
		"CreateCoupons":    createForeignCoupons,
		"UpdateCoupon":     updateForeignCoupon,
		"ClaimRequest":     claimForeign,
		"AnswerRequest":    answerForeign,
		"CreateTicket":     takeForeignHash,
		"Facts":            foreignFacts,
		"RecordEvents":     recordForeign,
		"SetCommissions":   commissionForeign,
	}
}

func updateForeignAdvertiser(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error {
		a := p.advertiser
		a.Name = "Taken over"
		return tx.UpdateAdvertiser(ctx, a)
	})
	return nil
}

func createForeignHash(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	k := f.newKey(f.a, "another")
	k.Hash = f.b.key.Hash
	has(t, tx.CreateAPIKey(ctx, k), fault.Conflict, "api-key-taken")
	return nil
}

func updateForeignKey(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error {
		k := p.key
		k.Scopes = []tenant.Permission{tenant.EverythingAllowed}
		return tx.UpdateAPIKey(ctx, k)
	})
	return nil
}

func updateForeignCampaign(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error {
		c := p.campaign
		c.Advertiser, c.Status = f.a.scope.Advertiser(), campaigns.Ended
		return tx.UpdateCampaign(ctx, c)
	})
	return nil
}

func assignForeign(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	refer(t, f, func(campaign campaigns.ID, influencer campaigns.InfluencerID) error {
		return tx.Assign(ctx, campaigns.Assignment{Campaign: campaign, Influencer: influencer, CreatedAt: start()})
	})
	return nil
}

func addForeignTerms(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error { return tx.AddTerms(ctx, p.campaign.ID, p.influencer.ID, newTerms(2)) })
	return nil
}

func updateForeignInfluencer(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error {
		i := p.influencer
		i.Creator, i.Email = f.a.scope.Advertiser(), "mallory@example.com"
		return tx.UpdateInfluencer(ctx, i)
	})
	return nil
}

func createForeignLink(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	refer(t, f, func(campaign campaigns.ID, influencer campaigns.InfluencerID) error {
		l := f.newLink(f.a, "foreign")
		l.Campaign, l.Influencer = campaign, influencer
		return tx.CreateLink(ctx, l)
	})
	return nil
}

func updateForeignLink(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error {
		l := p.link
		l.Advertiser, l.Destination = f.a.scope.Advertiser(), "https://phish.example/"
		return tx.UpdateLink(ctx, l)
	})
	return nil
}

func createForeignCoupons(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	refer(t, f, func(campaign campaigns.ID, influencer campaigns.InfluencerID) error {
		own, foreign := f.newCoupon(f.a, "OWN"), f.newCoupon(f.a, "FOREIGN")
		foreign.Campaign, foreign.Influencer = campaign, influencer
		_, err := tx.CreateCoupons(ctx, []coupons.Coupon{own, foreign})
		return err
	})
	return nil
}

func updateForeignCoupon(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	change(t, f, func(p party) error {
		c := p.coupon
		c.Advertiser, c.Status = f.a.scope.Advertiser(), coupons.Disabled
		return tx.UpdateCoupon(ctx, c)
	})
	return nil
}

// change requires that changing B's thing is refused like changing nothing's.
func change(t *testing.T, f *fixture, update func(party) error) {
	t.Helper()
	unknown := update(f.unknown)
	hidden(t, update(f.b), unknown)
}

// refer requires that referring to B's campaign or influencer is refused like
// referring to none.
func refer(t *testing.T, f *fixture, create func(campaigns.ID, campaigns.InfluencerID) error) {
	t.Helper()
	hidden(t, create(f.b.campaign.ID, f.a.influencer.ID), create(f.unknown.campaign.ID, f.a.influencer.ID))
	hidden(t, create(f.a.campaign.ID, f.b.influencer.ID), create(f.a.campaign.ID, f.unknown.influencer.ID))
	hidden(t, create(f.b.campaign.ID, f.b.influencer.ID), create(f.unknown.campaign.ID, f.unknown.influencer.ID))
}

// errRollback ends a transaction whose writes are not wanted.
func errRollback() error {
	return fault.New(fault.Unsupported, "rolled-back", "this transaction is rolled back on purpose")
}

// createStamped creates everything under B's name as A: it becomes A's.
func createStamped(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	mine := f.a.scope.Advertiser()
	p := f.b // whose Advertiser fields all name B
	p.campaign, p.influencer = f.newCampaign(f.b, "Stamped"), f.newInfluencer(f.b, "Stamped")
	p.key, p.link, p.coupon = f.newKey(f.b, "stamped"), f.newLink(p, "stamped"), f.newCoupon(p, "STAMPED")
	p.event = f.newEvent(p, "stamped", 100)
	p.assignment = campaigns.Assignment{Advertiser: f.b.scope.Advertiser(), Campaign: p.campaign.ID, Influencer: p.influencer.ID, CreatedAt: start()}
	require.NoError(t, firstError(
		tx.CreateCampaign(ctx, p.campaign), tx.CreateInfluencer(ctx, p.influencer), tx.Assign(ctx, p.assignment),
		tx.CreateAPIKey(ctx, p.key), tx.CreateLink(ctx, p.link)))
	taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{p.coupon})
	require.NoError(t, err)
	require.Empty(t, taken)
	outcomes, err := tx.RecordEvents(ctx, []attribution.Event{p.event})
	require.NoError(t, err)
	require.Equal(t, mine, outcomes[0].Event.Advertiser)

	campaign, err := tx.Campaign(ctx, p.campaign.ID)
	require.NoError(t, err)
	require.Equal(t, mine, campaign.Advertiser)
	influencer, err := tx.Influencer(ctx, p.influencer.ID)
	require.NoError(t, err)
	require.Equal(t, mine, influencer.Creator)
	place, err := tx.Assignment(ctx, p.campaign.ID, p.influencer.ID)
	require.NoError(t, err)
	require.Equal(t, mine, place.Advertiser)
	key, err := tx.APIKey(ctx, p.key.ID)
	require.NoError(t, err)
	require.Equal(t, mine, key.Advertiser)
	link, err := tx.Link(ctx, p.link.ID)
	require.NoError(t, err)
	require.Equal(t, mine, link.Advertiser)
	coupon, err := tx.Coupon(ctx, p.coupon.ID)
	require.NoError(t, err)
	require.Equal(t, mine, coupon.Advertiser)
	event, err := tx.Event(ctx, p.event.ID)
	require.NoError(t, err)
	require.Equal(t, mine, event.Advertiser)
	return errRollback()
}

// foreignFacts asks for B's codes as A.
func foreignFacts(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	facts, err := tx.Facts(ctx, []coupons.Code{f.a.coupon.Code, "NOBODY"}, []links.Code{f.a.link.Code, f.b.link.Code, "nobody"})
	require.NoError(t, err)
	same(t, map[coupons.Code]coupons.Coupon{f.a.coupon.Code: f.a.coupon}, facts.Coupons)
	same(t, map[links.Code]links.Link{f.a.link.Code: f.a.link}, facts.Links)
	for id, c := range facts.Campaigns {
		require.Equal(t, f.a.scope.Advertiser(), c.Advertiser)
		require.Equal(t, id, c.ID)
	}
	same(t, f.a.campaign, facts.Campaigns[f.a.campaign.ID])
	pair := attribution.Assigned{Campaign: f.a.campaign.ID, Influencer: f.a.influencer.ID}
	same(t, map[attribution.Assigned]payouts.History{pair: f.a.assignment.Terms}, facts.Terms)
	facts, err = tx.Facts(ctx, nil, []links.Code{f.b.link.Code})
	require.NoError(t, err)
	require.Empty(t, facts.Links)
	require.Empty(t, facts.Campaigns)
	require.Empty(t, facts.Terms)
	return nil
}

// recordForeign records events of A that are credited to B's things.
func recordForeign(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	with := func(spoil func(d *attribution.Decision, p party)) {
		t.Helper()
		record := func(p party) error {
			good, bad := f.newEvent(f.a, "good", 1), f.newEvent(f.a, "bad", 2)
			spoil(&bad.Decision, p)
			_, err := tx.RecordEvents(ctx, []attribution.Event{good, bad})
			return err
		}
		hidden(t, record(f.b), record(f.unknown))
	}
	with(func(d *attribution.Decision, p party) { d.Campaign = p.campaign.ID })
	with(func(d *attribution.Decision, p party) { d.Influencer = p.influencer.ID })
	with(func(d *attribution.Decision, p party) { d.Coupon = p.coupon.ID })
	with(func(d *attribution.Decision, p party) { d.Link = p.link.ID })
	// The external id of B's event is free for A, and gives no sign of B's.
	outcomes, err := tx.RecordEvents(ctx, []attribution.Event{f.a.event})
	require.NoError(t, err)
	require.True(t, outcomes[0].Repeat)
	require.Equal(t, f.a.event.ID, outcomes[0].Event.ID)
	return nil
}

func commissionForeign(t *testing.T, f *fixture, ctx context.Context, tx storage.Tx) error {
	set := func(p party) error {
		return tx.SetCommissions(ctx, []storage.Recommission{
			{Event: f.a.event.ID, Commission: payouts.Commission{Reason: payouts.NoTerms}},
			{Event: p.event.ID, Commission: payouts.Commission{Reason: payouts.NoTerms}},
		})
	}
	hidden(t, set(f.b), set(f.unknown))
	return nil
}
