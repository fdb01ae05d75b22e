package server

import (
	"context"
	"net/http"

	"github.com/superher/superher"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

// newAdvertiser is an advertiser to be made.
type newAdvertiser struct {
	Name     string         `json:"name"`
	Zone     string         `json:"time_zone"`
	Currency money.Currency `json:"currency"`
}

// names implements owned: what is made here belongs to nobody yet.
func (newAdvertiser) names() ref[tenant.Advertiser] { return ref[tenant.Advertiser]{} }

// advertiserChange is a change of an advertiser.
type advertiserChange struct {
	Name     field[string]         `json:"name"`
	Zone     field[string]         `json:"time_zone"`
	Currency field[money.Currency] `json:"currency"`
}

// names implements owned: the path says whose this is.
func (advertiserChange) names() ref[tenant.Advertiser] { return ref[tenant.Advertiser]{} }

// advertiser is a stored advertiser.
type advertiser struct {
	ID        ref[tenant.Advertiser] `json:"id"`
	Name      string                 `json:"name"`
	Zone      string                 `json:"time_zone"`
	Currency  money.Currency         `json:"currency"`
	CreatedAt stamp                  `json:"created_at"`
	versioned
}

func advertiserOf(a tenant.Advertiser) advertiser {
	return advertiser{refTo(a.ID), a.Name, a.Zone, a.Currency, stamp(a.CreatedAt), versioned{a.Version}}
}

// createAdvertiser makes a new tenant: an act of the platform, so its
// idempotency keys are those of the platform as well.
func (s *server) createAdvertiser(c *call) error {
	in, body, err := receive[newAdvertiser](c)
	if err != nil {
		return err
	}
	wanted := tenant.NewAdvertiser{Name: in.Name, Zone: in.Zone, Currency: in.Currency}
	return c.administer(body, func(ctx context.Context, p superher.Administration) (int, any, error) {
		a, err := p.CreateAdvertiser(ctx, wanted)
		if err != nil {
			return 0, nil, err
		}
		c.created("/advertisers/", a.ID)
		return http.StatusCreated, advertiserOf(a), nil
	})
}

func (s *server) changeAdvertiser(c *call, in advertiserChange, version int64) (advertiser, error) {
	id, err := pathID[tenant.Advertiser](c, "id")
	if err != nil {
		return advertiser{}, err
	}
	if id != c.account.Scope().Advertiser() {
		return advertiser{}, fault.New(fault.NotFound, "not-found", "there is no such advertiser")
	}
	changed, err := c.account.ChangeAdvertiser(c.r.Context(), tenant.AdvertiserChange{
		Version: version, Name: in.Name.pointer(), Zone: in.Zone.pointer(), Currency: in.Currency.pointer(),
	})
	return advertiserOf(changed), err
}

func (s *server) advertisers(c *call) (list[advertiser], error) {
	return page(c, c.viewer.Advertisers, advertiserOf)
}

func (s *server) advertiser(c *call) (advertiser, error) {
	return one(c, c.viewer.Advertiser, advertiserOf)
}

// advertiserInPath is the owner of what an admin does to an advertiser itself.
func advertiserInPath(c *call) (tenant.ID, error) {
	id, err := pathID[tenant.Advertiser](c, "id")
	if err != nil {
		return id, err
	}
	found, err := c.viewer.Advertiser(c.r.Context(), id)
	return found.ID, err
}
