package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
)

func TestReadyz_SaysNoWithoutSayingWhy(t *testing.T) {
	fine := newWorld(t)
	got := fine.do(get, "/readyz", "", "")
	require.Equal(t, 200, got.status)
	require.JSONEq(t, `{"status":"ready"}`, got.body)
	w := newWorld(t, func(c *server.Config, _ *storage.Store) {
		c.Ready = func(context.Context) error { return errors.New("secret-host is down") }
	})
	got = w.do(get, "/readyz", "", "")
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Equal(t, "not-ready", got.object().str("reason"))
	require.NotEmpty(t, got.header.Get("Retry-After"))
	require.NotContains(t, got.body, "secret-host")
	require.Contains(t, w.log.String(), "secret-host")
	require.Equal(t, 200, w.do(get, "/healthz", "", "").status, "the process itself is well")
}

func TestMetrics_OnlyForWhoHasTheToken(t *testing.T) {
	measures := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret_metric 1\n") })
	none := newWorld(t)
	require.Equal(t, 404, none.do(get, "/metrics", "", "").status)
	open := newWorld(t, func(c *server.Config, _ *storage.Store) { c.Metrics = measures })
	require.Equal(t, "secret_metric 1\n", open.do(get, "/metrics", "", "").body)
	w := newWorld(t, func(c *server.Config, _ *storage.Store) { c.Metrics, c.MetricsToken = measures, "the-token" })
	require.Equal(t, "secret_metric 1\n", w.do(get, "/metrics", "the-token", "").body)
	for _, token := range []string{"", "the-toke", "the-token1", "THE-TOKEN", w.a.key, w.admin()} {
		got := w.do(get, "/metrics", token, "")
		require.Equal(t, 401, got.status, token)
		require.Equal(t, "Bearer", got.header.Get("WWW-Authenticate"))
		require.NotContains(t, got.body, "secret_metric")
	}
	require.Equal(t, 401, w.do(get, "/metrics?token=the-token", "", "").status)
	require.NotContains(t, w.log.String(), "the-token")
}

func TestAppConfig_SaysWherePeopleSignIn(t *testing.T) {
	w := newWorld(t)
	require.JSONEq(t, `{"api":"/api/v1","sign_in":null}`, w.do(get, "/app/config.json", "", "").body)
	w = newWorld(t, func(c *server.Config, _ *storage.Store) {
		c.SignIn = server.SignIn{Issuer: "https://id.example", ClientID: "app"}
	})
	got := w.do(get, "/app/config.json", "", "")
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.JSONEq(t, `{"api":"/api/v1","sign_in":{"issuer":"https://id.example","client_id":"app","scope":"openid email profile"}}`, got.body)
}

func TestContract_IsServedToAnyone(t *testing.T) {
	w := newWorld(t)
	got := w.do(get, "/openapi.yaml", "", "")
	require.Equal(t, 200, got.status)
	require.Equal(t, "application/yaml", got.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(got.body, "openapi: 3.1"), got.body[:min(60, len(got.body))])
}

var assets = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

func TestExplorer_ItsPageAndAssetsComeFromHere(t *testing.T) {
	w := newWorld(t)
	page := w.do(get, "/explorer", "", "")
	require.Equal(t, 200, page.status)
	require.Contains(t, page.header.Get("Content-Type"), "text/html")
	require.Contains(t, page.body, "/openapi.yaml")
	policy := page.header.Get("Content-Security-Policy")
	require.Len(t, page.header.Values("Content-Security-Policy"), 1)
	for _, part := range []string{"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		require.Contains(t, policy, part)
	}
	base, err := url.Parse(w.URL + "/explorer")
	require.NoError(t, err)
	found := 0
	for _, m := range assets.FindAllStringSubmatch(page.body, -1) {
		target, err := base.Parse(m[1])
		require.NoError(t, err)
		if target.Scheme == "data" {
			continue
		}
		require.Equal(t, base.Host, target.Host, m[1])
		got := w.do(get, target.Path, "", "")
		require.Equal(t, 200, got.status, target.Path)
		require.NotEmpty(t, got.body)
		require.Equal(t, policy, got.header.Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		want := map[string]string{"js": "javascript", "css": "text/css", "png": "image/png"}[target.Path[strings.LastIndex(target.Path, ".")+1:]]
		require.Contains(t, got.header.Get("Content-Type"), want, target.Path)
		found++
	}
	require.GreaterOrEqual(t, found, 3)
	for _, path := range []string{"/explorer/nothing.js", "/explorer/..%2fopenapi.yaml", "/explorer/%00", "/explorer/a/b"} {
		require.Equal(t, 404, w.do(get, path, "", "").status, path)
	}
}

func TestSecurityHeaders_OnEveryAnswer(t *testing.T) {
	for _, base := range []string{"https://go.example.com", "http://127.0.0.1:8080"} {
		w := newWorld(t, unlimited(), func(c *server.Config, _ *storage.Store) { c.BaseURL = base })
		check := func(got answer, what string) {
			require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), what)
			require.Equal(t, "DENY", got.header.Get("X-Frame-Options"), what)
			require.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'", what)
			require.Contains(t, got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'", what)
			require.Equal(t, "same-origin", got.header.Get("Cross-Origin-Resource-Policy"), what)
			require.Equal(t, "no-store", got.header.Get("Cache-Control"), what)
			require.Equal(t, strings.HasPrefix(base, "https"), got.header.Get("Strict-Transport-Security") != "", what)
			require.NotEmpty(t, got.header.Get(requestIDHeader), what)
			require.Empty(t, got.header.Get("Access-Control-Allow-Origin"), what)
			require.Empty(t, got.header.Get("Server"), what)
		}
		for _, op := range server.Operations() {
			body := ""
			if op.Method == post || op.Method == patch {
				body = `{}`
			}
			for _, token := range []string{w.a.key, "", w.admin(), "sk_live_x"} {
				got := w.do(op.Method, fill(op.Path), token, body, "Origin", "https://evil.example")
				require.Less(t, got.status, 500, op.Path)
				check(got, op.Method+" "+op.Path)
			}
		}
		for _, path := range []string{"/", "/nothing", "//x", "/api/v1/events/%00"} {
			check(w.do(get, path, "", ""), path)
		}
		check(w.do(http.MethodOptions, "/api/v1/campaigns", "", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"), "preflight")
		check(w.do(post, "/api/v1/events", w.a.key, "{"), "problem")
	}
}
