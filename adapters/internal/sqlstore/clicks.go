package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// AppendClicks implements storage.System. Batches that hold clicks of the same
// advertiser take turns: of two that come at once, the later must see the human
// clicks of the earlier, or a visit, or a visitor, would count twice.
//
// Every statement is about the whole batch, whosever its clicks are: a loader
// sends those of many advertisers at once.
func (s system) AppendClicks(ctx context.Context, clicks []links.Click) error {
	if len(clicks) == 0 {
		return nil
	}
	turns := make([]tenant.ID, len(clicks))
	for i, c := range clicks {
		if c.Advertiser.IsZero() {
			return storage.NotFound()
		}
		turns[i] = c.Advertiser
	}
	turns = distinct(turns)
	slices.SortFunc(turns, func(a, b tenant.ID) int { return bytes.Compare(a[:], b[:]) })
	return s.engine.Run(ctx, Work{Kind: Turn, Reach: Reach{System: true}, Turns: turns}, func(ctx context.Context, q Querier) error {
		return clickBatch{s.engine.Dialect(), q, turns}.append(ctx, clicks)
	})
}

// clickBatch appends clicks of some advertisers.
type clickBatch struct {
	dialect     statsql.Dialect
	q           Querier
	advertisers []tenant.ID
}

func (b clickBatch) append(ctx context.Context, clicks []links.Click) error {
	clicks, err := b.ofLinks(ctx, clicks)
	if err != nil {
		return err
	}
	fresh, err := b.unknown(ctx, clicks)
	if err != nil || len(fresh) == 0 {
		return err
	}
	earlier, err := b.earlier(ctx, fresh)
	if err != nil {
		return err
	}
	fresh = marked(fresh, earlier)
	if err := b.insert(ctx, fresh); err != nil {
		return err
	}
	return b.count(ctx, fresh, earlier)
}

func (b clickBatch) insert(ctx context.Context, clicks []links.Click) error {
	columns := []column{
		{"advertiser_id", "uuid"}, {"id", "uuid"}, {"link_id", "uuid"}, {"campaign_id", "uuid"}, {"influencer_id", "uuid"},
		{"occurred_at", "timestamptz"}, {"visitor", "bytea"}, {"agent", "text"}, {"referrer", "text"}, {"country", "text"},
		{"class", "text"}, {"reason", "text"},
	}
	return b.each(columns, len(clicks), func(i int) []any {
		c := &clicks[i]
		return []any{c.Advertiser, c.ID, c.Link, c.Campaign, c.Influencer, b.dialect.Moment(c.At), c.Visitor[:],
			c.Agent, c.Referrer, c.Country, string(c.Class), c.Reason}
	}, func(g givenRows) error {
		_, err := exec(ctx, b.q, g.insert("click_events", ""))
		return err
	})
}

// each calls do with rows that are made of n things, as many at a time as a
// statement takes.
func (b clickBatch) each(columns []column, n int, row func(i int) []any, do func(givenRows) error) error {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = row(i)
	}
	for part := range chunks(rows, rowLimit(columns)) {
		if err := do(givenRows{b.dialect, columns, part}); err != nil {
			return err
		}
	}
	return nil
}

// linkKey is a link of an advertiser.
type linkKey struct {
	advertiser tenant.ID
	link       links.ID
}

// linkOwner is whose clicks those of a link are.
type linkOwner struct {
	linkKey
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
}

func scanOwner(r row) (linkOwner, error) {
	var o linkOwner
	err := r.Scan(&o.advertiser, &o.link, &o.campaign, &o.influencer)
	return o, err
}

