package storagetest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// faultyStore is a good store with one fault of the kind that adapters have.
type faultyStore struct {
	storage.Store
	fault string

	running atomic.Int64

	mu      sync.Mutex
	made    byte
	touched map[tenant.KeyID]time.Time
	claimed map[string]storage.Request
	latest  map[links.Visit]time.Time
	clicked map[links.ClickID]bool
}

func (s *faultyStore) is(name string) bool { return s.fault == name }

// next returns another number each time.
func (s *faultyStore) next() byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return s.made
}

// isLate reports whether a click comes long before another one of its visit.
func (s *faultyStore) isLate(c links.Click) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		s.latest = map[links.Visit]time.Time{}
	}
	visit := links.Visit{Link: c.Link, Visitor: c.Visitor}
	if latest, found := s.latest[visit]; found && c.At.Before(latest) {
		return latest.Sub(c.At) >= links.DuplicateWindow
	}
	s.latest[visit] = c.At
	return false
}

func (s *faultyStore) Write(ctx context.Context, scope tenant.Scope, fn func(ctx context.Context, tx storage.Tx) error) error {
	if s.is("a-claim-overtakes-another") && s.running.Add(1) > 1 {
		return fn(ctx, &faultyTx{s: s, requests: &faultyRequests{s: s}})
	}
	defer s.running.Store(0)
	var failed error
	var panicked any
	err := s.Store.Write(ctx, scope, func(ctx context.Context, tx storage.Tx) error {
		if s.is("panic-of-fn-commits") {
			defer func() { panicked = recover() }()
		}
		err := fn(ctx, &faultyTx{Tx: tx, s: s, requests: &faultyRequests{tx, tx, s, scope.Advertiser()}})
		if s.is("error-of-fn-commits") || s.is("error-of-a-brief-fn-commits") && storage.IsBrief(ctx) {
			failed, err = err, nil
		}
		return err
	})
	if panicked != nil {
		panic(panicked)
	}
	if err != nil && s.is("error-of-fn-is-wrapped") {
		return fmt.Errorf("write: %w", err)
	}
	return cmpOr(err, failed)
}

func cmpOr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *faultyStore) Read(view tenant.View) storage.Reader {
	if s.is("zero-view-reads-everything") && view.Check() != nil {
		view = tenant.Everyone()
	}
	return &faultyReader{Reader: s.Store.Read(view), s: s, everyone: s.Store.Read(tenant.Everyone())}
}

func (s *faultyStore) System() storage.System { return &faultySystem{System: s.Store.System(), s: s} }

type faultyReader struct {
	storage.Reader
	s        *faultyStore
	everyone storage.Reader
}

func (r *faultyReader) Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error) {
	c, err := r.Reader.Campaign(ctx, id)
	if errors.Is(err, fault.NotFound) && r.s.is("not-found-says-what") {
		err = fault.New(fault.NotFound, "campaign-not-found", "there is no such campaign")
	}
	if r.s.is("local-time") {
		c.StartsAt = c.StartsAt.In(time.FixedZone("local", 3600))
	}
	return c, err
}

func (r *faultyReader) Link(ctx context.Context, id links.ID) (links.Link, error) {
	if r.s.is("link-forgets-the-tenant") {
		return r.everyone.Link(ctx, id)
	}
	return r.Reader.Link(ctx, id)
}

func (r *faultyReader) Links(ctx context.Context, of storage.Of, page storage.Page) (storage.List[links.Link], error) {
	if r.s.is("cursor-is-ignored") {
		page.Cursor = ""
	}
	if r.s.is("links-of-everybody") {
		of = storage.Of{}
	}
	return r.Reader.Links(ctx, of, page)
}

func (r *faultyReader) Coupon(ctx context.Context, id coupons.ID) (coupons.Coupon, error) {
	c, err := r.Reader.Coupon(ctx, id)
	if err != nil && r.s.is("coupon-admits-that-it-exists") {
		if _, known := r.everyone.Coupon(ctx, id); known == nil {
			err = fault.New(fault.NotFound, "not-your-coupon", "there is no such coupon")
		}
	}
	return c, err
}

func (r *faultyReader) Coupons(ctx context.Context, of storage.Of, page storage.Page) (storage.List[coupons.Coupon], error) {
	if r.s.is("coupons-of-any-influencer") {
		of.Influencer = campaigns.InfluencerID{}
	}
	list, err := r.Reader.Coupons(ctx, of, page)
	if n := len(list.Items); r.s.is("page-repeats-its-last-item") && list.Next != "" && n > 1 {
		list.Next = ident.Cursor{ID: list.Items[n-2].ID}.String()
	}
	return list, err
}

