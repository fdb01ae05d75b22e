package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

const (
	clickColumns     = "advertiser_id, id, link_id, campaign_id, influencer_id, occurred_at, visitor, agent, referrer, country, class, reason"
	clickColumnCount = 12
)

// AppendClicks implements storage.System. Batches that hold clicks of the same
// advertiser take turns: of two that come at once, the later must see the human
// clicks of the earlier, or a visit would count twice.
func (s system) AppendClicks(ctx context.Context, clicks []links.Click) error {
	if len(clicks) == 0 {
		return nil
	}
	byAdvertiser := make(map[tenant.ID][]links.Click)
	var turns []tenant.ID
	for _, c := range clicks {
		if c.Advertiser.IsZero() {
			return notFound()
		}
		if byAdvertiser[c.Advertiser] == nil {
			turns = append(turns, c.Advertiser)
		}
		byAdvertiser[c.Advertiser] = append(byAdvertiser[c.Advertiser], c)
	}
	slices.SortFunc(turns, func(a, b tenant.ID) int { return bytes.Compare(a[:], b[:]) })
	return s.engine.Run(ctx, Work{Kind: Turn, Reach: Reach{System: true}, Turns: turns}, func(ctx context.Context, q Querier) error {
		for _, advertiser := range turns {
			batch := clickBatch{s.engine.Dialect(), advertiser, tenant.For(advertiser).View(), q}
			if err := batch.append(ctx, byAdvertiser[advertiser]); err != nil {
				return err
			}
		}
		return nil
	})
}

// clickBatch appends the clicks of one advertiser.
type clickBatch struct {
	dialect    statsql.Dialect
	advertiser tenant.ID
	view       tenant.View
	q          Querier
}

func (b clickBatch) append(ctx context.Context, clicks []links.Click) error {
	if err := b.requireLinks(ctx, clicks); err != nil {
		return err
	}
	fresh, err := b.unknown(ctx, clicks)
	if err != nil || len(fresh) == 0 {
		return err
	}
	last, err := b.lastHuman(ctx, fresh)
	if err != nil {
		return err
	}
	for chunk := range chunks(links.MarkDuplicates(fresh, last), min(maxList, maxVariables/clickColumnCount)) {
		insert := b.dialect.Builder().Insert("click_events").Columns(clickColumns).Suffix("ON CONFLICT DO NOTHING")
		for _, c := range chunk {
			insert = insert.Values(b.advertiser, c.ID, c.Link, c.Campaign, c.Influencer, b.dialect.Moment(c.At), c.Visitor[:],
				c.Agent, c.Referrer, c.Country, string(c.Class), c.Reason)
		}
		if _, err := exec(ctx, b.q, insert); err != nil {
			return err
		}
	}
	return nil
}

// requireLinks reports fault.NotFound for a click of a link that the advertiser
// does not have.
func (b clickBatch) requireLinks(ctx context.Context, clicks []links.Click) error {
	ids := make([]links.ID, len(clicks))
	for i, c := range clicks {
		if c.Link.IsZero() {
			return notFound()
		}
		ids[i] = c.Link
	}
	return require(ctx, b.q, b.dialect, b.view, "tracking_links", "id", ids...)
}

// unknown returns the clicks whose ids are not stored yet, each id once.
func (b clickBatch) unknown(ctx context.Context, clicks []links.Click) ([]links.Click, error) {
	ids := make([]links.ClickID, len(clicks))
	for i, c := range clicks {
		ids[i] = c.ID
	}
	seen := make(map[links.ClickID]bool, len(clicks))
	for chunk := range chunks(distinct(ids), maxList) {
		known, err := collect(ctx, b.q, b.dialect.Builder().Select("id").From("click_events").
			Where(statsql.Tenant(b.view, "advertiser_id")).Where(in("id", chunk)), scanID[links.Click])
		if err != nil {
			return nil, err
		}
		for _, id := range known {
			seen[id] = true
		}
	}
	fresh := make([]links.Click, 0, len(clicks))
	for _, c := range clicks {
		if !seen[c.ID] {
			seen[c.ID] = true
			c.At = stored(c.At)
			fresh = append(fresh, c)
		}
	}
	return fresh, nil
}

// visitTime is the last human click of a visit.
type visitTime struct {
	links.Visit
	at time.Time
}

func scanVisit(r row) (visitTime, error) {
	var v visitTime
	err := r.Scan(&v.Link, bytesOf{v.Visitor[:]}, moment{&v.at})
	return v, err
}

// lastHuman returns the last human click stored for each visit of the clicks.
func (b clickBatch) lastHuman(ctx context.Context, clicks []links.Click) (map[links.Visit]time.Time, error) {
	visits := make([]links.Visit, 0, len(clicks))
	for _, c := range clicks {
		if c.Class == links.Human {
			visits = append(visits, links.Visit{Link: c.Link, Visitor: c.Visitor})
		}
	}
	out := make(map[links.Visit]time.Time, len(visits))
	for chunk := range chunks(distinct(visits), maxList/2) {
		// One index probe for each visit, by row values.
		either := make(squirrel.Or, len(chunk))
		for i, v := range chunk {
			either[i] = squirrel.Expr("(link_id = ? AND visitor = ?)", v.Link, v.Visitor[:])
		}
		found, err := collect(ctx, b.q, b.dialect.Builder().Select("link_id", "visitor", "max(occurred_at)").From("click_events").
			Where(statsql.Tenant(b.view, "advertiser_id")).Where("class = 'human'").Where(either).GroupBy("link_id", "visitor"), scanVisit)
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			out[v.Visit] = v.at
		}
	}
	return out, nil
}
