package memory

import (
	"context"
	"slices"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// tx implements [storage.Tx] on a layer over the store's data.
type tx struct {
	reader
	advertiser tenant.ID
}

// begin enters for a write, which needs an advertiser that exists.
func (t *tx) begin(ctx context.Context) (leave func(), err error) {
	leave, err = t.enter(ctx)
	if err != nil {
		return nil, err
	}
	if !t.data.advertisers.has(t.advertiser, t.advertiser) {
		leave()
		return nil, storage.NotFound()
	}
	return leave, nil
}

// create stores a new row of the scope; the caller has begun.
func create[K comparable, V any](t *tx, into *table[K, V], key K, row V) error {
	if into.has(t.advertiser, key) {
		return storage.IDTaken()
	}
	into.put(t.advertiser, key, row)
	return nil
}

// update changes a row of the scope that still has the version.
func update[K comparable, V any](ctx context.Context, t *tx, in *table[K, V], key K, version int64, change func(V) (stored int64, changed V)) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	row, found := in.get(t.advertiser, key)
	if !found {
		return storage.NotFound()
	}
	stored, changed := change(row)
	if stored != version {
		return storage.ChangedMeanwhile()
	}
	in.put(t.advertiser, key, changed)
	return nil
}

// refer refuses a campaign or influencer that the scope does not see; a zero
// id refers to nothing.
func (t *tx) refer(campaign campaigns.ID, influencer campaigns.InfluencerID) error {
	if !campaign.IsZero() && !t.data.campaigns.has(t.advertiser, campaign) {
		return storage.NotFound()
	}
	if !influencer.IsZero() && !t.data.access.has(t.advertiser, influencer) {
		return storage.NotFound()
	}
	return nil
}

func (t *tx) UpdateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return update(ctx, t, &t.data.advertisers, a.ID, a.Version, func(old tenant.Advertiser) (int64, tenant.Advertiser) {
		stored := old.Version
		old.Name, old.Zone, old.Currency, old.Version = a.Name, a.Zone, a.Currency, stored+1
		return stored, old
	})
}

func (t *tx) CreateAPIKey(ctx context.Context, k tenant.APIKey) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if t.data.hashes.has(nobody(), k.Hash) {
		return storage.APIKeyTaken()
	}
	k = keyOf(k)
	k.Advertiser = t.advertiser
	if err := create(t, &t.data.keys, k.ID, k); err != nil {
		return err
	}
	t.data.hashes.put(nobody(), k.Hash, keyRef{t.advertiser, k.ID})
	return nil
}

func (t *tx) UpdateAPIKey(ctx context.Context, k tenant.APIKey) error {
	k = keyOf(k)
	return update(ctx, t, &t.data.keys, k.ID, k.Version, func(old tenant.APIKey) (int64, tenant.APIKey) {
		stored := old.Version
		old.Name, old.Scopes, old.ExpiresAt, old.RevokedAt, old.Version = k.Name, k.Scopes, k.ExpiresAt, k.RevokedAt, stored+1
		return stored, old
	})
}

func (t *tx) CreateCampaign(ctx context.Context, c campaigns.Campaign) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	c = campaignOf(c)
	c.Advertiser = t.advertiser
	return create(t, &t.data.campaigns, c.ID, c)
}

func (t *tx) UpdateCampaign(ctx context.Context, c campaigns.Campaign) error {
	c = campaignOf(c)
	return update(ctx, t, &t.data.campaigns, c.ID, c.Version, func(old campaigns.Campaign) (int64, campaigns.Campaign) {
		changed := c
		changed.Advertiser, changed.CreatedAt, changed.Version = old.Advertiser, old.CreatedAt, old.Version+1
		return old.Version, changed
	})
}

func (t *tx) Assign(ctx context.Context, a campaigns.Assignment) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if !t.data.campaigns.has(t.advertiser, a.Campaign) {
		return storage.NotFound()
	}
	if !t.data.access.has(t.advertiser, a.Influencer) {
		return storage.NotFound()
	}
	versions := make(map[int]bool, len(a.Terms))
	for _, terms := range a.Terms {
		if versions[terms.Version] {
			return storage.ChangedMeanwhile()
		}
		versions[terms.Version] = true
	}
	key := assignment{a.Campaign, a.Influencer}
	if t.data.assignments.has(t.advertiser, key) {
		return storage.AlreadyAssigned()
	}
	a = assignmentOf(a)
	a.Advertiser = t.advertiser
	t.data.assignments.put(t.advertiser, key, a)
	return nil
}

