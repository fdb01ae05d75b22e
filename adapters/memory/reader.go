package memory

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// reader implements [storage.Reader] on the store's data, or on the layer of a
// transaction.
type reader struct {
	store *Store
	view  tenant.View
	data  *tables
	open  *atomic.Bool // of a transaction; nil outside
}

// enter refuses what may not read and keeps the state still until leave is called.
func (r *reader) enter(ctx context.Context) (leave func(), err error) {
	if err := r.view.Check(); err != nil {
		return nil, err
	}
	return r.store.enter(ctx, r.open)
}

// owners lists the advertisers of the view.
func (r *reader) owners() []tenant.ID {
	if one, ok := r.view.One(); ok {
		return []tenant.ID{one}
	}
	var all []tenant.ID
	for t := &r.data.advertisers; t != nil; t = t.base {
		for id := range t.rows {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// one returns the row of a key, whichever advertiser of the view has it.
func one[K comparable, V any](ctx context.Context, r *reader, t *table[K, V], key K, clean func(V) V) (V, error) {
	var none V
	leave, err := r.enter(ctx)
	if err != nil {
		return none, err
	}
	defer leave()
	for _, owner := range r.owners() {
		if row, found := t.get(owner, key); found {
			return clean(row), nil
		}
	}
	return none, storage.NotFound()
}

// rows returns all rows of the view that are wanted; the caller has entered.
func rows[K comparable, V any](r *reader, t *table[K, V], wanted func(V) bool, clean func(V) V) []V {
	var out []V
	for _, owner := range r.owners() {
		for _, row := range t.of(owner) {
			if wanted == nil || wanted(row) {
				out = append(out, clean(row))
			}
		}
	}
	return out
}

// page returns a part of what all lists, by id downwards.
func page[V any](ctx context.Context, r *reader, p storage.Page, id func(V) [16]byte, all func() []V) (storage.List[V], error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return storage.List[V]{}, err
	}
	defer leave()
	cursor, limit, err := p.Check()
	if err != nil {
		return storage.List[V]{}, err
	}
	return storage.Paged(behind(all(), cursor, limit, id), limit, id), nil
}

// behind returns up to limit+1 of the items behind the cursor, by id downwards.
func behind[V any](items []V, cursor ident.Cursor, limit int, id func(V) [16]byte) []V {
	items = slices.DeleteFunc(items, func(v V) bool {
		at := id(v)
		return !cursor.IsZero() && bytes.Compare(at[:], cursor.ID[:]) >= 0
	})
	slices.SortFunc(items, func(a, b V) int {
		x, y := id(a), id(b)
		return bytes.Compare(y[:], x[:])
	})
	return items[:min(len(items), limit+1)]
}

func (r *reader) Advertiser(ctx context.Context, id tenant.ID) (tenant.Advertiser, error) {
	return one(ctx, r, &r.data.advertisers, id, advertiserOf)
}

func (r *reader) Advertisers(ctx context.Context, p storage.Page) (storage.List[tenant.Advertiser], error) {
	return page(ctx, r, p, func(a tenant.Advertiser) [16]byte { return a.ID }, func() []tenant.Advertiser {
		return rows(r, &r.data.advertisers, nil, advertiserOf)
	})
}

func (r *reader) APIKey(ctx context.Context, id tenant.KeyID) (tenant.APIKey, error) {
	return one(ctx, r, &r.data.keys, id, keyOf)
}

func (r *reader) APIKeys(ctx context.Context, p storage.Page) (storage.List[tenant.APIKey], error) {
	return page(ctx, r, p, func(k tenant.APIKey) [16]byte { return k.ID }, func() []tenant.APIKey {
		return rows(r, &r.data.keys, nil, keyOf)
	})
}

func (r *reader) Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error) {
	return one(ctx, r, &r.data.campaigns, id, campaignOf)
}

func (r *reader) Campaigns(ctx context.Context, p storage.Page) (storage.List[campaigns.Campaign], error) {
	return page(ctx, r, p, func(c campaigns.Campaign) [16]byte { return c.ID }, func() []campaigns.Campaign {
		return rows(r, &r.data.campaigns, nil, campaignOf)
	})
}

func (r *reader) Assignment(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID) (campaigns.Assignment, error) {
	return one(ctx, r, &r.data.assignments, assignment{campaign, influencer}, assignmentOf)
}

func (r *reader) Assignments(ctx context.Context, campaign campaigns.ID, p storage.Page) (storage.List[campaigns.Assignment], error) {
	return page(ctx, r, p, func(a campaigns.Assignment) [16]byte { return a.Influencer }, func() []campaigns.Assignment {
		return rows(r, &r.data.assignments, func(a campaigns.Assignment) bool { return a.Campaign == campaign }, assignmentOf)
	})
}

// sees reports whether the view reaches an influencer.
func (r *reader) sees(id campaigns.InfluencerID) bool {
	one, limited := r.view.One()
	return !limited || r.data.access.has(one, id)
}

func (r *reader) Influencer(ctx context.Context, id campaigns.InfluencerID) (campaigns.Influencer, error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return campaigns.Influencer{}, err
	}
	defer leave()
	found, ok := r.data.influencers.get(nobody(), id)
	if !ok || !r.sees(id) {
		return campaigns.Influencer{}, storage.NotFound()
	}
	return influencerOf(found), nil
}

