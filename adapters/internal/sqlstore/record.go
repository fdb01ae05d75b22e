package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const eventColumnCount = 26

// naturalKey is what an event is unique by, for ever.
type naturalKey struct {
	external string
	kind     campaigns.EventType
}

func keyOf(e attribution.Event) naturalKey { return naturalKey{e.ExternalID, e.Type} }

// RecordEvents implements storage.EventWriter. It tries to insert all, lets the
// unique index say what was there before, and looks only at that.
func (t tx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	if len(events) == 0 {
		return []storage.Outcome{}, nil
	}
	if err := t.checkOwner(ctx); err != nil {
		return nil, err
	}
	if err := t.requireReferences(ctx, events); err != nil {
		return nil, err
	}
	first := make(map[naturalKey]int, len(events))
	fresh := make([]attribution.Event, 0, len(events))
	for i, e := range events {
		if e.ExternalID != "" {
			if _, repeated := first[keyOf(e)]; repeated {
				continue
			}
			first[keyOf(e)] = i
		}
		fresh = append(fresh, e)
	}
	// In one order for all, so that calls with the same events at the same time
	// wait for each other and not in a circle.
	slices.SortFunc(fresh, func(a, b attribution.Event) int {
		return cmp.Or(strings.Compare(a.ExternalID, b.ExternalID), strings.Compare(string(a.Type), string(b.Type)))
	})
	inserted, err := t.insertEvents(ctx, fresh)
	if err != nil {
		return nil, err
	}
	known, err := t.knownEvents(ctx, fresh, inserted)
	if err != nil {
		return nil, err
	}
	outcomes := make([]storage.Outcome, len(events))
	for i, e := range events {
		e.Advertiser = t.owner()
		if e.ExternalID == "" {
			outcomes[i].Event = normal(e)
			continue
		}
		j := first[keyOf(e)]
		before, repeat := known[keyOf(e)]
		if !repeat {
			before, repeat = normal(events[j]), i != j
			before.Advertiser = t.owner()
		}
		outcomes[i] = outcome(before, e, repeat)
	}
	return outcomes, nil
}

// outcome compares an event with what is stored under its external id.
func outcome(before, e attribution.Event, repeat bool) storage.Outcome {
	switch {
	case !repeat:
		return storage.Outcome{Event: before}
	case before.Print == e.Print:
		return storage.Outcome{Event: before, Repeat: true}
	default:
		return storage.Outcome{Event: before, Err: storage.EventDiffers()}
	}
}

// requireReferences reports fault.NotFound for an event that is credited to
// something the scope does not see.
func (t tx) requireReferences(ctx context.Context, events []attribution.Event) error {
	var ofCampaigns []campaigns.ID
	var ofInfluencers []campaigns.InfluencerID
	var ofCoupons []coupons.ID
	var ofLinks []links.ID
	for _, e := range events {
		if !e.Decision.Campaign.IsZero() {
			ofCampaigns = append(ofCampaigns, e.Decision.Campaign)
		}
		ofInfluencers = append(ofInfluencers, e.Decision.Influencer)
		ofCoupons = append(ofCoupons, e.Decision.Coupon)
		ofLinks = append(ofLinks, e.Decision.Link)
	}
	if err := t.requireCampaigns(ctx, ofCampaigns...); err != nil {
		return err
	}
	if err := t.requireInfluencers(ctx, ofInfluencers...); err != nil {
		return err
	}
	if err := require(ctx, t.q, t.dialect, t.view, "coupons", "id", ofCoupons...); err != nil {
		return err
	}
	return require(ctx, t.q, t.dialect, t.view, "tracking_links", "id", ofLinks...)
}

