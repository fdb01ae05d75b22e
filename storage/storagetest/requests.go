package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// patience is how long a running claim gives another one to overtake it.
const patience = 100 * time.Millisecond

// largeAnswer is the size of the largest answer of the cases, in bytes.
const largeAnswer = 2_000_000

// claim claims a key as a party, in a transaction of its own, and leaves it
// unanswered; a key that was free is free again afterwards.
func (f *fixture) claim(t *testing.T, p party, key string) (stored storage.Request, first bool) {
	t.Helper()
	err := f.try(p, func(ctx context.Context, tx storage.Tx) (err error) {
		stored, first, err = tx.ClaimRequest(ctx, newRequest(key, "another body"))
		return firstError(err, errRollback())
	})
	has(t, err, fault.Unsupported, "rolled-back")
	return stored, first
}

// requireAnswered requires that a claim of the key is given the request.
func (f *fixture) requireAnswered(t *testing.T, p party, want storage.Request) {
	t.Helper()
	stored, first := f.claim(t, p, want.Key)
	require.False(t, first, "%q was claimed before", want.Key)
	same(t, want, stored)
}

func (f *fixture) requireFree(t *testing.T, p party, key string) {
	t.Helper()
	_, first := f.claim(t, p, key)
	require.True(t, first, "%q was not claimed before", key)
}

// requests holds that what is asked for under a key is carried out once.
func (h Harness) requests(t *testing.T) {
	t.Run("ASecondClaimReturnsTheFirstWithItsAnswer", func(t *testing.T) {
		f := newFixture(t, h)
		r := newRequest("second", "body")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return carryOut(ctx, tx, r) })
		f.requireAnswered(t, f.a, r) // claim gives another fingerprint
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			again := r // the very same
			again.Answer, again.At = nil, r.At.Add(time.Hour)
			stored, first, err := tx.ClaimRequest(ctx, again)
			require.False(t, first)
			same(t, r, stored)
			return err
		})
		f.requireAnswered(t, f.a, r)
	})
	t.Run("AClaimIsVisibleToItsOwnTransaction", func(t *testing.T) {
		f := newFixture(t, h)
		r := newRequest("own", "body")
		unanswered := r
		unanswered.Answer = nil
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			_, first, err := tx.ClaimRequest(ctx, unanswered)
			require.NoError(t, err)
			require.True(t, first)
			stored, first, err := tx.ClaimRequest(ctx, newRequest("own", "another"))
			require.NoError(t, err)
			require.False(t, first)
			same(t, unanswered, stored, "claimed and not answered")
			require.NoError(t, tx.AnswerRequest(ctx, r.Key, r.Answer))
			stored, first, err = tx.ClaimRequest(ctx, unanswered)
			require.NoError(t, err)
			require.False(t, first)
			same(t, r, stored)
			return nil
		})
		f.requireAnswered(t, f.a, r)
	})
	h.requestOwners(t)
	h.requestTexts(t)
	h.requestRollbacks(t)
	h.oldRequests(t)
	h.requestWinners(t)
}

// requestOwners holds that a key is known to its owner alone.
func (h Harness) requestOwners(t *testing.T) {
	t.Run("AnAnswerToAnUnknownKeyIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			for _, key := range []string{"unknown", "", "Request-1", "request-1 "} {
				f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
					has(t, tx.AnswerRequest(ctx, key, []byte("answer")), fault.NotFound, "not-found")
					return nil
				})
				f.administer(t, func(ctx context.Context, p storage.Platform) error {
					has(t, p.AnswerRequest(ctx, key, []byte("answer")), fault.NotFound, "not-found")
					return nil
				})
			}
		})
	})
	t.Run("EachAdvertiserAndThePlatformHaveKeysOfTheirOwn", func(t *testing.T) {
		f := newFixture(t, h)
		mine, theirs, platform := newRequest("shared", "a"), newRequest("shared", "b"), newRequest("shared", "platform")
		f.administer(t, func(ctx context.Context, p storage.Platform) error { return carryOut(ctx, p, platform) })
		f.write(t, f.b, func(ctx context.Context, tx storage.Tx) error { return carryOut(ctx, tx, theirs) })
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return carryOut(ctx, tx, mine) })
		f.requireAnswered(t, f.a, mine)
		f.requireAnswered(t, f.b, theirs)
		f.administer(t, func(ctx context.Context, p storage.Platform) error {
			stored, first, err := p.ClaimRequest(ctx, newRequest("shared", "again"))
			require.False(t, first)
			same(t, platform, stored)
			return err
		})
	})
}