func (r *reader) Influencers(ctx context.Context, campaign campaigns.ID, p storage.Page) (storage.List[campaigns.Influencer], error) {
	return page(ctx, r, p, func(i campaigns.Influencer) [16]byte { return i.ID }, func() []campaigns.Influencer {
		var out []campaigns.Influencer
		for id, i := range r.data.influencers.of(nobody()) {
			if r.sees(id) && (campaign.IsZero() || r.takesPart(id, campaign)) {
				out = append(out, influencerOf(i))
			}
		}
		return out
	})
}

// takesPart reports whether an influencer is assigned to a campaign of the
// view, or owns a link or coupon of it.
func (r *reader) takesPart(id campaigns.InfluencerID, campaign campaigns.ID) bool {
	for _, owner := range r.owners() {
		if r.data.assignments.has(owner, assignment{campaign, id}) {
			return true
		}
		for _, l := range r.data.links.of(owner) {
			if l.Influencer == id && l.Campaign == campaign {
				return true
			}
		}
		for _, c := range r.data.coupons.of(owner) {
			if c.Influencer == id && c.Campaign == campaign {
				return true
			}
		}
	}
	return false
}

func (r *reader) Link(ctx context.Context, id links.ID) (links.Link, error) {
	return one(ctx, r, &r.data.links, id, linkOf)
}

func (r *reader) Links(ctx context.Context, of storage.Of, p storage.Page) (storage.List[links.Link], error) {
	return page(ctx, r, p, func(l links.Link) [16]byte { return l.ID }, func() []links.Link {
		return rows(r, &r.data.links, func(l links.Link) bool { return belongs(of, l.Campaign, l.Influencer) }, linkOf)
	})
}

// belongs reports whether something of a campaign and influencer is asked for.
func belongs(of storage.Of, campaign campaigns.ID, influencer campaigns.InfluencerID) bool {
	return (of.Campaign.IsZero() || of.Campaign == campaign) && (of.Influencer.IsZero() || of.Influencer == influencer)
}

func (r *reader) LinkClicks(ctx context.Context, ids []links.ID) (map[links.ID]int64, error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	asked := make(map[links.ID]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	clicks := map[links.ID]int64{}
	for _, owner := range r.owners() {
		for _, c := range r.data.clicks.of(owner) {
			if c.Class == links.Human && asked[c.Link] {
				clicks[c.Link]++
			}
		}
	}
	return clicks, nil
}

func (r *reader) Coupon(ctx context.Context, id coupons.ID) (coupons.Coupon, error) {
	return one(ctx, r, &r.data.coupons, id, couponOf)
}

func (r *reader) Coupons(ctx context.Context, of storage.Of, p storage.Page) (storage.List[coupons.Coupon], error) {
	return page(ctx, r, p, func(c coupons.Coupon) [16]byte { return c.ID }, func() []coupons.Coupon {
		return rows(r, &r.data.coupons, func(c coupons.Coupon) bool { return belongs(of, c.Campaign, c.Influencer) }, couponOf)
	})
}

func (r *reader) CouponUses(ctx context.Context, ids []coupons.ID) (map[coupons.ID]int64, error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	asked := make(map[coupons.ID]bool, len(ids))
	for _, id := range ids {
		asked[id] = !id.IsZero()
	}
	uses := map[coupons.ID]int64{}
	for _, owner := range r.owners() {
		for _, e := range r.data.events.of(owner) {
			if e.Conversion && asked[e.Decision.Coupon] {
				uses[e.Decision.Coupon]++
			}
		}
	}
	return uses, nil
}

func (r *reader) Stats() stats.Source { return source{r} }
