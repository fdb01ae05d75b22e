package linkcache

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
)

// entry is a link as it was read. It does not change.
type entry struct {
	link        links.Link
	redirectURL string
	asked       time.Time // when reading it began: what it says is from then or later
}

// flight is one question to the inner store, which any number of callers wait for.
type flight struct {
	done  chan struct{} // closed when entry and err are set
	slow  chan struct{} // closed when it takes longer than Patience
	entry *entry
	err   error
}

// shard holds the flights of some of the codes.
type shard struct {
	mu      sync.Mutex
	flights map[links.Code]*flight
}

// cache keeps links, and which codes are unknown. A code that changes is taken out
// together with its flight, under the lock of its shard; so what was read
// before the change is never kept after it.
type cache struct {
	load   func(ctx context.Context, code links.Code) (links.Link, error)
	links  *otter.Cache[links.Code, *entry]
	misses *otter.Cache[links.Code, time.Time] // when the question began
	shards [shards]shard
	seed   maphash.Seed
	places chan struct{} // for flights

	away  atomic.Bool  // the inner store fails or is too slow
	probe atomic.Int64 // when to ask it again: nanoseconds since began
	began time.Time
	log   *slog.Logger
}

func newCache(size int, load func(context.Context, links.Code) (links.Link, error), log *slog.Logger) (*cache, error) {
	c := &cache{load: load, seed: maphash.MakeSeed(), places: make(chan struct{}, maxLoads), began: time.Now(), log: log}
	for i := range c.shards {
		c.shards[i].flights = map[links.Code]*flight{}
	}
	var err error
	if c.links, err = otter.New(&otter.Options[links.Code, *entry]{MaximumSize: size}); err != nil {
		return nil, err
	}
	c.misses, err = otter.New(&otter.Options[links.Code, time.Time]{MaximumSize: maxMisses})
	return c, err
}

// known returns what may be answered without waiting, or nil. It sees to it that
// what is getting old is read again.
func (c *cache) known(code links.Code) *entry {
	found, ok := c.links.GetIfPresent(code)
	if !ok {
		return nil
	}
	age := time.Since(found.asked)
	if age < RefreshAge {
		return found
	}
	away := c.away.Load()
	if !away || c.probing() {
		c.fly(code)
	}
	if age < MaxAge || away {
		return found
	}
	return nil
}

// get returns a link, if need be after reading it.
func (c *cache) get(ctx context.Context, code links.Code) (links.Link, error) {
	if ctx.Err() != nil {
		return links.Link{}, fault.Of(ctx.Err())
	}
	if found := c.known(code); found != nil {
		return found.link, nil
	}
	if asked, ok := c.misses.GetIfPresent(code); ok && time.Since(asked) < MissAge {
		return links.Link{}, storage.NotFound()
	}
	old, _ := c.links.GetIfPresent(code)
	f := c.fly(code)
	var slow chan struct{} // who has nothing to fall back on waits longer
	if old != nil {
		slow = f.slow
	}
	select {
	case <-f.done:
	case <-slow:
		return old.link, nil
	case <-ctx.Done():
		if old == nil {
			return links.Link{}, fault.Of(ctx.Err())
		}
		return old.link, nil
	}
	switch {
	case f.err == nil:
		return f.entry.link, nil
	case old != nil && fault.Of(f.err).Code != fault.NotFound:
		return old.link, nil //nolint:nilerr // what was read before stands in for what cannot be read
	default:
		return links.Link{}, f.err
	}
}

// changed forgets a code. One that was in use is read again at once.
func (c *cache) changed(code links.Code) {
	s := c.shard(code)
	s.mu.Lock()
	_, used := c.links.Invalidate(code)
	c.misses.Invalidate(code)
	delete(s.flights, code)
	s.mu.Unlock()
	if used {
		c.fly(code)
	}
}

func (c *cache) shard(code links.Code) *shard {
	return &c.shards[maphash.String(c.seed, string(code))%shards]
}

// fly returns the flight of a code, which it begins where there is none.
func (c *cache) fly(code links.Code) *flight {
	s := c.shard(code)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[code]; f != nil {
		return f
	}
	f := &flight{done: make(chan struct{}), slow: make(chan struct{})}
	s.flights[code] = f
	go c.run(f, code)
	return f
}

// run reads a link and keeps what it finds, unless the link was changed
// meanwhile.
func (c *cache) run(f *flight, code links.Code) {
	late := time.AfterFunc(Patience, func() {
		close(f.slow)
		c.lost("it does not answer in time")
	})
	ctx, cancel := context.WithTimeout(context.Background(), LoadTimeout)
	defer cancel()
	asked, link, err := c.ask(ctx, code)
	inTime := late.Stop()
	missing := err != nil && fault.Of(err).Code == fault.NotFound
	switch {
	case err == nil:
		f.entry = &entry{link: link, redirectURL: link.RedirectURL(), asked: asked}
	case missing:
		f.err = storage.NotFound()
	default:
		f.err = err
		if e := fault.Of(err); e.Code == fault.Unavailable { // any other failure is of this link alone
			c.lost(e.Reason)
		}
	}
	s := c.shard(code)
	s.mu.Lock()
	if s.flights[code] == f {
		delete(s.flights, code)
		switch {
		case err == nil:
			c.links.Set(code, f.entry)
			c.misses.Invalidate(code)
		case missing:
			c.links.Invalidate(code)
			c.misses.Set(code, asked)
		}
	}
	s.mu.Unlock()
	if inTime && f.err == nil || inTime && missing {
		c.found()
	}
	close(f.done)
}

// ask puts one question to the inner store, once there is a place.
func (c *cache) ask(ctx context.Context, code links.Code) (asked time.Time, link links.Link, err error) {
	defer func() {
		if panicked := recover(); panicked != nil { // of a caller it would be the caller's, but this goroutine is nobody's
			err = fault.New(fault.Internal, "store-panicked", "the store panicked")
			c.log.Error("the store panicked", "panic", panicked)
		}
	}()
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return asked, link, fault.Of(ctx.Err())
	}
	asked = time.Now()
	link, err = c.load(ctx, code)
	return asked, link, err
}

// lost notes that the inner store is away.
func (c *cache) lost(reason string) {
	c.probe.Store(int64(time.Since(c.began) + ProbeEvery))
	if !c.away.Swap(true) {
		c.log.Warn("links are answered as they were last read: the store is away", "reason", reason)
	}
}

// found notes that the inner store is there.
func (c *cache) found() {
	if c.away.Load() && c.away.Swap(false) {
		c.log.Info("links are read from the store again")
	}
}

// probing reports whether it is time to ask a store that is away once more, to one
// caller each time.
func (c *cache) probing() bool {
	now, due := int64(time.Since(c.began)), c.probe.Load()
	return now >= due && c.probe.CompareAndSwap(due, now+int64(ProbeEvery))
}
