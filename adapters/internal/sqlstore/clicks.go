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
	visitors := make(map[links.ID][]links.Visitor)
	earliest := clicks[0].At
	for _, c := range clicks {
		if c.Class == links.Human {
			visitors[c.Link] = append(visitors[c.Link], c.Visitor)
		}
		if c.At.Before(earliest) {
			earliest = c.At
		}
	}
	last := make(map[links.Visit]time.Time, len(clicks))
	// A query for each link: one over pairs of link and visitor makes SQLite
	// walk through all clicks of the advertiser.
	for link, list := range visitors {
		for chunk := range chunks(distinct(list), maxList) {
			found, err := collect(ctx, b.q, b.lastOf(link, chunk, earliest.Add(-links.DuplicateWindow)), scanVisit)
			if err != nil {
				return nil, err
			}
			for _, v := range found {
				last[v.Visit] = v.at
			}
		}
	}
	return last, nil
}

// lastOf selects the last human click of each visitor on a link since a moment:
// an earlier one makes no duplicate any more.
func (b clickBatch) lastOf(link links.ID, visitors []links.Visitor, since time.Time) squirrel.SelectBuilder {
	list := make([]any, len(visitors))
	for i, v := range visitors {
		list[i] = v[:]
	}
	return b.dialect.Builder().Select("link_id", "visitor", "max(occurred_at)").From("click_events").
		Where(statsql.Tenant(b.view, "advertiser_id")).Where("link_id = ?", link).Where("class = 'human'").
		Where("visitor IN ("+squirrel.Placeholders(len(list))+")", list...).
		Where("occurred_at >= ?", b.dialect.Moment(since)).GroupBy("link_id", "visitor")
}
