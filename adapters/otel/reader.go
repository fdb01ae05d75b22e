package otel

import (
	"context"
	"iter"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// reader serves Reader and the reading half of Tx.
type reader struct {
	inner storage.Reader
	o     observer
}

func (r reader) Advertiser(ctx context.Context, id tenant.ID) (tenant.Advertiser, error) {
	return ask(ctx, r.o, "Advertiser", r.inner.Advertiser, id)
}

func (r reader) Advertisers(ctx context.Context, page storage.Page) (storage.List[tenant.Advertiser], error) {
	return ask(ctx, r.o, "Advertisers", r.inner.Advertisers, page)
}

func (r reader) APIKey(ctx context.Context, id tenant.KeyID) (tenant.APIKey, error) {
	return ask(ctx, r.o, "APIKey", r.inner.APIKey, id)
}

func (r reader) APIKeys(ctx context.Context, page storage.Page) (storage.List[tenant.APIKey], error) {
	return ask(ctx, r.o, "APIKeys", r.inner.APIKeys, page)
}

func (r reader) Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error) {
	return ask(ctx, r.o, "Campaign", r.inner.Campaign, id)
}

func (r reader) Campaigns(ctx context.Context, page storage.Page) (storage.List[campaigns.Campaign], error) {
	return ask(ctx, r.o, "Campaigns", r.inner.Campaigns, page)
}

func (r reader) Assignment(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID) (campaigns.Assignment, error) {
	return ask2(ctx, r.o, "Assignment", r.inner.Assignment, campaign, influencer)
}

func (r reader) Assignments(ctx context.Context, campaign campaigns.ID, page storage.Page) (storage.List[campaigns.Assignment], error) {
	return ask2(ctx, r.o, "Assignments", r.inner.Assignments, campaign, page)
}

func (r reader) Influencer(ctx context.Context, id campaigns.InfluencerID) (campaigns.Influencer, error) {
	return ask(ctx, r.o, "Influencer", r.inner.Influencer, id)
}

func (r reader) Influencers(ctx context.Context, campaign campaigns.ID, page storage.Page) (storage.List[campaigns.Influencer], error) {
	return ask2(ctx, r.o, "Influencers", r.inner.Influencers, campaign, page)
}

func (r reader) Link(ctx context.Context, id links.ID) (links.Link, error) {
	return ask(ctx, r.o, "Link", r.inner.Link, id)
}

func (r reader) Links(ctx context.Context, of storage.Of, page storage.Page) (storage.List[links.Link], error) {
	return ask2(ctx, r.o, "Links", r.inner.Links, of, page)
}

func (r reader) LinkClicks(ctx context.Context, ids []links.ID) (map[links.ID]int64, error) {
	return ask(ctx, r.o, "LinkClicks", r.inner.LinkClicks, ids)
}

func (r reader) Coupon(ctx context.Context, id coupons.ID) (coupons.Coupon, error) {
	return ask(ctx, r.o, "Coupon", r.inner.Coupon, id)
}

func (r reader) Coupons(ctx context.Context, of storage.Of, page storage.Page) (storage.List[coupons.Coupon], error) {
	return ask2(ctx, r.o, "Coupons", r.inner.Coupons, of, page)
}

func (r reader) CouponUses(ctx context.Context, ids []coupons.ID) (map[coupons.ID]int64, error) {
	return ask(ctx, r.o, "CouponUses", r.inner.CouponUses, ids)
}

func (r reader) Event(ctx context.Context, id attribution.ID) (attribution.Event, error) {
	return ask(ctx, r.o, "Event", r.inner.Event, id)
}

func (r reader) Events(ctx context.Context, f storage.EventFilter, page storage.Page) (storage.List[attribution.Event], error) {
	return ask2(ctx, r.o, "Events", r.inner.Events, f, page)
}

// EachEvent begins its span when the sequence is read, and each time it is.
func (r reader) EachEvent(ctx context.Context, f stats.Filter) iter.Seq2[attribution.Event, error] {
	return func(yield func(attribution.Event, error) bool) {
		ctx, op := r.o.begin(ctx, "EachEvent")
		defer op.end(ctx)
		rows := 0
		defer func() { op.span.SetAttributes(rowsKey.Int(rows)) }()
		var failure error
		for event, err := range r.inner.EachEvent(ctx, f) {
			if err == nil {
				rows++
			} else {
				failure = err
			}
			if !yield(event, err) {
				break
			}
		}
		op.settle(failure)
	}
}

func (r reader) Stats() stats.Source {
	return source{inner: r.inner.Stats(), o: r.o.of("Source")}
}

type source struct {
	inner stats.Source
	o     observer
}

func (s source) Overview(ctx context.Context, f stats.Filter) (stats.Overview, error) {
	return ask(ctx, s.o, "Overview", s.inner.Overview, f)
}

func (s source) Chart(ctx context.Context, f stats.Filter, unit stats.Unit) ([]stats.Bucket, error) {
	return ask2(ctx, s.o, "Chart", s.inner.Chart, f, unit)
}

func (s source) Breakdown(ctx context.Context, f stats.Filter) ([]stats.TypeRow, error) {
	return ask(ctx, s.o, "Breakdown", s.inner.Breakdown, f)
}

func (s source) Journey(ctx context.Context, f stats.Filter) ([]stats.JourneyRow, error) {
	return ask(ctx, s.o, "Journey", s.inner.Journey, f)
}

func (s source) Table(ctx context.Context, kind stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	return ask3(ctx, s.o, "Table", s.inner.Table, kind, f, q)
}

func (s source) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	return ask2(ctx, s.o, "Payouts", s.inner.Payouts, f, q)
}
