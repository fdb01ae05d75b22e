package storagetest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// found writes with every method of Platform: a new advertiser, the request
// that asked for it, and a ticket.
func (f *fixture) found(p party) func(ctx context.Context, w storage.Platform) error {
	return func(ctx context.Context, w storage.Platform) error {
		return firstError(w.CreateAdvertiser(ctx, p.advertiser), carryOut(ctx, w, p.own), w.CreateTicket(ctx, p.ticket))
	}
}

// requireFounded requires that found has happened as a whole or not at all.
func (f *fixture) requireFounded(t *testing.T, p party, happened bool) {
	t.Helper()
	list := all(t, func(page storage.Page) (storage.List[tenant.Advertiser], error) {
		return f.read(p).Advertisers(f.ctx, page)
	}, 0)
	var want []tenant.Advertiser
	if happened {
		want = append(want, p.advertiser)
	}
	same(t, want, list)
	has(t, f.store.System().Administer(f.ctx, func(ctx context.Context, w storage.Platform) error {
		stored, first, err := w.ClaimRequest(ctx, newRequest(p.own.Key, "again"))
		require.NoError(t, err)
		require.Equal(t, !happened, first)
		if happened {
			same(t, p.own, stored)
		}
		return errRollback()
	}), fault.Unsupported, "rolled-back")
	if happened {
		f.takeTicket(t, p.ticket)
	} else {
		f.requireNoTicket(t, p.ticket.Hash)
	}
}

// administration holds that what happens outside of any tenant happens in
// transactions like those of one.
func (h Harness) administration(t *testing.T) {
	t.Run("ACommitMakesEverythingVisible", func(t *testing.T) {
		f := newFixture(t, h)
		f.administer(t, f.found(f.unknown))
		f.requireFounded(t, f.unknown, true)
		f.write(t, f.unknown, func(ctx context.Context, tx storage.Tx) error {
			_, first, err := tx.ClaimRequest(ctx, f.unknown.own)
			require.True(t, first, "the new advertiser's keys are not those of the platform")
			return firstError(err, tx.CreateCampaign(ctx, f.unknown.campaign))
		})
	})
	t.Run("AfterAConflictOrNotFoundTheTransactionCanGoOn", func(t *testing.T) {
		f := newFixture(t, h)
		f.administer(t, func(ctx context.Context, w storage.Platform) error {
			has(t, w.CreateAdvertiser(ctx, f.a.advertiser), fault.Conflict, "id-taken")
			has(t, w.CreateTicket(ctx, f.a.ticket), fault.Conflict, "ticket-taken")
			has(t, w.AnswerRequest(ctx, "unknown", nil), fault.NotFound, "not-found")
			require.NoError(t, f.found(f.unknown)(ctx, w))
			has(t, w.CreateAdvertiser(ctx, f.unknown.advertiser), fault.Conflict, "id-taken")
			return nil
		})
		f.requireFounded(t, f.unknown, true)
	})
	h.administrationRollbacks(t)
	h.administrationDoors(t)
	t.Run("OfManyWithOneKeyOneIsCarriedOut", func(t *testing.T) {
		f := newFixture(t, h)
		before := len(dumpOf(t, f.ctx, f.everyone()).Advertisers)
		var firsts atomic.Int64
		together(t, 16, 16, func(int) error {
			p := f.newParty("contested")
			var won bool
			err := insistent(func() error {
				return f.store.System().Administer(f.ctx, func(ctx context.Context, w storage.Platform) (err error) {
					_, won, err = w.ClaimRequest(ctx, storage.Request{Key: "contested", At: start()})
					if err != nil || !won {
						return err
					}
					return w.CreateAdvertiser(ctx, p.advertiser)
				})
			})
			if err == nil && won {
				firsts.Add(1)
			}
			return err
		})
		require.EqualValues(t, 1, firsts.Load())
		require.Len(t, dumpOf(t, f.ctx, f.everyone()).Advertisers, before+1)
	})
}