// insertEvents stores the events whose keys are free and returns their ids.
func (t tx) insertEvents(ctx context.Context, events []attribution.Event) (map[attribution.ID]bool, error) {
	inserted := make(map[attribution.ID]bool, len(events))
	for _, e := range events {
		if inserted[e.ID] {
			return nil, storage.IDTaken()
		}
		inserted[e.ID] = true
	}
	clear(inserted)
	for chunk := range chunks(events, min(maxList, maxVariables/eventColumnCount)) {
		insert := t.dialect.Builder().Insert("customer_events").Columns(eventColumns).Suffix("ON CONFLICT DO NOTHING RETURNING id")
		for _, e := range chunk {
			values, err := t.eventValues(e)
			if err != nil {
				return nil, err
			}
			insert = insert.Values(values...)
		}
		ids, err := collect(ctx, t.q, insert, scanID[attribution.Event])
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			inserted[id] = true
		}
		if err := t.noteEvents(ctx, chunk, inserted); err != nil {
			return nil, err
		}
	}
	return inserted, nil
}

func (t tx) eventValues(e attribution.Event) ([]any, error) {
	metadata, err := writeMetadata(e.Metadata)
	if err != nil {
		return nil, err
	}
	candidates, err := writeCandidates(e.Decision.Candidates)
	if err != nil {
		return nil, err
	}
	terms, err := writeTerms(e.Commission.Terms)
	if err != nil {
		return nil, err
	}
	d, c := e.Decision, e.Commission
	return []any{
		t.owner(), e.ID, string(e.Type), e.Value.Minor, string(e.Value.Currency), e.CouponCode, e.RefCode, e.LandingURL,
		e.ExternalID, e.CustomerID, metadata, t.dialect.Moment(e.OccurredAt), t.dialect.Moment(e.ReceivedAt), e.Print[:],
		string(d.Method), string(d.Source), d.Campaign, d.Influencer, d.Coupon, d.Link, candidates, e.Conversion,
		c.Amount.Minor, string(c.Amount.Currency), string(c.Reason), terms,
	}, nil
}

// knownEvents returns, for the events that were not inserted, those that were
// stored under their keys before.
func (t tx) knownEvents(ctx context.Context, events []attribution.Event, inserted map[attribution.ID]bool) (map[naturalKey]attribution.Event, error) {
	known := make(map[naturalKey]attribution.Event)
	var missing []attribution.Event
	var externals []string
	for _, e := range events {
		if inserted[e.ID] {
			continue
		}
		if e.ExternalID == "" {
			return nil, storage.IDTaken()
		}
		missing = append(missing, e)
		externals = append(externals, e.ExternalID)
	}
	for chunk := range chunks(distinct(externals), maxList) {
		// The second condition lets SQLite use the partial index.
		found, err := collect(ctx, t.q, t.events().Where(in("external_id", chunk)).Where("external_id <> ''"), scanEvent)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			known[keyOf(e)] = e
		}
	}
	wanted := make(map[naturalKey]attribution.Event, len(missing))
	for _, e := range missing {
		before, ok := known[keyOf(e)]
		if !ok {
			return nil, storage.IDTaken()
		}
		wanted[keyOf(e)] = before
	}
	return wanted, nil
}

// SetCommissions implements storage.EventWriter.
func (t tx) SetCommissions(ctx context.Context, changes []storage.Recommission) error {
	ids := make([]attribution.ID, len(changes))
	for i, change := range changes {
		if change.Event.IsZero() {
			return storage.NotFound()
		}
		ids[i] = change.Event
	}
	before, err := t.toReplace(ctx, ids)
	if err != nil {
		return err
	}
	var text string
	args := make([][]any, 0, len(changes))
	for _, change := range changes {
		update, err := t.commissionUpdate(change)
		if err != nil {
			return err
		}
		sql, values, err := build(update)
		if err != nil {
			return err
		}
		text, args = sql, append(args, values)
	}
	if err := t.q.ExecEach(ctx, text, args); err != nil {
		return err
	}
	return t.noteCommissions(ctx, before, changes)
}

func (t tx) commissionUpdate(change storage.Recommission) (squirrel.Sqlizer, error) {
	terms, err := writeTerms(change.Commission.Terms)
	if err != nil {
		return nil, err
	}
	c := change.Commission
	return t.dialect.Builder().Update("customer_events").
		Set("commission_minor", c.Amount.Minor).Set("commission_currency", string(c.Amount.Currency)).
		Set("commission_reason", string(c.Reason)).Set("commission_terms", terms).
		Where(statsql.Tenant(t.view, "advertiser_id")).Where("id = ?", change.Event), nil
}
