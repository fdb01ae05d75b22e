package memory

import (
	"context"

	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// This store adds up what it holds for each report and keeps no totals.

func (s system) DueTotals(ctx context.Context, _ tenant.ID) (storage.DueTotals, error) {
	return look(ctx, s, func(*tables) (storage.DueTotals, error) { return storage.DueTotals{}, nil })
}

func (s system) FoldTotals(ctx context.Context, advertiser tenant.ID) (storage.Folded, error) {
	return look(ctx, s, func(data *tables) (storage.Folded, error) { return storage.Folded{}, data.known(advertiser) })
}

func (s system) RebuildTotals(ctx context.Context, advertiser tenant.ID, how storage.Rebuild) (storage.Rebuilt, error) {
	return look(ctx, s, func(data *tables) (storage.Rebuilt, error) {
		return storage.Rebuilt{Skipped: how.IfDue}, data.known(advertiser)
	})
}

func (s system) VerifyTotals(ctx context.Context, advertiser tenant.ID) (storage.TotalsCheck, error) {
	return look(ctx, s, func(data *tables) (storage.TotalsCheck, error) { return storage.TotalsCheck{}, data.known(advertiser) })
}

func (s *tables) known(advertiser tenant.ID) error {
	if !s.advertisers.has(advertiser, advertiser) {
		return storage.NotFound()
	}
	return nil
}
