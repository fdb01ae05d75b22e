package storagetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// visibility holds which influencers an advertiser sees and may change.
func (h Harness) visibility(t *testing.T) {
	influencersOf := func(t *testing.T, f *fixture, p party, campaign campaigns.ID) []campaigns.Influencer {
		t.Helper()
		return all(t, func(page storage.Page) (storage.List[campaigns.Influencer], error) {
			return f.read(p).Influencers(f.ctx, campaign, page)
		}, 0)
	}
	t.Run("AnAdvertiserSeesThoseItCreatedAndThoseSharedWithIt", func(t *testing.T) {
		f := newFixture(t, h)
		require.Len(t, influencersOf(t, f, f.b, campaigns.ID{}), 1)
		for range 2 { // repeating it changes nothing
			require.NoError(t, f.store.System().ShareInfluencer(f.ctx, f.b.scope.Advertiser(), f.a.influencer.ID))
			same(t, []campaigns.Influencer{f.b.influencer, f.a.influencer}, influencersOf(t, f, f.b, campaigns.ID{}))
		}
		got, err := f.read(f.b).Influencer(f.ctx, f.a.influencer.ID)
		require.NoError(t, err)
		same(t, f.a.influencer, got, "the creator stays the creator")
		require.Len(t, influencersOf(t, f, f.a, campaigns.ID{}), 1, "sharing is not mutual")
		everyone := all(t, func(page storage.Page) (storage.List[campaigns.Influencer], error) {
			return f.everyone().Influencers(f.ctx, campaigns.ID{}, page)
		}, 0)
		require.Len(t, everyone, 2, "each influencer once, however many see it")
	})
	t.Run("SharingWithOrOfTheUnknownIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			has(t, f.store.System().ShareInfluencer(f.ctx, f.unknown.scope.Advertiser(), f.a.influencer.ID), fault.NotFound, "not-found")
			has(t, f.store.System().ShareInfluencer(f.ctx, f.b.scope.Advertiser(), f.unknown.influencer.ID), fault.NotFound, "not-found")
		})
	})
	t.Run("OneThatIsOnlySeenIsForbiddenToChange", func(t *testing.T) {
		f := newFixture(t, h)
		require.NoError(t, f.store.System().ShareInfluencer(f.ctx, f.b.scope.Advertiser(), f.a.influencer.ID))
		f.unchanged(t, func() {
			shared := f.a.influencer
			shared.Email = "mallory@example.com"
			has(t, f.try(f.b, func(ctx context.Context, tx storage.Tx) error { return tx.UpdateInfluencer(ctx, shared) }),
				fault.Forbidden, "not-the-creator")
		})
	})
	t.Run("ASharedInfluencerCanBeWorkedWith", func(t *testing.T) {
		f := newFixture(t, h)
		require.NoError(t, f.store.System().ShareInfluencer(f.ctx, f.b.scope.Advertiser(), f.a.influencer.ID))
		shared := f.b
		shared.influencer = f.a.influencer
		f.write(t, f.b, func(ctx context.Context, tx storage.Tx) error {
			if _, err := tx.CreateCoupons(ctx, []coupons.Coupon{f.newCoupon(shared, "SHARED")}); err != nil {
				return err
			}
			if _, err := tx.RecordEvents(ctx, []attribution.Event{f.newEvent(shared, "shared", 5)}); err != nil {
				return err
			}
			return firstError(
				tx.Assign(ctx, campaigns.Assignment{Campaign: f.b.campaign.ID, Influencer: shared.influencer.ID, CreatedAt: start()}),
				tx.CreateLink(ctx, f.newLink(shared, "shared")))
		})
		same(t, []campaigns.Influencer{f.b.influencer, f.a.influencer}, influencersOf(t, f, f.b, f.b.campaign.ID))
		require.Len(t, influencersOf(t, f, f.a, f.a.campaign.ID), 1)
		_, err := f.read(f.a).Assignment(f.ctx, f.b.campaign.ID, f.a.influencer.ID)
		has(t, err, fault.NotFound, "not-found")
	})
	t.Run("ACampaignListsThoseAssignedOrOwningALinkOrCoupon", func(t *testing.T) {
		f := newFixture(t, h)
		p := f.a
		p.campaign = f.newCampaign(f.a, "Autumn")
		made := map[string]campaigns.Influencer{}
		for _, name := range []string{"none", "assigned", "link", "coupon", "all"} {
			made[name] = f.newInfluencer(f.a, name)
		}
		as := func(name string) party { p.influencer = made[name]; return p }
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			err := tx.CreateCampaign(ctx, p.campaign)
			for _, i := range made {
				err = firstError(err, tx.CreateInfluencer(ctx, i))
			}
			for _, name := range []string{"assigned", "all"} {
				err = firstError(err, tx.Assign(ctx, campaigns.Assignment{Campaign: p.campaign.ID, Influencer: made[name].ID, CreatedAt: start()}))
			}
			_, couponErr := tx.CreateCoupons(ctx, []coupons.Coupon{f.newCoupon(as("coupon"), "ONE"), f.newCoupon(as("all"), "TWO")})
			return firstError(err, couponErr, tx.CreateLink(ctx, f.newLink(as("link"), "one")), tx.CreateLink(ctx, f.newLink(as("all"), "two")))
		})
		same(t, []campaigns.Influencer{made["all"], made["coupon"], made["link"], made["assigned"]},
			influencersOf(t, f, f.a, p.campaign.ID), "each once, newest first")
		require.Len(t, influencersOf(t, f, f.a, campaigns.ID{}), 6)
	})
}
