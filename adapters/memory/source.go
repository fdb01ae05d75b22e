package memory

import (
	"context"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
)

// source answers every report with [stats.Fold] over what the reader sees at
// the moment of the call.
type source struct{ reader *reader }

func (s source) fold(ctx context.Context) (stats.Source, error) {
	r := s.reader
	leave, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	data := stats.Data{
		Campaigns:   rows(r, &r.data.campaigns, nil, campaignOf),
		Assignments: rows(r, &r.data.assignments, nil, assignmentOf),
		Coupons:     rows(r, &r.data.coupons, nil, couponOf),
		Links:       rows(r, &r.data.links, nil, linkOf),
		// Events and clicks are only read here, so they may share memory with the store.
		Events: rows(r, &r.data.events, nil, func(e attribution.Event) attribution.Event { return e }),
		Clicks: rows(r, &r.data.clicks, nil, func(c links.Click) links.Click { return c }),
	}
	for id, i := range r.data.influencers.of(nobody()) {
		if r.sees(id) {
			data.Influencers = append(data.Influencers, influencerOf(i))
		}
	}
	return stats.Fold(data), nil
}

func (s source) Overview(ctx context.Context, f stats.Filter) (stats.Overview, error) {
	folded, err := s.fold(ctx)
	if err != nil {
		return stats.Overview{}, err
	}
	return folded.Overview(ctx, f)
}

func (s source) Chart(ctx context.Context, f stats.Filter, unit stats.Unit) ([]stats.Bucket, error) {
	folded, err := s.fold(ctx)
	if err != nil {
		return nil, err
	}
	return folded.Chart(ctx, f, unit)
}

func (s source) Breakdown(ctx context.Context, f stats.Filter) ([]stats.TypeRow, error) {
	folded, err := s.fold(ctx)
	if err != nil {
		return nil, err
	}
	return folded.Breakdown(ctx, f)
}

func (s source) Journey(ctx context.Context, f stats.Filter) ([]stats.JourneyRow, error) {
	folded, err := s.fold(ctx)
	if err != nil {
		return nil, err
	}
	return folded.Journey(ctx, f)
}

func (s source) Table(ctx context.Context, kind stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	folded, err := s.fold(ctx)
	if err != nil {
		return stats.Table{}, err
	}
	return folded.Table(ctx, kind, f, q)
}

func (s source) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	folded, err := s.fold(ctx)
	if err != nil {
		return stats.PayoutTable{}, err
	}
	return folded.Payouts(ctx, f, q)
}
