package server

import (
	"context"
	"time"

	"github.com/superher/superher/fault"
)

// How many batches of events are in hand at once. A batch is 8 MB at most while
// it arrives, and several times that while it is read and recorded.
const (
	MaxTenantBatches = 4  // of one advertiser, over all its keys and people
	MaxBatches       = 16 // of everybody
	MaxRecording     = 4  // of those that have arrived
	batchWait        = 2 * time.Second
)

// crowd bounds how many requests of a kind are in hand at once: of everybody,
// and of each advertiser, so that a slow one keeps only itself waiting.
type crowd struct {
	all    chan struct{}
	byName *names[chan struct{}]
	inside chan struct{} // the places for what has arrived
	wait   time.Duration
}

func newCrowd() (*crowd, error) {
	byName, err := newNames(func() chan struct{} { return make(chan struct{}, MaxTenantBatches) })
	return &crowd{make(chan struct{}, MaxBatches), byName, make(chan struct{}, MaxRecording), batchWait}, err
}

// enter waits a moment for a place and returns how to leave it.
func (w *crowd) enter(ctx context.Context, name string) (leave func(), err error) {
	own := w.byName.get(name)
	ctx, cancel := context.WithTimeout(ctx, w.wait)
	defer cancel()
	select {
	case own <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.New(fault.Exhausted, "too-many-at-once", "too many batches of this advertiser are on their way; wait for one to be answered")
	}
	select {
	case w.all <- struct{}{}:
		return func() { <-w.all; <-own }, nil
	case <-ctx.Done():
		<-own
		return nil, fault.New(fault.Unavailable, "server-busy", "too many batches are on their way; try again in a moment")
	}
}

// turn waits until few enough others are being read and recorded.
func (w *crowd) turn(ctx context.Context) (leave func(), err error) {
	select {
	case w.inside <- struct{}{}:
		return func() { <-w.inside }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "server-busy", "too many batches are on their way; try again in a moment")
	}
}

// crowdName is whom the place of a call is counted for: the advertiser, however
// many keys it has, or an admin by itself.
func (c *call) crowdName() string {
	if own := c.who.advertiser(); !own.IsZero() {
		return own.String()
	}
	return c.who.name()
}