func (h Harness) administrationRollbacks(t *testing.T) {
	undone := func(t *testing.T, run func(f *fixture, do func(context.Context, storage.Platform) error)) {
		t.Helper()
		f := newFixture(t, h)
		do := f.found(f.unknown)
		f.unchanged(t, func() { run(f, do) })
		f.requireFounded(t, f.unknown, false)
		f.administer(t, do) // the store is of use afterwards
		f.requireFounded(t, f.unknown, true)
	}
	t.Run("AnErrorOfFnRollsEverythingBackAndIsReturnedAsItIs", func(t *testing.T) {
		undone(t, func(f *fixture, do func(context.Context, storage.Platform) error) {
			for _, cause := range []error{errors.New("plain"), fault.New(fault.Conflict, "mine", "my own")} {
				require.Same(t, cause, f.store.System().Administer(f.ctx, func(ctx context.Context, w storage.Platform) error {
					require.NoError(t, do(ctx, w))
					return cause
				}))
			}
		})
	})
	t.Run("APanicOfFnRollsEverythingBackAndGoesOn", func(t *testing.T) {
		undone(t, func(f *fixture, do func(context.Context, storage.Platform) error) {
			require.PanicsWithValue(t, "out of fn", func() {
				_ = f.store.System().Administer(f.ctx, func(ctx context.Context, w storage.Platform) error {
					require.NoError(t, do(ctx, w))
					panic("out of fn")
				})
			})
		})
	})
	t.Run("AGoexitOfFnRollsEverythingBack", func(t *testing.T) {
		undone(t, func(f *fixture, do func(context.Context, storage.Platform) error) {
			var wait sync.WaitGroup
			wait.Go(func() {
				_ = f.store.System().Administer(f.ctx, func(ctx context.Context, w storage.Platform) error {
					_ = do(ctx, w)
					runtime.Goexit() // what t.FailNow does
					return nil
				})
			})
			wait.Wait()
		})
	})
	t.Run("AContextThatEndsBeforeTheCommitRollsBack", func(t *testing.T) {
		undone(t, func(f *fixture, do func(context.Context, storage.Platform) error) {
			ctx, cancel := context.WithCancel(f.ctx)
			defer cancel()
			has(t, f.store.System().Administer(ctx, func(ctx context.Context, w storage.Platform) error {
				require.NoError(t, do(ctx, w))
				cancel()
				return nil
			}), fault.Unavailable, "")
		})
	})
}

func (h Harness) administrationDoors(t *testing.T) {
	t.Run("ATransactionMustNotBeUsedAfterFnHasReturned", func(t *testing.T) {
		f := newFixture(t, h)
		var kept storage.Platform
		f.administer(t, func(_ context.Context, w storage.Platform) error {
			kept = w
			return nil
		})
		f.unchanged(t, func() {
			seen := 0
			eachCall(t, kept, f.ctx, f, func(name string, err error) {
				seen++
				require.Error(t, err, name)
				has(t, err, fault.Internal, "transaction-ended")
			})
			require.GreaterOrEqual(t, seen, 4)
		})
		f.requireNoTicket(t, newTicket("doors").Hash)
	})
	t.Run("AContextThatIsOverIsUnavailableAndFnDoesNotRun", func(t *testing.T) {
		f := newFixture(t, h)
		over, cancel := context.WithCancel(f.ctx)
		cancel()
		f.unchanged(t, func() {
			has(t, f.store.System().Administer(over, func(context.Context, storage.Platform) error {
				t.Error("fn must not run")
				return nil
			}), fault.Unavailable, "")
		})
	})
	t.Run("AContextThatIsOverEndsEveryMethod", func(t *testing.T) {
		f := newFixture(t, h)
		over, cancel := context.WithCancel(f.ctx)
		cancel()
		f.unchanged(t, func() {
			has(t, f.store.System().Administer(f.ctx, func(_ context.Context, w storage.Platform) error {
				eachCall(t, w, over, f, func(name string, err error) {
					require.Error(t, err, name)
					has(t, err, fault.Unavailable, "")
				})
				return errRollback()
			}), fault.Unsupported, "rolled-back")
		})
	})
}
