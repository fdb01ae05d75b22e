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
	done    chan struct{} // closed when entry and err are set
	slow    chan struct{} // closed when it takes longer than Patience, the wait for a place included
	changed chan struct{} // closed when the link is changed meanwhile, so that the answer may be of before
	entry   *entry
	err     error
}

// overtaken reports whether the link was changed since the flight began.
func (f *flight) overtaken() bool {
	select {
	case <-f.changed:
		return true
	default:
		return false
	}
}

// hearing is a time in which every change of a link was reported.
type hearing struct{ since, until time.Time }

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

	heard atomic.Pointer[hearing] // nil: nothing yet

	away     atomic.Bool  // the inner store fails or is too slow
	probe    atomic.Int64 // when to ask it again: nanoseconds since began
	answered atomic.Int64 // when it last answered in time: the same
	began    time.Time
	log      *slog.Logger
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

// hear notes that every change from since to until was reported.
func (c *cache) hear(since, until time.Time) { c.heard.Store(&hearing{since, until}) }

// age returns for how long it is not known whether an entry is still true: since
// it was asked for or, where all changes were reported from then on, since the
// last moment of which that is sure.
func (c *cache) age(found *entry, now time.Time) time.Duration {
	if h := c.heard.Load(); h != nil && !found.asked.Before(h.since) && h.until.After(found.asked) {
		return now.Sub(h.until)
	}
	return now.Sub(found.asked)
}

// known returns what may be answered without waiting, or nil. It sees to it that
// what is getting old is read again.
func (c *cache) known(code links.Code) *entry {
	found, ok := c.links.GetIfPresent(code)
	if !ok {
		return nil
	}
	now := time.Now()
	age, read := c.age(found, now), now.Sub(found.asked)
	if age < RefreshAge && read < WatchedRefreshAge {
		return found
	}
	away := c.away.Load()
	if !away || c.probing() {
		c.refresh(code, found)
	}
	if age < MaxAge && read < WatchedAge || away {
		return found
	}
	return nil
}

// seen reports whether something is kept of a code, whatever its age.
func (c *cache) seen(code links.Code) bool {
	_, ok := c.links.GetIfPresent(code)
	return ok
}

// get returns a link, if need be after reading it. If it is changed while it is
// read, it is read again, unless that happens again and again: each answer was
// true at some moment of the call.
func (c *cache) get(ctx context.Context, code links.Code) (links.Link, error) {
	for rounds := 1; ; rounds++ {
		if ctx.Err() != nil {
			return links.Link{}, fault.Of(ctx.Err())
		}
		if found := c.known(code); found != nil {
			return found.link, nil
		}
		if asked, ok := c.misses.GetIfPresent(code); ok && time.Since(asked) < MissAge {
			return links.Link{}, storage.NotFound()
		}
		f, old := c.fly(code)
		changed := f.changed
		if rounds == maxRounds {
			changed = nil
		}
		link, err := f.wait(ctx, changed, old)
		if rounds == maxRounds || !f.overtaken() {
			return link, err
		}
	}
}

// wait returns the answer of a flight, or the old one, if there is one, where
// that fails or takes too long. When changed is closed it returns nothing of use.
func (f *flight) wait(ctx context.Context, changed <-chan struct{}, old *entry) (links.Link, error) {
	var slow chan struct{} // who has nothing to fall back on waits longer
	if old != nil {
		slow = f.slow
	}
	err := error(nil)
	select {
	case <-f.done:
		if f.err == nil {
			return f.entry.link, nil
		}
		err = f.err
	case <-changed:
		return links.Link{}, nil
	case <-slow:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if old != nil && (err == nil || fault.Of(err).Code != fault.NotFound) {
		return old.link, nil //nolint:nilerr // what was read before stands in for what cannot be read
	}
	return links.Link{}, fault.Of(err)
}

// changed forgets a code. One that was in use is read again at once, and who
// waits for it goes on to that.
func (c *cache) changed(code links.Code) {
	s := c.shard(code)
	s.mu.Lock()
	_, used := c.links.Invalidate(code)
	c.misses.Invalidate(code)
	if f := s.flights[code]; f != nil {
		delete(s.flights, code)
		close(f.changed)
	}
	s.mu.Unlock()
	if used {
		c.fly(code)
	}
}

func (c *cache) shard(code links.Code) *shard {
	return &c.shards[maphash.String(c.seed, string(code))%shards]
}

// fly returns the flight of a code, which it begins where there is none, and
// what is known of the code before it lands.
func (c *cache) fly(code links.Code) (*flight, *entry) {
	s := c.shard(code)
	s.mu.Lock()
	defer s.mu.Unlock()
	old, _ := c.links.GetIfPresent(code) // under the lock, so that it is not of before a change that the flight knows nothing of
	if f := s.flights[code]; f != nil {
		return f, old
	}
	return c.launch(s, code), old
}

// refresh begins a flight to replace an entry, unless that was replaced already or
// is about to be.
func (c *cache) refresh(code links.Code, stale *entry) {
	s := c.shard(code)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, _ := c.links.GetIfPresent(code); now == stale && s.flights[code] == nil {
		c.launch(s, code)
	}
}

// launch begins a flight; the shard is locked and has none of the code.
func (c *cache) launch(s *shard, code links.Code) *flight {
	f := &flight{done: make(chan struct{}), slow: make(chan struct{}), changed: make(chan struct{})}
	s.flights[code] = f
	go c.run(f, code)
	return f
}

// run reads a link and keeps what it finds, unless the link was changed
// meanwhile.
func (c *cache) run(f *flight, code links.Code) {
	slow := time.AfterFunc(Patience, func() { close(f.slow) })
	defer slow.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), LoadTimeout)
	defer cancel()
	asked, link, err := c.ask(ctx, code)
	missing := err != nil && fault.Of(err).Code == fault.NotFound
	switch {
	case err == nil:
		f.entry = &entry{link: link, redirectURL: link.RedirectURL(), asked: asked}
	case missing:
		f.err = storage.NotFound()
	default:
		f.err = err
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
	close(f.done)
}

// ask puts one question to the inner store, once there is a place, and notes
// whether the store is there. The wait for a place says nothing of that.
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
	late := time.AfterFunc(Patience, func() { c.lost(asked, "it does not answer in time") })
	defer late.Stop()
	link, err = c.load(ctx, code)
	inTime := late.Stop()
	switch e := fault.Of(err); {
	case e == nil || e.Code == fault.NotFound:
		c.found(inTime)
	case e.Code == fault.Unavailable: // any other failure is of this link alone
		c.lost(asked, e.Reason)
	}
	return asked, link, err
}

// lost notes that the inner store is away, unless it has answered others in time
// since a question was asked that it failed to answer.
func (c *cache) lost(asked time.Time, reason string) {
	if c.answered.Load() > int64(asked.Sub(c.began)) {
		return
	}
	c.probe.Store(int64(time.Since(c.began) + ProbeEvery))
	if !c.away.Swap(true) {
		c.log.Warn("links are answered as they were last read: the store is away", "reason", reason)
	}
}

// found notes that the inner store has answered. If that was late, it is away
// still, but asked again by the next caller.
func (c *cache) found(inTime bool) {
	now := int64(time.Since(c.began))
	if !inTime {
		c.probe.Store(now)
		return
	}
	c.answered.Store(now)
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
