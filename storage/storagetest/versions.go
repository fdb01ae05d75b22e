package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// updated is one kind of thing that can be updated: how to store a changed
// copy that names a version, and what reading it must then give.
type updated struct {
	name   string
	update func(ctx context.Context, tx storage.Tx, version int64) error
	read   func(ctx context.Context, r storage.Reader) (any, error)
	before any
	after  any
}

// updates lists everything that can be updated. Each update spoils what an
// update must leave alone as well.
func updates(f *fixture) []updated {
	other := f.b
	advertiser, key, campaign := f.a.advertiser, f.a.key, f.a.campaign
	influencer, link, coupon := f.a.influencer, f.a.link, f.a.coupon
	advertiser.Name, advertiser.Zone, advertiser.Currency, advertiser.Version = "Renamed", "Europe/Paris", "EUR", 2
	key.Name, key.Scopes, key.Version = "Renamed", []tenant.Permission{tenant.EverythingAllowed}, 2
	key.ExpiresAt, key.RevokedAt = start().AddDate(1, 0, 0), start().Add(time.Hour)
	campaign.Name, campaign.Status, campaign.StartsAt, campaign.EndsAt = "Renamed", campaigns.Paused, time.Time{}, start().AddDate(0, 1, 0)
	campaign.Budget, campaign.ConversionTypes, campaign.GenericCoupon, campaign.Version = money.Amount{}, []campaigns.EventType{"lead"}, "", 2
	influencer.Name, influencer.Email, influencer.Handle, influencer.Platforms = "Renamed", "", "", nil
	influencer.Country, influencer.ExternalID, influencer.Version = "", "", 2
	link.Destination, link.Title, link.UTM, link.Status, link.Version = "https://new.example/", "", links.UTM{Term: "only"}, links.Disabled, 2
	coupon.Status, coupon.ValidFrom, coupon.ValidTo, coupon.Version = coupons.Disabled, time.Time{}, start(), 2
	coupon.Discount = coupons.Discount{Percent: 125_000}
	return []updated{
		{
			"Advertiser", func(ctx context.Context, tx storage.Tx, version int64) error {
				a := advertiser
				a.CreatedAt, a.Version = start().AddDate(1, 0, 0), version
				return tx.UpdateAdvertiser(ctx, a)
			},
			func(ctx context.Context, r storage.Reader) (any, error) { return r.Advertiser(ctx, advertiser.ID) }, f.a.advertiser, advertiser,
		}, {
			"APIKey", func(ctx context.Context, tx storage.Tx, version int64) error {
				k := key
				k.Advertiser, k.Hash, k.Prefix, k.LastFour = other.scope.Advertiser(), [32]byte{9}, "spoiled", "oops"
				k.CreatedAt, k.LastUsedAt, k.Version = start().AddDate(1, 0, 0), start().AddDate(1, 0, 0), version
				return tx.UpdateAPIKey(ctx, k)
			},
			func(ctx context.Context, r storage.Reader) (any, error) { return r.APIKey(ctx, key.ID) }, f.a.key, key,
		}, {
			"Campaign", func(ctx context.Context, tx storage.Tx, version int64) error {
				c := campaign
				c.Advertiser, c.CreatedAt, c.Version = other.scope.Advertiser(), start().AddDate(1, 0, 0), version
				return tx.UpdateCampaign(ctx, c)
			},
			func(ctx context.Context, r storage.Reader) (any, error) { return r.Campaign(ctx, campaign.ID) }, f.a.campaign, campaign,
		}, {
			"Influencer", func(ctx context.Context, tx storage.Tx, version int64) error {
				i := influencer
				i.Creator, i.CreatedAt, i.Version = other.scope.Advertiser(), start().AddDate(1, 0, 0), version
				return tx.UpdateInfluencer(ctx, i)
			},
			func(ctx context.Context, r storage.Reader) (any, error) { return r.Influencer(ctx, influencer.ID) }, f.a.influencer, influencer,
		}, {
			"Link", func(ctx context.Context, tx storage.Tx, version int64) error {
				l := link
				l.Advertiser, l.Campaign, l.Influencer, l.Code = other.scope.Advertiser(), other.campaign.ID, campaigns.InfluencerID{}, "spoiled"
				l.CreatedAt, l.Version = start().AddDate(1, 0, 0), version
				return tx.UpdateLink(ctx, l)
			},
			func(ctx context.Context, r storage.Reader) (any, error) { return r.Link(ctx, link.ID) }, f.a.link, link,
		}, {
			"Coupon", func(ctx context.Context, tx storage.Tx, version int64) error {
				c := coupon
				c.Advertiser, c.Campaign, c.Influencer, c.Code = other.scope.Advertiser(), other.campaign.ID, campaigns.InfluencerID{}, "SPOILED"
				c.CreatedAt, c.Version = start().AddDate(1, 0, 0), version
				return tx.UpdateCoupon(ctx, c)
			},
			func(ctx context.Context, r storage.Reader) (any, error) { return r.Coupon(ctx, coupon.ID) }, f.a.coupon, coupon,
		},
	}
}

