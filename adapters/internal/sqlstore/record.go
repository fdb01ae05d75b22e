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
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

// naturalKey is what an event is unique by, for ever.
type naturalKey struct {
	external string
	kind     campaigns.EventType
}

func keyOf(e attribution.Event) naturalKey { return naturalKey{e.ExternalID, e.Type} }

// RecordEvents implements storage.EventWriter. It tries to insert all, lets the
// unique index say what was there before, and looks only at that. Where the
// statement that inserts checks the references by itself, they are looked at only
// when it left something out.
func (t tx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	if len(events) == 0 {
		return []storage.Outcome{}, nil
	}
	checked := t.dialect == statsql.Postgres
	if !checked {
		if err := t.checkReferences(ctx, events); err != nil {
			return nil, err
		}
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
	// What is new is known from here on: the events of fresh whose ids are in inserted.
	inserted, err := t.insertEvents(ctx, fresh, referencesOf(events))
	if err != nil {
		return nil, err
	}
	if checked && len(inserted) < len(fresh) {
		if err := t.checkReferences(ctx, events); err != nil {
			return nil, err
		}
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

// references are the things that events are credited to, each once.
type references struct {
	campaigns   []campaigns.ID
	influencers []campaigns.InfluencerID
	coupons     []coupons.ID
	links       []links.ID
}

func referencesOf(events []attribution.Event) references {
	var r references
	for _, e := range events {
		d := e.Decision
		r.campaigns, r.influencers = append(r.campaigns, d.Campaign), append(r.influencers, d.Influencer)
		r.coupons, r.links = append(r.coupons, d.Coupon), append(r.links, d.Link)
	}
	return references{named(r.campaigns), named(r.influencers), named(r.coupons), named(r.links)}
}

// named returns the ids that name something, each once.
func named[T any](ids []ident.Of[T]) []ident.Of[T] {
	return slices.DeleteFunc(distinct(ids), ident.Of[T].IsZero)
}

// checkReferences reports fault.NotFound for a scope of an advertiser that is not
// stored, and for an event that is credited to something the scope does not see.
func (t tx) checkReferences(ctx context.Context, events []attribution.Event) error {
	if err := t.checkOwner(ctx); err != nil {
		return err
	}
	r := referencesOf(events)
	if err := t.requireCampaigns(ctx, r.campaigns...); err != nil {
		return err
	}
	if err := t.requireInfluencers(ctx, r.influencers...); err != nil {
		return err
	}
	if err := require(ctx, t.q, t.dialect, t.view, "coupons", "id", r.coupons...); err != nil {
		return err
	}
	return require(ctx, t.q, t.dialect, t.view, "tracking_links", "id", r.links...)
}

// insertEvents stores the events whose keys are free, notes what they add to
// the totals, and returns their ids. On Postgres it stores none where a
// reference leads nowhere.
func (t tx) insertEvents(ctx context.Context, events []attribution.Event, refs references) (map[attribution.ID]bool, error) {
	inserted := make(map[attribution.ID]bool, len(events))
	for _, e := range events {
		if inserted[e.ID] {
			return nil, storage.IDTaken()
		}
		inserted[e.ID] = true
	}
	rows := make([]eventRow, len(events))
	for i, e := range events {
		var err error
		if rows[i], err = rowOf(e); err != nil {
			return nil, err
		}
	}
	if t.dialect == statsql.Postgres {
		return t.insertTogether(ctx, rows, refs)
	}
	inserted, err := t.insertEach(ctx, rows)
	if err != nil {
		return nil, err
	}
	return inserted, t.noteEvents(ctx, events, inserted)
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
