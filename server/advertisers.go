package server

import (
	"net/http"
	"time"

	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

// advertiser is a stored advertiser.
type advertiser struct {
	ID        ref[tenant.Advertiser] `json:"id"`
	Name      string                 `json:"name"`
	Zone      string                 `json:"time_zone"`
	Currency  money.Currency         `json:"currency"`
	CreatedAt stamp                  `json:"created_at"`
}

func advertiserOf(a tenant.Advertiser) advertiser {
	return advertiser{refTo(a.ID), a.Name, a.Zone, a.Currency, stamp(a.CreatedAt)}
}

func (s *server) advertisers(c *call) (list[advertiser], error) {
	return page(c, c.account.Advertisers, advertiserOf)
}

// newKey is an API key to be made.
type newKey struct {
	body
	Name      string              `json:"name"`
	Scopes    []tenant.Permission `json:"scopes"`
	ExpiresAt when                `json:"expires_at"`
	Test      bool                `json:"test"`
}

// key is a stored API key, masked.
type key struct {
	ID         ref[tenant.APIKey]  `json:"id"`
	Name       string              `json:"name"`
	Prefix     string              `json:"prefix"`
	LastFour   string              `json:"last_four"`
	Scopes     []tenant.Permission `json:"scopes"`
	Test       bool                `json:"test"`
	CreatedAt  stamp               `json:"created_at"`
	ExpiresAt  stamp               `json:"expires_at"`
	RevokedAt  stamp               `json:"revoked_at"`
	LastUsedAt stamp               `json:"last_used_at"`
}

// madeKey is the one answer that holds a key in full.
type madeKey struct {
	key
	Raw string `json:"key"`
}

func keyOf(k tenant.APIKey) key {
	return key{
		ID: refTo(k.ID), Name: k.Name, Prefix: k.Prefix, LastFour: k.LastFour, Scopes: k.Scopes, Test: k.IsTest(),
		CreatedAt: stamp(k.CreatedAt), ExpiresAt: stamp(k.ExpiresAt), RevokedAt: stamp(k.RevokedAt), LastUsedAt: stamp(k.LastUsedAt),
	}
}

// createKey makes a key that may do no more than the key it is made with.
func (s *server) createKey(c *call, in newKey) (int, madeKey, error) {
	wanted := tenant.NewAPIKey{Name: in.Name, Scopes: in.Scopes, ExpiresAt: time.Time(in.ExpiresAt), Test: in.Test}
	if err := wanted.Check(s.now()); err != nil {
		return 0, madeKey{}, err
	}
	for _, p := range in.Scopes {
		if err := c.need(p); err != nil {
			return 0, madeKey{}, err
		}
	}
	made, err := c.account.CreateAPIKey(c.r.Context(), wanted)
	return http.StatusCreated, madeKey{keyOf(made.APIKey), made.Raw}, err
}

func (s *server) keys(c *call) (list[key], error) { return page(c, c.account.APIKeys, keyOf) }
