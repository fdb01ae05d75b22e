package superher_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// keyStore counts how often it is asked for a key, holds the answers up, and
// counts the uses that it is told of.
type keyStore struct {
	storage.Store
	asked, touched atomic.Int64
	hold           chan struct{} // an answer that was read waits here
	touch          error
}

func (s *keyStore) System() storage.System { return keySystem{s.Store.System(), s} }

type keySystem struct {
	storage.System
	s *keyStore
}

func (k keySystem) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	k.s.asked.Add(1)
	key, err := k.System.APIKeyByHash(ctx, hash)
	if k.s.hold != nil {
		select {
		case <-k.s.hold:
		case <-ctx.Done():
			return tenant.APIKey{}, fault.Of(ctx.Err())
		}
	}
	return key, err
}

func (k keySystem) TouchAPIKey(ctx context.Context, key tenant.APIKey, at time.Time) error {
	k.s.touched.Add(1)
	if k.s.touch != nil {
		return k.s.touch
	}
	return k.System.TouchAPIKey(ctx, key, at)
}

// keys is a brand with a key, at this node and, through another client on the
// same store, at another one.
type keys struct {
	*keyStore
	t             *testing.T
	clock         *clock
	client, other *superher.Client
	here, there   superher.Account
	key           superher.NewKey
}

func newKeys(t *testing.T) keys {
	t.Helper()
	k := keys{keyStore: &keyStore{Store: memory.New()}, t: t, clock: &clock{now: start}}
	var err error
	k.client, err = superher.New(superher.Config{Store: k.keyStore, Now: k.clock.Now, Rand: newSeeded(1)})
	require.NoError(t, err)
	k.other, err = superher.New(superher.Config{Store: k.keyStore, Now: k.clock.Now, Rand: newSeeded(2)})
	require.NoError(t, err)
	a, err := k.client.CreateAdvertiser(t.Context(), tenant.NewAdvertiser{Name: "Sunrise", Currency: "INR"})
	require.NoError(t, err)
	k.here, k.there = k.client.For(tenant.For(a.ID)), k.other.For(tenant.For(a.ID))
	k.key = k.make(time.Time{})
	return k
}

func (k keys) make(end time.Time) superher.NewKey {
	k.t.Helper()
	key, err := k.here.CreateAPIKey(k.t.Context(), tenant.NewAPIKey{Name: "shop", Scopes: []tenant.Permission{tenant.EventsWrite}, ExpiresAt: end})
	require.NoError(k.t, err)
	return key
}

func (k keys) works(raw string) bool {
	k.t.Helper()
	_, err := k.client.Authenticate(k.t.Context(), raw)
	if err != nil {
		require.ErrorIs(k.t, err, fault.Unauthenticated)
	}
	return err == nil
}

// pass lets time pass in a bubble of synctest, where its clock jumps ahead and
// nobody waits.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the clock of the bubble
}

func TestAuthenticate_AsksTheStoreOnceInTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		for range 100 {
			require.True(t, k.works(k.key.Raw))
		}
		require.EqualValues(t, 1, k.asked.Load())
		pass(superher.KeyAge - 1)
		require.True(t, k.works(k.key.Raw))
		require.EqualValues(t, 1, k.asked.Load())
		pass(1)
		require.True(t, k.works(k.key.Raw))
		require.EqualValues(t, 2, k.asked.Load())
	})
}

func TestAuthenticate_AChangeCountsAtOnceHereAndInTwoSecondsElsewhere(t *testing.T) {
	for name, change := range map[string]func(a superher.Account, id tenant.KeyID) error{
		"revoked": func(a superher.Account, id tenant.KeyID) error {
			_, err := a.RevokeAPIKey(context.Background(), id, 0)
			return err
		},
		"rotated": func(a superher.Account, id tenant.KeyID) error {
			_, err := a.RotateAPIKey(context.Background(), id, 0)
			return err
		},
		"revoked in a transaction": func(a superher.Account, id tenant.KeyID) error {
			return a.Atomically(context.Background(), func(ctx context.Context, a superher.Account) error {
				_, err := a.RevokeAPIKey(ctx, id, 0)
				return err
			})
		},
		"rotated in a request": func(a superher.Account, id tenant.KeyID) error {
			_, _, err := a.Once(context.Background(), superher.Request{Key: "k"}, func(ctx context.Context, a superher.Account) ([]byte, error) {
				_, err := a.RotateAPIKey(ctx, id, 0)
				return []byte("done"), err
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeys(t)
				require.True(t, k.works(k.key.Raw))
				require.NoError(t, change(k.here, k.key.ID))
				require.False(t, k.works(k.key.Raw), "here it counts at once")

				k.key = k.make(time.Time{})
				require.True(t, k.works(k.key.Raw))
				if name == "rotated in a request" {
					return // the same request would be replayed
				}
				require.NoError(t, change(k.there, k.key.ID))
				pass(superher.KeyAge)
				require.False(t, k.works(k.key.Raw), "of another node it counts in time")
			})
		})
	}
}

