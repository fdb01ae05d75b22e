package linkcache_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(t *testing.T) storage.Store {
		store, err := linkcache.New(linkcache.Config{Store: memory.New()})
		require.NoError(t, err)
		return store
	}})
}

func TestNew_NamesTheBadField(t *testing.T) {
	_, err := linkcache.New(linkcache.Config{Size: -1})
	require.ErrorIs(t, err, fault.Invalid)
	require.Len(t, fault.Of(err).Fields, 2)
}

func TestLinkByCode_OfManyCallersOneAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		want := w.create(w.inner, "abc")
		w.inner.on(after(100 * time.Millisecond))
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				for _, code := range []links.Code{"abc", "nothing"} {
					got, err := w.get(code)
					if code == "abc" {
						require.NoError(t, err)
						require.Equal(t, want, got)
					} else {
						require.ErrorIs(t, err, fault.NotFound)
					}
				}
			})
		}
		wait.Wait()
		require.EqualValues(t, 2, w.inner.asked.Load(), "one for each code")
	})
}

func TestLinkByCode_ACallerWhoLeavesSpoilsNothingForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		w.create(w.inner, "abc")
		w.inner.on(after(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		left := make(chan error, 1)
		go func() {
			_, err := w.node.System().LinkByCode(ctx, "abc")
			left <- err
		}()
		synctest.Wait()
		_, err := w.get("abc")
		require.NoError(t, err)
		require.ErrorIs(t, <-left, fault.Unavailable)
		require.EqualValues(t, 1, w.inner.asked.Load())
	})
}

func TestLinkByCode_UnknownCodesAreRememberedBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		for range 10 {
			_, err := w.get("abc")
			require.ErrorIs(t, err, fault.NotFound)
		}
		require.EqualValues(t, 1, w.inner.asked.Load())
		w.create(w.node, "abc")
		_, err := w.get("abc")
		require.NoError(t, err, "a link that was created here is there at once")

		_, err = w.get("def")
		require.ErrorIs(t, err, fault.NotFound)
		w.create(w.inner, "def") // elsewhere
		<-time.After(linkcache.MissAge - time.Nanosecond)
		_, err = w.get("def")
		require.ErrorIs(t, err, fault.NotFound)
		<-time.After(time.Nanosecond)
		_, err = w.get("def")
		require.NoError(t, err)
	})
}

func TestWrite_AChangeShowsAtOnce(t *testing.T) {
	w := newWorld(t, linkcache.Config{})
	link := w.create(w.inner, "abc")
	for range 100 {
		got, err := w.get("abc")
		require.NoError(t, err)
		require.Equal(t, link, got)
		link = w.move(w.node, link)
	}
	link.Status = links.Disabled
	link = w.move(w.node, link)
	got, err := w.get("abc")
	require.NoError(t, err)
	require.Equal(t, link, got)
}

func TestWrite_AChangeThatIsUndoneShowsNever(t *testing.T) {
	w := newWorld(t, linkcache.Config{})
	link := w.create(w.inner, "abc")
	moved := link
	moved.Destination = "https://elsewhere.example/"
	failure := errors.New("on second thoughts, no")
	require.ErrorIs(t, w.node.Write(t.Context(), w.scope, func(ctx context.Context, tx storage.Tx) error {
		require.NoError(t, tx.UpdateLink(ctx, moved))
		require.ErrorIs(t, tx.UpdateLink(ctx, links.Link{ID: links.ID{9}}), fault.NotFound)
		return failure
	}), failure)
	got, err := w.get("abc")
	require.NoError(t, err)
	require.Equal(t, link, got)
}

// What was read before a change is not kept after it, however late it arrives.
func TestWrite_OvertakesAReadThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		link := w.create(w.inner, "abc")
		held, read := make(chan struct{}), make(chan struct{})
		w.inner.on(func(_ context.Context, answer func() (links.Link, error)) (links.Link, error) {
			old, err := answer()
			close(read)
			<-held
			return old, err
		})
		go func() { _, _ = w.get("abc") }()
		<-read
		w.inner.on(nil)
		link = w.move(w.node, link)
		close(held)
		synctest.Wait()
		got, err := w.get("abc")
		require.NoError(t, err)
		require.Equal(t, link, got)
	})
}

type change struct {
	version int64
	at      time.Time
}

// history is what became of a link elsewhere.
type history []change

// known requires that an answer knows every change of more than MaxAge ago.
func (h history) known(t *testing.T, got links.Link, seed uint64) {
	t.Helper()
	for _, c := range h {
		if time.Since(c.at) > linkcache.MaxAge {
			require.GreaterOrEqual(t, got.Version, c.version, "seed %d: changed %s ago", seed, time.Since(c.at))
		}
	}
}

// Whatever happens elsewhere and whenever somebody asks, what is answered was
// true at most MaxAge ago.
func TestLinkByCode_NoAnswerIsTooOld(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			w := newWorld(t, linkcache.Config{})
			link := w.create(w.inner, "abc")
			w.inner.on(after(time.Duration(random.Int64N(int64(linkcache.Patience)))))
			changes := history{{link.Version, time.Now()}}
			for range 500 {
				<-time.After(time.Duration(random.Int64N(int64(700 * time.Millisecond))))
				if random.IntN(3) == 0 {
					link = w.move(w.inner, link)
					changes = append(changes, change{link.Version, time.Now()})
				}
				got, known := w.known("abc")
				if !known {
					var err error
					got, err = w.get("abc")
					require.NoError(t, err)
				}
				changes.known(t, got, seed)
			}
			<-time.After(linkcache.LoadTimeout)
		})
	}
}