// ofLinks returns the clicks with the campaigns and influencers of their
// links, at the moments that are stored. It reports fault.NotFound for a click
// of a link that its advertiser does not have.
func (b clickBatch) ofLinks(ctx context.Context, clicks []links.Click) ([]links.Click, error) {
	keys := make([]linkKey, len(clicks))
	for i, c := range clicks {
		keys[i] = linkKey{c.Advertiser, c.Link}
	}
	keys = distinct(keys)
	owners := make(map[linkKey]linkOwner, len(keys))
	columns := []column{{"advertiser_id", "uuid"}, {"id", "uuid"}}
	err := b.each(columns, len(keys), func(i int) []any { return []any{keys[i].advertiser, keys[i].link} }, func(g givenRows) error {
		found, err := collect(ctx, b.q, g.find("tracking_links l", "l.advertiser_id", "l.id", "l.campaign_id", "l.influencer_id").
			Where("l.advertiser_id = given.advertiser_id").Where("l.id = given.id"), scanOwner)
		for _, owner := range found {
			owners[owner.linkKey] = owner
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := slices.Clone(clicks)
	for i, c := range out {
		owner, found := owners[linkKey{c.Advertiser, c.Link}]
		if !found {
			return nil, storage.NotFound()
		}
		out[i].Campaign, out[i].Influencer, out[i].At = owner.campaign, owner.influencer, stored(c.At)
	}
	return out, nil
}

// clickKey is what a click is known by: a moment beside its id, since clicks
// lie in the order of time, on Postgres in tables of a month each.
type clickKey struct {
	advertiser tenant.ID
	at         int64
	id         links.ClickID
}

func clickKeyOf(c links.Click) clickKey { return clickKey{c.Advertiser, c.At.UnixMicro(), c.ID} }

func scanClickKey(r row) (clickKey, error) {
	var key clickKey
	var at time.Time
	err := r.Scan(&key.advertiser, moment{&at}, &key.id)
	key.at = at.UnixMicro()
	return key, err
}

// unknown returns the clicks that are not stored yet, each once.
func (b clickBatch) unknown(ctx context.Context, clicks []links.Click) ([]links.Click, error) {
	seen := make(map[clickKey]bool, len(clicks))
	columns := []column{{"advertiser_id", "uuid"}, {"occurred_at", "timestamptz"}, {"id", "uuid"}}
	span := spanOf(clicks)
	err := b.each(columns, len(clicks), func(i int) []any {
		return []any{clicks[i].Advertiser, b.dialect.Moment(clicks[i].At), clicks[i].ID}
	}, func(g givenRows) error {
		found, err := collect(ctx, b.q, b.within(span, g.find("click_events c", "c.advertiser_id", "c.occurred_at", "c.id").
			Where("c.advertiser_id = given.advertiser_id").Where("c.occurred_at = given.occurred_at").Where("c.id = given.id")), scanClickKey)
		for _, key := range found {
			seen[key] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	fresh := make([]links.Click, 0, len(clicks))
	for _, c := range clicks {
		if key := clickKeyOf(c); !seen[key] {
			seen[key] = true
			fresh = append(fresh, c)
		}
	}
	return fresh, nil
}

// span is a part of time; its end does not belong to it.
type span struct{ from, to time.Time }

// add makes the span hold another one.
func (s *span) add(other span) {
	if s.from.IsZero() || other.from.Before(s.from) {
		s.from = other.from
	}
	if s.to.IsZero() || other.to.After(s.to) {
		s.to = other.to
	}
}

func spanOf(clicks []links.Click) span {
	var all span
	for _, c := range clicks {
		all.add(span{c.At, c.At.Add(time.Microsecond)})
	}
	return all
}

// within adds what the conditions of a query on each given row come to for all
// of them. Postgres needs it to leave the months aside that hold none of them.
func (b clickBatch) within(all span, query squirrel.SelectBuilder) squirrel.SelectBuilder {
	return query.Where("c.occurred_at >= ?", b.dialect.Moment(all.from)).Where("c.occurred_at < ?", b.dialect.Moment(all.to))
}

// visitorKey is a visitor of an advertiser.
type visitorKey struct {
	advertiser tenant.ID
	visitor    links.Visitor
}

// visitorClick is a human click that is stored.
type visitorClick struct {
	visitorKey
	at         time.Time
	link       links.ID
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
}

func scanVisitorClick(r row) (visitorClick, error) {
	var c visitorClick
	err := r.Scan(&c.advertiser, bytesOf{c.visitor[:]}, moment{&c.at}, &c.link, &c.campaign, &c.influencer)
	return c, err
}

// around returns where the clicks lie that matter for one of its visitor: those
// of the same UTC day, in which the visitor counts once, and those that may
// make it a duplicate.
func around(at time.Time) span {
	day := at.UTC().Truncate(utcDay)
	near := span{day, day.Add(utcDay)}
	near.add(span{at.Add(-links.DuplicateWindow), at.Add(links.DuplicateWindow)})
	return near
}

// earlier returns the stored human clicks that matter for the visitors of the
// human ones among the clicks.
func (b clickBatch) earlier(ctx context.Context, clicks []links.Click) (map[visitorKey][]visitorClick, error) {
	spans := make(map[visitorKey]span)
	var all span
	var keys []visitorKey
	for _, c := range clicks {
		if c.Class != links.Human {
			continue
		}
		key, near := visitorKey{c.Advertiser, c.Visitor}, around(c.At)
		s, known := spans[key]
		if !known {
			keys = append(keys, key)
		}
		s.add(near)
		all.add(near)
		spans[key] = s
	}
	out := make(map[visitorKey][]visitorClick)
	columns := []column{{"advertiser_id", "uuid"}, {"visitor", "bytea"}, {"since", "timestamptz"}, {"before", "timestamptz"}}
	err := b.each(columns, len(keys), func(i int) []any {
		s := spans[keys[i]]
		return []any{keys[i].advertiser, keys[i].visitor[:], b.dialect.Moment(s.from), b.dialect.Moment(s.to)}
	}, func(g givenRows) error {
		same := "c.visitor = given.visitor"
		if b.dialect == statsql.SQLite {
			// Otherwise it takes the primary key, and walks through the whole day for each visitor.
			same = "likelihood(" + same + ", 0.000001)"
		}
		query := g.find("click_events c", "c.advertiser_id", "c.visitor", "c.occurred_at", "c.link_id", "c.campaign_id", "c.influencer_id").
			Where("c.advertiser_id = given.advertiser_id").Where(same).Where("c.class = 'human'").
			Where("c.occurred_at >= given.since").Where("c.occurred_at < given.before")
		found, err := collect(ctx, b.q, b.within(all, query), scanVisitorClick)
		for _, c := range found {
			out[c.visitorKey] = append(out[c.visitorKey], c)
		}
		return err
	})
	return out, err
}

// marked returns the clicks, those that repeat a visit as duplicates.
func marked(clicks []links.Click, earlier map[visitorKey][]visitorClick) []links.Click {
	counted := make(map[tenant.ID]map[links.Visit][]time.Time)
	for key, list := range earlier {
		if counted[key.advertiser] == nil {
			counted[key.advertiser] = make(map[links.Visit][]time.Time)
		}
		for _, c := range list {
			visit := links.Visit{Link: c.link, Visitor: c.visitor}
			counted[key.advertiser][visit] = append(counted[key.advertiser][visit], c.at)
		}
	}
	byAdvertiser := make(map[tenant.ID][]links.Click)
	for _, c := range clicks {
		byAdvertiser[c.Advertiser] = append(byAdvertiser[c.Advertiser], c)
	}
	out := make([]links.Click, 0, len(clicks))
	for advertiser, own := range byAdvertiser {
		out = append(out, links.MarkDuplicates(own, counted[advertiser])...)
	}
	slices.SortFunc(out, byKey)
	return out
}

// byKey orders clicks as they are stored: neighbours go to the same page.
func byKey(a, b links.Click) int {
	if order := bytes.Compare(a.Advertiser[:], b.Advertiser[:]); order != 0 {
		return order
	}
	if order := a.At.Compare(b.At); order != 0 {
		return order
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}
