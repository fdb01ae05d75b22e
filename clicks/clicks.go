package clicks

import (
	"context"

	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// MaxBatch is how many visits a recorder offers to a sink at once, at most.
const MaxBatch = 2000

// Visit is a hit on a link that was resolved. The hit holds the visitor's
// address: a visit must not be logged, nor stored but for a sealed copy that
// is on its way to a [Sink], see [Sealer].
type Visit struct {
	ID         links.ClickID // given once, so that storing it twice stores it once
	Advertiser tenant.ID
	Link       links.ID
	Hit        links.Hit
}

// Sink stores visits in one step, all or none; while it is busy it may store some
// and fail with fault.Unavailable. Those that it has stored before it skips. It
// is offered at most [MaxBatch] of them and keeps none of the slice. fault.Invalid, fault.NotFound and fault.Conflict mean that one of the
// visits will never be taken; every other error that the same ones may be
// offered again later. superher's Client.RecordClicks is one. It must be safe
// for concurrent use, and return soon after its context ended.
type Sink func(ctx context.Context, visits []Visit) error

// Recorder takes visits from redirects and hands them to a sink later. It is
// safe for concurrent use; Run is called once in the life of a recorder.
type Recorder interface {
	// Record takes a visit, and does not wait for the sink. When it returns nil
	// the visit is as safe as the recorder promises to keep it. fault.Exhausted
	// "clicks-shed" says that there is no room for it, fault.Unavailable that it
	// could not be kept, for example since Run has ended; either is counted as
	// shed. The shopper is sent on all the same. Texts of the hit that are longer
	// than a browser's may come to the sink cut as [Sealer] says.
	Record(ctx context.Context, v Visit) error

	// Run hands what is recorded to the sink, in batches, until ctx is done; then
	// what is left, for a bounded time. Visits that the sink cannot take now are
	// offered again, ever slower; those that it never will are counted as
	// refused and hold up nothing else. Each visit reaches the sink at least
	// once, under its own id, and after a crash maybe once more. In which order
	// is not said. The error is fault.Unavailable "clicks-left-over" where visits
	// were left that the recorder cannot keep.
	Run(ctx context.Context, sink Sink) error

	// Stats tells how the recorder is doing. While nothing moves, Recorded is the
	// sum of Stored, Refused, Waiting and what was left over, but for the visits
	// of earlier processes.
	Stats() Stats
}

// Stats are the figures of a recorder since it was opened.
type Stats struct {
	Recorded int64 // taken by Record
	Stored   int64 // taken by the sink
	Refused  int64 // never to be taken by the sink
	Shed     int64 // not taken by Record, or left over at the end
	Waiting  int64 // visits on their way; those of earlier processes included as far as they are known
	Bytes    int64 // that the waiting ones take on disk, where they do
}
