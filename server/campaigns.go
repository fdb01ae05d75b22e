package server

import (
	"context"
	"net/http"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// newCampaign is a campaign to be made.
type newCampaign struct {
	body
	Name            string                  `json:"name"`
	Status          campaigns.Status        `json:"status"`
	StartsAt        when                    `json:"starts_at"`
	EndsAt          when                    `json:"ends_at"`
	Budget          *newAmount              `json:"budget"`
	ConversionTypes []campaigns.EventType   `json:"conversion_types"`
	GenericCoupon   campaigns.GenericCoupon `json:"generic_coupon"`
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
}

func campaignOf(c campaigns.Campaign) campaign {
	return campaign{
		ID: refTo(c.ID), Advertiser: refTo(c.Advertiser), Name: c.Name, Status: c.Status, StartsAt: stamp(c.StartsAt),
		EndsAt: stamp(c.EndsAt), Budget: amountOf(c.Budget), ConversionTypes: c.ConversionTypes,
		GenericCoupon: text(c.GenericCoupon), CreatedAt: stamp(c.CreatedAt),
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

func (s *server) campaigns(c *call) (list[campaign], error) {
	return page(c, c.account.Campaigns, campaignOf)
}

func (s *server) campaign(c *call) (campaign, error) { return one(c, c.account.Campaign, campaignOf) }

// newTerms are terms to be agreed.
type newTerms struct {
	body
	Share payouts.Share `json:"share_type"`
	Rate  decimal       `json:"rate"` // percent
	Fee   *newAmount    `json:"fee"`
	From  when          `json:"effective_from"` // default now
}

// read returns the terms, or none for nil, and notes what is wrong with them.
func (t *newTerms) read(checks *fault.Checks) payouts.Terms {
	if t == nil {
		return payouts.Terms{}
	}
	terms := payouts.Terms{Share: t.Share, From: time.Time(t.From), Fee: t.Fee.read("fee", checks)}
	if t.Rate.given {
		var err error
		terms.Rate, err = money.ParseRate(t.Rate.text)
		checks.Take("rate", err)
	} else {
		checks.That(t.Share != payouts.Percentage, "rate", "required", "a percentage needs a rate")
	}
	if checks.Err() == nil {
		checks.Take("", terms.Check())
	}
	return terms
}

// terms are one version of what an influencer earns.
type terms struct {
	Version    int           `json:"version"`
	Share      payouts.Share `json:"share_type"`
	Rate       text          `json:"rate"` // percent, null for a flat fee
	Fee        *amount       `json:"fee"`
	From       stamp         `json:"effective_from"`
	RecordedAt stamp         `json:"recorded_at"`
}

func termsOf(t payouts.Terms) terms {
	out := terms{Version: t.Version, Share: t.Share, Fee: amountOf(t.Fee), From: stamp(t.From), RecordedAt: stamp(t.RecordedAt)}
	if t.Share == payouts.Percentage {
		out.Rate = text(t.Rate.String())
	}
	return out
}

// commission is what an influencer earned by an event, and why.
type commission struct {
	Amount *amount        `json:"amount"`
	Reason payouts.Reason `json:"reason"`
	Terms  *terms         `json:"terms"` // the version used
}

func commissionOf(c payouts.Commission) commission {
	out := commission{Amount: amountOf(c.Amount), Reason: c.Reason}
	if c.Terms.Version != 0 {
		used := termsOf(c.Terms)
		out.Terms = &used
	}
	return out
}

// assignment is an influencer's place in a campaign.
type assignment struct {
	Campaign   ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer ref[campaigns.Influencer] `json:"influencer_id"`
	Terms      []terms                   `json:"terms"` // every version, sorted
	CreatedAt  stamp                     `json:"created_at"`
}

func assignmentOf(a campaigns.Assignment) assignment {
	return assignment{refTo(a.Campaign), refTo(a.Influencer), each(a.Terms, termsOf), stamp(a.CreatedAt)}
}

func (s *server) assignments(c *call) (list[assignment], error) {
	id, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return list[assignment]{}, err
	}
	return page(c, func(ctx context.Context, p storage.Page) (storage.List[campaigns.Assignment], error) {
		if _, err := c.account.Campaign(ctx, id); err != nil { // an unknown campaign is not one without influencers
			return storage.List[campaigns.Assignment]{}, err
		}
		return c.account.Assignments(ctx, id, p)
	}, assignmentOf)
}

// newAssignment is a place in a campaign to be given.
type newAssignment struct {
	body
	Campaign ref[campaigns.Campaign] `json:"campaign_id"`
	Terms    *newTerms               `json:"terms"`
}

func (s *server) assign(c *call, in newAssignment) (int, assignment, error) {
	influencer, err := pathID[campaigns.Influencer](c, "id")
	if err != nil {
		return 0, assignment{}, err
	}
	var checks, nested fault.Checks
	checks.That(!in.Campaign.id().IsZero(), "campaign_id", "required", "campaign_id must name a campaign")
	agreed := in.Terms.read(&nested)
	checks.Take("terms", nested.Err())
	if err := checks.Err(); err != nil {
		return 0, assignment{}, err
	}
	if in.Terms != nil {
		if err := c.mine(in.Terms); err != nil {
			return 0, assignment{}, err
		}
	}
	made, err := c.account.Assign(c.r.Context(), in.Campaign.id(), influencer, agreed)
	return http.StatusCreated, assignmentOf(made), err
}

func (s *server) changeTerms(c *call, in newTerms) (int, assignment, error) {
	campaign, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return 0, assignment{}, err
	}
	influencer, err := pathID[campaigns.Influencer](c, "influencer_id")
	if err != nil {
		return 0, assignment{}, err
	}
	var checks fault.Checks
	agreed := in.read(&checks)
	if err := checks.Err(); err != nil {
		return 0, assignment{}, err
	}
	changed, err := c.account.ChangeTerms(c.r.Context(), campaign, influencer, agreed)
	return http.StatusCreated, assignmentOf(changed), err
}

// optional returns the single id of a list of at most one.
func optional[T any](q *query, name string) ident.Of[T] {
	list := ids[T](q, name)
	q.checks.That(len(list) <= 1, name, "repeated", name+" must be given once")
	if len(list) == 0 {
		return ident.Of[T]{}
	}
	return list[0]
}
