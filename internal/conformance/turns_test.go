package conformance_test

import (
	"context"
	"iter"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// turns is what a host does with a store that is not safe for concurrent use:
// one goroutine at a time. The one whose turn it is may call again, as the cases
// do that read in the midst of a write.
type turns struct {
	mu     sync.Mutex
	holder atomic.Uint64 // the goroutine whose turn it is; 0 for none
	store  storage.Store
}

// begin waits for the turn of the calling goroutine and returns how to end it.
func (s *turns) begin() (end func()) {
	me := goroutine()
	if s.holder.Load() == me {
		return func() {}
	}
	s.mu.Lock()
	s.holder.Store(me)
	return func() {
		s.holder.Store(0)
		s.mu.Unlock()
	}
}

// goroutine returns the number of the calling goroutine. Go tells it in stack
// traces only, and rightly so; a test that must know who waits for whom has no
// other source.
func goroutine() uint64 {
	var trace [64]byte
	text, _ := strings.CutPrefix(string(trace[:runtime.Stack(trace[:], false)]), "goroutine ")
	number, _, _ := strings.Cut(text, " ")
	id, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		panic("a stack trace begins in a new way: " + text)
	}
	return id
}

// take makes a call when it is its turn.
func take[T any](s *turns, call func() (T, error)) (T, error) {
	defer s.begin()()
	return call()
}

func (s *turns) Write(ctx context.Context, scope tenant.Scope, fn func(context.Context, storage.Tx) error) error {
	defer s.begin()()
	return s.store.Write(ctx, scope, fn)
}

func (s *turns) Read(view tenant.View) storage.Reader { return turnReader{s, s.store.Read(view)} }

func (s *turns) System() storage.System { return turnSystem{s, s.store.System()} }

type turnReader struct {
	turns  *turns
	reader storage.Reader
}

func (r turnReader) Advertiser(ctx context.Context, id tenant.ID) (tenant.Advertiser, error) {
	return take(r.turns, func() (tenant.Advertiser, error) { return r.reader.Advertiser(ctx, id) })
}

func (r turnReader) Advertisers(ctx context.Context, page storage.Page) (storage.List[tenant.Advertiser], error) {
	return take(r.turns, func() (storage.List[tenant.Advertiser], error) { return r.reader.Advertisers(ctx, page) })
}

func (r turnReader) APIKey(ctx context.Context, id tenant.KeyID) (tenant.APIKey, error) {
	return take(r.turns, func() (tenant.APIKey, error) { return r.reader.APIKey(ctx, id) })
}

func (r turnReader) APIKeys(ctx context.Context, page storage.Page) (storage.List[tenant.APIKey], error) {
	return take(r.turns, func() (storage.List[tenant.APIKey], error) { return r.reader.APIKeys(ctx, page) })
}

func (r turnReader) Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error) {
	return take(r.turns, func() (campaigns.Campaign, error) { return r.reader.Campaign(ctx, id) })
}

func (r turnReader) Campaigns(ctx context.Context, page storage.Page) (storage.List[campaigns.Campaign], error) {
	return take(r.turns, func() (storage.List[campaigns.Campaign], error) { return r.reader.Campaigns(ctx, page) })
}

func (r turnReader) Assignment(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID) (campaigns.Assignment, error) {
	return take(r.turns, func() (campaigns.Assignment, error) { return r.reader.Assignment(ctx, campaign, influencer) })
}

func (r turnReader) Assignments(ctx context.Context, campaign campaigns.ID, page storage.Page) (storage.List[campaigns.Assignment], error) {
	return take(r.turns, func() (storage.List[campaigns.Assignment], error) { return r.reader.Assignments(ctx, campaign, page) })
}

func (r turnReader) Influencer(ctx context.Context, id campaigns.InfluencerID) (campaigns.Influencer, error) {
	return take(r.turns, func() (campaigns.Influencer, error) { return r.reader.Influencer(ctx, id) })
}

func (r turnReader) Influencers(ctx context.Context, campaign campaigns.ID, page storage.Page) (storage.List[campaigns.Influencer], error) {
	return take(r.turns, func() (storage.List[campaigns.Influencer], error) { return r.reader.Influencers(ctx, campaign, page) })
}

func (r turnReader) Link(ctx context.Context, id links.ID) (links.Link, error) {
	return take(r.turns, func() (links.Link, error) { return r.reader.Link(ctx, id) })
}

func (r turnReader) Links(ctx context.Context, of storage.Of, page storage.Page) (storage.List[links.Link], error) {
	return take(r.turns, func() (storage.List[links.Link], error) { return r.reader.Links(ctx, of, page) })
}

func (r turnReader) LinkClicks(ctx context.Context, ids []links.ID) (map[links.ID]int64, error) {
	return take(r.turns, func() (map[links.ID]int64, error) { return r.reader.LinkClicks(ctx, ids) })
}

func (r turnReader) Coupon(ctx context.Context, id coupons.ID) (coupons.Coupon, error) {
	return take(r.turns, func() (coupons.Coupon, error) { return r.reader.Coupon(ctx, id) })
}

func (r turnReader) Coupons(ctx context.Context, of storage.Of, page storage.Page) (storage.List[coupons.Coupon], error) {
	return take(r.turns, func() (storage.List[coupons.Coupon], error) { return r.reader.Coupons(ctx, of, page) })
}

func (r turnReader) CouponUses(ctx context.Context, ids []coupons.ID) (map[coupons.ID]int64, error) {
	return take(r.turns, func() (map[coupons.ID]int64, error) { return r.reader.CouponUses(ctx, ids) })
}

func (r turnReader) Events(ctx context.Context, f storage.EventFilter, page storage.Page) (storage.List[attribution.Event], error) {
	return take(r.turns, func() (storage.List[attribution.Event], error) { return r.reader.Events(ctx, f, page) })
}

func (r turnReader) Event(ctx context.Context, id attribution.ID) (attribution.Event, error) {
	return take(r.turns, func() (attribution.Event, error) { return r.reader.Event(ctx, id) })
}

// EachEvent takes no turn: it lasts as long as its consumer, who may call the
// store in between.
func (r turnReader) EachEvent(ctx context.Context, f stats.Filter) iter.Seq2[attribution.Event, error] {
	return r.reader.EachEvent(ctx, f)
}

func (r turnReader) Stats() stats.Source { return turnSource{r.turns, r.reader.Stats()} }

type turnSource struct {
	turns  *turns
	source stats.Source
}

func (s turnSource) Overview(ctx context.Context, f stats.Filter) (stats.Overview, error) {
	return take(s.turns, func() (stats.Overview, error) { return s.source.Overview(ctx, f) })
}

func (s turnSource) Chart(ctx context.Context, f stats.Filter, unit stats.Unit) ([]stats.Bucket, error) {
	return take(s.turns, func() ([]stats.Bucket, error) { return s.source.Chart(ctx, f, unit) })
}

func (s turnSource) Breakdown(ctx context.Context, f stats.Filter) ([]stats.TypeRow, error) {
	return take(s.turns, func() ([]stats.TypeRow, error) { return s.source.Breakdown(ctx, f) })
}

func (s turnSource) Journey(ctx context.Context, f stats.Filter) ([]stats.JourneyRow, error) {
	return take(s.turns, func() ([]stats.JourneyRow, error) { return s.source.Journey(ctx, f) })
}

func (s turnSource) Table(ctx context.Context, kind stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	return take(s.turns, func() (stats.Table, error) { return s.source.Table(ctx, kind, f, q) })
}

func (s turnSource) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	return take(s.turns, func() (stats.PayoutTable, error) { return s.source.Payouts(ctx, f, q) })
}
