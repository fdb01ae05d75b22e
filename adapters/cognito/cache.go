package cognito

import (
	"context"
	"crypto/rsa"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

// Limits of the fetching of key sets.
const (
	fetchEvery   = 10 * time.Second // from the start of one fetch to the start of the next
	fetchTimeout = 3 * time.Second  // for the whole of one fetch
)

// keyCache keeps the last good key set. Whoever finds a key in it reads one
// pointer; the lock is for those who need a fetch, and nobody holds it during one.
type keyCache struct {
	fetch   func(context.Context) (map[string]*rsa.PublicKey, error)
	now     func() time.Time
	keepFor time.Duration
	current atomic.Pointer[keySet]

	mu      sync.Mutex
	running *fetching // nil while none is
	tried   time.Time // start of the last fetch
	failed  error     // of the last fetch
}

// keySet is a fetched set; it is never changed.
type keySet struct {
	keys map[string]*rsa.PublicKey
	at   time.Time
}

// fetching is a fetch that callers wait for. err may be read once done is closed.
type fetching struct {
	done chan struct{}
	err  error
}

// cached returns the key, or nil. It waits for nobody; where the set is old, it
// starts a fetch and answers from the old one.
func (c *keyCache) cached(ctx context.Context, kid string) *rsa.PublicKey {
	set := c.current.Load()
	if set == nil {
		return nil
	}
	key := set.keys[kid]
	if key != nil && c.now().Sub(set.at) >= c.keepFor {
		_, _ = c.start(ctx) // whatever comes of it, the old key is the answer
	}
	return key
}

// find returns a key that was not cached. It waits for the fetch that runs, or
// for a new one where the last is ten seconds old, or for the end of ctx.
func (c *keyCache) find(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	run, failed := c.start(ctx)
	if run != nil {
		select {
		case <-run.done:
			failed = run.err
		case <-ctx.Done():
			return nil, fault.Of(ctx.Err())
		}
	}
	if set := c.current.Load(); set != nil && set.keys[kid] != nil {
		return set.keys[kid], nil
	}
	if failed != nil {
		return nil, &fault.Error{
			Code: fault.Unavailable, Reason: "keys-unreachable", Detail: "the keys of the identity provider cannot be had", Err: failed,
		}
	}
	return nil, auth.InvalidCredential(refusal("unknown key"))
}

// start returns the fetch that runs, beginning one where it is time. Where it is
// not, it returns what the last one said.
func (c *keyCache) start(ctx context.Context) (run *fetching, failed error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil {
		return c.running, nil
	}
	// The clock is read under the lock, so that time passes in one order for all.
	// A clock that was set back must not stop the fetching.
	now := c.now()
	if waited := now.Sub(c.tried); !c.tried.IsZero() && waited >= 0 && waited < fetchEvery {
		return nil, c.failed
	}
	run = &fetching{done: make(chan struct{})}
	c.running, c.tried = run, now
	// The fetch is for all callers: it does not end with the one that began it.
	go c.run(context.WithoutCancel(ctx), run, now)
	return run, nil
}

func (c *keyCache) run(ctx context.Context, run *fetching, began time.Time) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	keys, err := c.fetch(ctx)
	if err == nil {
		c.current.Store(&keySet{keys: keys, at: began})
	}
	c.mu.Lock()
	c.running, c.failed = nil, err
	c.mu.Unlock()
	run.err = err
	close(run.done)
}
