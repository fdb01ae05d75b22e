//go:build unix

package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bunrouter"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/server"
)

// bare is what a redirect is measured by: a router and a constant answer.
func bare() http.Handler {
	router := bunrouter.New()
	router.GET("/r/:code", func(w http.ResponseWriter, _ bunrouter.Request) error {
		w.Header().Set("Location", "https://shop.example/tea?size=l&utm_source=instagram&ref_code=abcdefg")
		w.WriteHeader(http.StatusFound)
		return nil
	})
	return router
}

// hammer sends n requests over many connections, each from another visitor, and
// returns how long each took.
func hammer(b testing.TB, handler http.Handler, connections, n int) []time.Duration {
	b.Helper()
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	web := server.Limits(handler, "")
	ended := make(chan struct{})
	go func() { defer close(ended); _ = web.Serve(listener) }()
	defer func() { _ = web.Close(); <-ended }()
	var wait sync.WaitGroup
	took := make([][]time.Duration, connections)
	for c := range connections {
		wait.Go(func() {
			conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", listener.Addr().String())
			if err != nil {
				b.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			in := bufio.NewReader(conn)
			for i := range n / connections {
				began := time.Now()
				_, err := fmt.Fprintf(conn, "GET /r/abcdefg?v=%d HTTP/1.1\r\nHost: go.example.com\r\nUser-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Instagram 300.0.%d.%d\r\nReferer: https://l.instagram.com/\r\nAccept: */*\r\n\r\n", i, c, i)
				if err != nil {
					b.Error(err)
					return
				}
				status := ""
				for {
					line, err := in.ReadSlice('\n')
					if err != nil {
						b.Error(err)
						return
					}
					if status == "" {
						status = string(line[9:12])
					}
					if len(line) == 2 {
						break
					}
				}
				if status != "302" {
					b.Errorf("status %s", status)
					return
				}
				took[c] = append(took[c], time.Since(began))
			}
		})
	}
	wait.Wait()
	return slices.Concat(took...)
}

// BenchmarkRedirect compares a redirect with the bare handler, through net/http
// and many connections, in one run. Both share the processors with the load.
func BenchmarkRedirect(b *testing.B) {
	handlers := []struct {
		name    string
		handler http.Handler
	}{{"bare", bare()}, {"memory", redirecting(b, sink{})}, {"journal", redirecting(b, journalled(b))}}
	for _, connections := range []int{64} {
		for _, h := range handlers {
			b.Run(fmt.Sprintf("%s/%d", h.name, connections), func(b *testing.B) {
				b.ReportAllocs()
				hammer(b, h.handler, connections, 10*connections)
				b.ResetTimer()
				before := processor(b)
				took := hammer(b, h.handler, connections, max(b.N, connections))
				b.StopTimer()
				b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(len(took)), "cpu-ns/op")
				slices.Sort(took)
				b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "req/s")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// journalled is the recorder that the command uses. Its clicks are not handed over:
// what that costs is the store's.
func journalled(b *testing.B) clicks.Recorder {
	b.Helper()
	j, err := journal.Open(journal.Config{Dir: b.TempDir(), Fsync: time.Second, Limit: 1 << 40})
	require.NoError(b, err)
	b.Cleanup(func() { _ = j.Close() })
	return j
}

// processor returns the processor time of this process, which other programs on
// the machine do not spoil as they do a rate.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkRedirectHandler is the handler alone.
func BenchmarkRedirectHandler(b *testing.B) {
	for name, handler := range map[string]http.Handler{"bare": bare(), "ours": redirecting(b, sink{})} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/r/abcdefg?v=1", http.NoBody)
			r.RemoteAddr = "203.0.113.9:4711"
			r.Header.Set("User-Agent", strings.Repeat("Instagram", 10))
			w := &nowhere{header: http.Header{}}
			for b.Loop() {
				clear(w.header)
				handler.ServeHTTP(w, r)
			}
			if w.status != http.StatusFound {
				fmt.Fprintln(os.Stderr, w.status)
				b.Fail()
			}
		})
	}
}

// nowhere is an answer that nobody reads.
type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w *nowhere) WriteHeader(status int)      { w.status = status }
