package superher_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// watched is a store that counts the transactions with events, holds all
// transactions up, and fails in them.
type watched struct {
	storage.Store
	inside, most, calls atomic.Int64
	sizes               sync.Map // number of the call → its events
	hold                chan struct{}
	before              func(events []attribution.Event) error
}

func (w *watched) Write(ctx context.Context, scope tenant.Scope, fn func(context.Context, storage.Tx) error) error {
	now := w.inside.Add(1)
	defer w.inside.Add(-1)
	for most := w.most.Load(); now > most && !w.most.CompareAndSwap(most, now); most = w.most.Load() {
	}
	if w.hold != nil {
		select {
		case <-w.hold:
		case <-ctx.Done():
			return fault.Of(ctx.Err())
		}
	}
	return w.Store.Write(ctx, scope, func(ctx context.Context, tx storage.Tx) error {
		return fn(ctx, watchedTx{tx, w})
	})
}

type watchedTx struct {
	storage.Tx
	w *watched
}

func (t watchedTx) RecordEvents(ctx context.Context, events []attribution.Event) ([]storage.Outcome, error) {
	t.w.sizes.Store(t.w.calls.Add(1), len(events))
	if t.w.before != nil {
		if err := t.w.before(events); err != nil {
			return nil, err
		}
	}
	return t.Tx.RecordEvents(ctx, events)
}

// crowd is a brand on a watched store.
type crowd struct {
	*watched
	brand
	client *superher.Client
}

func newCrowd(t *testing.T) crowd {
	t.Helper()
	w := &watched{Store: memory.New()}
	c := &clock{now: start}
	client, err := superher.New(superher.Config{Store: w, Now: c.Now, Rand: newSeeded(7)})
	require.NoError(t, err)
	return crowd{w, fixture{t, c, client}.brand("Sunrise"), client}
}

// batches returns how many events each transaction had, in order.
func (c crowd) batches() []int {
	var sizes []int
	for i := range c.calls.Load() {
		n, _ := c.sizes.Load(i + 1)
		sizes = append(sizes, n.(int))
	}
	return sizes
}

func order(id string) attribution.Submission {
	return attribution.Submission{Type: "purchase", ExternalID: id, CouponCode: "JESSICA20"}
}

// stored returns how often each external id is stored.
func (c crowd) stored(t *testing.T) map[string]int {
	t.Helper()
	found := make(map[string]int)
	for e, err := range c.EachEvent(t.Context(), wholePeriod()) {
		require.NoError(t, err)
		found[e.ExternalID]++
	}
	return found
}

// ask records an event in the background.
func (c crowd) ask(ctx context.Context, id string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := c.RecordEvent(ctx, order(id))
		done <- err
	}()
	return done
}

func TestRecordEvent_ManyAtOnceShareTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.hold = make(chan struct{})
		var answers []<-chan error
		for i := range 500 {
			answers = append(answers, c.ask(t.Context(), fmt.Sprint("order-", i)))
			if i == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		close(c.hold)
		for _, answer := range answers {
			require.NoError(t, <-answer)
		}
		require.Equal(t, []int{1, 499}, c.batches(), "the first goes alone, the others form the next one meanwhile")
		require.Len(t, c.stored(t), 500)
	})
}

func TestRecordEvent_TheFirstWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where every timer would show
		c := newCrowd(t)
		began := time.Now()
		for i := range 10 {
			_, err := c.RecordEvent(t.Context(), order(fmt.Sprint(i)))
			require.NoError(t, err)
		}
		require.Zero(t, time.Since(began))
		require.Equal(t, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, c.batches())
	})
}

func TestRecordEvent_BatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.hold = make(chan struct{})
		var answers []<-chan error
		for i := range 1 + attribution.MaxBatch + 1 {
			answers = append(answers, c.ask(t.Context(), fmt.Sprint("order-", i)))
			synctest.Wait()
		}
		close(c.hold)
		for _, answer := range answers {
			require.NoError(t, <-answer)
		}
		require.Equal(t, []int{1, attribution.MaxBatch, 1}, c.batches())
	})
}

func TestRecordEvent_WhatTheStoreRefusesFailsAlone(t *testing.T) {
	for name, refuse := range map[string]func() error{
		"not found": func() error { return storage.NotFound() },
		"id taken":  func() error { return storage.IDTaken() },
		"invalid":   func() error { return fault.New(fault.Invalid, "unstorable-text", "") },
		"internal":  func() error { return errors.New("no one knows") },
		"panic":     func() error { panic("of the store") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t)
				bad := func(id string) bool { return strings.HasSuffix(id, "7") }
				c.before = func(events []attribution.Event) error {
					if slices.ContainsFunc(events, func(e attribution.Event) bool { return bad(e.ExternalID) }) {
						return refuse()
					}
					return nil
				}
				c.hold = make(chan struct{})
				var wait sync.WaitGroup
				var failed sync.Map
				for i := range 100 {
					wait.Go(func() {
						id := fmt.Sprint("order-", i)
						defer func() {
							if recover() != nil {
								failed.Store(id, true)
							}
						}()
						if _, err := c.RecordEvent(t.Context(), order(id)); err != nil {
							failed.Store(id, true)
						}
					})
				}
				synctest.Wait()
				close(c.hold)
				wait.Wait()
				stored := c.stored(t)
				for i := range 100 {
					id := fmt.Sprint("order-", i)
					_, refused := failed.Load(id)
					require.Equal(t, bad(id), refused, id)
					require.Equal(t, !bad(id), stored[id] == 1, id)
				}
				require.Less(t, c.calls.Load(), int64(100), "looked for by halves")
			})
		})
	}
}

