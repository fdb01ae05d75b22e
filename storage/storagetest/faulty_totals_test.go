package storagetest_test

import (
	"context"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// plantedInTotals are faults in sums that are held ready for reports.
func plantedInTotals() map[string]string {
	return map[string]string{
		"folding-changes-reports":              "Totals/ReportsAgreeWithFoldWhateverIsDoneToTheTotals",
		"rebuilding-changes-reports":           "Totals/ManyMayFoldAndRebuildAtOnceWhileEventsAreRecorded",
		"folding-changes-another-tenant":       "Totals/TheTotalsOfOneAreNotThoseOfAnother",
		"what-was-folded-is-found-again":       "Totals/FoldingAgainChangesNothing",
		"a-comparison-finds-what-is-not-there": "Totals/FoldingAgainChangesNothing",
		"what-is-done-stays-due":               "Totals/WhatIsDoneIsNoLongerDue",
		"what-is-not-due-is-made-anew":         "Totals/WhatIsDoneIsNoLongerDue",
		"what-is-asked-for-is-skipped":         "Totals/WhatIsDoneIsNoLongerDue",
		"anybody-has-totals":                   "Totals/AnUnknownAdvertiserIsNotFound",
		"a-fold-that-is-cut-short-is-internal": "Totals/WhatIsCutShortChangesNothing",
		"an-overflow-closes-the-store":         "Totals/ASumThatDoesNotFitIsLeftOutOfTheTotals",
	}
}

func (y *faultySystem) DueTotals(ctx context.Context, after tenant.ID) (storage.DueTotals, error) {
	due, err := y.System.DueTotals(ctx, after)
	if y.s.is("what-is-done-stays-due") && after.IsZero() {
		list, err := y.s.Store.Read(tenant.Everyone()).Advertisers(ctx, storage.Page{})
		if err != nil || len(list.Items) == 0 {
			return due, err
		}
		due.Advertiser, due.Rebuild = list.Items[0].ID, true
	}
	return due, err
}

func (y *faultySystem) FoldTotals(ctx context.Context, advertiser tenant.ID) (storage.Folded, error) {
	folded, err := y.System.FoldTotals(ctx, advertiser)
	switch y.s.fault {
	case "anybody-has-totals":
		return folded, nil
	case "a-fold-that-is-cut-short-is-internal":
		if err != nil {
			return folded, fault.New(fault.Internal, "cut-short", "cut short")
		}
	case "an-overflow-closes-the-store":
		return folded, fault.New(fault.Internal, "overflow", "overflow")
	case "what-was-folded-is-found-again":
		folded.Changes++
	case "folding-changes-reports":
		y.s.forgive(ctx, advertiser)
	case "folding-changes-another-tenant":
		list, err := y.s.Store.Read(tenant.Everyone()).Advertisers(ctx, storage.Page{})
		if err != nil {
			return folded, err
		}
		for _, a := range list.Items {
			if a.ID != advertiser {
				y.s.forgive(ctx, a.ID)
			}
		}
	}
	return folded, err
}

func (y *faultySystem) RebuildTotals(ctx context.Context, advertiser tenant.ID, how storage.Rebuild) (storage.Rebuilt, error) {
	made, err := y.System.RebuildTotals(ctx, advertiser, how)
	switch y.s.fault {
	case "rebuilding-changes-reports":
		y.s.forgive(ctx, advertiser)
	case "what-is-not-due-is-made-anew":
		made.Skipped = false
	case "what-is-asked-for-is-skipped":
		made.Skipped = true
	}
	return made, err
}

func (y *faultySystem) VerifyTotals(ctx context.Context, advertiser tenant.ID) (storage.TotalsCheck, error) {
	check, err := y.System.VerifyTotals(ctx, advertiser)
	if y.s.is("a-comparison-finds-what-is-not-there") {
		check.Differences = append(check.Differences, storage.TotalsDifference{Cell: "event_types", Figure: "events", Off: 1})
	}
	return check, err
}

// forgive changes what all events of an advertiser have earned, as totals do
// that are wrong.
func (s *faultyStore) forgive(ctx context.Context, advertiser tenant.ID) {
	_ = s.Store.Write(ctx, tenant.For(advertiser), func(ctx context.Context, tx storage.Tx) error {
		var changes []storage.Recommission
		from := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, period := range []stats.Filter{{From: from, To: from.AddDate(9, 0, 0)}, {From: from.AddDate(9, 0, 0), To: from.AddDate(18, 0, 0)}} {
			for e, err := range tx.EachEvent(ctx, period) {
				if err != nil {
					return err
				}
				changes = append(changes, storage.Recommission{Event: e.ID, Commission: payouts.Commission{Amount: money.Of(7, "ISK")}})
			}
		}
		return tx.SetCommissions(ctx, changes)
	})
}
