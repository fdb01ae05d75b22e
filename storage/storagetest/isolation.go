package storagetest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// isolation tries, for each method of Reader, Tx and stats.Source, to reach the
// data of party B as party A.
func (h Harness) isolation(t *testing.T) {
	t.Run("EveryMethodHasACase", func(t *testing.T) {
		reads, writes, reports := readCases(), writeCases(), reportCases()
		requireCases(t, reflect.TypeFor[storage.Reader](), func(name string) bool { return reads[name] != nil })
		requireCases(t, reflect.TypeFor[storage.Tx](), func(name string) bool { return reads[name] != nil || writes[name] != nil })
		requireCases(t, reflect.TypeFor[stats.Source](), func(name string) bool { return reports[name] != nil })
		platform := platformCases()
		requireCases(t, reflect.TypeFor[storage.Platform](), func(name string) bool { return platform[name] != nil })
	})
	f := newFixture(t, h)
	for name, run := range readCases() {
		t.Run("Reader/"+name, func(t *testing.T) {
			f.unchanged(t, func() { run(t, f, f.ctx, f.read(f.a)) })
		})
		t.Run("Tx/"+name, func(t *testing.T) {
			f.unchanged(t, func() {
				f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
					run(t, f, ctx, tx)
					return nil
				})
			})
		})
	}
	for name, run := range writeCases() {
		t.Run("Tx/"+name, func(t *testing.T) {
			f.unchanged(t, func() {
				err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return run(t, f, ctx, tx) })
				if !fault.HasReason(err, "rolled-back") {
					require.NoError(t, err, "after fault.NotFound the transaction can go on")
				}
			})
		})
	}
	for name, run := range platformCases() {
		t.Run("Platform/"+name, func(t *testing.T) {
			f.unchanged(t, func() {
				err := f.store.System().Administer(f.ctx, func(ctx context.Context, p storage.Platform) error { return run(t, f, ctx, p) })
				has(t, err, fault.Unsupported, "rolled-back")
			})
		})
	}
	for name, run := range reportCases() {
		t.Run("Source/"+name, func(t *testing.T) { run(t, f) })
	}
}

func requireCases(t *testing.T, port reflect.Type, covered func(name string) bool) {
	t.Helper()
	require.NotZero(t, port.NumMethod())
	for method := range port.Methods() {
		name := method.Name
		require.True(t, covered(name), "%s.%s has no isolation case", port.Name(), name)
	}
}

type readCase func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader)

// readCases names, for each method of Reader, what r, a reader of A, must not
// show of B, and what it must show of A; Everyone shows both.
func readCases() map[string]readCase {
	return map[string]readCase{
		"Advertiser": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			single(t, f, r, storage.Reader.Advertiser, func(p party) (tenant.ID, tenant.Advertiser) { return p.advertiser.ID, p.advertiser })
		},
		"Advertisers": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			list(t, f, r, storage.Reader.Advertisers, func(p party) tenant.Advertiser { return p.advertiser })
		},
		"APIKey": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			single(t, f, r, storage.Reader.APIKey, func(p party) (tenant.KeyID, tenant.APIKey) { return p.key.ID, p.key })
		},
		"APIKeys": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			list(t, f, r, storage.Reader.APIKeys, func(p party) tenant.APIKey { return p.key })
		},
		"Campaign": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			single(t, f, r, storage.Reader.Campaign, func(p party) (campaigns.ID, campaigns.Campaign) { return p.campaign.ID, p.campaign })
		},
		"Campaigns": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			list(t, f, r, storage.Reader.Campaigns, func(p party) campaigns.Campaign { return p.campaign })
		},
		"Assignment": readAssignment,
		"Assignments": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			of := func(p party) func(storage.Reader, context.Context, storage.Page) (storage.List[campaigns.Assignment], error) {
				return func(r storage.Reader, ctx context.Context, page storage.Page) (storage.List[campaigns.Assignment], error) {
					return r.Assignments(ctx, p.campaign.ID, page)
				}
			}
			requireList(t, ctx, r, of(f.b), nil)
			requireList(t, ctx, r, of(f.unknown), nil)
			requireList(t, ctx, r, of(f.a), []campaigns.Assignment{f.a.assignment})
			f.outside(r, func(everyone storage.Reader) {
				requireList(t, ctx, everyone, of(f.b), []campaigns.Assignment{f.b.assignment})
			})
		},
		"Influencer": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			single(t, f, r, storage.Reader.Influencer, func(p party) (campaigns.InfluencerID, campaigns.Influencer) { return p.influencer.ID, p.influencer })
		},
		"Influencers": readInfluencers,
		"Link": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			single(t, f, r, storage.Reader.Link, func(p party) (links.ID, links.Link) { return p.link.ID, p.link })
		},
		"Links": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			narrowed(t, f, r, storage.Reader.Links, func(p party) links.Link { return p.link })
		},
		"LinkClicks": readLinkClicks,
		"Coupon": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			single(t, f, r, storage.Reader.Coupon, func(p party) (coupons.ID, coupons.Coupon) { return p.coupon.ID, p.coupon })
		},
		"Coupons": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			narrowed(t, f, r, storage.Reader.Coupons, func(p party) coupons.Coupon { return p.coupon })
		},
		"CouponUses": readCouponUses,
		"Event":      readEvent,
		"Events":     readEvents,
		"EachEvent":  readEachEvent,
		"Stats": func(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
			o, err := r.Stats().Overview(ctx, forever())
			require.NoError(t, err)
			require.EqualValues(t, 1, o.Events)
			require.EqualValues(t, 1, o.Clicks)
			foreign := forever()
			foreign.Campaigns = []campaigns.ID{f.b.campaign.ID}
			o, err = r.Stats().Overview(ctx, foreign)
			require.NoError(t, err)
			same(t, stats.Overview{}, o)
		},
	}
}

