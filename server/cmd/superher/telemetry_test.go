package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// planted are the words of a caller that must not be told to anybody.
func planted() []string {
	return []string{"sesame", "203.0.113.77", "2001:db8", "198.51.100.9"}
}

// hostile makes requests that carry secrets wherever a caller can put one.
func hostile(t *testing.T, base, key string) {
	t.Helper()
	for _, target := range []string{
		"/api/v1/me?token=sesame", "/api/v1/campaigns/sesame-id?x=sesame", "/api/v1/exports/sesame-ticket", "/r/sesame-code?e=sesame",
		"/sesame/nowhere?q=sesame", "/api/v1/stats/overview?from=sesame", devPath + "/authorize?code=sesame",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, "SESAME"} {
			r, err := http.NewRequestWithContext(t.Context(), method, base+target, strings.NewReader(`{"name":"sesame"}`))
			require.NoError(t, err)
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Forwarded-For", "203.0.113.77, 2001:db8::9")
			r.Header.Set("Forwarded", "for=198.51.100.9")
			r.Header.Set("User-Agent", "sesame-agent")
			r.Header.Set("Referer", "https://sesame.example/")
			r.Header.Set("Idempotency-Key", "sesame-idempotent")
			r.Header.Set("Traceparent", "00-5e5a0e00000000000000000000000001-00000000005e5a0e-01")
			r.Header.Set("Tracestate", "sesame=sesame")
			r.Header.Set("Baggage", "sesame=sesame")
			r.Host = "sesame.example:4711"
			response, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		}
	}
}

// collector keeps what arrives by OTLP.
type collector struct {
	*httptest.Server

	mu   sync.Mutex
	told bytes.Buffer
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		fmt.Fprintf(&c.told, "%s %s\n%s\n", r.Method, r.URL.Path, body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told.String()
}

// Everything that leaves the process, of requests that carry secrets wherever
// one can be put: traces, measurements, the log, the output.
func TestTelemetry_NothingOfACallerIsTold(t *testing.T) {
	c := newCollector(t)
	file := filepath.Join(t.TempDir(), "superher.db")
	code, stdout, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme", "--json")
	require.Zero(t, code, stderr)
	var made issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))

	r := start(t, 20*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file, "--otlp-endpoint", c.URL,
		"--trusted-proxy", "127.0.0.1", "--metrics-token", "metrics-sesame", "--drain", "0s", "--log-format", "json", "--rate-address", "off")
	hostile(t, r.base, made.Key)
	hostile(t, r.base, "sk_live_sesame")
	status, _ := fetch(t, r.base+"/metrics")
	require.Equal(t, http.StatusUnauthorized, status)
	status, metrics := fetch(t, r.base+"/metrics", "Authorization", "Bearer metrics-sesame")
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, r.end(t), r.stderr)

	traces := c.String() // all were sent before the end
	require.Contains(t, traces, "POST /v1/traces\n")
	for _, want := range []string{"GET /api/v1/me", "http.route", "/api/v1/campaigns/:id", "service.name", "storage.System.APIKeyByHash"} {
		require.Contains(t, traces, want)
	}
	require.Contains(t, traces, string([]byte{0x5e, 0x5a, 0x0e}), "the trace of a trusted proxy is gone on with")
	for _, want := range []string{`http_route="/api/v1/me"`, "superher_storage_operation_duration_seconds", "go_goroutines", "process_cpu_seconds_total"} {
		require.Contains(t, metrics, want)
	}
	for what, text := range map[string]string{"traces": traces, "metrics": metrics, "log": r.stderr.String(), "output": r.stdout.String()} {
		for _, secret := range append(planted(), made.Key, made.Key[20:]) {
			require.NotContains(t, text, secret, what)
		}
	}
	for line := range strings.Lines(r.stderr.String()) {
		require.True(t, json.Valid([]byte(line)), line)
		if strings.Contains(line, `"msg":"request"`) && !strings.Contains(line, "/readyz") && !strings.Contains(line, "/metrics") {
			require.Regexp(t, `"trace_id":"[0-9a-f]{32}"`, line)
		}
	}
}

