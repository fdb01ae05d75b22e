package server

import (
	"net/http"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/tenant"
)

// newInfluencer is an influencer to be made.
type newInfluencer struct {
	body
	Name       string      `json:"name"`
	Email      string      `json:"email"`
	Handle     string      `json:"handle"`
	Platforms  few[string] `json:"platforms"`
	Country    string      `json:"country"`
	ExternalID string      `json:"external_id"`
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
	Advertiser ref[tenant.Advertiser]    `json:"advertiser_id"` // that made the entry; null where it is another
	versioned
}

// influencerFor returns how a caller sees influencers. The external id is the
// creator's own name for the person, and who the creator is of no concern to
// others; an admin sees both.
func influencerFor(who caller) func(campaigns.Influencer) influencer {
	return func(i campaigns.Influencer) influencer {
		out := influencer{
			ID: refTo(i.ID), Name: i.Name, Email: text(i.Email), Handle: text(i.Handle), Platforms: i.Platforms,
			Country: text(i.Country), CreatedAt: stamp(i.CreatedAt), versioned: versioned{i.Version},
		}
		if who.isAdmin() || i.Creator == who.advertiser() {
			out.ExternalID, out.Advertiser = text(i.ExternalID), refTo(i.Creator)
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
	return http.StatusCreated, influencerFor(c.who)(made), nil
}

func (s *server) influencers(c *call) (list[influencer], error) {
	q := c.query()
	campaign, asked := optional[campaigns.Campaign](q, "campaign_id"), q.page()
	if err := q.done(); err != nil {
		return list[influencer]{}, err
	}
	found, err := c.viewer.Influencers(c.r.Context(), campaign, asked)
	return listOf(found, influencerFor(c.who)), err
}

func (s *server) influencer(c *call) (influencer, error) {
	return one(c, c.viewer.Influencer, influencerFor(c.who))
}

// influencerChange is a change of an influencer.
type influencerChange struct {
	body
	Name       field[string]      `json:"name"`
	Email      field[string]      `json:"email"`
	Handle     field[string]      `json:"handle"`
	Platforms  field[few[string]] `json:"platforms"`
	Country    field[string]      `json:"country"`
	ExternalID field[string]      `json:"external_id"`
}

func (s *server) changeInfluencer(c *call, in influencerChange, version int64) (influencer, error) {
	id, err := pathID[campaigns.Influencer](c, "id")
	if err != nil {
		return influencer{}, err
	}
	changed, err := c.account.ChangeInfluencer(c.r.Context(), id, campaigns.InfluencerChange{
		Version: version, Name: in.Name.pointer(), Email: in.Email.pointer(), Handle: in.Handle.pointer(),
		Platforms: (*[]string)(in.Platforms.pointer()), Country: in.Country.pointer(), ExternalID: in.ExternalID.pointer(),
	})
	return influencerFor(c.who)(changed), err
}

// eraseInfluencer is what deleting comes to: the person is forgotten, and the
// figures stay.
func (s *server) eraseInfluencer(c *call, version int64) (influencer, error) {
	id, err := pathID[campaigns.Influencer](c, "id")
	if err != nil {
		return influencer{}, err
	}
	erased, err := c.account.EraseInfluencer(c.r.Context(), id, version)
	return influencerFor(c.who)(erased), err
}
