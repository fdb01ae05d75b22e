package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// paged is one list: how to read a page as the ids of its items, and how to
// add an item.
type paged struct {
	name string
	page func(r storage.Reader, p storage.Page) (ids []string, next string, err error)
	add  func(t *testing.T) string
}

func idsOf[T any, ID fmt.Stringer](id func(T) ID, list storage.List[T], err error) ([]string, string, error) {
	var ids []string
	for _, item := range list.Items {
		ids = append(ids, id(item).String())
	}
	return ids, list.Next, err
}

// pagedLists are the lists that party A's view shows; advertisers are listed to
// everyone alone.
func pagedLists(f *fixture) []paged {
	return slices.Concat(pagedUsers(f), pagedMembers(f), pagedCodes(f))
}

// saved adds an item of party A to its list.
func (f *fixture) saved(t *testing.T, id fmt.Stringer, fn func(ctx context.Context, tx storage.Tx) error) string {
	t.Helper()
	f.write(t, f.a, fn)
	return id.String()
}

// pagedMembers are the lists of keys, of campaigns and of who is in one.
func pagedMembers(f *fixture) []paged {
	ctx, n := f.ctx, 0
	member := func(ctx context.Context, tx storage.Tx, i campaigns.Influencer) error {
		return firstError(tx.CreateInfluencer(ctx, i),
			tx.Assign(ctx, campaigns.Assignment{Campaign: f.a.campaign.ID, Influencer: i.ID, CreatedAt: start()}))
	}
	addMember := func(t *testing.T) string {
		i := f.newInfluencer(f.a, "Paged")
		return f.saved(t, i.ID, func(ctx context.Context, tx storage.Tx) error { return member(ctx, tx, i) })
	}
	return []paged{
		{"APIKeys", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.APIKeys(ctx, p)
			return idsOf(func(k tenant.APIKey) tenant.KeyID { return k.ID }, list, err)
		}, func(t *testing.T) string {
			n++
			k := f.newKey(f.a, fmt.Sprint(n))
			return f.saved(t, k.ID, func(ctx context.Context, tx storage.Tx) error { return tx.CreateAPIKey(ctx, k) })
		}},
		{"Campaigns", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Campaigns(ctx, p)
			return idsOf(func(c campaigns.Campaign) campaigns.ID { return c.ID }, list, err)
		}, func(t *testing.T) string {
			c := f.newCampaign(f.a, "Paged")
			return f.saved(t, c.ID, func(ctx context.Context, tx storage.Tx) error { return tx.CreateCampaign(ctx, c) })
		}},
		{"Assignments", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Assignments(ctx, f.a.campaign.ID, p)
			return idsOf(func(a campaigns.Assignment) campaigns.InfluencerID { return a.Influencer }, list, err)
		}, addMember},
		{"Influencers", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Influencers(ctx, campaigns.ID{}, p)
			return idsOf(func(i campaigns.Influencer) campaigns.InfluencerID { return i.ID }, list, err)
		}, addMember},
		{"InfluencersOfACampaign", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Influencers(ctx, f.a.campaign.ID, p)
			return idsOf(func(i campaigns.Influencer) campaigns.InfluencerID { return i.ID }, list, err)
		}, addMember},
	}
}

// pagedCodes are the lists of links and coupons, all and narrowed to whom is
// named.
func pagedCodes(f *fixture) []paged {
	ctx, n := f.ctx, 0
	addLink := func(t *testing.T) string {
		n++
		l := f.newLink(f.a, links.Code(fmt.Sprintf("paged%d", n)))
		return f.saved(t, l.ID, func(ctx context.Context, tx storage.Tx) error { return tx.CreateLink(ctx, l) })
	}
	addCoupon := func(t *testing.T) string {
		n++
		c := f.newCoupon(f.a, coupons.Code(fmt.Sprintf("PAGED%d", n)))
		return f.saved(t, c.ID, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.CreateCoupons(ctx, []coupons.Coupon{c})
			return err
		})
	}
	of := storage.Of{Campaign: f.a.campaign.ID, Influencer: f.a.influencer.ID}
	return []paged{
		{"Links", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Links(ctx, storage.Of{}, p)
			return idsOf(func(l links.Link) links.ID { return l.ID }, list, err)
		}, addLink},
		{"LinksOfWhomIsNamed", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Links(ctx, of, p)
			return idsOf(func(l links.Link) links.ID { return l.ID }, list, err)
		}, addLink},
		{"Coupons", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Coupons(ctx, storage.Of{}, p)
			return idsOf(func(c coupons.Coupon) coupons.ID { return c.ID }, list, err)
		}, addCoupon},
		{"CouponsOfWhomIsNamed", func(r storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := r.Coupons(ctx, of, p)
			return idsOf(func(c coupons.Coupon) coupons.ID { return c.ID }, list, err)
		}, addCoupon},
	}
}

