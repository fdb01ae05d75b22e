package statsql

import (
	"context"
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/stats"
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
	var out stats.PayoutTable
	err = s.planned(ctx, f, func(ctx context.Context, querier Querier, p plan) (err error) {
		out, err = payoutTable{p, q, payee{campaign, influencer}}.read(ctx, querier)
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
	plan
	q      stats.PayoutQuery
	behind payee // zero for the first page
}

func (p payoutTable) read(ctx context.Context, q Querier) (stats.PayoutTable, error) {
	var out stats.PayoutTable
	err := p.plan.read(ctx, q, p.query(), func(rows Rows) error {
		var part int64
		var r stats.PayoutRow
		var sum eventSum
		dest := []any{&part, &r.Campaign, &r.Influencer, &r.CampaignName, &r.InfluencerName}
		if err := rows.Scan(append(dest, sum.columns()...)...); err != nil {
			return err
		}
		if part == partTotals {
			return sum.addTo(&out.Totals)
		}
		if n := len(out.Rows); n == 0 || out.Rows[n-1].Campaign != r.Campaign || out.Rows[n-1].Influencer != r.Influencer {
			out.Rows = append(out.Rows, r)
		}
		return sum.addTo(&out.Rows[len(out.Rows)-1].Figures)
	})
	if err != nil {
		return stats.PayoutTable{}, err
	}
	if len(out.Rows) > p.q.Limit {
		out.Rows = out.Rows[:p.q.Limit:p.q.Limit]
		out.Next = p.q.After(out.Rows[p.q.Limit-1])
	}
	return out, nil
}

// query returns the query for the pairs behind the cursor with their names and
// figures, and for the figures of all pairs. There is one pair more than asked
// for: only then there is a next page. A pair whose campaign or influencer is
// not to be seen keeps its row, for the money is owed all the same.
func (p payoutTable) query() squirrel.SelectBuilder {
	sums := p.eventSums(measures(), column("campaign_id"), column("influencer_id")).Where("campaign_id IS NOT NULL AND influencer_id IS NOT NULL")
	page := squirrel.Select("campaign_id", "influencer_id").From("sums")
	if p.behind != (payee{}) {
		page = page.Where(squirrel.Expr("(campaign_id, influencer_id) < (?, ?)", p.behind.campaign, p.behind.influencer))
	}
	page = page.GroupBy("1", "2").OrderBy("1 DESC", "2 DESC").Limit(uint64(p.q.Limit) + 1)
	totals := squirrel.Select(strconv.Itoa(partTotals), "CAST(NULL AS uuid)", "CAST(NULL AS uuid)", "''", "''").Columns(summedColumns()...).
		From("sums").GroupBy("currency", "commission_currency")
	return squirrel.Select(strconv.Itoa(partRows), "page.campaign_id", "page.influencer_id").
		Column(p.name(stats.ByCampaign, "page.campaign_id")).Column(p.name(stats.ByInfluencer, "page.influencer_id")).
		Columns(eventColumns()...).
		PrefixExpr(squirrel.Expr("WITH sums AS MATERIALIZED (?), page AS (?)", sums, page)).
		From("page").Join("sums ON sums.campaign_id = page.campaign_id AND sums.influencer_id = page.influencer_id").
		SuffixExpr(squirrel.Expr("UNION ALL ? ORDER BY 1, 2 DESC, 3 DESC", totals))
}

// name returns the expression for the name of a thing that the column names.
func (p payoutTable) name(kind stats.Kind, column string) squirrel.Sqlizer {
	t := thingsOf(kind)
	return squirrel.Expr("coalesce((?), '')", squirrel.Select(t.name).From(t.from+" t").Where("t.id = "+column).Where(t.visible(p.view)))
}
