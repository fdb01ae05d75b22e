package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
)

func TestNew_NamesEveryBadField(t *testing.T) {
	_, err := server.New(server.Config{Timeout: -1, BodyTimeout: -1})
	require.ErrorIs(t, err, fault.Invalid)
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"Client", "Clicks", "Timeout", "BodyTimeout", "BaseURL"}, names)

	client, err := superher.New(superher.Config{Store: memory.New()})
	require.NoError(t, err)
	for base, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "https://go.example.com/": true, "https://go.example.com/path": false, "go.example.com": false,
		"ftp://x": false, "https://u:p@x": false, "https://x?y": false, "https://x#y": false, "https://": false, "": false, "https://x?": false,
	} {
		_, err := server.New(server.Config{Client: client, Clicks: &visits{}, BaseURL: base})
		require.Equal(t, ok, err == nil, base)
	}
}

func TestLimits_EveryOneIsSet(t *testing.T) {
	s := server.Limits(http.NotFoundHandler(), ":8080")
	require.Equal(t, ":8080", s.Addr)
	require.Positive(t, s.ReadHeaderTimeout)
	require.Positive(t, s.ReadTimeout)
	require.Positive(t, s.WriteTimeout)
	require.Positive(t, s.IdleTimeout)
	require.Equal(t, server.MaxHeader, s.MaxHeaderBytes)
}

func TestHeaders_TooLargeIsRefused(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, http.StatusOK, w.do("GET", "/healthz", "", "", "X-Padding", strings.Repeat("x", server.MaxHeader-1024)).status)
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, w.do("GET", "/healthz", "", "", "X-Padding", strings.Repeat("x", server.MaxHeader+8192)).status)
}

func TestRoutes_UnknownAndUntidyPathsAreProblems(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/api/v1", "/api/v1/", "/api/v1/campaigns/", "/api//v1/campaigns", "/api/v1/./campaigns", "/api/v1/x/../campaigns",
		"/API/v1/campaigns", "/api/v2/campaigns", "/api/v1/campaigns/a/b/c", "/%00", "/api/v1/events/%00"} {
		got := w.do(http.MethodGet, path, w.a.key, "")
		require.Equal(t, http.StatusNotFound, got.status, path)
		require.Equal(t, "no-such-route", got.object().str("reason"), path)
		require.Empty(t, got.header.Get("Location"), path)
	}
	require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/api/v1/%63ampaigns", w.a.key, "").status, "an escape of a letter is the letter")
	odd := w.do("BREW", "/api/v1/campaigns", w.a.key, "")
	require.Equal(t, http.StatusMethodNotAllowed, odd.status)
	require.Equal(t, "GET, POST", odd.header.Get("Allow"))
}

func TestRequestTarget_RawOddities(t *testing.T) {
	w := newWorld(t)
	for _, request := range []string{"OPTIONS * HTTP/1.1", "GET //evil.example/r/x HTTP/1.1", "CONNECT x:443 HTTP/1.1", "GET /r/../../etc HTTP/1.1"} {
		conn, err := net.Dial("tcp", w.Listener.Addr().String())
		require.NoError(t, err)
		fmt.Fprintf(conn, "%s\r\nHost: x\r\nConnection: close\r\n\r\n", request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, request)
		require.Less(t, resp.StatusCode, 500, request)
		require.Empty(t, resp.Header.Get("Location"), request)
		resp.Body.Close()
		conn.Close()
	}
}

func TestAccessLog_SaysNoMoreThanItShould(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	got := w.do(http.MethodGet, "/r/"+s.linkCode+"?secret=query", "", "")
	w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"lead","customer_id":"secret-customer"}`)
	log := w.log.String()
	for _, secret := range []string{w.a.key, "127.0.0.1", "secret", s.linkCode} {
		require.NotContains(t, log, secret)
	}
	var found bool
	for line := range strings.Lines(log) {
		var entry object
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if entry.str("request_id") == got.header.Get(requestIDHeader) {
			found = true
			require.Equal(t, "GET", entry.str("method"))
			require.Equal(t, "/r/:code", entry.str("route"))
			require.EqualValues(t, 302, entry["status"])
			require.EqualValues(t, 0, entry["bytes"])
			require.Contains(t, entry, "duration")
		}
	}
	require.True(t, found)
}

func TestRequestID_IsOurOwn(t *testing.T) {
	w := newWorld(t)
	first := w.do(http.MethodGet, "/healthz", "", "", requestIDHeader, "theirs").header.Get(requestIDHeader)
	require.Regexp(t, requestID, first)
	require.NotEqual(t, first, w.do(http.MethodGet, "/healthz", "", "").header.Get(requestIDHeader))
}

// A panic after the answer has begun cuts the connection: half an answer must
// not pass for a whole one.
func TestPanic_AfterTheFirstByteCutsTheConnection(t *testing.T) {
	w := newWorld(t, func(c *server.Config, store *storage.Store) {
		streaming(100_000, nil)(c, store)
		events := (*store).(stream).events
		*store = stream{(*store).(stream).Store, func(ctx context.Context) iter.Seq2[attribution.Event, error] {
			return func(yield func(attribution.Event, error) bool) {
				events(ctx)(yield)
				panic("out of the blue")
			}
		}}
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/api/v1/exports/events.csv", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+w.a.key)
	resp, err := w.Client().Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	require.Error(t, err)
	require.Contains(t, w.log.String(), "out of the blue")
}
