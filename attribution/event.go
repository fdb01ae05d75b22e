package attribution

import (
	"slices"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/tenant"
)

// ID names an event.
type ID = ident.Of[Event]

// Event is a stored conversion event with its decision and commission. Only a
// re-rate changes a stored event, and only its commission.
type Event struct {
	ID         ID
	Advertiser tenant.ID
	Submission // OccurredAt is always set
	ReceivedAt time.Time
	Print      Fingerprint // of the submission as it was received
	Decision   Decision
	Conversion bool // counts as a conversion; fixed when the event is received
	Commission payouts.Commission
}

// Evidence is what an event says about where it came from.
type Evidence struct {
	CouponCode string
	RefCode    string
	LandingURL string
	OccurredAt time.Time
}

// Evidence returns the part of the event that [Decide] looks at.
func (e Event) Evidence() Evidence {
	return Evidence{CouponCode: e.CouponCode, RefCode: e.RefCode, LandingURL: e.LandingURL, OccurredAt: e.OccurredAt}
}

// Settle decides the event by the facts and computes its commission: what a
// stored event holds beyond its submission.
func (e Event) Settle(facts Facts, policy Policy) Event {
	e.Decision = Decide(e.Evidence(), facts, policy)
	e.Conversion = facts.converts(e.Decision.Campaign, e.Type)
	e.Commission = payouts.Compute(e.Sale(), facts.Terms[Assigned{e.Decision.Campaign, e.Decision.Influencer}])
	return e
}

// Sale returns what the event's commission depends on, besides the terms.
func (e Event) Sale() payouts.Sale {
	return payouts.Sale{
		At: e.OccurredAt, Value: e.Value,
		Credited: !e.Decision.Influencer.IsZero(), Conversion: e.Conversion,
	}
}

// converts reports whether the type counts as a conversion: by the credited
// campaign's list, by the default list where no campaign is credited.
func (f Facts) converts(credited campaigns.ID, t campaigns.EventType) bool {
	if c, found := f.Campaigns[credited]; found {
		return c.Converts(t)
	}
	return slices.Contains(campaigns.DefaultConversionTypes(), t)
}
