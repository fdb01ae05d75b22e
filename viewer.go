package superher

import (
	"context"
	"io"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Viewer reads what a view may see; the methods of [storage.Reader] are its
// own. It is a small value, safe for concurrent use.
type Viewer struct {
	storage.Reader
	client *Client
	view   tenant.View
}

// Stats answers the reports. Where a filter sets no zone, a view of one
// advertiser reports in that advertiser's own zone, and any other in UTC.
func (v Viewer) Stats() stats.Source { return zoned{v.Reader.Stats(), v} }

// Export writes the events that the filter covers to w as CSV, see
// [stats.Export], and returns how many. It holds a bounded part of them in
// memory. On an error what was written so far is not a complete export.
func (v Viewer) Export(ctx context.Context, w io.Writer, f stats.Filter) (rows int64, err error) {
	export := stats.NewExport(w)
	for event, err := range v.EachEvent(ctx, f) {
		if err != nil {
			return rows, err
		}
		if err := export.Write(event); err != nil {
			return rows, fault.Wrap(err, fault.Unavailable, "export-cut", "the export could not be written to its end")
		}
		rows++
	}
	if err := export.Flush(); err != nil {
		return rows, fault.Wrap(err, fault.Unavailable, "export-cut", "the export could not be written to its end")
	}
	return rows, nil
}

// Reconcile compares every report of the filter with the overview, and with the
// export, figure by figure.
func (v Viewer) Reconcile(ctx context.Context, f stats.Filter) (stats.Reconciliation, error) {
	return stats.Reconcile(ctx, v.Stats(), f, v.EachEvent(ctx, f))
}

// Explain returns why an event was credited as it was.
func (v Viewer) Explain(ctx context.Context, id attribution.ID) (attribution.Explanation, error) {
	event, err := v.Event(ctx, id)
	if err != nil {
		return attribution.Explanation{}, err
	}
	return attribution.Explain(event), nil
}

// zoned fills in the reporting zone of the advertiser.
type zoned struct {
	source stats.Source
	viewer Viewer
}

func (z zoned) fill(ctx context.Context, f stats.Filter) (stats.Filter, error) {
	one, ok := z.viewer.view.One()
	if f.Zone != nil || !ok {
		return f, nil
	}
	a, err := z.viewer.Advertiser(ctx, one)
	if err != nil {
		return f, err
	}
	f.Zone, err = tenant.LoadZone(a.Zone)
	return f, err
}

// Overview implements [stats.Source]. The figures of the period itself need no zone.
func (z zoned) Overview(ctx context.Context, f stats.Filter) (stats.Overview, error) {
	return z.source.Overview(ctx, f)
}

// Chart implements [stats.Source].
func (z zoned) Chart(ctx context.Context, f stats.Filter, unit stats.Unit) ([]stats.Bucket, error) {
	f, err := z.fill(ctx, f)
	if err != nil {
		return nil, err
	}
	return z.source.Chart(ctx, f, unit)
}

// Breakdown implements [stats.Source].
func (z zoned) Breakdown(ctx context.Context, f stats.Filter) ([]stats.TypeRow, error) {
	return z.source.Breakdown(ctx, f)
}

// Journey implements [stats.Source].
func (z zoned) Journey(ctx context.Context, f stats.Filter) ([]stats.JourneyRow, error) {
	return z.source.Journey(ctx, f)
}

// Table implements [stats.Source].
func (z zoned) Table(ctx context.Context, kind stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	return z.source.Table(ctx, kind, f, q)
}

// Zone returns the zone that reports of this view are in where none is asked
// for: the advertiser's own, UTC for a view of all.
func (v Viewer) Zone(ctx context.Context) (*time.Location, error) {
	f, err := zoned{viewer: v}.fill(ctx, stats.Filter{})
	return f.Location(), err
}

// Payouts implements [stats.Source].
func (z zoned) Payouts(ctx context.Context, f stats.Filter, q stats.PayoutQuery) (stats.PayoutTable, error) {
	return z.source.Payouts(ctx, f, q)
}
