package server

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/superher/superher/fault"
)

// How many batches of events are in hand at once. Each may take some 16 MB.
const (
	MaxCallerBatches = 8  // of one API key or person
	MaxBatches       = 32 // of everybody
	batchWait        = 2 * time.Second
)

// crowd bounds how many requests of a kind are in hand at once: of everybody,
// and of each caller, so that a slow one keeps only itself waiting.
type crowd struct {
	all    chan struct{}
	byName *lru.Cache[string, chan struct{}]
	wait   time.Duration
}

func newCrowd() *crowd {
	byName, err := lru.New[string, chan struct{}](maxLimiters)
	if err != nil { // only a size of zero is refused
		return nil
	}
	return &crowd{make(chan struct{}, MaxBatches), byName, batchWait}
}

// enter waits a moment for a place and returns how to leave it.
func (w *crowd) enter(ctx context.Context, name string) (leave func(), err error) {
	own, known := w.byName.Get(name)
	if !known {
		own = make(chan struct{}, MaxCallerBatches)
		if earlier, raced, _ := w.byName.PeekOrAdd(name, own); raced {
			own = earlier
		}
	}
	ctx, cancel := context.WithTimeout(ctx, w.wait)
	defer cancel()
	select {
	case own <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.New(fault.Exhausted, "too-many-at-once", "too many batches of this caller are on their way; wait for one to be answered")
	}
	select {
	case w.all <- struct{}{}:
		return func() { <-w.all; <-own }, nil
	case <-ctx.Done():
		<-own
		return nil, fault.New(fault.Unavailable, "server-busy", "too many batches are on their way; try again in a moment")
	}
}