func TestKnownLink_WhatIsInUseIsReadAgainInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		link := w.create(w.inner, "abc")
		_, known := w.known("abc")
		require.False(t, known)
		_, err := w.get("abc")
		require.NoError(t, err)
		w.inner.on(after(200 * time.Millisecond))
		for range 1000 {
			<-time.After(10 * time.Millisecond)
			got, known := w.known("abc")
			require.True(t, known, "nobody waits")
			require.Equal(t, link, got)
		}
		require.InDelta(t, 9, w.inner.asked.Load(), 1, "once every 1.2 s")
		<-time.After(linkcache.MaxAge)
		_, known = w.known("abc")
		require.False(t, known, "what nobody asked for is not kept fresh")
		<-time.After(time.Second)
	})
}

// outage asks for a link every few milliseconds for a minute in which the
// database is away, and returns how long that took, each time.
func outage(t *testing.T, w *world, ask func() error) []time.Duration {
	t.Helper()
	var took []time.Duration
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		began := time.Now()
		require.NoError(t, ask())
		took = append(took, time.Since(began))
		<-time.After(2 * time.Millisecond)
	}
	return took
}

func TestOutage_KnownLinksAreAnsweredAndNobodyWaits(t *testing.T) {
	for name, hook := range map[string]func(context.Context, func() (links.Link, error)) (links.Link, error){
		"connection refused": refused, "black hole": swallowed,
	} {
		for idle, rest := range map[string]time.Duration{"in use": 0, "idle for an hour": time.Hour} {
			t.Run(name+", "+idle, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, linkcache.Config{})
					link := w.create(w.inner, "abc")
					_, err := w.get("abc")
					require.NoError(t, err)
					<-time.After(rest)
					w.inner.on(hook)
					took := outage(t, w, func() error {
						got, err := w.get("abc")
						require.Equal(t, link, got)
						return err
					})
					waited := 0
					for _, d := range took {
						require.LessOrEqual(t, d, linkcache.Patience)
						if d > 0 {
							waited++
						}
					}
					require.LessOrEqual(t, waited, 1, "of %d", len(took))
					require.Less(t, w.inner.asked.Load(), int64(time.Minute/linkcache.ProbeEvery)+10, "it is not hammered either")

					began := time.Now()
					_, err = w.get("unknown")
					require.ErrorIs(t, err, fault.Unavailable)
					require.LessOrEqual(t, time.Since(began), linkcache.LoadTimeout)

					link = w.move(w.inner, link)
					w.inner.on(nil)
					<-time.After(linkcache.ProbeEvery + linkcache.LoadTimeout)
					_, err = w.get("abc")
					require.NoError(t, err)
					synctest.Wait()
					got, err := w.get("abc")
					require.NoError(t, err)
					require.Equal(t, link, got, "it is asked again when it is back")
				})
			})
		}
	}
}

// An error about one link says nothing about the store.
func TestOutage_IsNotWhatIsWrongWithOneLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		link := w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		w.inner.on(func(context.Context, func() (links.Link, error)) (links.Link, error) {
			panic("no such luck")
		})
		_, err = w.get("def")
		require.ErrorIs(t, err, fault.Internal)
		w.inner.on(nil)
		link = w.move(w.inner, link)
		<-time.After(linkcache.MaxAge)
		got, err := w.get("abc")
		require.NoError(t, err)
		require.Equal(t, link, got)
	})
}

func TestSize_BoundsWhatIsKeptAndGuessesPushOutNothing(t *testing.T) {
	w := newWorld(t, linkcache.Config{Size: 50})
	for i := range 60 {
		w.create(w.inner, links.Code("abc"+strconv.Itoa(i)))
	}
	ask := func() (asked int64) {
		before := w.inner.asked.Load()
		for i := range 40 {
			_, err := w.get(links.Code("abc" + strconv.Itoa(i)))
			require.NoError(t, err)
		}
		return w.inner.asked.Load() - before
	}
	require.EqualValues(t, 40, ask())
	for i := range 1000 {
		_, err := w.get(links.Code("guess" + strconv.Itoa(i)))
		require.ErrorIs(t, err, fault.NotFound)
	}
	require.Zero(t, ask())
	for i := range 60 {
		_, _ = w.get(links.Code("abc" + strconv.Itoa(i)))
	}
	require.Eventually(t, func() bool { return linkcache.Kept(w.node) <= 50 }, 5*time.Second, time.Millisecond)
}

func TestRun_FollowsWhatIsReportedAndBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var report func(links.Code)
		watched := 0
		broken := make(chan struct{})
		w := newWorld(t, linkcache.Config{Watch: func(ctx context.Context, changed func(links.Code), _ func(time.Time)) error {
			report = changed
			watched++
			select {
			case <-broken:
				return errors.New("connection reset")
			case <-ctx.Done():
				return ctx.Err()
			}
		}})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); w.node.Run(ctx) }()
		synctest.Wait()
		link := w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		link = w.move(w.inner, link)
		report(link.Code)
		got, err := w.get("abc")
		require.NoError(t, err)
		require.Equal(t, link, got)
		broken <- struct{}{}
		<-time.After(time.Second)
		synctest.Wait()
		require.Equal(t, 2, watched)
		cancel()
		<-ended
	})
}

func BenchmarkKnownLink(b *testing.B) {
	w := newWorld(b, linkcache.Config{})
	w.create(w.inner, "abc")
	_, err := w.get("abc")
	require.NoError(b, err)
	system := w.node.System().(storage.LinkCache)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, _, known := system.KnownLink("abc"); !known {
				_, _ = w.get("abc")
			}
		}
	})
}
