package stats

import (
	"slices"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

// Limits of a filter.
const (
	MaxFilterIDs = 100                       // values in each list of a filter
	MaxPeriod    = 10 * 366 * 24 * time.Hour // longest period
	MaxBuckets   = 2000                      // points of a chart
)

// Filter says which events and clicks a report covers. All reports share it, so
// their figures agree. An empty list sets no limit; several lists must all hold.
//
// A click has a time, a link, and the link's campaign and influencer. It has no
// event type, so EventTypes leaves clicks alone; it has no coupon, so a report
// filtered by coupons has no clicks.
type Filter struct {
	From        time.Time      // included
	To          time.Time      // excluded
	Zone        *time.Location // of days and hours; nil is UTC
	Campaigns   []campaigns.ID
	Influencers []campaigns.InfluencerID // credited influencer of an event, the link's of a click
	Links       []links.ID               // link the shopper came through
	Coupons     []coupons.ID             // coupon that won
	EventTypes  []campaigns.EventType
}

// Check returns fault.Invalid with every bad field.
func (f Filter) Check() error {
	var checks fault.Checks
	checks.That(!f.From.IsZero(), "from", "required", "from must be a moment")
	checks.That(!f.To.IsZero(), "to", "required", "to must be a moment")
	checks.That(f.From.Before(f.To), "to", "ends-before-start", "to must be after from")
	checks.That(f.To.Sub(f.From) <= MaxPeriod, "to", "period-too-long", "the period must not be longer than ten years")
	for _, list := range []struct {
		name string
		size int
	}{
		{"campaign_id", len(f.Campaigns)}, {"influencer_id", len(f.Influencers)},
		{"tracking_link_id", len(f.Links)}, {"coupon_id", len(f.Coupons)}, {"event_type", len(f.EventTypes)},
	} {
		checks.That(list.size <= MaxFilterIDs, list.name, "too-many", list.name+" must have at most 100 values")
	}
	checks.That(!hasZero(f.Campaigns), "campaign_id", "malformed-id", "campaign_id must name a campaign")
	checks.That(!hasZero(f.Influencers), "influencer_id", "malformed-id", "influencer_id must name an influencer")
	checks.That(!hasZero(f.Links), "tracking_link_id", "malformed-id", "tracking_link_id must name a link")
	checks.That(!hasZero(f.Coupons), "coupon_id", "malformed-id", "coupon_id must name a coupon")
	for _, t := range f.EventTypes {
		_, err := campaigns.ParseEventType(string(t))
		if !checks.That(err == nil, "event_type", "malformed-action", "event_type must be a name of 1 to 40 characters a-z, 0-9 and _") {
			break
		}
	}
	return checks.Err()
}

// hasZero reports whether a list holds an id that names nothing: it would mean
// "without any" to one reader and "none at all" to another.
func hasZero[T comparable](list []T) bool {
	var zero T
	return slices.Contains(list, zero)
}

// Location returns the zone of the filter, UTC where none is set.
func (f Filter) Location() *time.Location {
	if f.Zone == nil {
		return time.UTC
	}
	return f.Zone
}

// covers reports whether a moment lies in the period.
func (f Filter) covers(at time.Time) bool { return !at.Before(f.From) && at.Before(f.To) }

// CoversEvent reports whether the reports count an event.
func (f Filter) CoversEvent(e attribution.Event) bool {
	return f.covers(e.OccurredAt) && allows(f.Campaigns, e.Decision.Campaign) && allows(f.Influencers, e.Decision.Influencer) &&
		allows(f.Links, e.Decision.Link) && allows(f.Coupons, e.Decision.Coupon) && allows(f.EventTypes, e.Type)
}

// CoversClick reports whether the reports count a click.
func (f Filter) CoversClick(c links.Click) bool {
	return f.covers(c.At) && allows(f.Campaigns, c.Campaign) && allows(f.Influencers, c.Influencer) &&
		allows(f.Links, c.Link) && len(f.Coupons) == 0
}

// allows reports whether a value passes a list; the empty list passes all.
func allows[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}
