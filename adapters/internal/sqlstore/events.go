package sqlstore

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const eventColumns = "advertiser_id, id, event_type, value_minor, currency, coupon_code, ref_code, landing_url, external_id, " +
	"customer_id, metadata, occurred_at, received_at, fingerprint, method, source, campaign_id, influencer_id, coupon_id, link_id, " +
	"candidates, conversion, commission_minor, commission_currency, commission_reason, commission_terms"

func scanEvent(r row) (attribution.Event, error) { return new(eventScanner).scan(r) }

// eventScanner reads events, and remembers what it has made of documents: most
// events of a stream have the same as another one near to it.
type eventScanner struct {
	metadata   remembered[map[string]string]
	candidates remembered[[]attribution.Candidate]
	terms      remembered[payouts.Terms]
}

func (s *eventScanner) scan(r row) (attribution.Event, error) {
	var e attribution.Event
	var metadata, candidates, terms []byte
	d, c := &e.Decision, &e.Commission
	err := r.Scan(&e.Advertiser, &e.ID, &e.Type, &e.Value.Minor, &e.Value.Currency, &e.CouponCode, &e.RefCode, &e.LandingURL,
		&e.ExternalID, &e.CustomerID, &metadata, moment{&e.OccurredAt}, moment{&e.ReceivedAt}, bytesOf{e.Print[:]}, &d.Method, &d.Source,
		&d.Campaign, &d.Influencer, &d.Coupon, &d.Link, &candidates, &e.Conversion, &c.Amount.Minor, &c.Amount.Currency,
		&c.Reason, &terms)
	if err != nil {
		return e, err
	}
	if e.Metadata, err = s.metadata.read(metadata, readMetadata); err != nil {
		return e, err
	}
	if d.Candidates, err = s.candidates.read(candidates, readCandidates); err != nil {
		return e, err
	}
	// Each event is its consumer's, who may change it.
	e.Metadata, d.Candidates = maps.Clone(e.Metadata), slices.Clone(d.Candidates)
	c.Terms, err = s.terms.read(terms, readTerms)
	return e, err
}

// maxRemembered is how many documents are remembered at a time, and
// maxRememberedBytes how long they are: few are longer, and an event may have
// several kilobytes.
const (
	maxRemembered      = 512
	maxRememberedBytes = 2048
)

// remembered keeps what documents were read as, by their text. The zero value
// remembers nothing yet.
type remembered[T any] struct{ values map[string]T }

func (m *remembered[T]) read(text []byte, read func([]byte) (T, error)) (T, error) {
	if value, known := m.values[string(text)]; known {
		return value, nil
	}
	value, err := read(text)
	if err != nil || len(text) > maxRememberedBytes {
		return value, err
	}
	if m.values == nil || len(m.values) >= maxRemembered {
		m.values = make(map[string]T)
	}
	m.values[string(text)] = value
	return value, nil
}

func (r reader) events() squirrel.SelectBuilder {
	return r.dialect.Builder().Select(eventColumns).From("customer_events").Where(statsql.Tenant(r.view, "advertiser_id"))
}

// Event implements storage.EventReader.
func (r reader) Event(ctx context.Context, id attribution.ID) (attribution.Event, error) {
	return fetch(ctx, r, r.events().Where("id = ?", id), scanEvent)
}

// Events implements storage.EventReader.
func (r reader) Events(ctx context.Context, f storage.EventFilter, page storage.Page) (storage.List[attribution.Event], error) {
	var out storage.List[attribution.Event]
	if err := r.view.Check(); err != nil {
		return out, err
	}
	if err := f.Check(); err != nil {
		return out, err
	}
	at, id, limit, err := page.CheckMoment()
	if err != nil {
		return out, err
	}
	if !storable(f.ExternalID) || !storable(string(f.Method)) {
		return out, nil // nothing that is stored has it
	}
	query := r.latest(f)
	if !at.IsZero() {
		query = query.Where("(customer_events.occurred_at, customer_events.id) < (?, ?)", r.dialect.Moment(at), attribution.ID(id))
	}
	query = query.Limit(uint64(limit) + 1)
	err = r.snapshot(ctx, func(ctx context.Context, q Querier) error {
		items, err := collect(ctx, q, query, scanEvent)
		if err == nil {
			out = storage.PagedByMoment(items, limit, func(e attribution.Event) (time.Time, [16]byte) { return e.OccurredAt, e.ID })
		}
		return err
	})
	return out, err
}

// latest selects the events of a filter, the latest first.
func (r reader) latest(f storage.EventFilter) squirrel.SelectBuilder {
	query := r.dialect.Builder().Select(eventColumns).From("customer_events").Where(statsql.EventsIn(r.view, r.dialect, f.Filter))
	switch {
	case f.ExternalID != "":
		// The second condition lets SQLite use the partial index.
		query = query.Where("customer_events.external_id = ?", f.ExternalID).Where("customer_events.external_id <> ''")
		query = r.through("customer_events_natural_key", query, "customer_events", "customer_events")
	case r.view.IsEveryone():
		query = r.through("customer_events_by_time", query, "customer_events", "customer_events")
	}
	if f.Method != "" {
		query = query.Where("customer_events.method = ?", string(f.Method))
	}
	return query.OrderBy("customer_events.occurred_at DESC", "customer_events.id DESC")
}

