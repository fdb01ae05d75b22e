package campaigns

import "time"

// Standing says whether a campaign earns credit for something that happened at
// a moment.
type Standing string

// The standings. Only Earning earns credit.
const (
	Earning     Standing = "earning"
	NotStarted  Standing = "campaign-not-started" // before StartsAt
	IsOver      Standing = "campaign-over"        // at or after EndsAt
	WasPaused   Standing = "campaign-paused"
	WasEnded    Standing = "campaign-ended"
	WasArchived Standing = "campaign-archived"
)

// StandingAt returns whether the campaign earns credit at a moment: its status
// is draft or active, and the moment lies within its dates, StartsAt included
// and EndsAt excluded. The status is today's; a status has no history.
func (c Campaign) StandingAt(at time.Time) Standing {
	switch c.Status {
	case Paused:
		return WasPaused
	case Ended:
		return WasEnded
	case Archived:
		return WasArchived
	case Draft, Active:
	}
	if !c.StartsAt.IsZero() && at.Before(c.StartsAt) {
		return NotStarted
	}
	if !c.EndsAt.IsZero() && !at.Before(c.EndsAt) {
		return IsOver
	}
	return Earning
}
