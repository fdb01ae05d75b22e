package stats

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
)

// Payouts implements [Source].
func (s fold) Payouts(ctx context.Context, f Filter, q PayoutQuery) (PayoutTable, error) {
	q, campaign, influencer, err := q.Check()
	if err != nil {
		return PayoutTable{}, err
	}
	groups := groupsOf[pair]{}
	var totals tally
	err = s.covered(ctx, f, ignoreClick, func(e attribution.Event) error {
		if e.Decision.Campaign.IsZero() || e.Decision.Influencer.IsZero() {
			return nil
		}
		if err := totals.event(e); err != nil {
			return err
		}
		return groups.of(pair{e.Decision.Campaign, e.Decision.Influencer}).event(e)
	})
	if err != nil {
		return PayoutTable{}, err
	}
	out := PayoutTable{Totals: totals.Figures}
	behind := pair{campaign, influencer}
	for p, t := range groups {
		if behind == (pair{}) || comparePairs(behind, p) < 0 {
			out.Rows = append(out.Rows, PayoutRow{Campaign: p.campaign, Influencer: p.influencer, Figures: t.Figures})
		}
	}
	slices.SortFunc(out.Rows, func(a, b PayoutRow) int {
		return comparePairs(pair{a.Campaign, a.Influencer}, pair{b.Campaign, b.Influencer})
	})
	if len(out.Rows) > q.Limit {
		out.Rows = out.Rows[:q.Limit:q.Limit]
		out.Next = q.After(out.Rows[q.Limit-1])
	}
	s.name(out.Rows)
	return out, nil
}

// comparePairs puts the newest campaign first, and in it the newest influencer.
func comparePairs(a, b pair) int {
	return cmp.Or(bytes.Compare(b.campaign[:], a.campaign[:]), bytes.Compare(b.influencer[:], a.influencer[:]))
}

// name fills in the names, which stay empty for what is not among the data.
func (s fold) name(rows []PayoutRow) {
	campaign, influencer := map[campaigns.ID]string{}, map[campaigns.InfluencerID]string{}
	for _, c := range s.Campaigns {
		campaign[c.ID] = c.Name
	}
	for _, i := range s.Influencers {
		influencer[i.ID] = i.Name
	}
	for i, r := range rows {
		rows[i].CampaignName, rows[i].InfluencerName = campaign[r.Campaign], influencer[r.Influencer]
	}
}
