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
)

// uniqueness holds what is unique, within which bounds, and that a collision
// neither stores anything nor ends the transaction.
func (h Harness) uniqueness(t *testing.T) {
	t.Run("AShortCodeIsUniqueAcrossAdvertisers", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			for _, p := range []party{f.a, f.b} {
				err := f.try(p, func(ctx context.Context, tx storage.Tx) error {
					return tx.CreateLink(ctx, f.newLink(p, f.a.link.Code))
				})
				has(t, err, fault.Conflict, "short-code-taken")
			}
		})
	})
	t.Run("ADisabledLinkKeepsItsCode", func(t *testing.T) {
		f := newFixture(t, h)
		off := f.a.link
		off.Status = links.Disabled
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.UpdateLink(ctx, off) })
		err := f.try(f.b, func(ctx context.Context, tx storage.Tx) error {
			return tx.CreateLink(ctx, f.newLink(f.b, f.a.link.Code))
		})
		has(t, err, fault.Conflict, "short-code-taken")
	})
	t.Run("AKeyHashIsUniqueAcrossAdvertisers", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			for _, p := range []party{f.a, f.b} {
				k := f.newKey(p, "another")
				k.Hash = f.a.key.Hash
				err := f.try(p, func(ctx context.Context, tx storage.Tx) error { return tx.CreateAPIKey(ctx, k) })
				has(t, err, fault.Conflict, "api-key-taken")
			}
		})
	})
	t.Run("AnInfluencerIsAssignedToACampaignOnce", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			again := campaigns.Assignment{Campaign: f.a.campaign.ID, Influencer: f.a.influencer.ID, CreatedAt: start()}
			err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return tx.Assign(ctx, again) })
			has(t, err, fault.Conflict, "already-assigned")
		})
	})
	t.Run("AfterAConflictTheTransactionCanGoOn", func(t *testing.T) {
		f := newFixture(t, h)
		stale := f.a.campaign
		stale.Version = 99
		fresh := f.newLink(f.a, "fresh")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			k := f.newKey(f.a, "another")
			k.Hash = f.b.key.Hash
			has(t, tx.CreateAPIKey(ctx, k), fault.Conflict, "api-key-taken")
			has(t, tx.CreateLink(ctx, f.newLink(f.a, f.b.link.Code)), fault.Conflict, "short-code-taken")
			has(t, tx.Assign(ctx, f.a.assignment), fault.Conflict, "already-assigned")
			has(t, tx.AddTerms(ctx, f.a.campaign.ID, f.a.influencer.ID, newTerms(1)), fault.Conflict, "changed-meanwhile")
			has(t, tx.UpdateCampaign(ctx, stale), fault.Conflict, "changed-meanwhile")
			_, err := tx.Campaign(ctx, f.unknown.campaign.ID)
			has(t, err, fault.NotFound, "not-found")
			return tx.CreateLink(ctx, fresh)
		})
		got, err := f.read(f.a).Link(f.ctx, fresh.ID)
		require.NoError(t, err)
		same(t, fresh, got)
	})
	h.uniqueCoupons(t)
	h.takenIDs(t)
}

func (h Harness) uniqueCoupons(t *testing.T) {
	t.Run("ATakenCouponCodeIsReturnedAndTheOthersAreStored", func(t *testing.T) {
		f := newFixture(t, h)
		list := []coupons.Coupon{
			f.newCoupon(f.a, "NEW1"), f.newCoupon(f.a, f.a.coupon.Code), f.newCoupon(f.a, "NEW2"), f.newCoupon(f.a, "NEW1"),
		}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			taken, err := tx.CreateCoupons(ctx, list)
			require.NoError(t, err)
			require.ElementsMatch(t, []coupons.Code{f.a.coupon.Code, "NEW1"}, taken, "by a stored one, and by an earlier one of the call")
			return nil
		})
		same(t, []coupons.Coupon{list[2], list[0], f.a.coupon}, couponsOf(t, f, f.a))
	})
	t.Run("ACouponCodeIsUniqueWithinItsAdvertiserAlone", func(t *testing.T) {
		f := newFixture(t, h) // both parties have SUMMER20 already
		require.Equal(t, f.a.coupon.Code, f.b.coupon.Code)
		f.write(t, f.b, func(ctx context.Context, tx storage.Tx) error {
			taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{f.newCoupon(f.b, "ONLYB")})
			require.Empty(t, taken)
			return err
		})
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{f.newCoupon(f.a, "ONLYB")})
			require.Empty(t, taken, "another advertiser's code is free")
			return err
		})
	})
	t.Run("ADisabledCouponKeepsItsCode", func(t *testing.T) {
		f := newFixture(t, h)
		off := f.a.coupon
		off.Status = coupons.Disabled
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.UpdateCoupon(ctx, off) })
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{f.newCoupon(f.a, off.Code)})
			require.Equal(t, []coupons.Code{off.Code}, taken)
			return err
		})
	})
	t.Run("NoCouponsAreNoCoupons", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				taken, err := tx.CreateCoupons(ctx, nil)
				require.Empty(t, taken)
				return err
			})
		})
	})
}

