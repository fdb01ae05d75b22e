package superher

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/superher/superher/tenant"
)

// KeyAge is how old an answer may be that [Client.Authenticate] gives without
// asking the store. A change of a key that was made through another client, on
// another node say, is noticed after that time at the latest.
const KeyAge = 2 * time.Second

// How many keys are remembered. Who uses more of them at once asks the store
// more often.
const (
	keyShards     = 16
	maxShardKeys  = 256
	maxCachedKeys = keyShards * maxShardKeys
)

// keyCache remembers the API keys that the store was asked for a moment ago.
// It never remembers that there is no such key: one that was just made has to
// work at once.
type keyCache struct {
	shards [keyShards]keyShard
}

// keyHash is what a key is looked up by.
type keyHash = [32]byte

type keyShard struct {
	mu      sync.Mutex
	known   map[keyHash]*knownKey
	flights map[keyHash]*keyFlight
}

type knownKey struct {
	key  tenant.APIKey
	read time.Time // when the store was asked, by a clock that never jumps
}

// keyFlight is a question to the store that several calls wait for.
type keyFlight struct {
	began time.Time
	done  chan struct{}
	key   tenant.APIKey
	err   error
}

// errNoAnswer is what those who wait get where the store panicked.
var errNoAnswer = errors.New("the store gave no answer")

func newKeyCache() *keyCache {
	c := &keyCache{}
	for i := range c.shards {
		c.shards[i] = keyShard{known: make(map[keyHash]*knownKey), flights: make(map[keyHash]*keyFlight)}
	}
	return c
}

func (c *keyCache) shard(hash keyHash) *keyShard { return &c.shards[hash[0]%keyShards] }

// get returns the key, from memory or from what load finds; of the calls that
// need load at the same time one does.
func (c *keyCache) get(ctx context.Context, hash keyHash, load func(context.Context, keyHash) (tenant.APIKey, error)) (tenant.APIKey, error) {
	s := c.shard(hash)
	for {
		now := time.Now()
		s.mu.Lock()
		if k, ok := s.known[hash]; ok && now.Sub(k.read) < KeyAge {
			key := k.key
			s.mu.Unlock()
			return own(key), nil
		}
		f, flying := s.flights[hash]
		if flying && now.Sub(f.began) < KeyAge {
			s.mu.Unlock()
			select {
			case <-f.done:
			case <-ctx.Done():
				return tenant.APIKey{}, ctx.Err()
			}
			// The end of another call's context says nothing about this one.
			if f.err != nil && (errors.Is(f.err, context.Canceled) || errors.Is(f.err, context.DeadlineExceeded) || errors.Is(f.err, errNoAnswer)) {
				continue
			}
			return own(f.key), f.err
		}
		f = &keyFlight{began: now, done: make(chan struct{}), err: errNoAnswer}
		s.flights[hash] = f
		s.mu.Unlock()
		return s.fly(ctx, hash, f, load)
	}
}

// own returns the key with memory of its own: what a caller does to it must not
// change what others are told.
func own(key tenant.APIKey) tenant.APIKey {
	key.Scopes = slices.Clone(key.Scopes)
	return key
}

// fly asks the store and tells those who wait.
func (s *keyShard) fly(ctx context.Context, hash keyHash, f *keyFlight, load func(context.Context, keyHash) (tenant.APIKey, error)) (tenant.APIKey, error) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		// A flight that was forgotten meanwhile may not have seen what changed.
		if s.flights[hash] == f {
			delete(s.flights, hash)
			if f.err == nil {
				s.keep(hash, &knownKey{f.key, f.began})
			}
		}
		close(f.done)
	}()
	f.key, f.err = load(ctx, hash)
	return own(f.key), f.err
}

// keep remembers a key. A full shard makes room: first what is too old, else
// anything.
func (s *keyShard) keep(hash keyHash, k *knownKey) {
	if len(s.known) >= maxShardKeys {
		for old, other := range s.known {
			if k.read.Sub(other.read) >= KeyAge {
				delete(s.known, old)
			}
		}
	}
	for old := range s.known {
		if len(s.known) < maxShardKeys {
			break
		}
		delete(s.known, old)
	}
	s.known[hash] = k
}

// forget makes sure that no answer from before now is given from now on.
func (c *keyCache) forget(hashes ...keyHash) {
	for _, hash := range hashes {
		s := c.shard(hash)
		s.mu.Lock()
		delete(s.known, hash)
		delete(s.flights, hash) // who waits for it came before; who comes now asks anew
		s.mu.Unlock()
	}
}

// use notes in memory that a key is used now, and reports whether that is to be
// stored: of the calls that find the last use old enough one does it.
func (c *keyCache) use(key tenant.APIKey, now time.Time) bool {
	s := c.shard(key.Hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.known[key.Hash]
	if !ok {
		return true
	}
	if now.Sub(k.key.LastUsedAt) < touchEvery {
		return false
	}
	k.key.LastUsedAt = now
	return true
}

// unused takes back a use that could not be stored, so that the next call tries.
func (c *keyCache) unused(key tenant.APIKey, now time.Time) {
	s := c.shard(key.Hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.known[key.Hash]; ok && k.key.LastUsedAt.Equal(now) {
		k.key.LastUsedAt = key.LastUsedAt
	}
}
