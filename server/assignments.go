package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
)

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
		if _, err := c.viewer.Campaign(ctx, id); err != nil { // an unknown campaign is not one without influencers
			return storage.List[campaigns.Assignment]{}, err
		}
		return c.viewer.Assignments(ctx, id, p)
	}, assignmentOf)
}

// newAssignment is a place in a campaign to be given.
type newAssignment struct {
	body
	Campaign ref[campaigns.Campaign] `json:"campaign_id"`
	Terms    *newTerms               `json:"terms"`
}

// assign gives an influencer a place in a campaign. An admin may do so with an
// influencer of another advertiser, who is shared by it.
func (s *server) assign(c *call) error {
	in, body, err := receive[newAssignment](c)
	if err != nil {
		return err
	}
	influencer, err := pathID[campaigns.Influencer](c, "id")
	if err != nil {
		return err
	}
	agreed, err := in.read()
	if err != nil {
		return err
	}
	c.in = in
	if err := c.act(in.names().id(), ownerOfNew); err != nil {
		return err
	}
	if in.Terms != nil {
		if err := c.own(in.Terms.names().id()); err != nil {
			return err
		}
	}
	place := func(c *call) (int, any, error) {
		made, err := c.account.Assign(c.r.Context(), in.Campaign.id(), influencer, agreed)
		return http.StatusCreated, assignmentOf(made), err
	}
	err = c.carryOut(body, place)
	if !c.who.isAdmin() || !errors.Is(err, fault.NotFound) {
		return err
	}
	// Shared only now: a request that is refused for anything else, its
	// idempotency key included, must not show a person to another brand.
	if _, err := c.account.Campaign(c.r.Context(), in.Campaign.id()); err != nil {
		return err
	}
	if err := s.client.ShareInfluencer(c.r.Context(), c.account.Scope().Advertiser(), influencer); err != nil {
		return err
	}
	return c.carryOut(body, place)
}

// inCampaign implements inCampaign.
func (a newAssignment) inCampaign() campaigns.ID { return a.Campaign.id() }

// read returns the terms, or everything that is wrong.
func (a newAssignment) read() (payouts.Terms, error) {
	var checks, nested fault.Checks
	checks.That(!a.Campaign.id().IsZero(), "campaign_id", "required", "campaign_id must name a campaign")
	agreed := a.Terms.read(&nested)
	checks.Take("terms", nested.Err())
	return agreed, checks.Err()
}

// termsHistory lists every version of the terms of an influencer in a campaign.
func (s *server) termsHistory(c *call) (assignment, error) {
	if err := c.query().done(); err != nil {
		return assignment{}, err
	}
	campaign, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return assignment{}, err
	}
	influencer, err := pathID[campaigns.Influencer](c, "influencer_id")
	if err != nil {
		return assignment{}, err
	}
	found, err := c.viewer.Assignment(c.r.Context(), campaign, influencer)
	return assignmentOf(found), err
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
