package sqlstore

import (
	"context"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const linkColumns = "l.advertiser_id, l.id, l.campaign_id, l.influencer_id, l.code, l.destination, l.title, " +
	"l.utm_source, l.utm_medium, l.utm_campaign, l.utm_term, l.utm_content, l.status, l.created_at, l.version"

func scanLink(r row) (links.Link, error) {
	var l links.Link
	err := r.Scan(&l.Advertiser, &l.ID, &l.Campaign, &l.Influencer, &l.Code, &l.Destination, &l.Title, &l.UTM.Source, &l.UTM.Medium,
		&l.UTM.Campaign, &l.UTM.Term, &l.UTM.Content, &l.Status, moment{&l.CreatedAt}, &l.Version)
	return l, err
}

func (r reader) links() squirrel.SelectBuilder {
	return r.dialect.Builder().Select(linkColumns).From("tracking_links l").Where(statsql.Tenant(r.view, "l.advertiser_id"))
}

// Link implements storage.LinkReader.
func (r reader) Link(ctx context.Context, id links.ID) (links.Link, error) {
	return fetch(ctx, r, r.links().Where("l.id = ?", id), scanLink)
}

// Links implements storage.LinkReader.
func (r reader) Links(ctx context.Context, of storage.Of, page storage.Page) (storage.List[links.Link], error) {
	query := r.belonging(r.links(), of, "tracking_links", "l")
	return list(ctx, r, page, "l.id", query, scanLink, func(l links.Link) [16]byte { return l.ID })
}

// belonging narrows a query to the rows of a campaign and influencer; it reads
// a table under an alias.
func (r reader) belonging(query squirrel.SelectBuilder, of storage.Of, table, alias string) squirrel.SelectBuilder {
	if !of.Influencer.IsZero() {
		query = query.Where(alias+".influencer_id = ?", of.Influencer)
	}
	if !of.Campaign.IsZero() {
		return r.through(table+"_by_campaign", query.Where(alias+".campaign_id = ?", of.Campaign), table, alias)
	}
	if !of.Influencer.IsZero() {
		return r.through(table+"_by_influencer", query, table, alias)
	}
	return query
}

// LinkClicks implements storage.LinkReader.
func (r reader) LinkClicks(ctx context.Context, ids []links.ID) (map[links.ID]int64, error) {
	out := make(map[links.ID]int64)
	err := r.snapshot(ctx, func(ctx context.Context, q Querier) error {
		for chunk := range chunks(distinct(ids), maxList) {
			counts, err := collect(ctx, q, r.clicksOf(chunk), scanCount[links.Link])
			if err != nil {
				return err
			}
			for _, c := range counts {
				out[c.id] = c.n
			}
		}
		return nil
	})
	return out, err
}

// clicksOf counts the human clicks of links. The links come first, to which a
// cross join holds SQLite: with their advertisers known, the clicks are found by
// click_events_by_visit also for a view of everyone.
func (r reader) clicksOf(ids []links.ID) squirrel.SelectBuilder {
	return r.dialect.Builder().Select("l.id", "count(*)").From("tracking_links l").
		CrossJoin("click_events c").Where("c.advertiser_id = l.advertiser_id AND c.link_id = l.id AND c.class = 'human'").
		Where(statsql.Tenant(r.view, "l.advertiser_id")).Where(statsql.Tenant(r.view, "c.advertiser_id")).
		Where(in("l.id", ids)).GroupBy("l.id")
}

// CreateLink implements storage.LinkWriter.
func (t tx) CreateLink(ctx context.Context, l links.Link) error {
	if err := t.requireCampaigns(ctx, l.Campaign); err != nil {
		return err
	}
	if err := t.requireInfluencers(ctx, l.Influencer); err != nil {
		return err
	}
	taken, err := t.reserve(ctx, t.dialect.Builder().Insert("link_codes").Columns("code", "advertiser_id", "link_id").
		Values(string(l.Code), t.owner(), l.ID))
	if err != nil {
		return err
	}
	if taken {
		return storage.ShortCodeTaken()
	}
	err = create(ctx, t.q, t.dialect.Builder().Insert("tracking_links").
		Columns("advertiser_id", "id", "campaign_id", "influencer_id", "code", "destination", "title", "utm_source", "utm_medium",
			"utm_campaign", "utm_term", "utm_content", "status", "created_at", "version").
		Values(t.owner(), l.ID, l.Campaign, l.Influencer, string(l.Code), l.Destination, l.Title, l.UTM.Source, l.UTM.Medium,
			l.UTM.Campaign, l.UTM.Term, l.UTM.Content, string(l.Status), t.dialect.Moment(l.CreatedAt), l.Version))
	if err != nil {
		return t.release(ctx, err, t.dialect.Builder().Delete("link_codes").Where("code = ?", string(l.Code)))
	}
	return nil
}

// UpdateLink implements storage.LinkWriter.
func (t tx) UpdateLink(ctx context.Context, l links.Link) error {
	err := changed(ctx, t.q, t.dialect, t.view, "tracking_links", l.ID, t.dialect.Builder().Update("tracking_links").
		Set("destination", l.Destination).Set("title", l.Title).Set("utm_source", l.UTM.Source).Set("utm_medium", l.UTM.Medium).
		Set("utm_campaign", l.UTM.Campaign).Set("utm_term", l.UTM.Term).Set("utm_content", l.UTM.Content).
		Set("status", string(l.Status)).Set("version", l.Version+1).
		Where(statsql.Tenant(t.view, "advertiser_id")).Where("id = ?", l.ID).Where("version = ?", l.Version))
	if err != nil || t.dialect != statsql.Postgres {
		return err
	}
	stored, err := t.Link(ctx, l.ID)
	if err != nil {
		return err
	}
	_, err = t.q.Exec(ctx, "SELECT pg_notify($1, $2)", LinksChanged, string(stored.Code))
	return err
}
