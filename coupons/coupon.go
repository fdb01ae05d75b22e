package coupons

import (
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

// ID names a coupon.
type ID = ident.Of[Coupon]

// Status is the state of a coupon.
type Status string

// The states. The code of a disabled coupon stays reserved for ever.
const (
	Active   Status = "active"
	Disabled Status = "disabled"
)

// Discount is what the shopper gets, for display only: a percentage or an
// amount, not both. The zero value is none.
type Discount struct {
	Percent money.Rate
	Amount  money.Amount
}

// Coupon is a discount code of a campaign. Without an influencer it is generic.
// Its campaign, influencer and code never change.
type Coupon struct {
	ID         ID
	Advertiser tenant.ID
	Campaign   campaigns.ID
	Influencer campaigns.InfluencerID // zero: generic
	Code       Code
	Status     Status
	ValidFrom  time.Time // zero: from ever
	ValidTo    time.Time // zero: for ever; the moment itself is outside
	Discount   Discount
	CreatedAt  time.Time
	Version    int64 // counts changes from 1
}

// NewCoupon is what all ways to create a [Coupon] share.
type NewCoupon struct {
	Campaign   campaigns.ID
	Influencer campaigns.InfluencerID // optional
	ValidFrom  time.Time
	ValidTo    time.Time
	Discount   Discount
}

// Create checks the input and returns the coupon under the given code. The
// error is fault.Invalid with every bad field.
func Create(id ID, advertiser tenant.ID, now time.Time, code Code, in NewCoupon) (Coupon, error) {
	c := Coupon{
		ID: id, Advertiser: advertiser, Campaign: in.Campaign, Influencer: in.Influencer, Code: code,
		Status: Active, ValidFrom: in.ValidFrom, ValidTo: in.ValidTo, Discount: in.Discount, CreatedAt: now, Version: 1,
	}
	return c, c.check()
}

// Change names the fields to change; nil leaves one as it is. A zero time
// removes a limit.
type Change struct {
	Version int64 // the version the change is meant for; 0 means whichever is stored

	Status    *Status
	ValidFrom *time.Time
	ValidTo   *time.Time
	Discount  *Discount
}

// Apply returns the changed coupon, with the errors of [Create], and
// fault.Conflict "changed-meanwhile" before them for another version.
func (c Coupon) Apply(change Change) (Coupon, error) {
	if err := fault.CheckVersion(change.Version, c.Version); err != nil {
		return Coupon{}, err
	}
	if change.Status != nil {
		c.Status = *change.Status
	}
	if change.ValidFrom != nil {
		c.ValidFrom = *change.ValidFrom
	}
	if change.ValidTo != nil {
		c.ValidTo = *change.ValidTo
	}
	if change.Discount != nil {
		c.Discount = *change.Discount
	}
	return c, c.check()
}

func (c Coupon) check() error {
	var checks fault.Checks
	folded, err := ParseCode(string(c.Code))
	checks.That(err == nil && folded == c.Code, "code", "malformed-code", "code must be folded: A to Z, digits, - and _, 3 to 32 characters")
	checks.That(!c.Campaign.IsZero(), "campaign_id", "required", "campaign_id must name a campaign")
	checks.That(c.Status == Active || c.Status == Disabled, "status", "unknown-status", "status must be active or disabled")
	checks.That(c.ValidFrom.IsZero() || c.ValidTo.IsZero() || c.ValidFrom.Before(c.ValidTo),
		"valid_to", "ends-before-start", "valid_to must be after valid_from")
	checks.That(c.Discount.Percent >= 0 && c.Discount.Percent <= money.MaxRate,
		"discount.percent", "out-of-range", "discount.percent must be from 0 to 100")
	if !c.Discount.Amount.IsZero() {
		checks.Take("discount.amount", c.Discount.Amount.Check("amount"))
		checks.That(c.Discount.Percent == 0, "discount", "both-kinds", "a discount is a percentage or an amount, not both")
	}
	return checks.Err()
}

// Standing says whether a coupon may be used for something at a moment.
type Standing string

// The standings. Only Usable earns credit.
const (
	Usable      Standing = "usable"
	IsDisabled  Standing = "disabled"
	NotYetValid Standing = "not-yet-valid" // before ValidFrom
	Expired     Standing = "expired"       // at or after ValidTo
)

// StandingAt returns the coupon's own standing at a moment, whatever its
// campaign's: ValidFrom is included, ValidTo excluded.
func (c Coupon) StandingAt(at time.Time) Standing {
	switch {
	case c.Status != Active:
		return IsDisabled
	case !c.ValidFrom.IsZero() && at.Before(c.ValidFrom):
		return NotYetValid
	case !c.ValidTo.IsZero() && !at.Before(c.ValidTo):
		return Expired
	default:
		return Usable
	}
}
