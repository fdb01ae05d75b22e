package sqlstore

import (
	"context"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

type system struct{ engine Engine }

// CreateAdvertiser implements storage.System.
func (s system) CreateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	return s.engine.Run(ctx, Work{Kind: Change, Reach: Reach{Advertiser: a.ID}}, func(ctx context.Context, q Querier) error {
		return createAdvertiser(ctx, q, s.engine.Dialect(), a)
	})
}

func createAdvertiser(ctx context.Context, q Querier, d statsql.Dialect, a tenant.Advertiser) error {
	err := create(ctx, q, d.Builder().Insert("advertisers").
		Columns("id", "name", "time_zone", "currency", "created_at", "version").
		Values(a.ID, a.Name, a.Zone, string(a.Currency), d.Moment(a.CreatedAt), a.Version))
	if err != nil {
		return err
	}
	return beginTotals(ctx, q, d, a)
}

// ShareInfluencer implements storage.System.
func (s system) ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error {
	if advertiser.IsZero() || influencer.IsZero() {
		return storage.NotFound()
	}
	return s.engine.Run(ctx, Work{Kind: Change, Reach: Reach{System: true}}, func(ctx context.Context, q Querier) error {
		if err := s.requireAdvertiser(ctx, q, advertiser); err != nil {
			return err
		}
		_, err := one(ctx, q, s.engine.Dialect().Builder().Select("id").From("influencers").Where("id = ?", influencer), scanID[campaigns.Influencer])
		if err != nil {
			return err
		}
		_, err = exec(ctx, q, s.engine.Dialect().Builder().Insert("influencer_access").Columns("advertiser_id", "influencer_id").
			Values(advertiser, influencer).Suffix("ON CONFLICT DO NOTHING"))
		return err
	})
}

func (s system) requireAdvertiser(ctx context.Context, q Querier, advertiser tenant.ID) error {
	if advertiser.IsZero() {
		return storage.NotFound()
	}
	_, err := one(ctx, q, s.engine.Dialect().Builder().Select("id").From("advertisers").
		Where(statsql.Tenant(tenant.For(advertiser).View(), "id")).Where("id = ?", advertiser), scanID[tenant.Advertiser])
	return err
}

// LinkByCode implements storage.System.
func (s system) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	if !storable(string(code)) {
		return links.Link{}, storage.NotFound()
	}
	query := s.engine.Dialect().Builder().Select(linkColumns).From("link_codes c").
		Join("tracking_links l ON l.advertiser_id = c.advertiser_id AND l.id = c.link_id").Where("c.code = ?", string(code))
	var link links.Link
	err := s.engine.Run(ctx, Work{Kind: Snapshot, Reach: Reach{System: true}}, func(ctx context.Context, q Querier) (err error) {
		link, err = one(ctx, q, query, scanLink)
		return err
	})
	return link, err
}

// VisitorSalt implements storage.System.
func (s system) VisitorSalt(ctx context.Context, advertiser tenant.ID, day time.Time, fresh links.Salt) (links.Salt, error) {
	if advertiser.IsZero() {
		return links.Salt{}, storage.NotFound()
	}
	dialect, view := s.engine.Dialect(), tenant.For(advertiser).View()
	known := dialect.Builder().Select("salt").From("visitor_salts").
		Where(statsql.Tenant(view, "advertiser_id")).Where("day = ?", dayValue(dialect, day))
	var salt links.Salt
	read := func(ctx context.Context, q Querier) (err error) {
		salt, err = one(ctx, q, known, scanSalt)
		return err
	}
	reach := Reach{Advertiser: advertiser}
	// All callers of a day but the first only read.
	err := s.engine.Run(ctx, Work{Kind: Snapshot, Reach: reach}, read)
	if err == nil || fault.Of(err).Code != fault.NotFound {
		return salt, err
	}
	err = s.engine.Run(ctx, Work{Kind: Change, Reach: reach}, func(ctx context.Context, q Querier) error {
		if err := s.requireAdvertiser(ctx, q, advertiser); err != nil {
			return err
		}
		_, err := exec(ctx, q, dialect.Builder().Insert("visitor_salts").Columns("advertiser_id", "day", "salt").
			Values(advertiser, dayValue(dialect, day), fresh[:]).Suffix("ON CONFLICT DO NOTHING"))
		if err != nil {
			return err
		}
		return read(ctx, q)
	})
	return salt, err
}

func scanSalt(r row) (links.Salt, error) {
	var salt links.Salt
	err := r.Scan(bytesOf{salt[:]})
	return salt, err
}

// DropSalts implements storage.System.
func (s system) DropSalts(ctx context.Context, before time.Time) error {
	return s.engine.Run(ctx, Work{Kind: Change, Reach: Reach{System: true}}, func(ctx context.Context, q Querier) error {
		// A day before the one that holds the moment ended at or before it.
		_, err := exec(ctx, q, s.engine.Dialect().Builder().Delete("visitor_salts").Where("day < ?", dayValue(s.engine.Dialect(), before)))
		return err
	})
}

// dayValue returns the argument that stands for the UTC day of a moment.
func dayValue(d statsql.Dialect, at time.Time) any {
	year, month, day := at.UTC().Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if d == statsql.SQLite {
		return midnight.Unix() / (24 * 60 * 60)
	}
	return midnight
}

// APIKeyByHash implements storage.System.
func (s system) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	query := s.engine.Dialect().Builder().Select(keyColumns).From("api_key_hashes h").
		Join("api_keys k ON k.advertiser_id = h.advertiser_id AND k.id = h.key_id").Where("h.hash = ?", hash[:])
	var key tenant.APIKey
	err := s.engine.Run(ctx, Work{Kind: Snapshot, Reach: Reach{System: true}}, func(ctx context.Context, q Querier) (err error) {
		key, err = one(ctx, q, query, scanKey)
		return err
	})
	return key, err
}

// TouchAPIKey implements storage.System.
func (s system) TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error {
	if key.Advertiser.IsZero() || key.ID.IsZero() {
		return storage.NotFound()
	}
	view := tenant.For(key.Advertiser).View()
	moment := s.engine.Dialect().Moment(at)
	return s.engine.Run(ctx, Work{Kind: Change, Reach: Reach{Advertiser: key.Advertiser}, Brief: true}, func(ctx context.Context, q Querier) error {
		touched, err := exec(ctx, q, s.engine.Dialect().Builder().Update("api_keys").Set("last_used_at", moment).
			Where(statsql.Tenant(view, "advertiser_id")).Where("id = ?", key.ID).
			Where("(last_used_at IS NULL OR last_used_at < ?)", moment))
		if err != nil || touched > 0 {
			return err
		}
		return require(ctx, q, s.engine.Dialect(), view, "api_keys", "id", key.ID)
	})
}