func (r *faultyReader) CouponUses(ctx context.Context, ids []coupons.ID) (map[coupons.ID]int64, error) {
	uses, err := r.Reader.CouponUses(ctx, ids)
	if err == nil && r.s.is("coupon-uses-count-all-events") {
		clear(uses)
		period := stats.Filter{From: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		for e := range r.Reader.EachEvent(ctx, period) {
			if slices.Contains(ids, e.Decision.Coupon) {
				uses[e.Decision.Coupon]++
			}
		}
	}
	return uses, err
}

func (r *faultyReader) EachEvent(ctx context.Context, f stats.Filter) iter.Seq2[attribution.Event, error] {
	if r.s.is("period-holds-its-end") {
		f.To = f.To.Add(time.Microsecond)
	}
	seq := r.Reader.EachEvent(ctx, f)
	if !r.s.is("events-in-any-order") {
		return seq
	}
	return func(yield func(attribution.Event, error) bool) {
		var events []attribution.Event
		for e := range seq {
			events = append(events, e)
		}
		for _, e := range slices.Backward(events) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (r *faultyReader) Stats() stats.Source {
	if r.s.is("reports-of-everyone") {
		return r.everyone.Stats()
	}
	return &faultySource{Source: r.Reader.Stats(), s: r.s}
}

type faultySource struct {
	stats.Source
	s *faultyStore
}

func (r *faultySource) Overview(ctx context.Context, f stats.Filter) (stats.Overview, error) {
	if r.s.is("report-period-holds-its-end") {
		f.To = f.To.Add(time.Microsecond)
	}
	o, err := r.Source.Overview(ctx, f)
	if r.s.is("zero-amounts-are-left-out") {
		o.Payout = o.Payout.NonZero()
	}
	return o, err
}

func (r *faultySource) Chart(ctx context.Context, f stats.Filter, unit stats.Unit) ([]stats.Bucket, error) {
	if r.s.is("chart-ignores-the-zone") {
		f.Zone = time.UTC
	}
	return r.Source.Chart(ctx, f, unit)
}

func (r *faultySource) Table(ctx context.Context, kind stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	if r.s.is("search-is-a-pattern") && strings.Trim(q.Search, "%_") == "" {
		q.Search = ""
	}
	return r.Source.Table(ctx, kind, f, q)
}

type faultyTx struct {
	storage.Tx
	s        *faultyStore
	requests *faultyRequests
}

func (t *faultyTx) CreateCampaign(ctx context.Context, c campaigns.Campaign) error {
	if t.s.is("milliseconds-only") {
		c.StartsAt = c.StartsAt.Truncate(time.Millisecond)
	}
	if t.s.is("text-is-trimmed") {
		c.Name = strings.TrimSpace(c.Name)
	}
	err := t.Tx.CreateCampaign(ctx, c)
	if fault.HasReason(err, "id-taken") && t.s.is("a-taken-id-is-internal") {
		err = fault.New(fault.Internal, "id-taken", "the id is stored already")
	}
	return err
}

func (t *faultyTx) UpdateCampaign(ctx context.Context, c campaigns.Campaign) error {
	if old, err := t.Tx.Campaign(ctx, c.ID); err == nil && t.s.is("version-is-ignored") {
		c.Version = old.Version
	}
	return t.Tx.UpdateCampaign(ctx, c)
}

func (t *faultyTx) CreateLink(ctx context.Context, l links.Link) error {
	err := t.Tx.CreateLink(ctx, l)
	if t.s.is("foreign-campaign-is-accepted") && errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func (t *faultyTx) UpdateLink(ctx context.Context, l links.Link) error {
	if t.s.is("update-forgets-a-field") {
		l.UTM.Term = ""
	}
	return t.Tx.UpdateLink(ctx, l)
}

func (t *faultyTx) CreateCoupons(ctx context.Context, list []coupons.Coupon) ([]coupons.Code, error) {
	taken, err := t.Tx.CreateCoupons(ctx, list)
	if t.s.is("taken-codes-are-kept-quiet") {
		taken = nil
	}
	return taken, err
}

func (t *faultyTx) Facts(ctx context.Context, couponCodes []coupons.Code, linkCodes []links.Code) (attribution.Facts, error) {
	facts, err := t.Tx.Facts(ctx, couponCodes, linkCodes)
	if t.s.is("facts-of-everyone") {
		for _, code := range linkCodes {
			if l, unknown := t.s.Store.System().LinkByCode(ctx, code); unknown == nil {
				facts.Links[code] = l
			}
		}
	}
	return facts, err
}

func (t *faultyTx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	if n := len(events); n > 10 && t.s.is("last-of-a-batch-is-dropped") {
		outcomes, err := t.Tx.RecordEvents(ctx, events[:n-1])
		return append(outcomes, storage.Outcome{Event: events[n-1]}), err
	}
	outcomes, err := t.Tx.RecordEvents(ctx, events)
	for i, o := range outcomes {
		if t.s.is("repeats-are-new") {
			outcomes[i].Repeat = false
		}
		if t.s.is("print-is-ignored") && o.Err != nil {
			outcomes[i].Repeat, outcomes[i].Err = true, nil
		}
	}
	return outcomes, err
}

type faultySystem struct {
	storage.System
	s *faultyStore
}

func (y *faultySystem) ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error {
	if y.s.is("a-shared-influencer-is-forgotten") {
		return nil
	}
	return y.System.ShareInfluencer(ctx, advertiser, influencer)
}

func (y *faultySystem) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	l, err := y.System.LinkByCode(ctx, code)
	if err != nil && y.s.is("codes-fold-case") {
		return y.System.LinkByCode(ctx, links.Code(strings.ToLower(string(code))))
	}
	return l, err
}

func (y *faultySystem) AppendClicks(ctx context.Context, clicks []links.Click) error {
	clicks = slices.Clone(clicks)
	for i := range clicks {
		c := &clicks[i]
		if y.s.is("bots-are-people") && c.Class == links.Bot {
			c.Class = links.Human
		}
		if y.s.is("duplicates-are-not-marked") {
			c.Visitor[15] = y.s.next()
		}
		if y.s.is("late-clicks-are-compared-with-the-last") && y.s.isLate(*c) {
			c.Visitor[15] = y.s.next()
		}
		if y.s.is("a-click-says-whose-it-is") {
			y.s.believe(ctx, c)
		}
		if y.s.is("clicks-are-stored-again") {
			c.ID[15], c.ID[14] = y.s.next(), 0
		}
	}
	if y.s.is("a-click-is-known-by-its-id-alone") {
		clicks = y.s.unseen(clicks)
	}
	return y.System.AppendClicks(ctx, clicks)
}

// unseen returns the clicks whose ids no click had before, at any moment.
func (s *faultyStore) unseen(clicks []links.Click) []links.Click {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clicked == nil {
		s.clicked = map[links.ClickID]bool{}
	}
	return slices.DeleteFunc(clicks, func(c links.Click) bool {
		known := s.clicked[c.ID]
		s.clicked[c.ID] = true
		return known
	})
}

// believe moves a click to a link of the campaign that it names.
func (s *faultyStore) believe(ctx context.Context, c *links.Click) {
	list, _ := s.Store.Read(tenant.Everyone()).Links(ctx, storage.Of{}, storage.Page{})
	for _, l := range list.Items {
		if l.Campaign == c.Campaign {
			c.Advertiser, c.Link = l.Advertiser, l.ID
		}
	}
}

func (y *faultySystem) VisitorSalt(ctx context.Context, advertiser tenant.ID, day time.Time, fresh links.Salt) (links.Salt, error) {
	salt, err := y.System.VisitorSalt(ctx, advertiser, day, fresh)
	if y.s.is("salt-is-always-fresh") {
		salt = fresh
	}
	return salt, err
}

func (y *faultySystem) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	k, err := y.System.APIKeyByHash(ctx, hash)
	if err != nil && y.s.is("a-plain-error-leaves-the-store") {
		return k, errors.New("sql: no rows in result set")
	}
	if at, found := y.s.touched[k.ID]; found {
		k.LastUsedAt = at
	}
	return k, err
}

func (y *faultySystem) TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error {
	if y.s.is("use-goes-back-in-time") {
		y.s.touched = map[tenant.KeyID]time.Time{key.ID: at}
	}
	err := y.System.TouchAPIKey(ctx, key, at)
	if errors.Is(err, fault.NotFound) && y.s.is("an-unknown-key-is-used") {
		err = nil
	}
	return err
}