func (t *tx) AddTerms(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, terms payouts.Terms) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	key := assignment{campaign, influencer}
	a, found := t.data.assignments.get(t.advertiser, key)
	if !found {
		return storage.NotFound()
	}
	if slices.ContainsFunc(a.Terms, func(old payouts.Terms) bool { return old.Version == terms.Version }) {
		return storage.ChangedMeanwhile()
	}
	a.Terms = append(slices.Clone(a.Terms), terms)
	t.data.assignments.put(t.advertiser, key, assignmentOf(a))
	return nil
}

func (t *tx) CreateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if t.data.influencers.has(nobody(), i.ID) {
		return storage.IDTaken()
	}
	i = influencerOf(i)
	i.Creator = t.advertiser
	t.data.influencers.put(nobody(), i.ID, i)
	t.data.access.put(t.advertiser, i.ID, struct{}{})
	return nil
}

func (t *tx) UpdateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	old, found := t.data.influencers.get(nobody(), i.ID)
	switch {
	case !found || !t.sees(i.ID):
		return storage.NotFound()
	case old.Creator != t.advertiser:
		return storage.NotTheCreator()
	case old.Version != i.Version:
		return storage.ChangedMeanwhile()
	}
	i = influencerOf(i)
	i.Creator, i.CreatedAt, i.Version = old.Creator, old.CreatedAt, old.Version+1
	t.data.influencers.put(nobody(), i.ID, i)
	return nil
}

func (t *tx) CreateLink(ctx context.Context, l links.Link) error {
	leave, err := t.begin(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if !t.data.campaigns.has(t.advertiser, l.Campaign) {
		return storage.NotFound()
	}
	if err := t.refer(l.Campaign, l.Influencer); err != nil {
		return err
	}
	if t.data.linkCodes.has(nobody(), l.Code) {
		return storage.ShortCodeTaken()
	}
	l = linkOf(l)
	l.Advertiser = t.advertiser
	if err := create(t, &t.data.links, l.ID, l); err != nil {
		return err
	}
	t.data.linkCodes.put(nobody(), l.Code, linkRef{t.advertiser, l.ID})
	return nil
}

func (t *tx) UpdateLink(ctx context.Context, l links.Link) error {
	return update(ctx, t, &t.data.links, l.ID, l.Version, func(old links.Link) (int64, links.Link) {
		stored := old.Version
		old.Destination, old.Title, old.UTM, old.Status, old.Version = l.Destination, l.Title, l.UTM, l.Status, stored+1
		return stored, old
	})
}

func (t *tx) CreateCoupons(ctx context.Context, list []coupons.Coupon) (taken []coupons.Code, err error) {
	leave, err := t.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, c := range list {
		if !t.data.campaigns.has(t.advertiser, c.Campaign) {
			return nil, storage.NotFound()
		}
		if err := t.refer(c.Campaign, c.Influencer); err != nil {
			return nil, err
		}
	}
	for _, c := range list {
		if t.data.couponCodes.has(t.advertiser, c.Code) {
			taken = append(taken, c.Code)
			continue
		}
		c = couponOf(c)
		c.Advertiser = t.advertiser
		if err := create(t, &t.data.coupons, c.ID, c); err != nil {
			return nil, err
		}
		t.data.couponCodes.put(t.advertiser, c.Code, c.ID)
	}
	return taken, nil
}

func (t *tx) UpdateCoupon(ctx context.Context, c coupons.Coupon) error {
	c = couponOf(c)
	return update(ctx, t, &t.data.coupons, c.ID, c.Version, func(old coupons.Coupon) (int64, coupons.Coupon) {
		stored := old.Version
		old.Status, old.ValidFrom, old.ValidTo, old.Discount, old.Version = c.Status, c.ValidFrom, c.ValidTo, c.Discount, stored+1
		return stored, old
	})
}
