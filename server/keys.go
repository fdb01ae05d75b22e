package server

import (
	"net/http"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

// newKey is an API key to be made.
type newKey struct {
	body
	Name      string                 `json:"name"`
	Scopes    few[tenant.Permission] `json:"scopes"`
	ExpiresAt when                   `json:"expires_at"`
	Test      bool                   `json:"test"`
}

// key is a stored API key, masked.
type key struct {
	ID         ref[tenant.APIKey]     `json:"id"`
	Name       string                 `json:"name"`
	Prefix     string                 `json:"prefix"`
	LastFour   string                 `json:"last_four"`
	Scopes     []tenant.Permission    `json:"scopes"`
	Test       bool                   `json:"test"`
	CreatedAt  stamp                  `json:"created_at"`
	ExpiresAt  stamp                  `json:"expires_at"`
	RevokedAt  stamp                  `json:"revoked_at"`
	LastUsedAt stamp                  `json:"last_used_at"`
	Advertiser ref[tenant.Advertiser] `json:"advertiser_id"`
	versioned
}

// madeKey is the one answer that holds a key in full.
type madeKey struct {
	key
	Raw text `json:"key"` // null where the answer is a repeat
}

// masked implements secretive: only a hash of a key is ever stored.
func (k madeKey) masked() any { return madeKey{key: k.key} }

func keyOf(k tenant.APIKey) key {
	return key{
		ID: refTo(k.ID), Name: k.Name, Prefix: k.Prefix, LastFour: k.LastFour, Scopes: k.Scopes, Test: k.IsTest(),
		CreatedAt: stamp(k.CreatedAt), ExpiresAt: stamp(k.ExpiresAt), RevokedAt: stamp(k.RevokedAt), LastUsedAt: stamp(k.LastUsedAt),
		Advertiser: refTo(k.Advertiser), versioned: versioned{k.Version},
	}
}

// createKey makes a key that may do no more than the key it is made with.
func (s *server) createKey(c *call, in newKey) (int, madeKey, error) {
	wanted := tenant.NewAPIKey{Name: in.Name, Scopes: in.Scopes, ExpiresAt: time.Time(in.ExpiresAt), Test: in.Test}
	if err := wanted.Check(s.now()); err != nil {
		return 0, madeKey{}, err
	}
	if err := c.mayMake(tenant.APIKey{Scopes: in.Scopes, ExpiresAt: wanted.ExpiresAt}); err != nil {
		return 0, madeKey{}, err
	}
	made, err := c.account.CreateAPIKey(c.r.Context(), wanted)
	if err == nil {
		c.created("/api-keys/", made.ID)
	}
	return http.StatusCreated, madeKey{keyOf(made.APIKey), text(made.Raw)}, err
}

// mayMake refuses a key that could do more than the one it is made with, or
// could do it longer: who finds a key that ends must not gain one that does not.
func (c *call) mayMake(k tenant.APIKey) error {
	for _, p := range k.Scopes {
		if err := c.need(p); err != nil {
			return err
		}
	}
	if c.who.isKey() && k.Outlives(c.who.key) {
		return fault.New(fault.Forbidden, "outlives-its-maker", "a key cannot make one that works longer than itself")
	}
	return nil
}

// overlap is how long an old key goes on working beside its successor.
type overlap struct {
	body
	Seconds int64 `json:"overlap_seconds"`
}

// rotateKey makes the successor of a key. A key cannot be rotated by one that
// may do less.
func (s *server) rotateKey(c *call, in overlap) (int, madeKey, error) {
	id, err := pathID[tenant.APIKey](c, "id")
	if err != nil {
		return 0, madeKey{}, err
	}
	most := int64(superher.MaxKeyOverlap / time.Second)
	if in.Seconds < 0 || in.Seconds > most {
		return 0, madeKey{}, fault.Bad("overlap_seconds", "out-of-range", "overlap_seconds must be from 0 to 2592000, which is 30 days")
	}
	old, err := c.account.APIKey(c.r.Context(), id)
	if err != nil {
		return 0, madeKey{}, err
	}
	if err := c.mayMake(tenant.APIKey{Scopes: old.Scopes, ExpiresAt: old.ExpiresAt}); err != nil {
		return 0, madeKey{}, err
	}
	made, err := c.account.RotateAPIKey(c.r.Context(), id, time.Duration(in.Seconds)*time.Second)
	if err != nil {
		return 0, madeKey{}, err
	}
	c.created("/api-keys/", made.ID)
	return http.StatusCreated, madeKey{keyOf(made.APIKey), text(made.Raw)}, nil
}

func (s *server) revokeKey(c *call, version int64) (key, error) {
	id, err := pathID[tenant.APIKey](c, "id")
	if err != nil {
		return key{}, err
	}
	revoked, err := c.account.RevokeAPIKey(c.r.Context(), id, version)
	return keyOf(revoked), err
}

func (s *server) key(c *call) (key, error) { return one(c, c.viewer.APIKey, keyOf) }

func (s *server) keys(c *call) (list[key], error) { return page(c, c.viewer.APIKeys, keyOf) }
