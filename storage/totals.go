package storage

import (
	"context"
	"time"

	"github.com/superher/superher/tenant"
)

// TotalsStore keeps the sums that a store may hold ready for its reports. They
// never change what a report answers, only how fast: what is recorded counts in
// every report at once, whether it is in the sums yet or not. A store that has
// none finds nothing due, and nothing wrong. Everything but DueTotals is
// fault.NotFound for an unknown advertiser.
//
// All of it may be called at any time and by several processes at once, and
// may be given up at any point: what was not finished has changed nothing.
type TotalsStore interface {
	// DueTotals returns the first advertiser behind one, in order of their ids,
	// for whom there is something to do; the zero id begins, and is the
	// Advertiser of the answer when there is none.
	DueTotals(ctx context.Context, after tenant.ID) (DueTotals, error)
	// FoldTotals moves a part of what an advertiser's totals do not hold yet
	// into them, in one short transaction. What they cannot hold, sums beyond 64
	// bits, is fault.Invalid "amount-overflow": it is left where it is, and counts
	// in reports from there.
	FoldTotals(ctx context.Context, advertiser tenant.ID) (Folded, error)
	// RebuildTotals makes an advertiser's totals anew from all its events and
	// clicks, in the days of its reporting time zone. It may take minutes, in
	// which events are recorded and reports answered as ever, while clicks may
	// have to wait. Clicks that are no longer stored are kept in the totals as
	// long as their days stay the same: in the same zone, or in one that had the
	// same offsets from UTC then. Of several calls at once with IfDue, one makes
	// them.
	RebuildTotals(ctx context.Context, advertiser tenant.ID, how Rebuild) (Rebuilt, error)
	// VerifyTotals compares an advertiser's totals, with what they do not hold
	// yet, with its events and clicks in one consistent state. It may take
	// minutes and disturbs nobody.
	VerifyTotals(ctx context.Context, advertiser tenant.ID) (TotalsCheck, error)
}

// MaxWaiting is how far changes that wait are counted.
const MaxWaiting = 10_000

// DueTotals is what there is to do for the totals of one advertiser.
type DueTotals struct {
	Advertiser tenant.ID
	Waiting    int64 // changes to fold; MaxWaiting for more of them
	Rebuild    bool  // there are no totals, or those of another time zone
}

// Rebuild is how totals are to be made anew.
type Rebuild struct {
	At    time.Time // noted as the time
	IfDue bool      // only if there are none, or those of another time zone
}

// Rebuilt is what one call of RebuildTotals did.
type Rebuilt struct {
	Skipped bool // it was not due, see Rebuild.IfDue
	// Lost is how many clicks the totals count no longer: they are not stored any
	// more, and days of one zone cannot be cut into those of another.
	Lost int64
}

// Folded is what one call of FoldTotals did.
type Folded struct {
	Changes int64 // moved into the totals
	More    bool  // another call would find some as well
}

// MaxTotalsDifferences is how many differences a [TotalsCheck] lists.
const MaxTotalsDifferences = 100

// TotalsCheck is what VerifyTotals found.
type TotalsCheck struct {
	Zone        string             // time zone of the totals; "" where there are none to be wrong
	Differences []TotalsDifference // none on a healthy store; at most MaxTotalsDifferences
}

// TotalsDifference is a sum of the totals that is not that of the events or
// clicks.
type TotalsDifference struct {
	Cell   string // which sum, for people
	Figure string // of what, like "revenue_minor"
	Off    int64  // by how much it is too high
}
