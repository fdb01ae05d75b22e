package sqlstore

import (
	"context"
	"strings"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const (
	changeColumns = "advertiser_id, occurred_at, event_type, currency, commission_currency, method, source, " +
		"campaign_id, influencer_id, coupon_id, link_id, " + figureColumns
	changeColumnCount = 18
)

// change is a row of event_changes: what an event, or a change of one, adds to
// the totals.
type change struct {
	at             time.Time
	kind           campaigns.EventType
	currency       string
	commission     string // currency
	method, source string
	campaign       campaigns.ID
	influencer     campaigns.InfluencerID
	coupon         coupons.ID
	link           links.ID
	figures
}

// changeOf returns what an event adds to the totals. The figures are those of
// stats.Fold.
func changeOf(e attribution.Event) change {
	d, c := e.Decision, e.Commission.Amount
	out := change{
		at: e.OccurredAt, kind: e.Type, currency: string(e.Value.Currency), commission: string(c.Currency),
		method: string(d.Method), source: string(d.Source),
		campaign: d.Campaign, influencer: d.Influencer, coupon: d.Coupon, link: d.Link,
		figures: figures{events: 1, payout: c.Minor},
	}
	if e.Conversion {
		out.conversions = 1
	}
	if e.Conversion || e.Type == campaigns.Purchase {
		out.sales, out.revenue = 1, e.Value.Minor
	}
	if e.Type == campaigns.Purchase && e.Value.Currency != "" {
		out.orders, out.ordersValue = 1, e.Value.Minor
	}
	return out
}

// rated returns the change of the same event under another commission.
func (c change) rated(commission payouts.Commission) change {
	c.commission, c.payout = string(commission.Amount.Currency), commission.Amount.Minor
	return c
}

// undone returns the change that takes another back.
func (c change) undone() (undone change, err error) {
	c.figures, err = c.negative()
	return c, err
}

// noteEvents appends to event_changes what those of the events add that were
// inserted. It belongs into the transaction that inserted them, whatever
// becomes of the rest of the call.
func (t tx) noteEvents(ctx context.Context, events []attribution.Event, inserted map[attribution.ID]bool) error {
	changes := make([]change, 0, len(events))
	for _, e := range events {
		if inserted[e.ID] {
			changes = append(changes, changeOf(e))
		}
	}
	return t.noteChanges(ctx, changes)
}

// noteChanges appends to event_changes.
func (t tx) noteChanges(ctx context.Context, changes []change) error {
	if t.dialect == statsql.SQLite { // which has the statement for one row prepared
		return t.noteEach(ctx, changes)
	}
	for chunk := range chunks(changes, min(maxList, maxVariables/changeColumnCount)) {
		args := make([]any, 0, len(chunk)*changeColumnCount)
		for _, c := range chunk {
			args = append(args, t.changeValues(c)...)
		}
		text := insertText(t.dialect, "event_changes", changeColumns, changeColumnCount, len(chunk), "")
		if _, err := t.q.Exec(ctx, text, args...); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) noteEach(ctx context.Context, changes []change) error {
	args := make([][]any, len(changes))
	for i, c := range changes {
		args[i] = t.changeValues(c)
	}
	return t.q.ExecEach(ctx, insertText(t.dialect, "event_changes", changeColumns, changeColumnCount, 1, ""), args)
}

// changeValues are the values of changeColumns.
func (t tx) changeValues(c change) []any {
	return append([]any{
		t.owner(), t.dialect.Moment(c.at), string(c.kind), c.currency, c.commission, c.method, c.source,
		c.campaign, c.influencer, c.coupon, c.link,
	}, c.values()...)
}

// insertText returns an INSERT of so many rows. It is made by hand, which for
// many rows takes a tenth of the time that the builder takes.
func insertText(d statsql.Dialect, table, columns string, width, rows int, suffix string) string {
	var b strings.Builder
	b.Grow(len(columns) + len(suffix) + rows*width*8 + 64)
	b.WriteString("INSERT INTO " + table + " (" + columns + ") VALUES ")
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		writePlaceholders(&b, d, i*width, width)
	}
	b.WriteString(suffix)
	return b.String()
}

// replaced is a stored event whose commission is going to change.
type replaced struct {
	id attribution.ID
	change
}

func scanReplaced(r row) (replaced, error) {
	var e attribution.Event
	d, c := &e.Decision, &e.Commission
	err := r.Scan(&e.ID, moment{&e.OccurredAt}, &e.Type, &e.Value.Minor, &e.Value.Currency, &d.Method, &d.Source,
		&d.Campaign, &d.Influencer, &d.Coupon, &d.Link, &e.Conversion, &c.Amount.Minor, &c.Amount.Currency)
	return replaced{e.ID, changeOf(e)}, err
}

// toReplace returns the events, by id, as they are now, and keeps them so until
// the end of the transaction. fault.NotFound if one of them is not the scope's.
func (t tx) toReplace(ctx context.Context, ids []attribution.ID) (map[attribution.ID]change, error) {
	out := make(map[attribution.ID]change, len(ids))
	for chunk := range chunks(distinct(ids), maxList) {
		// In one order for all, so that nobody waits in a circle.
		query := t.dialect.Builder().Select("id", "occurred_at", "event_type", "value_minor", "currency", "method", "source",
			"campaign_id", "influencer_id", "coupon_id", "link_id", "conversion", "commission_minor", "commission_currency").
			From("customer_events").Where(statsql.Tenant(t.view, "advertiser_id")).Where(in("id", chunk)).OrderBy("id")
		if t.dialect == statsql.Postgres {
			query = query.Suffix("FOR UPDATE")
		}
		found, err := collect(ctx, t.q, query, scanReplaced)
		if err != nil {
			return nil, err
		}
		if len(found) < len(chunk) {
			return nil, storage.NotFound()
		}
		for _, e := range found {
			out[e.id] = e.change
		}
	}
	return out, nil
}

// noteCommissions appends to event_changes what the new commissions change in
// figures; another reason, or other terms of the same commission, do not.
func (t tx) noteCommissions(ctx context.Context, before map[attribution.ID]change, news []storage.Recommission) error {
	var changes []change
	for _, n := range news {
		was := before[n.Event]
		is := was.rated(n.Commission)
		if is == was {
			continue
		}
		undone, err := was.undone()
		if err != nil {
			return err
		}
		changes = append(changes, undone, is)
		before[n.Event] = is
	}
	return t.noteChanges(ctx, changes)
}
