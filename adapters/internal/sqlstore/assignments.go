package sqlstore

import (
	"context"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const termsColumns = "campaign_id, influencer_id, version, share_type, rate, fee_minor, fee_currency, effective_from, recorded_at"

func scanAssignment(r row) (campaigns.Assignment, error) {
	var a campaigns.Assignment
	err := r.Scan(&a.Advertiser, &a.Campaign, &a.Influencer, moment{&a.CreatedAt})
	return a, err
}

// assignedTerms is one version of the terms, and of whom.
type assignedTerms struct {
	attribution.Assigned
	payouts.Terms
}

func scanTerms(r row) (assignedTerms, error) {
	var t assignedTerms
	err := r.Scan(&t.Campaign, &t.Influencer, &t.Version, &t.Share, &t.Rate, &t.Fee.Minor, &t.Fee.Currency, moment{&t.From}, moment{&t.RecordedAt})
	return t, err
}

func (r reader) assignments() squirrel.SelectBuilder {
	return r.dialect.Builder().Select("advertiser_id, campaign_id, influencer_id, created_at").From("assignments").
		Where(statsql.Tenant(r.view, "advertiser_id"))
}

// Assignment implements storage.CampaignReader.
func (r reader) Assignment(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID) (campaigns.Assignment, error) {
	var out campaigns.Assignment
	err := r.snapshot(ctx, func(ctx context.Context, q Querier) (err error) {
		out, err = one(ctx, q, r.assignments().Where("campaign_id = ?", campaign).Where("influencer_id = ?", influencer), scanAssignment)
		if err != nil {
			return err
		}
		terms, err := r.terms(ctx, q, []campaigns.ID{campaign}, []campaigns.InfluencerID{influencer})
		out.Terms = terms[attribution.Assigned{Campaign: campaign, Influencer: influencer}]
		return err
	})
	return out, err
}

// Assignments implements storage.CampaignReader.
func (r reader) Assignments(ctx context.Context, campaign campaigns.ID, page storage.Page) (storage.List[campaigns.Assignment], error) {
	var out storage.List[campaigns.Assignment]
	if err := r.view.Check(); err != nil {
		return out, err
	}
	cursor, limit, err := page.Check()
	if err != nil {
		return out, err
	}
	err = r.snapshot(ctx, func(ctx context.Context, q Querier) error {
		items, err := pageOf(ctx, q, cursor, limit, "influencer_id", r.assignments().Where("campaign_id = ?", campaign), scanAssignment)
		if err != nil {
			return err
		}
		out = storage.Paged(items, limit, func(a campaigns.Assignment) [16]byte { return a.Influencer })
		influencers := make([]campaigns.InfluencerID, len(out.Items))
		for i, a := range out.Items {
			influencers[i] = a.Influencer
		}
		terms, err := r.terms(ctx, q, []campaigns.ID{campaign}, influencers)
		for i, a := range out.Items {
			out.Items[i].Terms = terms[attribution.Assigned{Campaign: a.Campaign, Influencer: a.Influencer}]
		}
		return err
	})
	return out, err
}

// terms returns the versions of the terms between the campaigns and the
// influencers, each history sorted by version.
func (r reader) terms(ctx context.Context, q Querier, inCampaigns []campaigns.ID, influencers []campaigns.InfluencerID) (map[attribution.Assigned]payouts.History, error) {
	out := make(map[attribution.Assigned]payouts.History)
	for someCampaigns := range chunks(inCampaigns, maxList) {
		for someInfluencers := range chunks(influencers, maxList) {
			versions, err := collect(ctx, q, r.termsBetween(someCampaigns, someInfluencers), scanTerms)
			if err != nil {
				return nil, err
			}
			for _, v := range versions {
				out[v.Assigned] = append(out[v.Assigned], v.Terms)
			}
		}
	}
	return out, nil
}

// termsBetween selects the versions of the terms between at most maxList
// campaigns and as many influencers.
func (r reader) termsBetween(inCampaigns []campaigns.ID, influencers []campaigns.InfluencerID) squirrel.Sqlizer {
	return r.dialect.Builder().Select(termsColumns).From("terms").Where(statsql.Tenant(r.view, "advertiser_id")).
		Where(in("campaign_id", inCampaigns)).Where(in("influencer_id", influencers)).OrderBy("version")
}

// Assign implements storage.CampaignWriter.
func (t tx) Assign(ctx context.Context, a campaigns.Assignment) error {
	if err := t.requireCampaigns(ctx, a.Campaign); err != nil {
		return err
	}
	if a.Influencer.IsZero() {
		return storage.NotFound()
	}
	if err := t.requireInfluencers(ctx, a.Influencer); err != nil {
		return err
	}
	versions := make(map[int]bool, len(a.Terms))
	for _, terms := range a.Terms {
		if versions[terms.Version] {
			return storage.ChangedMeanwhile()
		}
		versions[terms.Version] = true
	}
	touched, err := exec(ctx, t.q, t.dialect.Builder().Insert("assignments").
		Columns("advertiser_id", "campaign_id", "influencer_id", "created_at").
		Values(t.owner(), a.Campaign, a.Influencer, t.dialect.Moment(a.CreatedAt)).Suffix("ON CONFLICT DO NOTHING"))
	if err != nil {
		return err
	}
	if touched == 0 {
		return storage.AlreadyAssigned()
	}
	for _, terms := range a.Terms {
		if err := t.insertTerms(ctx, a.Campaign, a.Influencer, terms); err != nil {
			return err
		}
	}
	return nil
}

// AddTerms implements storage.CampaignWriter.
func (t tx) AddTerms(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, terms payouts.Terms) error {
	_, err := one(ctx, t.q, t.dialect.Builder().Select("influencer_id").From("assignments").
		Where(statsql.Tenant(t.view, "advertiser_id")).Where("campaign_id = ?", campaign).Where("influencer_id = ?", influencer),
		scanID[campaigns.Influencer])
	if err != nil {
		return err
	}
	return t.insertTerms(ctx, campaign, influencer, terms)
}

func (t tx) insertTerms(ctx context.Context, campaign campaigns.ID, influencer campaigns.InfluencerID, terms payouts.Terms) error {
	touched, err := exec(ctx, t.q, t.dialect.Builder().Insert("terms").
		Columns("advertiser_id", "campaign_id", "influencer_id", "version", "share_type", "rate", "fee_minor", "fee_currency", "effective_from", "recorded_at").
		Values(t.owner(), campaign, influencer, terms.Version, string(terms.Share), int64(terms.Rate), terms.Fee.Minor,
			string(terms.Fee.Currency), t.dialect.Moment(terms.From), t.dialect.Moment(terms.RecordedAt)).
		Suffix("ON CONFLICT DO NOTHING"))
	if err == nil && touched == 0 {
		return storage.ChangedMeanwhile()
	}
	return err
}

// influencersOf is the statement that gives the influencers who take part in a
// campaign: assigned to it, or owning a link or coupon of it.
func (r reader) influencersOf(campaign campaigns.ID) squirrel.Sqlizer {
	part := func(table string) squirrel.SelectBuilder {
		return squirrel.Select("influencer_id").From(table).Where(statsql.Tenant(r.view, "advertiser_id")).
			Where("campaign_id = ?", campaign).Where("influencer_id IS NOT NULL")
	}
	return squirrel.Expr("i.id IN (? UNION ? UNION ?)", part("assignments"), part("tracking_links"), part("coupons"))
}