// EachEvent implements storage.EventReader.
func (r reader) EachEvent(ctx context.Context, f stats.Filter) iter.Seq2[attribution.Event, error] {
	return func(yield func(attribution.Event, error) bool) {
		err := r.view.Check()
		if err == nil {
			err = f.Check()
		}
		stopped := false
		if err == nil {
			query := r.dialect.Builder().Select(eventColumns).From("customer_events").
				Where(statsql.EventsIn(r.view, r.dialect, f)).OrderBy("occurred_at", "id")
			err = r.within(ctx, Export, func(ctx context.Context, q Querier) (err error) {
				stopped, err = stream(ctx, q, query, yield)
				return err
			})
		}
		if err != nil && !stopped {
			yield(attribution.Event{}, err)
		}
	}
}

// stream yields the events of a query until the consumer has had enough.
func stream(ctx context.Context, q Querier, query squirrel.SelectBuilder, yield func(attribution.Event, error) bool) (stopped bool, err error) {
	sql, args, err := build(query)
	if err != nil {
		return false, err
	}
	rows, err := q.Stream(ctx, sql, args...)
	if err != nil {
		return false, err
	}
	// The consumer may panic, and what is behind a cursor must be let go then.
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
	var scanner eventScanner
	for rows.Next() {
		event, err := scanner.scan(rows)
		if err != nil {
			return false, err
		}
		if !yield(event, nil) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// Facts implements storage.EventWriter.
func (t tx) Facts(ctx context.Context, couponCodes []coupons.Code, linkCodes []links.Code) (attribution.Facts, error) {
	facts := attribution.Facts{
		Coupons:   make(map[coupons.Code]coupons.Coupon),
		Links:     make(map[links.Code]links.Link),
		Campaigns: make(map[campaigns.ID]campaigns.Campaign),
		Terms:     make(map[attribution.Assigned]payouts.History),
	}
	var asks []Ask
	for codes := range chunks(storableOnly(couponCodes), maxList) {
		ask, err := asking(t.coupons().Where(in("code", codes)), scanCoupon, func(c coupons.Coupon) { facts.Coupons[c.Code] = c })
		if err != nil {
			return attribution.Facts{}, err
		}
		asks = append(asks, ask)
	}
	for codes := range chunks(storableOnly(linkCodes), maxList) {
		ask, err := asking(t.links().Where(in("l.code", codes)), scanLink, func(l links.Link) { facts.Links[l.Code] = l })
		if err != nil {
			return attribution.Facts{}, err
		}
		asks = append(asks, ask)
	}
	if err := t.q.QueryAll(ctx, asks...); err != nil {
		return attribution.Facts{}, err
	}
	if err := t.addCampaigns(ctx, facts); err != nil {
		return attribution.Facts{}, err
	}
	return facts, nil
}

// addCampaigns fills in the campaigns and terms that the coupons and links of
// the facts belong to.
func (t tx) addCampaigns(ctx context.Context, facts attribution.Facts) error {
	wanted := make(map[attribution.Assigned]bool)
	var ofCampaigns []campaigns.ID
	var ofInfluencers []campaigns.InfluencerID
	add := func(campaign campaigns.ID, influencer campaigns.InfluencerID) {
		ofCampaigns = append(ofCampaigns, campaign)
		if !influencer.IsZero() {
			ofInfluencers = append(ofInfluencers, influencer)
			wanted[attribution.Assigned{Campaign: campaign, Influencer: influencer}] = true
		}
	}
	for _, c := range facts.Coupons {
		add(c.Campaign, c.Influencer)
	}
	for _, l := range facts.Links {
		add(l.Campaign, l.Influencer)
	}
	ofCampaigns, ofInfluencers = distinct(ofCampaigns), distinct(ofInfluencers)
	var asks []Ask
	for ids := range chunks(ofCampaigns, maxList) {
		ask, err := asking(t.campaigns().Where(in("id", ids)), scanCampaign, func(c campaigns.Campaign) { facts.Campaigns[c.ID] = c })
		if err != nil {
			return err
		}
		asks = append(asks, ask)
		for influencers := range chunks(ofInfluencers, maxList) {
			ask, err := asking(t.termsBetween(ids, influencers), scanTerms, func(v assignedTerms) {
				if wanted[v.Assigned] {
					facts.Terms[v.Assigned] = append(facts.Terms[v.Assigned], v.Terms)
				}
			})
			if err != nil {
				return err
			}
			asks = append(asks, ask)
		}
	}
	return t.q.QueryAll(ctx, asks...)
}

// storableOnly leaves out the values that cannot be stored anywhere, each of
// the rest once.
func storableOnly[T ~string](values []T) []string {
	out := make([]string, 0, len(values))
	for _, value := range values {
		if storable(string(value)) {
			out = append(out, string(value))
		}
	}
	return distinct(out)
}
