package superher

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// touchEvery is how exactly the last use of a key is known: one write in this
// time, not one for each request.
const (
	touchEvery   = time.Minute
	touchTimeout = 50 * time.Millisecond
)

// CreateAdvertiser makes a new tenant. It is an act of the platform, not of a
// tenant, so it needs no scope; the host decides who may do it.
func (c *Client) CreateAdvertiser(ctx context.Context, in tenant.NewAdvertiser) (tenant.Advertiser, error) {
	return c.createAdvertiser(ctx, in, c.store.System().CreateAdvertiser)
}

func (c *Client) createAdvertiser(ctx context.Context, in tenant.NewAdvertiser, store func(context.Context, tenant.Advertiser) error) (tenant.Advertiser, error) {
	now := c.now()
	id, err := newID[tenant.Advertiser](c, now)
	if err != nil {
		return tenant.Advertiser{}, err
	}
	a, err := tenant.Create(id, now, in)
	if err != nil {
		return tenant.Advertiser{}, err
	}
	return a, store(ctx, a)
}

// ShareInfluencer lets an advertiser see and work with an influencer that
// another one created. It is an act of the platform, like CreateAdvertiser.
func (c *Client) ShareInfluencer(ctx context.Context, advertiser tenant.ID, influencer campaigns.InfluencerID) error {
	return c.store.System().ShareInfluencer(ctx, advertiser, influencer)
}

// Authenticate returns the API key behind its raw text, and notes the use. A
// malformed, mistyped, unknown, expired or revoked key is fault.Unauthenticated,
// always with the same text.
//
// What the store says of a key is remembered for [KeyAge]. The end of a key is
// compared with the clock at every call, and a change that is made through this
// client counts from the moment that it is committed; one made past it, by
// another node or through the store itself, after KeyAge at the latest.
func (c *Client) Authenticate(ctx context.Context, raw string) (tenant.APIKey, error) {
	hash, err := auth.CheckKey(raw)
	if err != nil {
		return tenant.APIKey{}, err
	}
	key, err := c.keys.get(ctx, hash, c.store.System().APIKeyByHash)
	if errors.Is(err, fault.NotFound) {
		return tenant.APIKey{}, auth.InvalidCredential(nil)
	}
	if err != nil {
		return tenant.APIKey{}, fault.Of(err)
	}
	now := c.now()
	if !key.Usable(now) {
		return tenant.APIKey{}, auth.InvalidCredential(nil)
	}
	if now.Sub(key.LastUsedAt) >= touchEvery && c.keys.use(key, now) {
		if !c.touch(ctx, key, now) {
			c.keys.unused(key, now)
			return key, nil
		}
		key.LastUsedAt = now
	}
	return key, nil
}

// touch notes a use. A store that is busy with more important writes is not
// waited for: the next request tries again.
func (c *Client) touch(ctx context.Context, key tenant.APIKey, now time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, touchTimeout)
	defer cancel()
	return c.store.System().TouchAPIKey(ctx, key, now) == nil
}

// ChangeAdvertiser changes the account's own advertiser.
func (a Account) ChangeAdvertiser(ctx context.Context, change tenant.AdvertiserChange) (tenant.Advertiser, error) {
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (tenant.Advertiser, error) {
		old, err := tx.Advertiser(ctx, a.scope.Advertiser())
		if err != nil {
			return old, err
		}
		changed, err := old.Apply(change)
		if err != nil || same(old, changed) {
			return old, err
		}
		err = tx.UpdateAdvertiser(ctx, changed)
		changed.Version++
		return changed, err
	})
}

// NewKey is a key just created. Raw is shown here and never again: only its
// hash is stored.
type NewKey struct {
	Raw string
	tenant.APIKey
}

// CreateAPIKey makes a key for the account's advertiser.
func (a Account) CreateAPIKey(ctx context.Context, in tenant.NewAPIKey) (NewKey, error) {
	now := a.client.now()
	in.ExpiresAt = moment(in.ExpiresAt)
	if err := in.Check(now); err != nil {
		return NewKey{}, err
	}
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (NewKey, error) {
		return a.storeKey(ctx, tx, in, now)
	})
}