// creation stores something new of a party under an id that is stored.
type creation struct {
	name   string
	create func(ctx context.Context, tx storage.Tx) error
}

// retakes lists, for everything that has an id, a creation that takes one a
// second time and is otherwise as good as new.
func retakes(f *fixture) []creation {
	key, campaign, influencer := f.newKey(f.a, "retaken"), f.newCampaign(f.a, "Retaken"), f.newInfluencer(f.a, "Retaken")
	foreign, link, coupon := f.newInfluencer(f.a, "Retaken"), f.newLink(f.a, "retaken"), f.newCoupon(f.a, "RETAKEN")
	event, bare := f.newEvent(f.a, "retaken", 1), f.newEvent(f.a, "", 1)
	key.ID, campaign.ID, influencer.ID, foreign.ID = f.a.key.ID, f.a.campaign.ID, f.a.influencer.ID, f.b.influencer.ID
	link.ID, coupon.ID, event.ID, bare.ID = f.a.link.ID, f.a.coupon.ID, f.a.event.ID, f.a.event.ID
	twins := []coupons.Coupon{f.newCoupon(f.a, "TWIN1"), f.newCoupon(f.a, "TWIN2")}
	twins[1].ID = twins[0].ID
	same := []attribution.Event{f.newEvent(f.a, "twin-1", 1), f.newEvent(f.a, "twin-2", 1)}
	same[1].ID = same[0].ID
	create := func(list ...coupons.Coupon) func(context.Context, storage.Tx) error {
		return func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.CreateCoupons(ctx, list)
			return err
		}
	}
	record := func(events ...attribution.Event) func(context.Context, storage.Tx) error {
		return func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.RecordEvents(ctx, events)
			return err
		}
	}
	return []creation{
		{"APIKey", func(ctx context.Context, tx storage.Tx) error { return tx.CreateAPIKey(ctx, key) }},
		{"Campaign", func(ctx context.Context, tx storage.Tx) error { return tx.CreateCampaign(ctx, campaign) }},
		{"Influencer", func(ctx context.Context, tx storage.Tx) error { return tx.CreateInfluencer(ctx, influencer) }},
		{"InfluencerOfAnother", func(ctx context.Context, tx storage.Tx) error { return tx.CreateInfluencer(ctx, foreign) }},
		{"Link", func(ctx context.Context, tx storage.Tx) error { return tx.CreateLink(ctx, link) }},
		{"Coupon", create(coupon)},
		{"CouponTwiceInACall", create(twins...)},
		{"Event", record(event)},
		{"EventWithoutAnExternalID", record(bare)},
		{"EventTwiceInACall", record(same...)},
	}
}

