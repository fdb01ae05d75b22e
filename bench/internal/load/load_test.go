package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/bench/internal/load"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func get(buf []byte, n, try int) []byte {
	return fmt.Appendf(buf, "GET /%d/%d HTTP/1.1\r\nHost: x\r\n\r\n", n, try)
}

func TestRun_AClosedLoopSendsEachRequestOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	addr := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path]++
	})
	got := load.Run(t.Context(), load.Plan{Addrs: []string{addr}, Workers: 8, Count: 500, Build: get})
	require.EqualValues(t, 500, got.Accepted)
	require.Len(t, seen, 500)
	require.EqualValues(t, 500, got.Answers.Count())
	require.Equal(t, map[int]int64{200: 500}, got.Statuses)
}

func TestRun_BodiesOfEveryKindAreRead(t *testing.T) {
	bodies := []string{"", "short", strings.Repeat("long", 10_000)}
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var n, try int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d/%d", &n, &try)
		_, _ = io.WriteString(w, bodies[n%3])
		if n%2 == 0 {
			w.(http.Flusher).Flush() // in chunks
		}
	})
	var wrong atomic.Int64
	got := load.Run(t.Context(), load.Plan{
		Addrs: []string{addr}, Workers: 2, Count: 60, Build: get,
		Done: func(n, _, _ int, body []byte, _ time.Duration) {
			if string(body) != bodies[n%3] {
				wrong.Add(1)
			}
		},
	})
	require.EqualValues(t, 60, got.Accepted)
	require.Zero(t, wrong.Load())
}

func TestRun_ARequestIsTriedUntilItIsAccepted(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/0"):
			w.WriteHeader(http.StatusServiceUnavailable)
		case strings.HasSuffix(r.URL.Path, "/1"):
			panic(http.ErrAbortHandler) // no answer at all
		}
	})
	got := load.Run(t.Context(), load.Plan{Addrs: []string{addr}, Workers: 4, Count: 20, Tries: 3, Pause: time.Millisecond, Build: get})
	require.EqualValues(t, 20, got.Accepted)
	require.EqualValues(t, 60, got.Tries)
	require.EqualValues(t, 20, got.Silent)
	require.EqualValues(t, 40, got.Answers.Count())

	got = load.Run(t.Context(), load.Plan{Addrs: []string{addr}, Workers: 4, Count: 20, Tries: 2, Pause: time.Millisecond, Build: get})
	require.Zero(t, got.Accepted)
	require.EqualValues(t, 20, got.Refused)
}

// One worker and a server that stalls once: the requests that were due meanwhile
// are late, and a generator that waits politely would not say so.
func TestRun_AnOpenLoopCountsFromWhenARequestWasDue(t *testing.T) {
	const stall = 300 * time.Millisecond
	addr := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/0/0" {
			load.Wait(r.Context(), stall)
		}
	})
	got := load.Run(t.Context(), load.Plan{Addrs: []string{addr}, Workers: 1, Rate: 100, Count: 20, Build: get})
	require.EqualValues(t, 20, got.Accepted)
	require.GreaterOrEqual(t, got.Overall.Quantile(0.5), stall/2, "half of them waited for the first one")
}

func TestRun_ARetryGoesToTheOtherAddress(t *testing.T) {
	addr := serve(t, func(http.ResponseWriter, *http.Request) {})
	got := load.Run(t.Context(), load.Plan{Addrs: []string{"127.0.0.1:1", addr}, Workers: 2, Count: 20, Tries: 2, Pause: time.Millisecond, Build: get})
	require.EqualValues(t, 20, got.Accepted)
	require.NotZero(t, got.Silent)
}

func TestRun_EndsWithItsContextOrItsTime(t *testing.T) {
	addr := serve(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Zero(t, load.Run(ctx, load.Plan{Addrs: []string{addr}, Build: get}).Accepted)
	got := load.Run(t.Context(), load.Plan{Addrs: []string{addr}, Workers: 2, Rate: 200, Within: 100 * time.Millisecond, Build: get})
	require.EqualValues(t, 20, got.Accepted)
}
