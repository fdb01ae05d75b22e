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
			return storage.NotFound()
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
	clicks, err := b.ofLinks(ctx, clicks)
	if err != nil {
		return err
	}
	fresh, err := b.unknown(ctx, clicks)
	if err != nil || len(fresh) == 0 {
		return err
	}
	counted, err := b.counted(ctx, fresh)
	if err != nil {
		return err
	}
	for chunk := range chunks(links.MarkDuplicates(fresh, counted), min(maxList, maxVariables/clickColumnCount)) {
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

// linkOwner is whose clicks those of a link are.
type linkOwner struct {
	link       links.ID
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
}

func scanOwner(r row) (linkOwner, error) {
	var o linkOwner
	err := r.Scan(&o.link, &o.campaign, &o.influencer)
	return o, err
}

// ofLinks returns the clicks with the campaigns and influencers of their
// links. It reports fault.NotFound for a click of a link that the advertiser
// does not have.
func (b clickBatch) ofLinks(ctx context.Context, clicks []links.Click) ([]links.Click, error) {
	ids := make([]links.ID, len(clicks))
	for i, c := range clicks {
		ids[i] = c.Link
	}
	owners := make(map[links.ID]linkOwner)
	for chunk := range chunks(distinct(ids), maxList) {
		found, err := collect(ctx, b.q, b.dialect.Builder().Select("id", "campaign_id", "influencer_id").From("tracking_links").
			Where(statsql.Tenant(b.view, "advertiser_id")).Where(in("id", chunk)), scanOwner)
		if err != nil {
			return nil, err
		}
		for _, owner := range found {
			owners[owner.link] = owner
		}
	}
	out := slices.Clone(clicks)
	for i, c := range out {
		owner, found := owners[c.Link]
		if !found {
			return nil, storage.NotFound()
		}
		out[i].Campaign, out[i].Influencer = owner.campaign, owner.influencer
	}
	return out, nil
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

// period is a part of time; neither end belongs to it.
type period struct{ from, to time.Time }

// countedClick is when a visitor of a link was counted.
type countedClick struct {
	visitor links.Visitor
	at      time.Time
}

func scanCounted(r row) (countedClick, error) {
	var c countedClick
	err := r.Scan(bytesOf{c.visitor[:]}, moment{&c.at})
	return c, err
}

// counted returns, for the visits of the clicks, when those were counted that
// are stored and near enough to make one of the clicks a duplicate.
func (b clickBatch) counted(ctx context.Context, clicks []links.Click) (map[links.Visit][]time.Time, error) {
	visitors := make(map[links.ID][]links.Visitor)
	periods := make(map[links.ID]period)
	for _, c := range clicks {
		if c.Class != links.Human {
			continue
		}
		p, more := periods[c.Link]
		if from := c.At.Add(-links.DuplicateWindow); !more || from.Before(p.from) {
			p.from = from
		}
		if to := c.At.Add(links.DuplicateWindow); !more || to.After(p.to) {
			p.to = to
		}
		periods[c.Link] = p
		visitors[c.Link] = append(visitors[c.Link], c.Visitor)
	}
	counted := make(map[links.Visit][]time.Time, len(clicks))
	// A query for each link: one over pairs of link and visitor makes SQLite
	// walk through all clicks of the advertiser.
	for link, list := range visitors {
		for chunk := range chunks(distinct(list), maxList) {
			found, err := collect(ctx, b.q, b.countedOf(link, chunk, periods[link]), scanCounted)
			if err != nil {
				return nil, err
			}
			for _, c := range found {
				visit := links.Visit{Link: link, Visitor: c.visitor}
				counted[visit] = append(counted[visit], c.at)
			}
		}
	}
	return counted, nil
}

// countedOf selects the human clicks of the visitors on a link in a period. The
// order is that of click_events_by_visit: without it SQLite takes the primary
// key instead and walks through all clicks of the advertiser.
func (b clickBatch) countedOf(link links.ID, visitors []links.Visitor, within period) squirrel.SelectBuilder {
	list := make([]any, len(visitors))
	for i, v := range visitors {
		list[i] = v[:]
	}
	return b.dialect.Builder().Select("visitor", "occurred_at").From("click_events").
		Where(statsql.Tenant(b.view, "advertiser_id")).Where("link_id = ?", link).Where("class = 'human'").
		Where("visitor IN ("+squirrel.Placeholders(len(list))+")", list...).
		Where("occurred_at > ?", b.dialect.Moment(within.from)).Where("occurred_at < ?", b.dialect.Moment(within.to)).
		OrderBy("visitor", "occurred_at")
}
