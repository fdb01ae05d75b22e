package superher

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/superher/superher/fault"
)

// Sizes of a [ClickBuffer].
const (
	DefaultClickBuffer = 65_536 // visits
	clickBatch         = 500    // visits in one transaction
	clickRetryFirst    = 50 * time.Millisecond
	clickRetryMost     = 5 * time.Second
	clickFlushTime     = 10 * time.Second // for what is left when Run is told to stop
)

// ClickBuffer takes visits from redirects without waiting for the store, and
// writes them in batches. It lives in memory: visits still in it are lost when
// the process is killed, though not when Run is stopped in order. What does not
// fit, because the store has been away for long, is counted by Shed.
//
// It is safe for concurrent use; Run is called once.
type ClickBuffer struct {
	client *Client
	queue  chan Visit
	shed   atomic.Int64
	log    *slog.Logger
}

// NewClickBuffer returns a buffer for size visits; 0 means [DefaultClickBuffer].
// A nil log is silent.
func (c *Client) NewClickBuffer(size int, log *slog.Logger) *ClickBuffer {
	if size <= 0 {
		size = DefaultClickBuffer
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &ClickBuffer{client: c, queue: make(chan Visit, size), log: log}
}

// Record takes a visit. It never blocks.
func (b *ClickBuffer) Record(v Visit) {
	select {
	case b.queue <- v:
	default:
		b.shed.Add(1)
	}
}

// Shed returns how many visits did not fit or could not be stored.
func (b *ClickBuffer) Shed() int64 { return b.shed.Load() }

// Run writes visits until ctx is done, then what is left, within ten seconds.
// A store that is unavailable is tried again, ever slower, and nothing is lost
// by that. The error says that visits were left over at the end.
func (b *ClickBuffer) Run(ctx context.Context) error {
	for {
		select {
		case first := <-b.queue:
			b.write(ctx, b.collect(first))
		case <-ctx.Done():
			return b.flush(context.WithoutCancel(ctx))
		}
	}
}

// collect returns a batch of what is waiting, beginning with first.
func (b *ClickBuffer) collect(first Visit) []Visit {
	batch := []Visit{first}
	for len(batch) < clickBatch {
		select {
		case v := <-b.queue:
			batch = append(batch, v)
		default:
			return batch
		}
	}
	return batch
}

// flush writes all that is waiting, with the patience of write but not without
// end.
func (b *ClickBuffer) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, clickFlushTime)
	defer cancel()
	for {
		select {
		case first := <-b.queue:
			if left := b.insist(ctx, b.collect(first)); len(left) > 0 {
				b.shed.Add(int64(len(left) + len(b.queue)))
				return fault.New(fault.Unavailable, "clicks-left-over", "the store did not take the last clicks in time")
			}
		default:
			return nil
		}
	}
}

// write stores a batch, however long that takes. When ctx ends first, what is
// left goes back to be flushed.
func (b *ClickBuffer) write(ctx context.Context, batch []Visit) {
	for _, v := range b.insist(ctx, batch) {
		b.Record(v)
	}
}

// insist tries to store a batch until that works or ctx ends, ever slower, and
// returns what is left.
func (b *ClickBuffer) insist(ctx context.Context, batch []Visit) []Visit {
	for wait := clickRetryFirst; ; wait = min(2*wait, clickRetryMost) {
		if batch = b.try(ctx, batch); len(batch) == 0 {
			return nil
		}
		b.log.WarnContext(ctx, "clicks are waiting for the store", "count", len(batch))
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return batch
		}
	}
}

// try stores a batch and returns what has to wait for the store. Visits that
// the store refuses for good are counted as shed, so that they stop nothing
// else.
func (b *ClickBuffer) try(ctx context.Context, batch []Visit) []Visit {
	err := b.client.RecordClicks(ctx, batch)
	switch {
	case err == nil:
		return nil
	case fault.Of(err).Code == fault.Unavailable:
		return batch
	case len(batch) == 1:
		b.shed.Add(1)
		b.log.ErrorContext(ctx, "a click was refused by the store", "click", batch[0].ID.String(), "error", err)
		return nil
	}
	half := len(batch) / 2
	return append(b.try(ctx, batch[:half]), b.try(ctx, batch[half:])...)
}
