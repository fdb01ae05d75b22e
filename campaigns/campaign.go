package campaigns

import (
	"slices"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

// Limits of a campaign.
const (
	MaxName            = 200 // characters
	MaxConversionTypes = 20
)

// ID names a campaign.
type ID = ident.Of[Campaign]

// Status is the state of a campaign.
type Status string

// The states. Draft and Active earn credit.
const (
	Draft    Status = "draft"
	Active   Status = "active"
	Paused   Status = "paused"
	Ended    Status = "ended"
	Archived Status = "archived"
)

// Statuses lists all states.
func Statuses() []Status { return []Status{Draft, Active, Paused, Ended, Archived} }

// Next lists the states a campaign may move to from s: an ended campaign never
// runs again, and an archived one stays archived.
func (s Status) Next() []Status {
	switch s {
	case Draft:
		return []Status{Active, Archived}
	case Active:
		return []Status{Paused, Ended}
	case Paused:
		return []Status{Active, Ended}
	case Ended:
		return []Status{Archived}
	default:
		return nil
	}
}

// GenericCoupon says whom a winning coupon without an influencer credits.
type GenericCoupon string

// The policies for generic coupons. The empty policy leaves it to the
// attribution policy of the caller.
const (
	GenericWins        GenericCoupon = "wins"         // the campaign, and nobody else
	GenericCreditsLink GenericCoupon = "credits_link" // the influencer of a link of the same campaign
)

// Campaign is a brand's promotion that influencers take part in.
type Campaign struct {
	ID              ID
	Advertiser      tenant.ID
	Name            string
	Status          Status
	StartsAt        time.Time    // zero: from ever
	EndsAt          time.Time    // zero: for ever; the moment itself is outside
	Budget          money.Amount // zero: none
	ConversionTypes []EventType  // event types that count as conversions and are paid for
	GenericCoupon   GenericCoupon
	CreatedAt       time.Time
	Version         int64 // counts changes from 1
}

// NewCampaign is what is needed to create a [Campaign].
type NewCampaign struct {
	Name            string
	Status          Status // default Draft; Draft and Active are allowed
	StartsAt        time.Time
	EndsAt          time.Time
	Budget          money.Amount
	ConversionTypes []EventType // default [Purchase]
	GenericCoupon   GenericCoupon
}

// Create checks the input and returns the campaign. The error is fault.Invalid
// with every bad field.
func Create(id ID, advertiser tenant.ID, now time.Time, in NewCampaign) (Campaign, error) {
	c := Campaign{
		ID: id, Advertiser: advertiser, Name: in.Name, Status: in.Status,
		StartsAt: in.StartsAt, EndsAt: in.EndsAt, Budget: in.Budget,
		ConversionTypes: slices.Clone(in.ConversionTypes), GenericCoupon: in.GenericCoupon,
		CreatedAt: now, Version: 1,
	}
	if c.Status == "" {
		c.Status = Draft
	}
	if len(c.ConversionTypes) == 0 {
		c.ConversionTypes = DefaultConversionTypes()
	}
	var checks fault.Checks
	checks.That(c.Status == Draft || c.Status == Active, "status", "bad-first-status", "a new campaign is draft or active")
	checks.Take("", c.check())
	return c, checks.Err()
}

// Change names the fields to change; nil leaves one as it is. A zero time or
// amount removes the date or the budget.
type Change struct {
	Version int64 // the version the change is meant for; 0 means whichever is stored

	Name            *string
	Status          *Status
	StartsAt        *time.Time
	EndsAt          *time.Time
	Budget          *money.Amount
	ConversionTypes *[]EventType
	GenericCoupon   *GenericCoupon
}

// Apply returns the changed campaign: fault.Conflict "changed-meanwhile" before
// all else for a change to another version, "illegal-status-change" for a move
// that [Status.Next] does not list, fault.Invalid for bad fields. Keeping the
// status is always allowed.
func (c Campaign) Apply(change Change) (Campaign, error) {
	if err := fault.CheckVersion(change.Version, c.Version); err != nil {
		return Campaign{}, err
	}
	if change.Status != nil && *change.Status != c.Status {
		if !slices.Contains(Statuses(), *change.Status) {
			return Campaign{}, fault.Bad("status", "unknown-status", "status must be draft, active, paused, ended or archived")
		}
		if !slices.Contains(c.Status.Next(), *change.Status) {
			return Campaign{}, fault.New(fault.Conflict, "illegal-status-change",
				"a campaign cannot move from "+string(c.Status)+" to "+string(*change.Status))
		}
		c.Status = *change.Status
	}
	set(&c.Name, change.Name)
	set(&c.StartsAt, change.StartsAt)
	set(&c.EndsAt, change.EndsAt)
	set(&c.Budget, change.Budget)
	set(&c.GenericCoupon, change.GenericCoupon)
	if change.ConversionTypes != nil {
		c.ConversionTypes = slices.Clone(*change.ConversionTypes)
	}
	return c, c.check()
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func (c Campaign) check() error {
	var checks fault.Checks
	checks.Text("name", c.Name, true, MaxName)
	checks.That(c.StartsAt.IsZero() || c.EndsAt.IsZero() || c.StartsAt.Before(c.EndsAt),
		"ends_at", "ends-before-start", "ends_at must be after starts_at")
	if !c.Budget.IsZero() {
		checks.Take("budget", c.Budget.Check("amount"))
	}
	checks.That(len(c.ConversionTypes) > 0 && len(c.ConversionTypes) <= MaxConversionTypes,
		"conversion_types", "bad-count", "conversion_types must name 1 to 20 event types")
	seen := map[EventType]bool{}
	for _, t := range c.ConversionTypes {
		_, err := ParseEventType(string(t))
		if !checks.That(err == nil, "conversion_types", "malformed-action",
			"conversion_types must hold names of 1 to 40 characters a-z, 0-9 and _, starting with a letter") {
			break
		}
		if !checks.That(!seen[t], "conversion_types", "repeated", "conversion_types names a type twice") {
			break
		}
		seen[t] = true
	}
	switch c.GenericCoupon {
	case "", GenericWins, GenericCreditsLink:
	default:
		checks.Add("generic_coupon", "unknown-policy", "generic_coupon must be wins or credits_link")
	}
	return checks.Err()
}

// Converts reports whether events of the type count as conversions.
func (c Campaign) Converts(t EventType) bool { return slices.Contains(c.ConversionTypes, t) }