// single checks a method that reads one thing by its id.
func single[ID, T any](t *testing.T, f *fixture, r storage.Reader, read func(storage.Reader, context.Context, ID) (T, error), of func(party) (ID, T)) {
	t.Helper()
	theirs, theirThing := of(f.b)
	random, _ := of(f.unknown)
	mine, myThing := of(f.a)
	var none T
	got, foreign := read(r, f.ctx, theirs)
	same(t, none, got, "nothing comes with fault.NotFound")
	_, unknown := read(r, f.ctx, random)
	hidden(t, foreign, unknown)
	var zero ID
	_, zeroErr := read(r, f.ctx, zero)
	has(t, zeroErr, fault.NotFound, "not-found")
	got, err := read(r, f.ctx, mine)
	require.NoError(t, err)
	same(t, myThing, got)
	f.outside(r, func(everyone storage.Reader) {
		got, err := read(everyone, f.ctx, theirs)
		require.NoError(t, err, "everyone reads all advertisers")
		same(t, theirThing, got)
	})
}

// list checks a method that lists what a view sees.
func list[T any](t *testing.T, f *fixture, r storage.Reader, read func(storage.Reader, context.Context, storage.Page) (storage.List[T], error), of func(party) T) {
	t.Helper()
	requireList(t, f.ctx, r, read, []T{of(f.a)})
	f.outside(r, func(everyone storage.Reader) { requireList(t, f.ctx, everyone, read, []T{of(f.b), of(f.a)}) })
}

// outside runs check with a reader of everyone, unless r is a transaction: the
// port does not say that a store can be read beside it by the same goroutine.
func (f *fixture) outside(r storage.Reader, check func(everyone storage.Reader)) {
	if _, inside := r.(storage.Tx); !inside {
		check(f.everyone())
	}
}

func requireList[T any](t *testing.T, ctx context.Context, r storage.Reader, read func(storage.Reader, context.Context, storage.Page) (storage.List[T], error), want []T) {
	t.Helper()
	for _, limit := range []int{0, 1, 2} {
		same(t, want, all(t, func(p storage.Page) (storage.List[T], error) { return read(r, ctx, p) }, limit))
	}
}

func readAssignment(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	_, unknown := r.Assignment(ctx, f.unknown.campaign.ID, f.unknown.influencer.ID)
	for _, pair := range []struct{ campaign, influencer party }{{f.b, f.b}, {f.a, f.b}, {f.b, f.a}} {
		_, foreign := r.Assignment(ctx, pair.campaign.campaign.ID, pair.influencer.influencer.ID)
		hidden(t, foreign, unknown)
	}
	got, err := r.Assignment(ctx, f.a.campaign.ID, f.a.influencer.ID)
	require.NoError(t, err)
	same(t, f.a.assignment, got)
	f.outside(r, func(everyone storage.Reader) {
		got, err := everyone.Assignment(ctx, f.b.campaign.ID, f.b.influencer.ID)
		require.NoError(t, err)
		same(t, f.b.assignment, got)
	})
}

func readInfluencers(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	of := func(campaign campaigns.ID) func(storage.Reader, context.Context, storage.Page) (storage.List[campaigns.Influencer], error) {
		return func(r storage.Reader, ctx context.Context, page storage.Page) (storage.List[campaigns.Influencer], error) {
			return r.Influencers(ctx, campaign, page)
		}
	}
	list(t, f, r, of(campaigns.ID{}), func(p party) campaigns.Influencer { return p.influencer })
	requireList(t, ctx, r, of(f.a.campaign.ID), []campaigns.Influencer{f.a.influencer})
	requireList(t, ctx, r, of(f.b.campaign.ID), nil)
	requireList(t, ctx, r, of(f.unknown.campaign.ID), nil)
	f.outside(r, func(everyone storage.Reader) {
		requireList(t, ctx, everyone, of(f.b.campaign.ID), []campaigns.Influencer{f.b.influencer})
	})
}

