package linkcache

import (
	"context"
	"log/slog"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Limits of a cache. The ages of an answer count from the moment of which it is
// sure that it was true: when it was read or, while Config.Watch reports every
// change, the last moment of which the watch knows that it has missed nothing.
const (
	DefaultSize = 100_000                // links, about half a kilobyte each
	MaxAge      = 2 * time.Second        // of an answer, while the inner store can be asked
	RefreshAge  = time.Second            // from which on a link that is asked for is read again
	MissAge     = time.Second            // for which it is remembered that a code is unknown
	Patience    = 250 * time.Millisecond // with the inner store, before it counts as away
	ProbeEvery  = 500 * time.Millisecond // while it is away
	LoadTimeout = 2 * time.Second        // of one question to it

	// WatchedAge is after how long a link is read again however well changes are
	// reported, from WatchedRefreshAge on in the background: what is changed in SQL
	// by hand is reported by nobody.
	WatchedAge        = 5 * time.Minute
	WatchedRefreshAge = 4 * time.Minute

	maxMisses = 10_000 // unknown codes, apart from the links so that guesses push out none
	maxLoads  = 64     // questions at once
	maxRounds = 4      // of reading a link that is changed while it is read
	shards    = 64
)

// Watch reports the code of every link that is changed, by whomever, to changed,
// until ctx ends or it cannot any more. Now and then it calls complete with a
// moment up to which it has missed nothing: whatever was changed between the first
// such moment and this one, changed was told before. How often it does is how
// long links count as fresh: less than [RefreshAge] apart, nothing is read again
// for want of it. It calls neither after it returned.
type Watch func(ctx context.Context, changed func(links.Code), complete func(until time.Time)) error

// How long [Store.Run] waits before it watches again.
const (
	watchFirst = 50 * time.Millisecond
	watchMost  = 2 * time.Second
)

// Config is what a cache is made from.
type Config struct {
	Store storage.Store // Required.
	Size  int           // Links kept; 0 means DefaultSize.
	Watch Watch         // nil: nobody reports changes. The Store of adapters/postgres has a method for it.
	Log   *slog.Logger  // nil is silent
}

// Store is the decorated store. It is safe for concurrent use.
type Store struct {
	storage.Store

	cache *cache
	watch Watch
	log   *slog.Logger
}

// New returns a store that answers as the inner one does, or fault.Invalid
// naming the bad field.
func New(config Config) (*Store, error) {
	var checks fault.Checks
	checks.That(config.Store != nil, "Store", "required", "Config.Store must be the store to decorate")
	checks.That(config.Size >= 0, "Size", "out-of-range", "Config.Size must not be negative")
	if err := checks.Err(); err != nil {
		return nil, err
	}
	if config.Size == 0 {
		config.Size = DefaultSize
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	made, err := newCache(config.Size, config.Store.System().LinkByCode, config.Log)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "cache-refused", "the cache could not be made")
	}
	return &Store{Store: config.Store, cache: made, watch: config.Watch, log: config.Log}, nil
}

// Run follows the changes that Config.Watch reports until ctx is done, beginning
// anew, ever slower, where that fails. What was read before it began anew counts
// by its own age from then on, since a change of it may have been missed. Without
// a Watch it only waits. The cache keeps its promises also while it does not run.
func (s *Store) Run(ctx context.Context) {
	if s.watch == nil {
		<-ctx.Done()
		return
	}
	for wait := watchFirst; ; wait = min(2*wait, watchMost) {
		began := time.Now()
		var since time.Time
		err := s.watch(ctx, s.cache.changed, func(until time.Time) {
			if since.IsZero() {
				since = until
			}
			s.cache.hear(since, until)
		})
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > watchMost {
			wait = watchFirst
		}
		s.log.WarnContext(ctx, "changes of links are not reported at once for the moment, but found within two seconds", "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// Write implements storage.Store. Links that fn changed are forgotten before it
// returns, also after an error: the transaction may have ended well all the same.
func (s *Store) Write(ctx context.Context, scope tenant.Scope, fn func(ctx context.Context, tx storage.Tx) error) error {
	var codes []links.Code
	defer func() {
		for _, code := range codes {
			s.cache.changed(code)
		}
	}()
	return s.Store.Write(ctx, scope, func(ctx context.Context, inner storage.Tx) error {
		return fn(ctx, tx{Tx: inner, codes: &codes})
	})
}

// System implements storage.Store. What it returns is a storage.LinkCache as well.
func (s *Store) System() storage.System { return system{s.Store.System(), s.cache} }

// tx notes the codes of the links that are changed.
type tx struct {
	storage.Tx

	codes *[]links.Code
}

// CreateLink implements storage.LinkWriter.
func (t tx) CreateLink(ctx context.Context, l links.Link) error {
	*t.codes = append(*t.codes, l.Code)
	return t.Tx.CreateLink(ctx, l)
}

// UpdateLink implements storage.LinkWriter. The code is the stored one, whatever
// the argument says; it is noted first, so that nothing can come between.
func (t tx) UpdateLink(ctx context.Context, l links.Link) error {
	stored, err := t.Link(ctx, l.ID)
	if err != nil {
		return err
	}
	*t.codes = append(*t.codes, stored.Code)
	return t.Tx.UpdateLink(ctx, l)
}

type system struct {
	storage.System

	cache *cache
}

// LinkByCode implements storage.System.
func (s system) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	return s.cache.get(ctx, code)
}

// KnownLink implements storage.LinkCache.
func (s system) KnownLink(code links.Code) (link links.Link, redirectURL string, known bool) {
	if found := s.cache.known(code); found != nil {
		return found.link, found.redirectURL, true
	}
	return links.Link{}, "", false
}

// SeenLink implements storage.LinkCache.
func (s system) SeenLink(code links.Code) bool { return s.cache.seen(code) }
