package clicks

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Sizes of a [Buffer], in visits.
const (
	DefaultBuffer = 65_536
	bufferBatch   = 500 // in one offer
)

// Buffer is a [Recorder] that keeps visits in memory, for a host without a
// disk. Those still in it are lost when the process is killed, though not when
// Run is stopped in order. Record never blocks.
type Buffer struct {
	tally Tally
	lost  atomic.Int64 // recorded, and left over at the end
	queue chan Visit
	log   *slog.Logger

	mu    sync.RWMutex // held for reading by Record, so that the end comes between two of them
	ended bool
}

var _ Recorder = (*Buffer)(nil)

// NewBuffer returns a buffer for size visits; 0 or less means [DefaultBuffer].
// A nil log is silent.
func NewBuffer(size int, log *slog.Logger) *Buffer {
	if size <= 0 {
		size = DefaultBuffer
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Buffer{queue: make(chan Visit, size), log: log}
}

// Record implements [Recorder].
func (b *Buffer) Record(_ context.Context, v Visit) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.ended {
		b.tally.Shed(1)
		return Ended()
	}
	b.tally.Recorded(1) // before it can be stored, so that there are never more stored than recorded
	select {
	case b.queue <- v:
		return nil
	default:
		b.tally.Recorded(-1)
		b.tally.Shed(1)
		return NoRoom()
	}
}

// Stats implements [Recorder].
func (b *Buffer) Stats() Stats {
	settled := b.tally.Settled() + b.lost.Load()
	s := b.tally.Stats(0, 0)
	s.Waiting = max(0, s.Recorded-settled)
	return s
}

// Run implements [Recorder]. Once ctx is done it goes on for [FlushTime] at
// most.
func (b *Buffer) Run(ctx context.Context, sink Sink) error {
	for {
		select {
		case <-ctx.Done():
			return b.flush(context.WithoutCancel(ctx), sink, nil)
		case first := <-b.queue:
			if left := Deliver(ctx, sink, b.collect(first), &b.tally, b.log); len(left) > 0 {
				return b.flush(context.WithoutCancel(ctx), sink, left)
			}
		}
	}
}

// collect returns a batch of what is waiting, beginning with first.
func (b *Buffer) collect(first Visit) []Visit {
	batch := []Visit{first}
	for len(batch) < bufferBatch {
		select {
		case v := <-b.queue:
			batch = append(batch, v)
		default:
			return batch
		}
	}
	return batch
}

// flush delivers a batch and all that is waiting, with the patience of Deliver
// but not without end, and closes the door behind the last one.
func (b *Buffer) flush(ctx context.Context, sink Sink, batch []Visit) error {
	ctx, cancel := context.WithTimeout(ctx, FlushTime)
	defer cancel()
	for {
		if left := Deliver(ctx, sink, batch, &b.tally, b.log); len(left) > 0 {
			return b.giveUp(len(left))
		}
		select {
		case first := <-b.queue:
			batch = b.collect(first)
		default:
			if b.end() {
				return nil
			}
			batch = nil
		}
	}
}

// end takes no more visits, unless one has come meanwhile.
func (b *Buffer) end() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = len(b.queue) == 0
	return b.ended
}

// giveUp counts the visits of a batch and of the queue as left over.
func (b *Buffer) giveUp(left int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	left += len(b.queue)
	b.lost.Add(int64(left))
	b.tally.Shed(left)
	return LeftOver()
}