func (h Harness) requestTexts(t *testing.T) {
	t.Run("KeysCompareByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		keys := fits(append(append(oddTexts(), strings.Repeat("\U0001f600", 255)), h.Texts...), 255)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			for _, key := range keys {
				if err := carryOut(ctx, tx, newRequest(key, key)); err != nil {
					return err
				}
			}
			return nil
		})
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			for _, key := range keys {
				stored, first, err := tx.ClaimRequest(ctx, newRequest(key, "again"))
				require.NoError(t, err)
				require.False(t, first, "%q", key)
				same(t, newRequest(key, key), stored)
			}
			return nil
		})
	})
	t.Run("AZeroByteIsKeptOrRefusedAsTheCallersMistake", func(t *testing.T) {
		f := newFixture(t, h)
		r := newRequest("zero\x00", "body")
		if err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return carryOut(ctx, tx, r) }); err != nil {
			has(t, err, fault.Invalid, "")
		} else {
			f.requireAnswered(t, f.a, r)
		}
		f.requireFree(t, f.a, "zero")
	})
	t.Run("AnAnswerComesBackByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		random := rand.NewChaCha8([32]byte{3})
		large := make([]byte, largeAnswer)
		_, err := random.Read(large)
		require.NoError(t, err)
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		for key, answer := range map[string][]byte{
			"large": large, "every byte": every, "empty": {}, "a zero": {0}, "no text": {0xff, 0xfe, 0}, "text": []byte("{\"a\": 1}\n\r\n "),
		} {
			r := newRequest(key, "body")
			r.Answer = answer
			passed := bytes.Clone(answer)
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				claim := r
				claim.Answer = nil
				_, _, err := tx.ClaimRequest(ctx, claim)
				return firstError(err, tx.AnswerRequest(ctx, key, passed))
			})
			clear(passed) // what was passed is not what is stored
			for range 2 {
				stored, first := f.claim(t, f.a, key)
				require.False(t, first)
				require.True(t, bytes.Equal(answer, stored.Answer), "the answer %s of %d bytes", key, len(answer))
				clear(stored.Answer) // nor is what was returned
			}
		}
	})
}

func (h Harness) requestRollbacks(t *testing.T) {
	ends := map[string]func(f *fixture, do func(ctx context.Context, tx storage.Tx) error){
		"AnError": func(f *fixture, do func(ctx context.Context, tx storage.Tx) error) {
			_ = f.try(f.a, func(ctx context.Context, tx storage.Tx) error { return firstError(do(ctx, tx), errRollback()) })
		},
		"APanic": func(f *fixture, do func(ctx context.Context, tx storage.Tx) error) {
			defer func() { _ = recover() }()
			_ = f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
				_ = do(ctx, tx)
				panic("out of fn")
			})
		},
		"AGoexit": func(f *fixture, do func(ctx context.Context, tx storage.Tx) error) {
			var wait sync.WaitGroup
			wait.Go(func() {
				_ = f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
					_ = do(ctx, tx)
					runtime.Goexit()
					return nil
				})
			})
			wait.Wait()
		},
	}
	for name, end := range ends {
		t.Run(name+"LeavesNeitherClaimNorEffect", func(t *testing.T) {
			f := newFixture(t, h)
			c := f.newCampaign(f.a, "Claimed")
			f.unchanged(t, func() {
				end(f, func(ctx context.Context, tx storage.Tx) error {
					require.NoError(t, carryOut(ctx, tx, newRequest("undone", "body")))
					return tx.CreateCampaign(ctx, c)
				})
			})
			f.requireFree(t, f.a, "undone")
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				return firstError(carryOut(ctx, tx, newRequest("undone", "next")), tx.CreateCampaign(ctx, c))
			})
			f.requireAnswered(t, f.a, newRequest("undone", "next"))
		})
	}
}