func TestRecordEvent_AStoreThatIsAwayIsNotAskedForEachEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.before = func([]attribution.Event) error { return fault.New(fault.Unavailable, "store-busy", "") }
		c.hold = make(chan struct{})
		var answers []<-chan error
		for i := range 100 {
			answers = append(answers, c.ask(t.Context(), fmt.Sprint("order-", i)))
		}
		synctest.Wait()
		close(c.hold)
		for _, answer := range answers {
			require.ErrorIs(t, <-answer, fault.Unavailable)
		}
		require.LessOrEqual(t, c.calls.Load(), int64(2))
	})
}

func TestRecordEvent_WhoGivesUpDoesNotTakeOthersAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.hold = make(chan struct{})
		first := c.ask(t.Context(), "first")
		synctest.Wait()
		// Two of the next transaction: one gives up before it begins, one within it.
		early, leaveEarly := context.WithCancel(t.Context())
		late, leaveLate := context.WithTimeout(t.Context(), time.Minute)
		defer leaveLate()
		gone, going, staying := c.ask(early, "gone"), c.ask(late, "going"), c.ask(t.Context(), "staying")
		synctest.Wait()
		leaveEarly()
		require.ErrorIs(t, <-gone, context.Canceled)
		c.hold <- struct{}{}
		require.NoError(t, <-first)
		synctest.Wait()
		require.ErrorIs(t, <-going, context.DeadlineExceeded, "at its own deadline")
		c.hold <- struct{}{}
		require.NoError(t, <-staying)
		require.Equal(t, map[string]int{"first": 1, "staying": 1, "going": 1}, c.stored(t),
			"who left before the transaction is not in it; who left within it is stored all the same")
	})
}

func TestRecordEvent_ATransactionThatNobodyWaitsForIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		c.hold = make(chan struct{}) // for ever
		ctx, cancel := context.WithCancel(t.Context())
		answer := c.ask(ctx, "order")
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-answer, fault.Unavailable)
		synctest.Wait()
		require.Zero(t, c.inside.Load())
		_, err := c.RecordEvent(ctx, order("another"))
		require.ErrorIs(t, err, context.Canceled, "nor does one begin for a call that is over")
		require.Empty(t, c.stored(t))
	})
}

func TestRecordEvent_TransactionsAtOnceAreBounded(t *testing.T) {
	for set, want := range map[int]int64{0: superher.DefaultEventTransactions, 1: 1, 7: 7} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd(t)
			client, err := superher.New(superher.Config{Store: c.watched, EventTransactions: set})
			require.NoError(t, err)
			accounts := make([]superher.Account, 40)
			for i := range accounts {
				a, err := client.CreateAdvertiser(t.Context(), tenant.NewAdvertiser{Name: fmt.Sprint(i), Currency: "INR"})
				require.NoError(t, err)
				accounts[i] = client.For(tenant.For(a.ID))
			}
			c.most.Store(0)
			c.hold = make(chan struct{})
			var wait sync.WaitGroup
			var ok atomic.Int64
			for i := range 400 {
				wait.Go(func() {
					if _, err := accounts[i%len(accounts)].RecordEvent(t.Context(), order(fmt.Sprint(i))); err == nil {
						ok.Add(1)
					}
				})
			}
			synctest.Wait()
			require.Equal(t, want, c.most.Load(), "of all advertisers")
			close(c.hold)
			wait.Wait()
			require.EqualValues(t, 400, ok.Load())
			require.Equal(t, want, c.most.Load())
		})
	}
	_, err := superher.New(superher.Config{Store: memory.New(), EventTransactions: -1})
	require.ErrorIs(t, err, fault.Invalid)
}

// TestRecordEvent_UnderFire sends each of many events several times, at once, to
// a store that fails now and then, with callers that give up: what was
// acknowledged is stored, once, and answers agree.
func TestRecordEvent_UnderFire(t *testing.T) {
	c := newCrowd(t)
	var dice atomic.Uint64
	c.before = func([]attribution.Event) error {
		switch dice.Add(1) % 7 {
		case 1:
			return fault.New(fault.Unavailable, "store-busy", "")
		case 3:
			return storage.NotFound()
		case 5:
			panic("of the store")
		}
		return nil
	}
	const events, repeats = 200, 5
	var wait sync.WaitGroup
	var mu sync.Mutex
	acknowledged := make(map[string][]superher.Receipt)
	for worker := range 32 {
		random := rand.New(rand.NewPCG(1, uint64(worker)))
		wait.Go(func() {
			for range events * repeats / 32 {
				id := fmt.Sprint("order-", random.IntN(events))
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(3000))*time.Microsecond)
				func() {
					defer func() { _ = recover() }()
					if receipt, err := c.RecordEvent(ctx, order(id)); err == nil {
						mu.Lock()
						defer mu.Unlock()
						acknowledged[id] = append(acknowledged[id], receipt)
					}
				}()
				cancel()
			}
		})
	}
	wait.Wait()
	require.NotEmpty(t, acknowledged)
	stored := c.stored(t)
	for id, receipts := range acknowledged {
		require.Equal(t, 1, stored[id], id)
		for _, r := range receipts {
			require.Equal(t, receipts[0].ID, r.ID, "one event, whoever asked")
		}
	}
	for id, n := range stored {
		require.Equal(t, 1, n, id)
	}
}

func TestRecordEvent_OfABoundAccountBelongsToItsTransaction(t *testing.T) {
	c := newCrowd(t)
	undone := errors.New("undone")
	err := c.Atomically(t.Context(), func(ctx context.Context, a superher.Account) error {
		_, err := a.RecordEvent(ctx, order("order"))
		require.NoError(t, err)
		return undone
	})
	require.ErrorIs(t, err, undone)
	require.Empty(t, c.stored(t))
}