// versions holds that an update names the version it read and stores its
// successor, and changes what it may change and nothing else.
func (h Harness) versions(t *testing.T) {
	f := newFixture(t, h)
	for _, u := range updates(f) {
		t.Run(u.name+"/AnotherVersionIsChangedMeanwhile", func(t *testing.T) {
			f.unchanged(t, func() {
				for _, version := range []int64{0, 2, -1} {
					err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return u.update(ctx, tx, version) })
					has(t, err, fault.Conflict, "changed-meanwhile")
				}
			})
		})
		t.Run(u.name+"/AnUpdateStoresTheSuccessor", func(t *testing.T) {
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				got, err := u.read(ctx, tx)
				require.NoError(t, err)
				requireSame(t, u.before, got)
				require.NoError(t, u.update(ctx, tx, 1))
				got, err = u.read(ctx, tx)
				require.NoError(t, err)
				requireSame(t, u.after, got)
				has(t, u.update(ctx, tx, 1), fault.Conflict, "changed-meanwhile")
				return nil
			})
			got, err := u.read(f.ctx, f.read(f.a))
			require.NoError(t, err)
			requireSame(t, u.after, got)
			has(t, f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return u.update(ctx, tx, 1) }), fault.Conflict, "changed-meanwhile")
		})
	}
	t.Run("AnUpdateLeavesTheCodesWhereTheyWere", func(t *testing.T) {
		l, err := f.store.System().LinkByCode(f.ctx, f.a.link.Code)
		require.NoError(t, err)
		require.Equal(t, f.a.link.ID, l.ID)
		_, err = f.store.System().LinkByCode(f.ctx, "spoiled")
		has(t, err, fault.NotFound, "not-found")
		k, err := f.store.System().APIKeyByHash(f.ctx, f.a.key.Hash)
		require.NoError(t, err)
		require.Equal(t, f.a.key.ID, k.ID)
	})
	t.Run("TermsAreAddedAndSortedByVersion", func(t *testing.T) {
		f := newFixture(t, h)
		flat := payouts.Terms{Version: 3, Share: payouts.Flat, Fee: money.Of(1_500, "KWD"), From: start().AddDate(-1, 0, 0), RecordedAt: start()}
		add := func(terms payouts.Terms) error {
			return f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
				return tx.AddTerms(ctx, f.a.campaign.ID, f.a.influencer.ID, terms)
			})
		}
		require.NoError(t, add(flat))
		require.NoError(t, add(newTerms(2)))
		f.unchanged(t, func() {
			for _, version := range []int{1, 2, 3} {
				has(t, add(newTerms(version)), fault.Conflict, "changed-meanwhile")
			}
		})
		got, err := f.read(f.a).Assignment(f.ctx, f.a.campaign.ID, f.a.influencer.ID)
		require.NoError(t, err)
		same(t, payouts.History{newTerms(1), newTerms(2), flat}, got.Terms)
	})
	t.Run("AnAssignmentMayHaveNoTerms", func(t *testing.T) {
		f := newFixture(t, h)
		other := f.newInfluencer(f.a, "Quick")
		place := campaigns.Assignment{Advertiser: f.a.scope.Advertiser(), Campaign: f.a.campaign.ID, Influencer: other.ID, CreatedAt: start()}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			return firstError(tx.CreateInfluencer(ctx, other), tx.Assign(ctx, place))
		})
		got, err := f.read(f.a).Assignment(f.ctx, f.a.campaign.ID, other.ID)
		require.NoError(t, err)
		same(t, place, got)
	})
}

// requireSame is same for values whose type is only known at run time.
func requireSame(t *testing.T, want, got any) {
	t.Helper()
	require.IsType(t, want, got)
	switch w := want.(type) {
	case tenant.Advertiser:
		same(t, w, got.(tenant.Advertiser))
	case tenant.APIKey:
		same(t, w, got.(tenant.APIKey))
	case campaigns.Campaign:
		same(t, w, got.(campaigns.Campaign))
	case campaigns.Influencer:
		same(t, w, got.(campaigns.Influencer))
	case links.Link:
		same(t, w, got.(links.Link))
	case coupons.Coupon:
		same(t, w, got.(coupons.Coupon))
	default:
		require.Fail(t, "a type that is not understood")
	}
}
