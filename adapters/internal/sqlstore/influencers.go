package sqlstore

import (
	"context"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

const influencerColumns = "i.creator_id, i.id, i.name, i.email, i.handle, i.platforms, i.country, i.external_id, i.created_at, i.version"

func scanInfluencer(r row) (campaigns.Influencer, error) {
	var i campaigns.Influencer
	var platforms []byte
	err := r.Scan(&i.Creator, &i.ID, &i.Name, &i.Email, &i.Handle, &platforms, &i.Country, &i.ExternalID, moment{&i.CreatedAt}, &i.Version)
	if err == nil {
		err = readDocument(platforms, &i.Platforms)
	}
	return i, err
}

// influencers selects those visible to the view: influencer_access has a row
// for the creator too.
func (r reader) influencers() squirrel.SelectBuilder {
	visible := squirrel.Select("a.influencer_id").From("influencer_access a").Where(statsql.Tenant(r.view, "a.advertiser_id"))
	return r.dialect.Builder().Select(influencerColumns).From("influencers i").Where(squirrel.Expr("i.id IN (?)", visible))
}

// Influencer implements storage.InfluencerReader.
func (r reader) Influencer(ctx context.Context, id campaigns.InfluencerID) (campaigns.Influencer, error) {
	return fetch(ctx, r, r.influencers().Where("i.id = ?", id), scanInfluencer)
}

// Influencers implements storage.InfluencerReader.
func (r reader) Influencers(ctx context.Context, campaign campaigns.ID, page storage.Page) (storage.List[campaigns.Influencer], error) {
	query := r.influencers()
	if !campaign.IsZero() {
		query = query.Where(r.influencersOf(campaign))
	}
	return list(ctx, r, page, "i.id", query, scanInfluencer, func(i campaigns.Influencer) [16]byte { return i.ID })
}

// CreateInfluencer implements storage.InfluencerWriter.
func (t tx) CreateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	if err := t.checkOwner(ctx); err != nil {
		return err
	}
	platforms, err := platformList(i)
	if err != nil {
		return err
	}
	err = create(ctx, t.q, t.dialect.Builder().Insert("influencers").
		Columns("id", "creator_id", "name", "email", "handle", "platforms", "country", "external_id", "created_at", "version").
		Values(i.ID, t.owner(), i.Name, i.Email, i.Handle, platforms, i.Country, i.ExternalID, t.dialect.Moment(i.CreatedAt), i.Version))
	if err != nil {
		return err
	}
	return create(ctx, t.q, t.dialect.Builder().Insert("influencer_access").
		Columns("advertiser_id", "influencer_id").Values(t.owner(), i.ID))
}

// UpdateInfluencer implements storage.InfluencerWriter.
func (t tx) UpdateInfluencer(ctx context.Context, i campaigns.Influencer) error {
	platforms, err := platformList(i)
	if err != nil {
		return err
	}
	touched, err := exec(ctx, t.q, t.dialect.Builder().Update("influencers").
		Set("name", i.Name).Set("email", i.Email).Set("handle", i.Handle).Set("platforms", platforms).
		Set("country", i.Country).Set("external_id", i.ExternalID).Set("version", i.Version+1).
		Where(statsql.Tenant(t.view, "creator_id")).Where("id = ?", i.ID).Where("version = ?", i.Version))
	if err != nil || touched > 0 {
		return err
	}
	known, err := t.Influencer(ctx, i.ID)
	if err != nil {
		return err
	}
	if known.Creator != t.owner() {
		return storage.NotTheCreator()
	}
	return storage.ChangedMeanwhile()
}

func platformList(i campaigns.Influencer) (string, error) {
	if err := allStorable(i.Platforms...); err != nil {
		return "", err
	}
	return document(i.Platforms)
}