// pagedUsers are the lists of people, which no view shows: with each pending
// person comes an active one.
func pagedUsers(f *fixture) []paged {
	n := 0
	add := func(status ...tenant.UserStatus) func(t *testing.T) string {
		return func(t *testing.T) string {
			var u tenant.User
			for _, s := range status {
				n++
				u = f.newUser(fmt.Sprint(n))
				u.Status = s
				require.NoError(t, f.store.System().CreateUser(f.ctx, u))
			}
			return u.ID.String()
		}
	}
	list := func(status tenant.UserStatus) func(storage.Reader, storage.Page) ([]string, string, error) {
		return func(_ storage.Reader, p storage.Page) ([]string, string, error) {
			list, err := f.store.System().Users(f.ctx, status, p)
			return idsOf(func(u tenant.User) tenant.UserID { return u.ID }, list, err)
		}
	}
	return []paged{
		{"Users", list(""), add(tenant.UserPending)},
		{"UsersOfAStatus", list(tenant.UserActive), add(tenant.UserPending, tenant.UserActive)},
	}
}

// paging holds that each list shows each item once, newest first.
func (h Harness) paging(t *testing.T) {
	f := newFixture(t, h)
	for _, l := range pagedLists(f) {
		t.Run(l.name, func(t *testing.T) { f.requirePaging(t, l, f.read(f.a), 12) })
	}
	everyone := paged{"Advertisers", func(r storage.Reader, p storage.Page) ([]string, string, error) {
		list, err := r.Advertisers(f.ctx, p)
		return idsOf(func(a tenant.Advertiser) tenant.ID { return a.ID }, list, err)
	}, func(t *testing.T) string {
		a := f.newParty("paged").advertiser
		require.NoError(t, f.store.System().CreateAdvertiser(f.ctx, a))
		return a.ID.String()
	}}
	t.Run(everyone.name, func(t *testing.T) { f.requirePaging(t, everyone, f.everyone(), 11) })
	t.Run("TheDefaultAndTheLargestPage", func(t *testing.T) {
		f := newFixture(t, h)
		var list []coupons.Coupon
		for i := range storage.MaxPage {
			list = append(list, f.newCoupon(f.a, coupons.Code(fmt.Sprintf("MANY%d", i))))
		}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.CreateCoupons(ctx, list)
			return err
		})
		for limit, want := range map[int]int{0: storage.DefaultPage, storage.MaxPage: storage.MaxPage} {
			got, err := f.read(f.a).Coupons(f.ctx, storage.Of{}, storage.Page{Limit: limit})
			require.NoError(t, err)
			require.Len(t, got.Items, want)
			require.NotEmpty(t, got.Next)
		}
		require.Len(t, couponsOf(t, f, f.a), storage.MaxPage+1)
	})
}

// requirePaging fills a list up to a number of items and reads it in every way.
func (f *fixture) requirePaging(t *testing.T, l paged, r storage.Reader, size int) {
	t.Helper()
	walk := func(limit int, between func()) []string {
		t.Helper()
		var out []string
		p := storage.Page{Limit: limit}
		for range 1_000 {
			ids, next, err := l.page(r, p)
			require.NoError(t, err)
			require.LessOrEqual(t, len(ids), limit)
			out = append(out, ids...)
			if next == "" {
				return out
			}
			require.Len(t, ids, limit, "a page with a next one is full")
			p.Cursor = next
			between()
		}
		require.Fail(t, "the list does not end")
		return nil
	}
	want := walk(storage.MaxPage, func() {})
	for len(want) < size {
		want = append([]string{l.add(t)}, want...) // newest first
	}
	for _, limit := range []int{1, 2, 5, size - 1, size, size + 1, storage.MaxPage} {
		require.Equal(t, want, walk(limit, func() {}), "pages of %d", limit)
	}
	// What is created between two pages is newer than both, and repeats nothing.
	grown := slices.Clone(want)
	require.Equal(t, want, walk(5, func() { grown = append([]string{l.add(t)}, grown...) }))
	require.Equal(t, grown, walk(5, func() {}))

	for _, limit := range []int{-1, storage.MaxPage + 1} {
		_, _, err := l.page(r, storage.Page{Limit: limit})
		has(t, err, fault.Invalid, "out-of-range")
	}
	_, _, err := l.page(r, storage.Page{Cursor: "garbage"})
	has(t, err, fault.Invalid, "malformed-cursor")
	_, _, err = l.page(r, storage.Page{Cursor: ident.Cursor{Sort: "name", Key: "x", ID: [16]byte{1}}.String()})
	has(t, err, fault.Invalid, "cursor-of-another-order")
	f.requireForeignCursor(t, l, r, grown)
}

// requireForeignCursor continues behind B's item, and behind none at all: a
// position and not a right, so only the reader's own items follow.
func (f *fixture) requireForeignCursor(t *testing.T, l paged, r storage.Reader, mine []string) {
	t.Helper()
	for _, id := range [][16]byte{f.b.campaign.ID, f.b.coupon.ID, f.unknown.link.ID, {0: 0xff}, {15: 1}} {
		ids, _, err := l.page(r, storage.Page{Cursor: ident.Cursor{ID: id}.String(), Limit: storage.MaxPage})
		require.NoError(t, err)
		position := ident.Of[party](id).String()
		var want []string
		for _, m := range mine {
			if m < position { // hexadecimal text sorts like its bytes
				want = append(want, m)
			}
		}
		require.Equal(t, want, ids)
	}
}
