package server

import (
	"net/http"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

// newCampaign is a campaign to be made.
type newCampaign struct {
	body
	Name            string                   `json:"name"`
	Status          campaigns.Status         `json:"status"`
	StartsAt        when                     `json:"starts_at"`
	EndsAt          when                     `json:"ends_at"`
	Budget          *newAmount               `json:"budget"`
	ConversionTypes few[campaigns.EventType] `json:"conversion_types"`
	GenericCoupon   campaigns.GenericCoupon  `json:"generic_coupon"`
}

// campaign is a stored campaign.
type campaign struct {
	ID              ref[campaigns.Campaign] `json:"id"`
	Advertiser      ref[tenant.Advertiser]  `json:"advertiser_id"`
	Name            string                  `json:"name"`
	Status          campaigns.Status        `json:"status"`
	StartsAt        stamp                   `json:"starts_at"`
	EndsAt          stamp                   `json:"ends_at"`
	Budget          *amount                 `json:"budget"`
	ConversionTypes []campaigns.EventType   `json:"conversion_types"`
	GenericCoupon   text                    `json:"generic_coupon"` // null: as the server is set up
	CreatedAt       stamp                   `json:"created_at"`
	versioned
}

func campaignOf(c campaigns.Campaign) campaign {
	return campaign{
		ID: refTo(c.ID), Advertiser: refTo(c.Advertiser), Name: c.Name, Status: c.Status, StartsAt: stamp(c.StartsAt),
		EndsAt: stamp(c.EndsAt), Budget: amountOf(c.Budget), ConversionTypes: c.ConversionTypes,
		GenericCoupon: text(c.GenericCoupon), CreatedAt: stamp(c.CreatedAt), versioned: versioned{c.Version},
	}
}

func (s *server) createCampaign(c *call, in newCampaign) (int, campaign, error) {
	var checks fault.Checks
	budget := in.Budget.read("budget", &checks)
	if err := checks.Err(); err != nil {
		return 0, campaign{}, err
	}
	made, err := c.account.CreateCampaign(c.r.Context(), campaigns.NewCampaign{
		Name: in.Name, Status: in.Status, StartsAt: time.Time(in.StartsAt), EndsAt: time.Time(in.EndsAt), Budget: budget,
		ConversionTypes: in.ConversionTypes, GenericCoupon: in.GenericCoupon,
	})
	if err != nil {
		return 0, campaign{}, err
	}
	c.created("/campaigns/", made.ID)
	return http.StatusCreated, campaignOf(made), nil
}

// campaignChange is a change of a campaign.
type campaignChange struct {
	body
	Name            field[string]                   `json:"name"`
	Status          field[campaigns.Status]         `json:"status"`
	StartsAt        field[when]                     `json:"starts_at"`
	EndsAt          field[when]                     `json:"ends_at"`
	Budget          field[*newAmount]               `json:"budget"`
	ConversionTypes field[few[campaigns.EventType]] `json:"conversion_types"`
	GenericCoupon   field[campaigns.GenericCoupon]  `json:"generic_coupon"`
}

func (s *server) changeCampaign(c *call, in campaignChange, version int64) (campaign, error) {
	id, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return campaign{}, err
	}
	change := campaigns.Change{
		Version: version, Name: in.Name.pointer(), Status: in.Status.pointer(), StartsAt: moment(in.StartsAt), EndsAt: moment(in.EndsAt),
		ConversionTypes: (*[]campaigns.EventType)(in.ConversionTypes.pointer()), GenericCoupon: in.GenericCoupon.pointer(),
	}
	if in.Budget.given {
		var checks fault.Checks
		budget := in.Budget.value.read("budget", &checks)
		if err := checks.Err(); err != nil {
			return campaign{}, err
		}
		change.Budget = &budget
	}
	changed, err := c.account.ChangeCampaign(c.r.Context(), id, change)
	return campaignOf(changed), err
}

// archiveCampaign is what deleting comes to: its events and payouts stay.
func (s *server) archiveCampaign(c *call, version int64) (campaign, error) {
	id, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return campaign{}, err
	}
	archived, err := c.account.ChangeCampaign(c.r.Context(), id, campaigns.Change{Version: version, Status: new(campaigns.Archived)})
	return campaignOf(archived), err
}

func (s *server) campaigns(c *call) (list[campaign], error) {
	return page(c, c.viewer.Campaigns, campaignOf)
}

func (s *server) campaign(c *call) (campaign, error) { return one(c, c.viewer.Campaign, campaignOf) }