// A stranger chooses neither the trace nor whether it is recorded.
func TestTelemetry_AStrangersTraceIsNotGoneOnWith(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	told, err := newTelemetry(slog.New(slog.DiscardHandler), spans, 1, false)
	require.NoError(t, err)
	handler := told.around(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.Pattern = "/x"
		if r.Header.Get("Panic") != "" {
			panic("sesame")
		}
	}), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	ask := func(peer, path string) {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.RemoteAddr = peer
		r.Header.Set("Traceparent", "00-5e5a0e00000000000000000000000001-00000000005e5a0e-01")
		r.Header.Set("Tracestate", "sesame=sesame")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("10.1.2.3:999", "/x")
	ask("[::ffff:10.1.2.3]:999", "/x")
	ask("192.0.2.1:999", "/x")
	ask("nonsense", "/x")
	ask("192.0.2.1:999", "/healthz")
	ask("192.0.2.1:999", "/readyz")
	ask("192.0.2.1:999", "/metrics")
	require.Panics(t, func() {
		r := httptest.NewRequest(http.MethodGet, "/x", http.NoBody)
		r.Header.Set("Panic", "yes")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	})
	require.NoError(t, told.traces.ForceFlush(t.Context()))
	all := spans.GetSpans()
	require.Len(t, all, 5, "probes are not traced")
	for i, s := range all {
		id := s.SpanContext.TraceID().String()
		require.Equal(t, i < 2, id == "5e5a0e00000000000000000000000001", "span %d", i)
		require.Empty(t, s.SpanContext.TraceState().String())
		require.Empty(t, s.Parent.TraceState().String())
		require.Empty(t, s.Events)
		require.NotContains(t, fmt.Sprint(s.Attributes, s.Name, s.Status), "sesame")
	}
	require.NoError(t, told.close(t.Context()))
}

// Without a collector nothing is recorded, and the log still has trace ids.
func TestTelemetry_WithoutACollectorSpansHaveAnIdAndNoMore(t *testing.T) {
	told, err := newTelemetry(slog.New(slog.DiscardHandler), nil, 1, false)
	require.NoError(t, err)
	_, span := told.traces.Tracer("test").Start(t.Context(), "x")
	defer span.End()
	require.True(t, span.SpanContext().IsValid())
	require.False(t, span.IsRecording())
	require.Nil(t, told.metrics)
	require.NoError(t, told.close(t.Context()))
}

var _ sdktrace.SpanExporter = discreet{}

func TestMetrics_AreOnWhereOnlyThisMachineAsksOrATokenIsGiven(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, http.StatusOK},
		{[]string{"--metrics", "off"}, http.StatusNotFound},
		{[]string{"--metrics-token", "t0ken"}, http.StatusUnauthorized},
		{[]string{"--addr", "0.0.0.0:0"}, http.StatusNotFound},
		{[]string{"--addr", "0.0.0.0:0", "--metrics", "on"}, http.StatusOK},
		{[]string{"--addr", "0.0.0.0:0", "--metrics-token", "t0ken"}, http.StatusUnauthorized},
	} {
		r := start(t, 20*time.Second, append([]string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db"), "--drain", "0s"}, c.args...)...)
		status, _ := fetch(t, r.base+"/metrics")
		require.Equal(t, c.want, status, c.args)
		require.Zero(t, r.end(t))
	}
	for _, args := range [][]string{{"--metrics-token", ""}, {"--metrics-token", "x", "--metrics", "off"}, {"--trace-ratio", "0.5"}} {
		code, _, stderr := once(t, nothing, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
		require.Equal(t, 2, code, args)
		require.Contains(t, stderr, args[0], args)
	}
}
