package sqlstore

import (
	"context"
	"errors"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

const (
	advertiserColumns = "id, name, time_zone, currency, created_at, version"
	keyColumns        = "k.advertiser_id, k.id, k.name, k.prefix, k.last_four, k.hash, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.last_used_at, k.version"
)

func scanAdvertiser(r row) (tenant.Advertiser, error) {
	var a tenant.Advertiser
	err := r.Scan(&a.ID, &a.Name, &a.Zone, &a.Currency, moment{&a.CreatedAt}, &a.Version)
	return a, err
}

func scanKey(r row) (tenant.APIKey, error) {
	var k tenant.APIKey
	var scopes []byte
	err := r.Scan(&k.Advertiser, &k.ID, &k.Name, &k.Prefix, &k.LastFour, bytesOf{k.Hash[:]}, &scopes,
		moment{&k.CreatedAt}, moment{&k.ExpiresAt}, moment{&k.RevokedAt}, moment{&k.LastUsedAt}, &k.Version)
	if err == nil {
		err = readDocument(scopes, &k.Scopes)
	}
	return k, err
}

func (r reader) advertisers() squirrel.SelectBuilder {
	return r.dialect.Builder().Select(advertiserColumns).From("advertisers").Where(statsql.Tenant(r.view, "id"))
}

func (r reader) keys() squirrel.SelectBuilder {
	return r.dialect.Builder().Select(keyColumns).From("api_keys k").Where(statsql.Tenant(r.view, "k.advertiser_id"))
}

// Advertiser implements storage.AdvertiserReader.
func (r reader) Advertiser(ctx context.Context, id tenant.ID) (tenant.Advertiser, error) {
	return fetch(ctx, r, r.advertisers().Where("id = ?", id), scanAdvertiser)
}

// Advertisers implements storage.AdvertiserReader.
func (r reader) Advertisers(ctx context.Context, page storage.Page) (storage.List[tenant.Advertiser], error) {
	return list(ctx, r, page, "id", r.advertisers(), scanAdvertiser, func(a tenant.Advertiser) [16]byte { return a.ID })
}

// APIKey implements storage.AdvertiserReader.
func (r reader) APIKey(ctx context.Context, id tenant.KeyID) (tenant.APIKey, error) {
	return fetch(ctx, r, r.keys().Where("k.id = ?", id), scanKey)
}

// APIKeys implements storage.AdvertiserReader.
func (r reader) APIKeys(ctx context.Context, page storage.Page) (storage.List[tenant.APIKey], error) {
	return list(ctx, r, page, "k.id", r.keys(), scanKey, func(k tenant.APIKey) [16]byte { return k.ID })
}

// UpdateAdvertiser implements storage.AdvertiserWriter.
func (t tx) UpdateAdvertiser(ctx context.Context, a tenant.Advertiser) error {
	if a.ID != t.owner() {
		return storage.NotFound()
	}
	touched, err := exec(ctx, t.q, t.dialect.Builder().Update("advertisers").
		Set("name", a.Name).Set("time_zone", a.Zone).Set("currency", string(a.Currency)).Set("version", a.Version+1).
		Where(statsql.Tenant(t.view, "id")).Where("id = ?", a.ID).Where("version = ?", a.Version))
	if err != nil || touched > 0 {
		return err
	}
	if _, err := t.Advertiser(ctx, a.ID); err != nil {
		return err
	}
	return storage.ChangedMeanwhile()
}

// CreateAPIKey implements storage.AdvertiserWriter.
func (t tx) CreateAPIKey(ctx context.Context, k tenant.APIKey) error {
	if err := t.checkOwner(ctx); err != nil {
		return err
	}
	if err := allStorable(k.Scopes...); err != nil {
		return err
	}
	scopes, err := document(k.Scopes)
	if err != nil {
		return err
	}
	taken, err := t.reserve(ctx, t.dialect.Builder().Insert("api_key_hashes").Columns("hash", "advertiser_id", "key_id").
		Values(k.Hash[:], t.owner(), k.ID))
	if err != nil {
		return err
	}
	if taken {
		return storage.APIKeyTaken()
	}
	err = create(ctx, t.q, t.dialect.Builder().Insert("api_keys").
		Columns("advertiser_id", "id", "name", "prefix", "last_four", "hash", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at", "version").
		Values(t.owner(), k.ID, k.Name, k.Prefix, k.LastFour, k.Hash[:], scopes, t.dialect.Moment(k.CreatedAt),
			t.dialect.Moment(k.ExpiresAt), t.dialect.Moment(k.RevokedAt), t.dialect.Moment(k.LastUsedAt), k.Version))
	if err != nil {
		return t.release(ctx, err, t.dialect.Builder().Delete("api_key_hashes").Where("hash = ?", k.Hash[:]))
	}
	return nil
}

// UpdateAPIKey implements storage.AdvertiserWriter.
func (t tx) UpdateAPIKey(ctx context.Context, k tenant.APIKey) error {
	if err := allStorable(k.Scopes...); err != nil {
		return err
	}
	scopes, err := document(k.Scopes)
	if err != nil {
		return err
	}
	return changed(ctx, t.q, t.dialect, t.view, "api_keys", k.ID, t.dialect.Builder().Update("api_keys").
		Set("name", k.Name).Set("scopes", scopes).Set("expires_at", t.dialect.Moment(k.ExpiresAt)).
		Set("revoked_at", t.dialect.Moment(k.RevokedAt)).Set("version", k.Version+1).
		Where(statsql.Tenant(t.view, "advertiser_id")).Where("id = ?", k.ID).Where("version = ?", k.Version))
}

// checkOwner reports fault.NotFound for a scope of an advertiser that is not
// stored.
func (t tx) checkOwner(ctx context.Context) error {
	_, err := t.Advertiser(ctx, t.owner())
	return err
}

// reserve inserts a row of a lookup table and reports whether it was taken.
func (t tx) reserve(ctx context.Context, insert squirrel.InsertBuilder) (taken bool, err error) {
	touched, err := exec(ctx, t.q, insert.Suffix("ON CONFLICT DO NOTHING"))
	return touched == 0, err
}

// release takes a reservation back whose owner could not be stored, so that
// the transaction can go on as if nothing had been tried.
func (t tx) release(ctx context.Context, cause error, del squirrel.DeleteBuilder) error {
	if !errors.Is(cause, fault.Conflict) {
		return cause
	}
	if _, err := exec(ctx, t.q, del); err != nil {
		return err
	}
	return cause
}
