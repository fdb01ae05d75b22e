package payouts

import (
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
)

// Share is the kind of a commission.
type Share string

// The kinds of commission.
const (
	Percentage Share = "percentage" // a rate of the sale's value
	Flat       Share = "flat"       // a fee for each conversion
)

// Terms is one version of what an influencer earns on a campaign.
type Terms struct {
	Version    int          // counts from 1 for each campaign and influencer
	Share      Share        // which of the two next fields counts
	Rate       money.Rate   // of Percentage
	Fee        money.Amount // of Flat
	From       time.Time    // in force from this moment on, until a version with a later From
	RecordedAt time.Time    // when the version was agreed; never changed afterwards
}

// Check returns fault.Invalid with every bad field: share_type, rate, fee.
func (t Terms) Check() error {
	var checks fault.Checks
	switch t.Share {
	case Percentage:
		checks.That(t.Rate >= 0 && t.Rate <= money.MaxRate, "rate", "terms-out-of-range", "rate must be from 0 to 100 percent")
		checks.That(t.Fee.IsZero(), "fee", "not-for-percentage", "fee goes with share_type flat only")
	case Flat:
		checks.Take("fee", t.Fee.Check("amount"))
		checks.That(t.Rate == 0, "rate", "not-for-flat", "rate goes with share_type percentage only")
	default:
		checks.Add("share_type", "unknown-share-type", "share_type must be percentage or flat")
	}
	return checks.Err()
}

// History is every version of the terms of one campaign and influencer, in any
// order. Versions are only ever added, so the past can always be recomputed.
type History []Terms

// InForce returns the terms that counted at a moment: the version with the
// latest From that is not after it, the higher version number among equals.
func (h History) InForce(at time.Time) (Terms, bool) {
	var best Terms
	found := false
	for _, t := range h {
		if t.From.After(at) {
			continue
		}
		if !found || t.From.After(best.From) || t.From.Equal(best.From) && t.Version > best.Version {
			best, found = t, true
		}
	}
	return best, found
}

// Equal reports whether two versions say the same about the same moments.
func (t Terms) Equal(other Terms) bool {
	return t.Version == other.Version && t.Share == other.Share && t.Rate == other.Rate && t.Fee == other.Fee &&
		t.From.Equal(other.From) && t.RecordedAt.Equal(other.RecordedAt)
}
