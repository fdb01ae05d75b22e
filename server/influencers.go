package server

import (
	"net/http"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/tenant"
)

// newInfluencer is an influencer to be made.
type newInfluencer struct {
	body
	Name       string   `json:"name"`
	Email      string   `json:"email"`
	Handle     string   `json:"handle"`
	Platforms  []string `json:"platforms"`
	Country    string   `json:"country"`
	ExternalID string   `json:"external_id"`
}

// influencer is a stored influencer, as one advertiser sees it.
type influencer struct {
	ID         ref[campaigns.Influencer] `json:"id"`
	Name       string                    `json:"name"`
	Email      text                      `json:"email"`
	Handle     text                      `json:"handle"`
	Platforms  []string                  `json:"platforms"`
	Country    text                      `json:"country"`
	ExternalID text                      `json:"external_id"` // null where another advertiser made the entry
	CreatedAt  stamp                     `json:"created_at"`
}

// influencerFor returns how an advertiser sees influencers. The external id is
// the creator's own name for the person and of no concern to others.
func influencerFor(viewer tenant.ID) func(campaigns.Influencer) influencer {
	return func(i campaigns.Influencer) influencer {
		out := influencer{
			ID: refTo(i.ID), Name: i.Name, Email: text(i.Email), Handle: text(i.Handle), Platforms: i.Platforms,
			Country: text(i.Country), CreatedAt: stamp(i.CreatedAt),
		}
		if i.Creator == viewer {
			out.ExternalID = text(i.ExternalID)
		}
		return out
	}
}

func (s *server) createInfluencer(c *call, in newInfluencer) (int, influencer, error) {
	made, err := c.account.CreateInfluencer(c.r.Context(), campaigns.NewInfluencer{
		Name: in.Name, Email: in.Email, Handle: in.Handle, Platforms: in.Platforms, Country: in.Country, ExternalID: in.ExternalID,
	})
	if err != nil {
		return 0, influencer{}, err
	}
	c.created("/influencers/", made.ID)
	return http.StatusCreated, influencerFor(c.key.Advertiser)(made), nil
}

func (s *server) influencers(c *call) (list[influencer], error) {
	q := c.query()
	campaign, asked := optional[campaigns.Campaign](q, "campaign_id"), q.page()
	if err := q.done(); err != nil {
		return list[influencer]{}, err
	}
	found, err := c.account.Influencers(c.r.Context(), campaign, asked)
	return listOf(found, influencerFor(c.key.Advertiser)), err
}

func (s *server) influencer(c *call) (influencer, error) {
	return one(c, c.account.Influencer, influencerFor(c.key.Advertiser))
}