// storeKey mints and stores a key from checked input.
func (a Account) storeKey(ctx context.Context, tx storage.Tx, in tenant.NewAPIKey, now time.Time) (NewKey, error) {
	id, err := newID[tenant.APIKey](a.client, now)
	if err != nil {
		return NewKey{}, err
	}
	minted, err := auth.MintKey(a.client.random, in.Test)
	if err != nil {
		return NewKey{}, err
	}
	key := tenant.APIKey{
		ID: id, Advertiser: a.scope.Advertiser(), Name: in.Name, Prefix: minted.Prefix, LastFour: minted.LastFour,
		Hash: minted.Hash, Scopes: in.Scopes, CreatedAt: now, ExpiresAt: in.ExpiresAt, Version: 1,
	}
	return NewKey{Raw: minted.Raw, APIKey: key}, tx.CreateAPIKey(ctx, key)
}

// RotateAPIKey makes a successor with the same name, scopes and expiry. The old
// key goes on working for the overlap and is revoked then; with no overlap it
// is revoked at once.
func (a Account) RotateAPIKey(ctx context.Context, id tenant.KeyID, overlap time.Duration) (NewKey, error) {
	if overlap < 0 || overlap > MaxKeyOverlap {
		return NewKey{}, fault.Bad("overlap", "out-of-range", "overlap must be from nothing to 30 days")
	}
	now := a.client.now()
	var hash keyHash
	defer func() { a.forgetKey(hash) }()
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (NewKey, error) {
		old, err := tx.APIKey(ctx, id)
		if err != nil {
			return NewKey{}, err
		}
		hash = old.Hash
		if !old.Usable(now) {
			return NewKey{}, fault.New(fault.Conflict, "key-not-usable", "an expired or revoked key cannot be rotated")
		}
		if !old.RevokedAt.IsZero() {
			return NewKey{}, fault.New(fault.Conflict, "key-already-rotated", "the key has a successor already, or ends for another reason")
		}
		if _, err := endKey(ctx, tx, old, now.Add(overlap)); err != nil {
			return NewKey{}, err
		}
		return a.storeKey(ctx, tx, tenant.NewAPIKey{
			Name: old.Name, Scopes: old.Scopes, ExpiresAt: old.ExpiresAt, Test: old.IsTest(),
		}, now)
	})
}

// MaxKeyOverlap is the longest time in which an old and a new key both work.
const MaxKeyOverlap = 30 * 24 * time.Hour

// RevokeAPIKey makes a key useless from now on. Repeating it changes nothing.
// version is as in [Account.EraseInfluencer].
func (a Account) RevokeAPIKey(ctx context.Context, id tenant.KeyID, version int64) (tenant.APIKey, error) {
	var hash keyHash
	defer func() { a.forgetKey(hash) }()
	return update(ctx, a, func(ctx context.Context, tx storage.Tx) (tenant.APIKey, error) {
		key, err := tx.APIKey(ctx, id)
		if err != nil {
			return key, err
		}
		hash = key.Hash
		if err := fault.CheckVersion(version, key.Version); err != nil {
			return key, err
		}
		return endKey(ctx, tx, key, a.client.now())
	})
}

// forgetKey has the key asked for anew once its change is committed. A change
// whose end is unknown, after a failure or a panic, may be one.
func (a Account) forgetKey(hash keyHash) {
	if a.tx != nil {
		*a.changed = append(*a.changed, hash)
		return
	}
	a.client.keys.forget(hash)
}

// endKey sets the end of a key, unless it ends earlier already.
func endKey(ctx context.Context, tx storage.Tx, key tenant.APIKey, at time.Time) (tenant.APIKey, error) {
	if !key.RevokedAt.IsZero() && !key.RevokedAt.After(at) {
		return key, nil
	}
	key.RevokedAt = at
	err := tx.UpdateAPIKey(ctx, key)
	key.Version++
	return key, err
}

// same reports whether a change left everything as it was: it is then no new
// version, so that repeating it changes nothing.
func same[T any](old, changed T) bool { return reflect.DeepEqual(old, changed) }

// update runs fn in one transaction of the account and returns what it made.
func update[T any](ctx context.Context, a Account, fn func(context.Context, storage.Tx) (T, error)) (T, error) {
	var made T
	err := a.write(ctx, func(ctx context.Context, tx storage.Tx) error {
		var err error
		made, err = fn(ctx, tx)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, err
	}
	return made, nil
}