func (h Harness) takenIDs(t *testing.T) {
	t.Run("AnIDIsTakenOnce", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			for _, c := range retakes(f) {
				err := f.try(f.a, c.create)
				require.Error(t, err, c.name)
				has(t, err, fault.Conflict, "id-taken")
			}
			again := f.a.advertiser
			again.Name = "Another"
			has(t, f.store.System().CreateAdvertiser(f.ctx, again), fault.Conflict, "id-taken")
		})
	})
	t.Run("AfterATakenIDTheTransactionCanGoOnAndTheCodesAreFree", func(t *testing.T) {
		f := newFixture(t, h)
		fresh, key, coupon := f.newLink(f.a, "retaken"), f.newKey(f.a, "retaken"), f.newCoupon(f.a, "RETAKEN")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			for _, c := range retakes(f) {
				has(t, c.create(ctx, tx), fault.Conflict, "id-taken")
			}
			taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{coupon})
			require.Empty(t, taken)
			return firstError(err, tx.CreateLink(ctx, fresh), tx.CreateAPIKey(ctx, key))
		})
		got, err := f.store.System().LinkByCode(f.ctx, fresh.Code)
		require.NoError(t, err)
		same(t, fresh, got)
	})
	t.Run("AVersionOfTheTermsIsTakenOnce", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			place := campaigns.Assignment{Campaign: f.a.campaign.ID, Influencer: f.newInfluencer(f.a, "Twice").ID, CreatedAt: start()}
			place.Terms = payouts.History{newTerms(1), newTerms(1)}
			err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
				i := f.newInfluencer(f.a, "Twice")
				i.ID = place.Influencer
				require.NoError(t, tx.CreateInfluencer(ctx, i))
				return tx.Assign(ctx, place)
			})
			has(t, err, fault.Conflict, "changed-meanwhile")
		})
	})
}

func couponsOf(t *testing.T, f *fixture, p party) []coupons.Coupon {
	t.Helper()
	return all(t, func(page storage.Page) (storage.List[coupons.Coupon], error) {
		return f.read(p).Coupons(f.ctx, storage.Of{}, page)
	}, 0)
}

// references holds that what is referred to must be the scope's own and exist.
// Foreign references are cases of isolation.
func (h Harness) references(t *testing.T) {
	t.Run("ALinkNeedsACampaign", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			l := f.newLink(f.a, "nowhere")
			l.Campaign = campaigns.ID{}
			has(t, f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateLink(ctx, l) }), fault.NotFound, "not-found")
		})
	})
	t.Run("ACouponNeedsACampaignAndNothingIsStoredThen", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			bad := f.newCoupon(f.a, "NOWHERE")
			bad.Campaign = campaigns.ID{}
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				_, err := tx.CreateCoupons(ctx, []coupons.Coupon{f.newCoupon(f.a, "GOOD"), bad})
				has(t, err, fault.NotFound, "not-found")
				return nil
			})
		})
	})
	t.Run("TheInfluencerOfALinkAndOfACouponMayBeNobody", func(t *testing.T) {
		f := newFixture(t, h)
		p := f.a
		p.influencer = campaigns.Influencer{}
		link, coupon := f.newLink(p, "nobody"), f.newCoupon(p, "GENERIC")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.CreateCoupons(ctx, []coupons.Coupon{coupon})
			return firstError(err, tx.CreateLink(ctx, link))
		})
		gotLink, err := f.read(f.a).Link(f.ctx, link.ID)
		require.NoError(t, err)
		same(t, link, gotLink)
		gotCoupon, err := f.read(f.a).Coupon(f.ctx, coupon.ID)
		require.NoError(t, err)
		same(t, coupon, gotCoupon)
	})
	t.Run("TermsNeedAnAssignment", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			other := f.newInfluencer(f.a, "Unassigned")
			err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
				if err := tx.CreateInfluencer(ctx, other); err != nil {
					return err
				}
				return tx.AddTerms(ctx, f.a.campaign.ID, other.ID, newTerms(1))
			})
			has(t, err, fault.NotFound, "not-found")
		})
	})
	t.Run("ReadsSeeWhatTheTransactionCreatedBefore", func(t *testing.T) {
		f := newFixture(t, h)
		p := f.newParty("ddd")
		p.scope = f.a.scope
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			err := firstError(tx.CreateCampaign(ctx, p.campaign), tx.CreateInfluencer(ctx, p.influencer),
				tx.Assign(ctx, p.assignment), tx.CreateLink(ctx, p.link))
			p.coupon.Code = "SAMETX"
			_, couponErr := tx.CreateCoupons(ctx, []coupons.Coupon{p.coupon})
			facts, factsErr := tx.Facts(ctx, []coupons.Code{"SAMETX"}, []links.Code{p.link.Code})
			require.Len(t, facts.Coupons, 1)
			require.Len(t, facts.Links, 1)
			require.Len(t, facts.Campaigns, 1)
			require.Len(t, facts.Terms, 1)
			return firstError(err, couponErr, factsErr)
		})
	})
}
