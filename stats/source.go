package stats

import "context"

// Source answers every report for the view it was made for. Implementations
// must agree with [Fold] on every figure, and each answer must come from one
// consistent state of the data. Filters and queries are checked by the source:
// fault.Invalid for a bad one. Sources are safe for concurrent use.
type Source interface {
	// Overview sums up the period.
	Overview(ctx context.Context, f Filter) (Overview, error)
	// Chart returns every bucket of the period in order, also empty ones; the
	// first and last may be cut by the period, and then hold the part of it
	// only; the first one then starts before From. More than MaxBuckets buckets are
	// fault.Invalid "too-many-buckets".
	Chart(ctx context.Context, f Filter, unit Unit) ([]Bucket, error)
	// Breakdown returns a row for each event type that occurred, sorted by type.
	Breakdown(ctx context.Context, f Filter) ([]TypeRow, error)
	// Journey returns a row for each path that occurred, sorted by source,
	// method and type.
	Journey(ctx context.Context, f Filter) ([]JourneyRow, error)
	// Table returns a page of the rows of a kind, see [Reach] for which exist.
	Table(ctx context.Context, kind Kind, f Filter, q TableQuery) (Table, error)
	// Payouts returns a page of what the pairs of campaign and influencer earned
	// by the events that the filter covers: a row for each pair that an event was
	// credited to, sorted by the campaign's id and then the influencer's, newest
	// first. The name of what the view does not see is empty.
	Payouts(ctx context.Context, f Filter, q PayoutQuery) (PayoutTable, error)
}
