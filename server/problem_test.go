package server_test

import (
	"context"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

var update = flag.Bool("update", false, "write the golden files anew")

var requestID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// golden compares an answer, without its request id, with a file.
func golden(t *testing.T, name string, a answer) {
	t.Helper()
	got := http.StatusText(a.status) + "\n"
	for _, header := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "WWW-Authenticate", "Retry-After", "Allow"} {
		if value := a.header.Get(header); value != "" {
			got += header + ": " + value + "\n"
		}
	}
	got += "\n" + strings.ReplaceAll(a.body, a.header.Get(requestIDHeader), "REQUEST-ID") + "\n"
	path := filepath.Join("testdata", "problems", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update once")
	require.Equal(t, string(want), got)
}

func TestProblems_Golden(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	w.a.post("/events", `{"action":"purchase","external_id":"o-1"}`)
	reader := w.a.keyFor(tenant.EventsRead)
	const events = "/api/v1/events"
	for _, c := range []struct{ name, method, path, key, body string }{
		{"no-key", "GET", "/api/v1/campaigns", "", ""},
		{"scope-insufficient", "POST", events, reader, `{"action":"lead"}`},
		{"no-such-route", "GET", "/api/v1/nothing", w.a.key, ""},
		{"method-not-allowed", "DELETE", "/api/v1/campaigns/" + s.campaign + "/assignments", w.a.key, ""},
		{"method-not-allowed-two", "PATCH", "/api/v1/campaigns", w.a.key, "{}"},
		{"not-found", "GET", "/api/v1/campaigns/01890a5d-ac96-774b-bcce-b302099a8057", w.a.key, ""},
		{"not-an-id", "GET", "/api/v1/campaigns/abc", w.a.key, ""},
		{"malformed-json", "POST", events, w.a.key, `{"action":`},
		{"duplicate-member", "POST", events, w.a.key, `{"action":"lead","metadata":{"a":"1","a":"2"}}`},
		{"unknown-member", "POST", events, w.a.key, `{"action":"lead","colour":"red"}`},
		{"wrong-case", "POST", events, w.a.key, `{"Action":"lead"}`},
		{"wrong-type", "POST", events, w.a.key, `{"action":7}`},
		{"not-an-object", "POST", events, w.a.key, `["lead"]`},
		{"malformed-time", "POST", events, w.a.key, `{"action":"lead","occurred_at":"yesterday"}`},
		{"malformed-id", "POST", "/api/v1/coupons", w.a.key, `{"campaign_id":"x"}`},
		{"several-fields", "POST", events, w.a.key, `{"action":"A B","value":"1.234","currency":"INR","external_id":"\u0000","metadata":{"k":null}}`},
		{"value-without-currency", "POST", events, w.a.key, `{"action":"lead","value":1}`},
		{"event-differs", "POST", events, w.a.key, `{"action":"purchase","external_id":"o-1","customer_id":"other"}`},
		{"coupon-code-taken", "POST", "/api/v1/coupons", w.a.key, `{"campaign_id":"` + s.campaign + `","code":"JESSICA20"}`},
		{"terms-out-of-range", "POST", "/api/v1/influencers/" + s.influencer + "/assign", w.a.key, `{"campaign_id":"` + s.campaign + `","terms":{"share_type":"percentage","rate":"101"}}`},
		{"empty-batch", "POST", events + "/batch", w.a.key, `{"events":[]}`},
		{"malformed-query", "GET", "/api/v1/stats/overview?from=%ff", w.a.key, ""},
		{"bad-parameters", "GET", "/api/v1/stats/overview?from=x&limit=5&to=2026-01-01&to=2026-01-01", w.a.key, ""},
		{"query-on-post", "POST", events + "?dry_run=1", w.a.key, `{"action":"lead"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.do(c.method, c.path, c.key, c.body)
			require.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
			require.Equal(t, got.header.Get(requestIDHeader), got.object().str("instance"))
			require.Regexp(t, requestID, got.header.Get(requestIDHeader))
			golden(t, c.name, got)
		})
	}
	t.Run("unsupported-media-type", func(t *testing.T) {
		golden(t, "unsupported-media-type", w.do("POST", events, w.a.key, `{"action":"lead"}`, "Content-Type", "text/plain"))
	})
}

func TestUnauthenticated_OneBodyForAllCauses(t *testing.T) {
	w := newWorld(t)
	revoked, err := w.client.For(tenant.For(w.a.id)).CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "x", Scopes: []tenant.Permission{"*"}})
	require.NoError(t, err)
	_, err = w.client.For(tenant.For(w.a.id)).RevokeAPIKey(t.Context(), revoked.ID, 0)
	require.NoError(t, err)
	first := w.do("GET", "/api/v1/campaigns", "", "")
	require.Equal(t, "Bearer", first.header.Get("WWW-Authenticate"))
	bodyOf := func(a answer) string { return requestID.ReplaceAllString(a.body, "") }
	for _, header := range []string{
		"Bearer " + revoked.Raw, "Bearer " + w.a.key + "x", "Bearer " + w.a.key[:len(w.a.key)-1] + "!", "Basic " + w.a.key, w.a.key, "Bearer", "Bearer ",
		"Bearer  ", "Bearer sk_live_" + strings.Repeat("0", 60), "Bearer " + strings.Repeat("x", 9000),
	} {
		got := w.do("GET", "/api/v1/campaigns", "", "", "Authorization", header)
		require.Equal(t, http.StatusUnauthorized, got.status, header)
		require.Equal(t, bodyOf(first), bodyOf(got), header)
	}
	twice, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/api/v1/campaigns", http.NoBody)
	require.NoError(t, err)
	twice.Header["Authorization"] = []string{"Bearer " + w.a.key, "Bearer " + w.a.key}
	require.Equal(t, http.StatusUnauthorized, w.send(twice).status)
	require.NotContains(t, w.log.String(), w.a.key, "a key is never logged")
}

// moody is a store that answers a read of an event with anything.
type moody struct {
	storage.Store
	event func() error
}

type moodyReader struct {
	storage.Reader
	event func() error
}

func (m moody) Read(v tenant.View) storage.Reader { return moodyReader{m.Store.Read(v), m.event} }

func (m moodyReader) Event(context.Context, attribution.ID) (attribution.Event, error) {
	return attribution.Event{}, m.event()
}

// failing makes a store whose reads of an event fail.
func failing(event func() error) func(*server.Config, *storage.Store) {
	return func(_ *server.Config, store *storage.Store) { *store = moody{*store, event} }
}

// patient is a store that answers only when the caller has lost patience.
type patient struct{ storage.Store }

type patientSystem struct{ storage.System }

func (p patient) System() storage.System { return patientSystem{p.Store.System()} }

func (p patientSystem) APIKeyByHash(ctx context.Context, _ [32]byte) (tenant.APIKey, error) {
	<-ctx.Done()
	return tenant.APIKey{}, fault.Of(ctx.Err())
}

func TestStatusOfEveryCode(t *testing.T) {
	status := map[fault.Code]int{
		fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409,
		fault.Exhausted: 429, fault.Unavailable: 503, fault.Unsupported: 501, fault.Internal: 500,
	}
	for _, code := range fault.Codes() {
		require.Contains(t, status, code)
		w := newWorld(t, failing(func() error { return fault.New(code, "the-reason", "the detail") }))
		got := w.do("GET", "/api/v1/events/01890a5d-ac96-774b-bcce-b302099a8057", w.a.key, "")
		require.Equal(t, status[code], got.status)
		require.Equal(t, string(code), got.object().str("code"))
		retry := code == fault.Exhausted || code == fault.Unavailable
		require.Equal(t, retry, got.header.Get("Retry-After") != "", code)
	}
}

func TestInternal_CauseOnlyInTheLog(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return fault.Wrap(os.ErrPermission, fault.Internal, "secret-reason", "secret-detail") },
		"plain": func() error { return os.ErrPermission },
		"panic": func() error { panic("permission denied") },
	} {
		w := newWorld(t, failing(fail))
		got := w.do("GET", "/api/v1/events/01890a5d-ac96-774b-bcce-b302099a8057", w.a.key, "")
		require.Equal(t, 500, got.status, name)
		golden(t, "internal", got)
		require.Contains(t, w.log.String(), "permission denied", name)
		require.Contains(t, w.log.String(), got.header.Get(requestIDHeader), name)
	}
}

func TestDeadline_Is504(t *testing.T) {
	w := newWorld(t, func(c *server.Config, store *storage.Store) {
		c.Timeout = 1
		*store = patient{*store}
	})
	got := w.do("GET", "/api/v1/campaigns", w.a.key, "")
	require.Equal(t, http.StatusGatewayTimeout, got.status)
	require.Equal(t, "unavailable", got.object().str("code"))
	require.NotEmpty(t, got.header.Get("Retry-After"))
}
