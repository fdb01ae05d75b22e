package server

import (
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/stats"
)

// payoutRow is what an influencer earned in a campaign.
type payoutRow struct {
	Campaign       ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer     ref[campaigns.Influencer] `json:"influencer_id"`
	CampaignName   string                    `json:"campaign_name"`
	InfluencerName string                    `json:"influencer_name"`
	earnings
}

// earnings are the figures that payouts are about.
type earnings struct {
	Events      int64    `json:"events"`
	Conversions int64    `json:"conversions"`
	Revenue     []amount `json:"revenue"`
	Payout      []amount `json:"payout"`
}

func earningsOf(f stats.Figures) earnings {
	return earnings{f.Events, f.Conversions, amountsOf(f.Revenue), amountsOf(f.Payout)}
}

// payoutTable is a page of the estimate, with the sum of all pages.
type payoutTable struct {
	period
	list[payoutRow]
	Totals earnings `json:"totals"`
}

func (s *server) payouts(c *call) (payoutTable, error) {
	q := c.query()
	asked := stats.PayoutQuery{Limit: q.limit(stats.MaxRows)}
	asked.Cursor, _ = q.one("cursor")
	f, err := c.filter(q)
	if err != nil {
		return payoutTable{}, err
	}
	found, err := c.viewer.Stats().Payouts(c.r.Context(), f, asked)
	return payoutTable{periodOf(f), list[payoutRow]{
		Data: each(found.Rows, func(r stats.PayoutRow) payoutRow {
			return payoutRow{refTo(r.Campaign), refTo(r.Influencer), r.CampaignName, r.InfluencerName, earningsOf(r.Figures)}
		}), Next: text(found.Next),
	}, earningsOf(found.Totals)}, err
}
