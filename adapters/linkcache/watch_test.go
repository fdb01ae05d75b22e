package linkcache_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/links"
)

// beat is how often a line says that nothing was missed.
const beat = 500 * time.Millisecond

// line carries the changes of links to a node, like a connection to a database.
type line struct {
	news   chan links.Code
	cut    chan struct{} // closed when it carries nothing any more, and nobody notices
	broken chan struct{} // closed when that is noticed
}

func newLine() *line {
	return &line{news: make(chan links.Code, 1000), cut: make(chan struct{}), broken: make(chan struct{})}
}

// watch is a linkcache.Watch.
func (l *line) watch(ctx context.Context, changed func(links.Code), complete func(time.Time)) error {
	cut := l.cut
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-cut:
			cut = nil // from here on only its end is of interest
		default:
		}
		if cut == nil {
			select {
			case <-l.broken:
				return errors.New("connection reset")
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		for len(l.news) > 0 {
			changed(<-l.news)
		}
		complete(time.Now())
		select {
		case code := <-l.news:
			changed(code)
		case <-tick.C:
		case <-cut:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watched is a world whose node hears of changes over one line after the other.
type watched struct {
	*world

	line atomic.Pointer[line] // the next one that the node gets
	stop func()
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{}
	w.line.Store(newLine())
	w.world = newWorld(t, linkcache.Config{Watch: func(ctx context.Context, changed func(links.Code), complete func(time.Time)) error {
		return w.line.Load().watch(ctx, changed, complete)
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.node.Run(ctx) }()
	w.stop = func() { cancel(); <-ended }
	synctest.Wait()
	return w
}

// elsewhere changes a link on another node, which tells of it.
func (w *watched) elsewhere(l links.Link) links.Link {
	l = w.move(w.inner, l)
	w.line.Load().news <- l.Code
	return l
}

func TestWatch_WhatIsReportedIsNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		defer w.stop()
		link := w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		for range 23 {
			<-time.After(10 * time.Second)
			got, known := w.known("abc")
			require.True(t, known, "also a link that is seldom asked for waits for nothing")
			require.Equal(t, link, got)
		}
		require.EqualValues(t, 1, w.inner.asked.Load())
		link = w.elsewhere(link)
		synctest.Wait()
		got, known := w.known("abc")
		require.True(t, known, "what was in use is read again at once")
		require.Equal(t, link, got)
	})
}

func TestWatch_ASilentOneIsBelievedForMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		defer w.stop()
		link := w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		<-time.After(time.Minute)
		close(w.line.Load().cut)
		synctest.Wait()
		cut := time.Now()
		w.move(w.inner, link) // which nobody is told
		<-time.After(linkcache.MaxAge - beat - time.Nanosecond)
		_, known := w.known("abc")
		require.True(t, known)
		synctest.Wait() // it was read in the background, since it is getting old
		got, _ := w.known("abc")
		require.Equal(t, link.Version+1, got.Version)

		link = w.create(w.inner, "def")
		_, err = w.get("def")
		require.NoError(t, err)
		w.move(w.inner, link)
		<-time.After(linkcache.MaxAge)
		_, known = w.known("def")
		require.False(t, known, "it was read %s after the line was cut, and counts by its own age", time.Since(cut))
		<-time.After(linkcache.LoadTimeout)
	})
}

func TestWatch_WhatWasReadBeforeItBeganCountsByItsOwnAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		defer w.stop()
		w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		old := w.line.Load()
		<-time.After(time.Minute)
		close(old.cut)
		synctest.Wait()
		w.line.Store(newLine())
		close(old.broken)
		<-time.After(linkcache.MaxAge)
		synctest.Wait()
		_, known := w.known("abc")
		require.False(t, known, "a change between the two lines was told by neither")
		_, err = w.get("abc")
		require.NoError(t, err)
		<-time.After(time.Minute)
		_, known = w.known("abc")
		require.True(t, known, "from then on the new one counts")
	})
}

// Nobody reports what is changed by hand.
func TestWatch_NothingIsKeptForeverHoweverWellItIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		defer w.stop()
		link := w.create(w.inner, "abc")
		_, err := w.get("abc")
		require.NoError(t, err)
		w.move(w.inner, link)
		<-time.After(linkcache.WatchedRefreshAge - time.Nanosecond)
		_, known := w.known("abc")
		require.True(t, known)
		synctest.Wait()
		require.EqualValues(t, 1, w.inner.asked.Load())
		<-time.After(time.Nanosecond)
		_, known = w.known("abc")
		require.True(t, known)
		synctest.Wait()
		got, known := w.known("abc")
		require.True(t, known)
		require.Equal(t, link.Version+1, got.Version, "read again in the background")
		<-time.After(linkcache.WatchedAge)
		_, known = w.known("abc")
		require.False(t, known)
		synctest.Wait()
	})
}

// Whenever the line is cut, noticed or not, and comes back: what is answered was
// true at most MaxAge ago.
func TestWatch_NoAnswerIsTooOldWhateverBecomesOfTheLine(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 2))
			w := newWatched(t)
			defer w.stop()
			link := w.create(w.inner, "abc")
			w.inner.on(after(time.Duration(random.Int64N(int64(linkcache.Patience)))))
			changes := history{{link.Version, time.Now()}}
			isCut, read := false, w.inner.asked.Load()
			for range 500 {
				<-time.After(time.Duration(random.Int64N(int64(3 * time.Second))))
				switch random.IntN(6) {
				case 0:
					if !isCut {
						close(w.line.Load().cut)
						isCut = true
					}
				case 1:
					if isCut {
						old := w.line.Load()
						w.line.Store(newLine())
						isCut = false
						close(old.broken)
					}
				case 2:
					link = w.elsewhere(link)
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
			require.Greater(t, w.inner.asked.Load(), read)
			<-time.After(linkcache.LoadTimeout)
		})
	}
}
