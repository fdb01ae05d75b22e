package statsql

import (
	"context"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// Payouts implements [stats.Source].
func (s source) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	if err := s.check(f); err != nil {
		return stats.PayoutTable{}, err
	}
	q, campaign, influencer, err := q.Check()
	if err != nil {
		return stats.PayoutTable{}, err
	}
	p := payoutTable{d: s.d, view: s.view, f: f, q: q, behind: payee{campaign, influencer}}
	var out stats.PayoutTable
	err = s.snapshot(ctx, func(ctx context.Context, querier Querier) (err error) {
		out, err = p.read(ctx, querier)
		return err
	})
	return out, err
}

// payee is an influencer in a campaign: what a row of payouts is about.
type payee struct {
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
}

// payoutTable is one question for a page of payout rows.
type payoutTable struct {
	d      Dialect
	view   tenant.View
	f      stats.Filter
	q      stats.PayoutQuery
	behind payee // zero for the first page
}

func (p payoutTable) read(ctx context.Context, q Querier) (stats.PayoutTable, error) {
	var out stats.PayoutTable
	err := each(ctx, q, p.page(), func(rows Rows) error {
		var r stats.PayoutRow
		err := rows.Scan(&r.Campaign, &r.Influencer, &r.CampaignName, &r.InfluencerName)
		out.Rows = append(out.Rows, r)
		return err
	})
	if err != nil {
		return stats.PayoutTable{}, err
	}
	if len(out.Rows) > p.q.Limit {
		out.Rows = out.Rows[:p.q.Limit:p.q.Limit]
		out.Next = p.q.After(out.Rows[p.q.Limit-1])
	}
	if len(out.Rows) > 0 {
		if err := p.readFigures(ctx, q, out.Rows); err != nil {
			return stats.PayoutTable{}, err
		}
	}
	err = each(ctx, q, p.sums(), func(rows Rows) error {
		var sum eventSum
		if err := rows.Scan(sum.columns()...); err != nil {
			return err
		}
		return sum.addTo(&out.Totals)
	})
	if err != nil {
		return stats.PayoutTable{}, err
	}
	return out, nil
}

// readFigures completes the rows of the page.
func (p payoutTable) readFigures(ctx context.Context, q Querier, rows []stats.PayoutRow) error {
	groups := map[payee]*stats.Figures{}
	for i, r := range rows {
		groups[payee{r.Campaign, r.Influencer}] = &rows[i].Figures
	}
	return each(ctx, q, p.pageSums(rows), func(r Rows) error {
		var of payee
		var sum eventSum
		if err := r.Scan(append([]any{&of.campaign, &of.influencer}, sum.columns()...)...); err != nil {
			return err
		}
		return sum.addTo(group(groups, of))
	})
}

// page returns the query for the pairs behind the cursor with their names, one
// more than asked for: only then there is a next page. A pair whose campaign or
// influencer is not to be seen keeps its row, for the money is owed all the same.
func (p payoutTable) page() squirrel.SelectBuilder {
	pairs := squirrel.Select("campaign_id", "influencer_id").From("customer_events").Where(EventsIn(p.view, p.d, p.f)).Where(credited())
	if p.behind != (payee{}) {
		pairs = pairs.Where(squirrel.Expr("(campaign_id, influencer_id) < (?, ?)", p.behind.campaign, p.behind.influencer))
	}
	pairs = pairs.GroupBy("1", "2").OrderBy("1 DESC", "2 DESC").Limit(uint64(p.q.Limit) + 1)
	return p.d.Builder().Select("pairs.campaign_id", "pairs.influencer_id").
		Column(p.name(stats.ByCampaign, "pairs.campaign_id")).Column(p.name(stats.ByInfluencer, "pairs.influencer_id")).
		PrefixExpr(squirrel.Expr("WITH pairs AS (?)", pairs)).From("pairs").OrderBy("1 DESC", "2 DESC")
}

// name returns the expression for the name of a thing that the column names.
func (p payoutTable) name(kind stats.Kind, column string) squirrel.Sqlizer {
	t := thingsOf(kind)
	return squirrel.Expr("coalesce((?), '')", squirrel.Select(t.name).From(t.from+" t").Where("t.id = "+column).Where(t.visible(p.view)))
}

// credited leaves out what nobody earned, in which case there is no row.
func credited() squirrel.Sqlizer {
	return squirrel.Expr("campaign_id IS NOT NULL AND influencer_id IS NOT NULL")
}

// pageSums returns the query for the figures of the page's rows. The rows are
// all there are between the first and the last one.
func (p payoutTable) pageSums(rows []stats.PayoutRow) squirrel.SelectBuilder {
	first, last := rows[0], rows[len(rows)-1]
	return p.sums(squirrel.Expr("campaign_id"), squirrel.Expr("influencer_id")).
		Where(squirrel.Expr("(campaign_id, influencer_id) <= (?, ?)", first.Campaign, first.Influencer)).
		Where(squirrel.Expr("(campaign_id, influencer_id) >= (?, ?)", last.Campaign, last.Influencer))
}

// sums returns the query for the figures of all rows together.
func (p payoutTable) sums(dims ...squirrel.Sqlizer) squirrel.SelectBuilder {
	return eventSums(p.view, p.d, p.f, dims...).Where(credited())
}
