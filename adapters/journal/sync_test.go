package journal_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// watched is a file that counts what is asked of it.
type watched struct {
	journal.File

	writes, syncs *atomic.Int64
	hold          chan struct{} // writes wait for it; nil: they do not
	failing       *atomic.Bool  // syncs fail
}

func (w watched) Write(p []byte) (int, error) {
	if w.hold != nil {
		<-w.hold
	}
	w.writes.Add(1)
	return w.File.Write(p)
}

func (w watched) Sync() error {
	w.syncs.Add(1)
	if w.failing.Load() {
		return syscall.EIO
	}
	return w.File.Sync()
}

// watching opens a journal whose segments are watched.
func watching(t *testing.T, fsync time.Duration, hold chan struct{}) (*journal.Journal, watched) {
	t.Helper()
	w := watched{writes: &atomic.Int64{}, syncs: &atomic.Int64{}, failing: &atomic.Bool{}}
	j, err := journal.OpenWith(journal.Config{Dir: folder(t), Fsync: fsync}, func(path string) (journal.File, error) {
		f, err := journal.Create(path)
		if err != nil || strings.HasSuffix(path, ".key") {
			return f, err
		}
		made := w
		made.File, made.hold = f, hold
		return made, nil
	})
	require.NoError(t, err)
	return j, w
}

func TestFsync_ZeroSyncsBeforeRecordReturns(t *testing.T) {
	j, w := watching(t, 0, nil)
	for i := range 10 {
		require.NoError(t, j.Record(t.Context(), visit(i)))
		require.EqualValues(t, i+1, w.syncs.Load())
	}
	w.failing.Store(true)
	err := j.Record(t.Context(), visit(10))
	require.ErrorIs(t, err, fault.Unavailable, "what is not on the disk is not taken")
	require.EqualValues(t, 1, j.Stats().Shed)
	w.failing.Store(false)
	require.NoError(t, j.Record(t.Context(), visit(11)))
	require.Equal(t, append(numbered(10), visit(11)), handOver(t, j))
	require.NoError(t, j.Close())
}

func TestFsync_AnIntervalSyncsBehindAndOnlyWhatIsNew(t *testing.T) {
	j, w := watching(t, 5*time.Millisecond, nil)
	for i := range 100 {
		require.NoError(t, j.Record(t.Context(), visit(i)))
	}
	synced := func() int64 {
		require.Eventually(t, func() bool { return w.syncs.Load() > 0 }, 10*time.Second, time.Millisecond)
		for n := w.syncs.Load(); ; n = w.syncs.Load() {
			<-time.After(50 * time.Millisecond)
			if w.syncs.Load() == n {
				return n
			}
		}
	}
	require.Less(t, synced(), int64(100))
	require.NoError(t, j.Record(t.Context(), visit(100)))
	require.NoError(t, j.Close(), "which syncs as well")
	require.Positive(t, w.syncs.Load())
}

// Those who come while a write is under way share the next one.
func TestRecord_VisitsAtTheSameTimeShareAWrite(t *testing.T) {
	const callers = 100
	hold := make(chan struct{})
	j, w := watching(t, time.Hour, hold)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() { require.NoError(t, j.Record(t.Context(), visit(i))) })
	}
	hold <- struct{}{} // the header
	require.Eventually(t, func() bool { return journal.Waits(j) == callers-1 }, 10*time.Second, time.Millisecond)
	close(hold)
	wait.Wait()
	require.EqualValues(t, 3, w.writes.Load(), "header, first visit, all others")
	require.ElementsMatch(t, numbered(callers), handOver(t, j))
	require.NoError(t, j.Close())
}

func TestClose_EndsRecording(t *testing.T) {
	j, _ := watching(t, time.Hour, nil)
	require.NoError(t, j.Close())
	err := j.Record(t.Context(), visit(1))
	require.True(t, errors.Is(err, fault.Unavailable) && fault.HasReason(err, "recorder-ended"), "%v", err)
}

// A segment whose visits are stored makes room, without an end of Run.
func TestRun_DeletesSegmentsThatAreStored(t *testing.T) {
	j := open(t, journal.Config{Fsync: time.Hour})
	s := &shop{}
	stop := running(t, j, s)
	n := 0
	for j.Stats().Bytes < 2*journal.SegmentMax && n < 200_000 {
		require.NoError(t, j.Record(t.Context(), visit(n)))
		n++
		if n%1000 == 0 && len(segments(t, j.dir)) > 1 {
			break
		}
	}
	for len(s.all()) < n {
		<-time.After(time.Millisecond)
	}
	require.Eventually(t, func() bool { return j.Stats().Bytes < journal.SegmentMax }, 10*time.Second, time.Millisecond)
	stop()
}

// running runs a journal until the function that it returns is called.
func running(t *testing.T, j clicks.Recorder, s *shop) (stop func()) {
	t.Helper()
	quit, ended := make(chan struct{}), make(chan error, 1)
	ctx := contextUntil(t, quit)
	go func() { ended <- j.Run(ctx, s.take) }()
	return func() {
		close(quit)
		require.NoError(t, <-ended)
	}
}

// contextUntil returns a context that is done when quit is closed.
func contextUntil(t *testing.T, quit <-chan struct{}) context.Context {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() { <-quit; stop() }()
	return ctx
}

func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			j := open(b, journal.Config{Dir: b.TempDir(), Fsync: time.Second, Limit: 1 << 40})
			b.ReportAllocs()
			b.SetParallelism(callers)
			if callers == 1 {
				for i := 0; b.Loop(); i++ {
					if err := j.Record(b.Context(), visit(i)); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			var n atomic.Int64
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := j.Record(b.Context(), visit(int(n.Add(1)))); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