func readCouponUses(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	asked := []coupons.ID{f.a.coupon.ID, f.b.coupon.ID, f.unknown.coupon.ID, {}}
	uses, err := r.CouponUses(ctx, asked)
	require.NoError(t, err)
	require.Equal(t, map[coupons.ID]int64{f.a.coupon.ID: 1}, uses)
	f.outside(r, func(everyone storage.Reader) {
		uses, err := everyone.CouponUses(ctx, asked)
		require.NoError(t, err)
		require.Equal(t, map[coupons.ID]int64{f.a.coupon.ID: 1, f.b.coupon.ID: 1}, uses)
	})
}

// narrowed checks a method that lists what belongs to whom.
func narrowed[T any](t *testing.T, f *fixture, r storage.Reader, read func(storage.Reader, context.Context, storage.Of, storage.Page) (storage.List[T], error), of func(party) T) {
	t.Helper()
	by := func(who storage.Of) func(storage.Reader, context.Context, storage.Page) (storage.List[T], error) {
		return func(r storage.Reader, ctx context.Context, page storage.Page) (storage.List[T], error) {
			return read(r, ctx, who, page)
		}
	}
	list(t, f, r, by(storage.Of{}), of)
	for _, p := range []party{f.a, f.b, f.unknown} {
		for _, who := range []storage.Of{{Campaign: p.campaign.ID}, {Influencer: p.influencer.ID}, {Campaign: p.campaign.ID, Influencer: p.influencer.ID}} {
			want := map[tenant.ID][]T{f.a.advertiser.ID: {of(f.a)}}[p.advertiser.ID]
			requireList(t, f.ctx, r, by(who), want)
			f.outside(r, func(everyone storage.Reader) {
				want := map[tenant.ID][]T{f.a.advertiser.ID: {of(f.a)}, f.b.advertiser.ID: {of(f.b)}}[p.advertiser.ID]
				requireList(t, f.ctx, everyone, by(who), want)
			})
		}
	}
	for _, mixed := range []storage.Of{{Campaign: f.a.campaign.ID, Influencer: f.b.influencer.ID}, {Campaign: f.b.campaign.ID, Influencer: f.a.influencer.ID}} {
		requireList(t, f.ctx, r, by(mixed), nil)
	}
}

func readLinkClicks(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	asked := []links.ID{f.a.link.ID, f.b.link.ID, f.unknown.link.ID, {}}
	clicks, err := r.LinkClicks(ctx, asked)
	require.NoError(t, err)
	require.Equal(t, map[links.ID]int64{f.a.link.ID: 1}, clicks)
	f.outside(r, func(everyone storage.Reader) {
		clicks, err := everyone.LinkClicks(ctx, asked)
		require.NoError(t, err)
		require.Equal(t, map[links.ID]int64{f.a.link.ID: 1, f.b.link.ID: 1}, clicks)
	})
}

func readEvents(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	with := func(filter storage.EventFilter) func(storage.Reader, context.Context, storage.Page) (storage.List[attribution.Event], error) {
		return func(r storage.Reader, ctx context.Context, page storage.Page) (storage.List[attribution.Event], error) {
			return r.Events(ctx, filter, page)
		}
	}
	both := []storage.EventFilter{
		{Filter: forever()}, {Filter: forever(), ExternalID: f.b.event.ExternalID}, {Filter: forever(), Method: attribution.ByCoupon},
	}
	for _, filter := range both {
		list(t, f, r, with(filter), func(p party) attribution.Event { return p.event })
	}
	foreign := []storage.EventFilter{{Filter: forever()}, {Filter: forever()}, {Filter: forever()}, {Filter: forever()}}
	foreign[0].Campaigns, foreign[1].Influencers = []campaigns.ID{f.b.campaign.ID}, []campaigns.InfluencerID{f.b.influencer.ID}
	foreign[2].Links, foreign[3].Coupons = []links.ID{f.b.link.ID}, []coupons.ID{f.b.coupon.ID}
	for _, filter := range foreign {
		requireList(t, ctx, r, with(filter), nil)
		f.outside(r, func(everyone storage.Reader) {
			requireList(t, ctx, everyone, with(filter), []attribution.Event{f.b.event})
		})
	}
}

