package clicks

import (
	"context"
	"log/slog"
	"time"

	"github.com/superher/superher/fault"
)

// Pauses of [Deliver] between two offers: the first one, and the longest; each
// is twice the one before.
const (
	FirstPause   = 50 * time.Millisecond
	LongestPause = 5 * time.Second
)

// FlushTime is how long a recorder goes on delivering once its Run was told to
// end.
const FlushTime = 10 * time.Second

// How a recorder rests between batches, see [Rest].
const (
	fullBatch   = 500 // visits from which on a batch tells of a burst
	rests       = 5   // times as long as the batch took
	longestRest = time.Second
	MaxBehind   = 30 * time.Second // age of a visit from which on there is no rest
)

// Rest waits for a while after a batch was delivered, for authors of recorders:
// a burst of clicks is taken in first and handed over behind it, so that the
// processors and the database are there for the shoppers. There is no rest after
// a small batch, nor once the first visit of the batch is older than [MaxBehind]
// at the moment now: reports are late by that much and no more, unless the store
// is too slow for the clicks. Took is how long the delivery took.
func Rest(ctx context.Context, batch []Visit, took time.Duration, now time.Time) {
	if len(batch) < fullBatch || now.Sub(batch[0].Hit.At) > MaxBehind {
		return
	}
	select {
	case <-time.After(min(rests*took, longestRest)):
	case <-ctx.Done():
	}
}

// Deliver offers a batch to a sink until it is taken: the way of every recorder
// with a sink, for authors of recorders.
//
// While the sink fails the batch is offered again after ever longer pauses,
// [FirstPause] to [LongestPause]: also where it does not know why, since a visit
// that was promised to be safe is not given up for a forgotten grant or a file
// that is damaged. For fault.Invalid, fault.NotFound and fault.Conflict, which
// are about what is offered, the batch is cut in halves, down to the single
// visits which the sink refuses; those are counted as refused, logged by their
// id and hold up nothing else. What the sink took is counted as stored. Deliver returns the visits that are neither,
// which there are only once ctx has ended: the last ones of the batch, in their
// order. They are counted as nothing and may be offered again. A nil log is silent.
func Deliver(ctx context.Context, sink Sink, batch []Visit, tally *Tally, log *slog.Logger) (left []Visit) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	d := delivery{sink: sink, tally: tally, log: log}
	for pause := FirstPause; ; pause = min(2*pause, LongestPause) {
		var err error
		if batch, err = d.offer(ctx, batch); len(batch) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return batch
		}
		log.WarnContext(ctx, "clicks are waiting for the store", "count", len(batch), "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return batch
		}
	}
}

// refusal reports whether an error is about the visits and not about the sink.
func refusal(err error) bool {
	switch fault.Of(err).Code {
	case fault.Invalid, fault.NotFound, fault.Conflict:
		return true
	default:
		return false
	}
}

// delivery is what one call of Deliver needs at every depth.
type delivery struct {
	sink  Sink
	tally *Tally
	log   *slog.Logger
}

// offer offers a batch once, in halves where it is refused, and returns what
// has to wait for the sink and why. It stops at the first half that has to: a
// sink that is away is asked once and not for each half.
func (d delivery) offer(ctx context.Context, batch []Visit) ([]Visit, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	err := d.sink(ctx, batch)
	switch {
	case err == nil:
		d.tally.Stored(len(batch))
		return nil, nil
	case !refusal(err):
		return batch, err
	case len(batch) == 1:
		d.tally.Refused(1)
		d.log.ErrorContext(ctx, "a click was refused by the store", "click", batch[0].ID.String(), "error", err)
		return nil, nil
	}
	half := len(batch) / 2
	if left, err := d.offer(ctx, batch[:half]); len(left) > 0 {
		return batch[half-len(left):], err // what is left of a half is its end
	}
	return d.offer(ctx, batch[half:])
}
