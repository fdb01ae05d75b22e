package linkcache_test

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
)

// noted is a log that can be searched.
func noted() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(locked{&mu, &text}, nil))
	return log, func() string { mu.Lock(); defer mu.Unlock(); return text.String() }
}

type locked struct {
	mu   *sync.Mutex
	text *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestAway_IsNotAStoreWithALongQueueBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, said := noted()
		w := newWorld(t, linkcache.Config{Log: log})
		w.inner.on(after(linkcache.Patience - time.Millisecond))
		var wait sync.WaitGroup
		began := time.Now()
		for i := range 250 {
			wait.Go(func() {
				_, err := w.get(links.Code("guess" + strconv.Itoa(i)))
				require.ErrorIs(t, err, fault.NotFound)
			})
		}
		wait.Wait()
		require.Greater(t, time.Since(began), 3*linkcache.Patience, "the last ones waited for a place")
		require.NotContains(t, said(), "away")
	})
}

func TestAway_IsNotAStoreThatIsLateForOneAndAnswersTheOthers(t *testing.T) {
	for name, late := range map[string]func(context.Context, func() (links.Link, error)) (links.Link, error){
		"late": after(time.Second), "never": swallowed, "failed": func(ctx context.Context, answer func() (links.Link, error)) (links.Link, error) {
			_, _ = after(100*time.Millisecond)(ctx, answer)
			return refused(ctx, answer)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, said := noted()
				w := newWorld(t, linkcache.Config{Log: log})
				link := w.create(w.inner, "abc")
				_, err := w.get("abc")
				require.NoError(t, err)
				w.inner.on(late)
				go func() { _, _ = w.get("slow") }()
				synctest.Wait()
				<-time.After(10 * time.Millisecond)
				w.inner.on(nil)
				_, err = w.get("another")
				require.ErrorIs(t, err, fault.NotFound)
				<-time.After(linkcache.LoadTimeout)
				require.NotContains(t, said(), "away")
				link = w.move(w.inner, link)
				got, err := w.get("abc")
				require.NoError(t, err)
				require.Equal(t, link, got, "so it is asked for what is old")
			})
		})
	}
}

func TestAway_EndsSoonAfterALateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, said := noted()
		w := newWorld(t, linkcache.Config{Log: log})
		w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		<-time.After(linkcache.RefreshAge - linkcache.Patience)
		w.inner.on(after(linkcache.Patience + 10*time.Millisecond))
		_, err = w.get("slow")
		require.ErrorIs(t, err, fault.NotFound)
		require.Contains(t, said(), "the store is away")
		w.inner.on(nil)
		_, _ = w.known("abc") // which is to be read again by now
		synctest.Wait()
		require.Contains(t, said(), "read from the store again", "one caller later, and not half a second")
	})
}

// A link that is changed while it is read is read once more, and nobody hears of
// what became of the first time.
func TestLinkByCode_AChangeDuringAReadLeadsToAnother(t *testing.T) {
	for name, first := range map[string]func(context.Context, func() (links.Link, error)) (links.Link, error){
		"that failed": func(ctx context.Context, answer func() (links.Link, error)) (links.Link, error) {
			_, _ = after(100*time.Millisecond)(ctx, answer)
			return refused(ctx, answer)
		},
		"that hangs": swallowed, "that is slow": after(time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, linkcache.Config{})
				link := w.create(w.inner, "abc")
				w.inner.on(first)
				type reply struct {
					link links.Link
					err  error
				}
				got := make(chan reply, 10)
				for range cap(got) {
					go func() {
						link, err := w.get("abc")
						got <- reply{link, err}
					}()
				}
				synctest.Wait()
				w.inner.on(nil)
				began := time.Now()
				link = w.move(w.node, link)
				for range cap(got) {
					r := <-got
					require.NoError(t, r.err)
					require.Equal(t, link, r.link)
				}
				require.Zero(t, time.Since(began), "nor waits for it")
				require.EqualValues(t, 2, w.inner.asked.Load())
				<-time.After(linkcache.LoadTimeout)
			})
		})
	}
}

// What was known before a change is no answer after it, also if the database
// goes away.
func TestLinkByCode_AChangeDuringAReadEndsWhatStoodInForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		link := w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		<-time.After(time.Hour)
		w.inner.on(swallowed)
		failed := make(chan error, 1)
		go func() {
			_, err := w.get("abc")
			failed <- err
		}()
		synctest.Wait()
		w.move(w.node, link)
		require.ErrorIs(t, <-failed, fault.Unavailable)
		<-time.After(linkcache.LoadTimeout)
	})
}

func TestLinkByCode_WhoLeavesWhileTheLinkChangesGetsAnErrorAndNoEmptyLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var report func(links.Code)
		w := newWorld(t, linkcache.Config{Watch: func(ctx context.Context, changed func(links.Code), _ func(time.Time)) error {
			report = changed
			<-ctx.Done()
			return ctx.Err()
		}})
		running, stop := context.WithCancel(t.Context())
		defer stop()
		go w.node.Run(running)
		w.create(w.inner, "abc")
		w.inner.on(swallowed)
		for range 100 {
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() {
				_, err := w.node.System().LinkByCode(ctx, "abc")
				failed <- err
			}()
			synctest.Wait()
			report("abc")
			cancel()
			require.ErrorIs(t, <-failed, fault.Unavailable)
		}
		<-time.After(linkcache.LoadTimeout)
	})
}

func TestLinkByCode_OfALinkThatChangesAllTheTimeIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		link := w.create(w.inner, "abc")
		w.inner.on(after(100 * time.Millisecond))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range 100 {
				<-time.After(30 * time.Millisecond)
				link = w.move(w.node, link)
			}
		}()
		began := time.Now()
		got, err := w.get("abc")
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.Version, int64(1))
		require.Less(t, time.Since(began), time.Second)
		<-ended
		<-time.After(linkcache.LoadTimeout)
	})
}

func TestSeenLink_IsWhatIsInMemoryHoweverOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, linkcache.Config{})
		seen := w.node.System().(storage.LinkCache).SeenLink
		w.create(w.inner, "abc")
		require.False(t, seen("abc"))
		for _, code := range []links.Code{"abc", "guess"} {
			_, _ = w.get(code)
		}
		<-time.After(time.Hour)
		require.True(t, seen("abc"))
		require.False(t, seen("guess"))
		require.EqualValues(t, 2, w.inner.asked.Load(), "it asks for nothing")
	})
}