func (h Harness) requestWinners(t *testing.T) {
	t.Run("OfManyWithOneKeyOneIsCarriedOutAndAllGetItsAnswer", func(t *testing.T) {
		f := newFixture(t, h)
		const callers = 50
		var firsts atomic.Int64
		answers := make([]string, callers)
		together(t, callers, callers, func(i int) error {
			c := f.newCampaign(f.a, "Contested")
			var won bool
			err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) error {
				stored, first, err := tx.ClaimRequest(ctx, storage.Request{Key: "contested", At: start()})
				won, answers[i] = first, string(stored.Answer)
				if err != nil || !first {
					return err
				}
				answers[i] = c.ID.String()
				return firstError(tx.CreateCampaign(ctx, c), tx.AnswerRequest(ctx, "contested", []byte(answers[i])))
			})
			if err == nil && won {
				firsts.Add(1)
			}
			return err
		})
		require.EqualValues(t, 1, firsts.Load(), "exactly one carries it out")
		list := all(t, func(p storage.Page) (storage.List[campaigns.Campaign], error) { return f.read(f.a).Campaigns(f.ctx, p) }, 0)
		require.Len(t, list, 2, "the fixture's campaign and one more")
		for _, answer := range answers {
			require.Equal(t, list[0].ID.String(), answer, "the answer of the one that was carried out")
		}
	})
	t.Run("ARunningClaimOfOneAdvertiserIsNothingToAnother", func(t *testing.T) {
		f := newFixture(t, h)
		together(t, 40, workers, func(i int) error {
			p := []party{f.a, f.b}[i%2]
			return f.insist(p, func(ctx context.Context, tx storage.Tx) error {
				stored, first, err := tx.ClaimRequest(ctx, storage.Request{Key: "side by side", At: start()})
				mine := p.scope.Advertiser().String()
				switch {
				case err != nil:
					return err
				case first:
					return tx.AnswerRequest(ctx, "side by side", []byte(mine))
				case string(stored.Answer) != mine:
					return fmt.Errorf("the answer %q is not that of %s", stored.Answer, mine)
				default:
					return nil
				}
			})
		})
	})
	for name, commits := range map[string]bool{"AClaimWaitsForTheRunningOneAndGetsItsAnswer": true, "AClaimIsFirstWhenTheRunningOneFails": false} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, h)
			f.requireWaiting(t, commits)
		})
	}
}

// requireWaiting runs a second claim while a first one is running.
func (f *fixture) requireWaiting(t *testing.T, commits bool) {
	t.Helper()
	running := newRequest("running", "first")
	var second storage.Request
	var first bool
	var secondErr error
	var ended, early atomic.Bool
	var wait sync.WaitGroup
	claimed, starting := make(chan struct{}), make(chan struct{})
	claim := sync.OnceFunc(func() { close(claimed) })
	wait.Go(func() {
		<-claimed
		close(starting)
		secondErr = f.insist(f.a, func(ctx context.Context, tx storage.Tx) (err error) {
			second, first, err = tx.ClaimRequest(ctx, newRequest("running", "second"))
			early.Store(err == nil && !ended.Load())
			return err
		})
	})
	err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
		defer claim() // also where this fails
		if err := carryOut(ctx, tx, running); err != nil {
			return err
		}
		claim()
		<-starting
		waiting, done := context.WithTimeout(ctx, patience)
		defer done()
		for ; waiting.Err() == nil && !early.Load(); runtime.Gosched() {
			if _, err := tx.Campaigns(ctx, storage.Page{}); err != nil {
				return err
			}
		}
		ended.Store(true)
		if !commits {
			return errRollback()
		}
		return nil
	})
	wait.Wait()
	require.NoError(t, secondErr)
	require.False(t, early.Load(), "the second claim did not wait for the first")
	require.Equal(t, !commits, first)
	if commits {
		require.NoError(t, err)
		same(t, running, second)
	} else {
		has(t, err, fault.Unsupported, "rolled-back")
	}
}
