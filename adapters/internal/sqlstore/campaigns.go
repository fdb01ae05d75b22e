package sqlstore

import (
	"context"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const campaignColumns = "advertiser_id, id, name, status, starts_at, ends_at, budget_minor, budget_currency, conversion_types, generic_coupon, created_at, version"

func scanCampaign(r row) (campaigns.Campaign, error) {
	var c campaigns.Campaign
	var types []byte
	err := r.Scan(&c.Advertiser, &c.ID, &c.Name, &c.Status, moment{&c.StartsAt}, moment{&c.EndsAt}, &c.Budget.Minor,
		&c.Budget.Currency, &types, &c.GenericCoupon, moment{&c.CreatedAt}, &c.Version)
	if err == nil {
		err = readDocument(types, &c.ConversionTypes)
	}
	return c, err
}

func (r reader) campaigns() squirrel.SelectBuilder {
	return r.dialect.Builder().Select(campaignColumns).From("campaigns").Where(statsql.Tenant(r.view, "advertiser_id"))
}

// Campaign implements storage.CampaignReader.
func (r reader) Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error) {
	return fetch(ctx, r, r.campaigns().Where("id = ?", id), scanCampaign)
}

// Campaigns implements storage.CampaignReader.
func (r reader) Campaigns(ctx context.Context, page storage.Page) (storage.List[campaigns.Campaign], error) {
	return list(ctx, r, page, "id", r.campaigns(), scanCampaign, func(c campaigns.Campaign) [16]byte { return c.ID })
}

// CreateCampaign implements storage.CampaignWriter.
func (t tx) CreateCampaign(ctx context.Context, c campaigns.Campaign) error {
	if err := t.checkOwner(ctx); err != nil {
		return err
	}
	types, err := conversionTypes(c)
	if err != nil {
		return err
	}
	return create(ctx, t.q, t.dialect.Builder().Insert("campaigns").
		Columns("advertiser_id", "id", "name", "status", "starts_at", "ends_at", "budget_minor", "budget_currency",
			"conversion_types", "generic_coupon", "created_at", "version").
		Values(t.owner(), c.ID, c.Name, string(c.Status), t.dialect.Moment(c.StartsAt), t.dialect.Moment(c.EndsAt), c.Budget.Minor,
			string(c.Budget.Currency), types, string(c.GenericCoupon), t.dialect.Moment(c.CreatedAt), c.Version))
}

// UpdateCampaign implements storage.CampaignWriter.
func (t tx) UpdateCampaign(ctx context.Context, c campaigns.Campaign) error {
	types, err := conversionTypes(c)
	if err != nil {
		return err
	}
	return changed(ctx, t.q, t.dialect, t.view, "campaigns", c.ID, t.dialect.Builder().Update("campaigns").
		Set("name", c.Name).Set("status", string(c.Status)).
		Set("starts_at", t.dialect.Moment(c.StartsAt)).Set("ends_at", t.dialect.Moment(c.EndsAt)).
		Set("budget_minor", c.Budget.Minor).Set("budget_currency", string(c.Budget.Currency)).
		Set("conversion_types", types).Set("generic_coupon", string(c.GenericCoupon)).Set("version", c.Version+1).
		Where(statsql.Tenant(t.view, "advertiser_id")).Where("id = ?", c.ID).Where("version = ?", c.Version))
}

func conversionTypes(c campaigns.Campaign) (string, error) {
	if err := allStorable(c.ConversionTypes...); err != nil {
		return "", err
	}
	return document(c.ConversionTypes)
}

// requireCampaigns reports fault.NotFound for a campaign the scope does not see.
func (t tx) requireCampaigns(ctx context.Context, ids ...campaigns.ID) error {
	for _, id := range ids {
		if id.IsZero() {
			return storage.NotFound()
		}
	}
	return require(ctx, t.q, t.dialect, t.view, "campaigns", "id", ids...)
}

// requireInfluencers reports fault.NotFound for an influencer the scope does
// not see; the zero id is nobody, and allowed.
func (t tx) requireInfluencers(ctx context.Context, ids ...campaigns.InfluencerID) error {
	return require(ctx, t.q, t.dialect, t.view, "influencer_access", "influencer_id", ids...)
}