func readEvent(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	_, unknown := r.Event(ctx, f.unknown.event.ID)
	_, foreign := r.Event(ctx, f.b.event.ID)
	hidden(t, foreign, unknown)
	got, err := r.Event(ctx, f.a.event.ID)
	require.NoError(t, err)
	same(t, f.a.event, got)
	f.outside(r, func(everyone storage.Reader) {
		got, err := everyone.Event(ctx, f.b.event.ID)
		require.NoError(t, err)
		same(t, f.b.event, got)
	})
}

func readEachEvent(t *testing.T, f *fixture, ctx context.Context, r storage.Reader) {
	require.Len(t, collect(t, r.EachEvent(ctx, forever())), 1)
	same(t, f.a.event, collect(t, r.EachEvent(ctx, forever()))[0])
	foreign := forever()
	foreign.Coupons = []coupons.ID{f.b.coupon.ID}
	require.Empty(t, collect(t, r.EachEvent(ctx, foreign)))
	f.outside(r, func(everyone storage.Reader) {
		require.Len(t, collect(t, everyone.EachEvent(ctx, forever())), 2)
		require.Len(t, collect(t, everyone.EachEvent(ctx, foreign)), 1)
	})
}

// reportCases names, for each report, that A's holds nothing of B.
func reportCases() map[string]func(t *testing.T, f *fixture) {
	return map[string]func(t *testing.T, f *fixture){
		"Overview": func(t *testing.T, f *fixture) { report(t, f, stats.Source.Overview) },
		"Chart": func(t *testing.T, f *fixture) {
			report(t, f, func(s stats.Source, ctx context.Context, filter stats.Filter) ([]stats.Bucket, error) {
				return s.Chart(ctx, filter, stats.Month)
			})
		},
		"Breakdown": func(t *testing.T, f *fixture) { report(t, f, stats.Source.Breakdown) },
		"Journey":   func(t *testing.T, f *fixture) { report(t, f, stats.Source.Journey) },
		"Payouts": func(t *testing.T, f *fixture) {
			for _, limit := range []int{0, 1} {
				report(t, f, func(s stats.Source, ctx context.Context, filter stats.Filter) (stats.PayoutTable, error) {
					return s.Payouts(ctx, filter, stats.PayoutQuery{Limit: limit})
				})
			}
		},
		"Table": func(t *testing.T, f *fixture) {
			for _, kind := range stats.Kinds() {
				report(t, f, func(s stats.Source, ctx context.Context, filter stats.Filter) (stats.Table, error) {
					return s.Table(ctx, kind, filter, stats.TableQuery{})
				})
			}
		},
	}
}

// report compares a report with the one over the party's own data, without a
// filter and with filters that name what is the other party's.
func report[T any](t *testing.T, f *fixture, ask func(stats.Source, context.Context, stats.Filter) (T, error)) {
	t.Helper()
	both := dataOf(f.a)
	b := dataOf(f.b)
	both.Campaigns, both.Influencers = slices.Concat(both.Campaigns, b.Campaigns), slices.Concat(both.Influencers, b.Influencers)
	both.Assignments, both.Coupons = slices.Concat(both.Assignments, b.Assignments), slices.Concat(both.Coupons, b.Coupons)
	both.Links, both.Events, both.Clicks = slices.Concat(both.Links, b.Links), slices.Concat(both.Events, b.Events), slices.Concat(both.Clicks, b.Clicks)
	foreign := []stats.Filter{forever(), forever(), forever(), forever(), forever()}
	foreign[1].Campaigns = []campaigns.ID{f.b.campaign.ID}
	foreign[2].Influencers = []campaigns.InfluencerID{f.b.influencer.ID}
	foreign[3].Links = []links.ID{f.b.link.ID}
	foreign[4].Coupons = []coupons.ID{f.b.coupon.ID}
	for _, filter := range foreign {
		for _, c := range []struct {
			source stats.Source
			data   stats.Data
		}{{f.read(f.a).Stats(), dataOf(f.a)}, {f.everyone().Stats(), both}} {
			want, err := ask(stats.Fold(c.data), f.ctx, filter)
			require.NoError(t, err)
			got, err := ask(c.source, f.ctx, filter)
			require.NoError(t, err)
			same(t, want, got)
		}
	}
}

// dataOf is what the fixture stores for a party.
func dataOf(p party) stats.Data {
	return stats.Data{
		Campaigns: []campaigns.Campaign{p.campaign}, Influencers: []campaigns.Influencer{p.influencer},
		Assignments: []campaigns.Assignment{p.assignment}, Coupons: []coupons.Coupon{p.coupon}, Links: []links.Link{p.link},
		Events: []attribution.Event{p.event},
		Clicks: []links.Click{{Link: p.link.ID, Campaign: p.link.Campaign, Influencer: p.link.Influencer, At: start(), Visitor: links.Visitor{1}, Class: links.Human}},
	}
}