func TestAuthenticate_AnAnswerFromBeforeAChangeIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		k.hold = make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() { _, _ = k.client.Authenticate(t.Context(), k.key.Raw) })
		synctest.Wait() // it has read that the key works
		_, err := k.here.RevokeAPIKey(t.Context(), k.key.ID, 0)
		require.NoError(t, err)
		close(k.hold)
		require.False(t, k.works(k.key.Raw), "who comes after the change does not share the answer from before")
		wait.Wait()
		require.False(t, k.works(k.key.Raw), "nor is it remembered")
	})
}

func TestAuthenticate_TheClockIsAskedEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		k.key = k.make(start.Add(time.Hour))
		require.True(t, k.works(k.key.Raw))
		k.clock.Advance(time.Hour - 1)
		require.True(t, k.works(k.key.Raw))
		k.clock.Advance(1)
		require.False(t, k.works(k.key.Raw))
		require.EqualValues(t, 1, k.asked.Load())
	})
}

func TestAuthenticate_AnUnknownKeyIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		elsewhere := newKeys(t) // draws the same keys
		early := elsewhere.make(time.Time{})
		require.False(t, k.works(early.Raw))
		fresh := k.make(time.Time{})
		require.Equal(t, early.Raw, fresh.Raw)
		require.True(t, k.works(fresh.Raw), "a key works from its creation on")
	})
}

func TestAuthenticate_CallsAtOnceAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		k.hold = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		var ok, failed atomic.Int64
		count := func(ctx context.Context) {
			if _, err := k.client.Authenticate(ctx, k.key.Raw); err != nil {
				failed.Add(1)
				return
			}
			ok.Add(1)
		}
		wait.Go(func() { count(ctx) })
		synctest.Wait()
		for range 50 {
			wait.Go(func() { count(t.Context()) })
		}
		synctest.Wait()
		require.EqualValues(t, 1, k.asked.Load())
		cancel()
		synctest.Wait()
		require.EqualValues(t, 1, failed.Load(), "one call's end is not that of the others")
		close(k.hold)
		wait.Wait()
		require.EqualValues(t, 50, ok.Load())
		require.EqualValues(t, 2, k.asked.Load())
		require.EqualValues(t, 1, k.touched.Load(), "and one notes the use")
	})
}

func TestAuthenticate_AUseIsNotedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		k.touch = errors.New("busy")
		require.True(t, k.works(k.key.Raw))
		require.True(t, k.works(k.key.Raw))
		require.EqualValues(t, 2, k.touched.Load(), "what could not be noted is tried again")
		k.touch = nil
		for range 5 {
			require.True(t, k.works(k.key.Raw))
		}
		require.EqualValues(t, 3, k.touched.Load())
		k.clock.Advance(time.Minute)
		require.True(t, k.works(k.key.Raw))
		require.EqualValues(t, 4, k.touched.Load())
	})
}

func TestAuthenticate_WhatIsRememberedIsBoundedAndNobodysToChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeys(t)
		key, err := k.client.Authenticate(t.Context(), k.key.Raw)
		require.NoError(t, err)
		key.Scopes[0] = tenant.EverythingAllowed
		key, err = k.client.Authenticate(t.Context(), k.key.Raw)
		require.NoError(t, err)
		require.Equal(t, []tenant.Permission{tenant.EventsWrite}, key.Scopes)

		many := 3 * superher.MaxCachedKeys / 2
		for i := range many {
			require.True(t, k.works(k.make(time.Time{}).Raw), fmt.Sprint(i))
		}
		require.LessOrEqual(t, superher.CachedKeys(k.client), superher.MaxCachedKeys)
		require.Greater(t, superher.CachedKeys(k.client), superher.MaxCachedKeys/2)
	})
}
