package server_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// sink is a recorder that forgets.
type sink struct{}

func (sink) Record(context.Context, clicks.Visit) error { return nil }

// redirecting returns a handler with one link, "abcdefg", behind a cache.
func redirecting(t testing.TB, recorder server.ClickRecorder) http.Handler {
	t.Helper()
	store, err := linkcache.New(linkcache.Config{Store: memory.New()})
	require.NoError(t, err)
	client, err := superher.New(superher.Config{Store: store})
	require.NoError(t, err)
	brand, err := client.CreateAdvertiser(t.Context(), tenant.NewAdvertiser{Name: "Brand", Currency: "INR"})
	require.NoError(t, err)
	account := client.For(tenant.For(brand.ID))
	summer, err := account.CreateCampaign(t.Context(), campaigns.NewCampaign{Name: "Summer"})
	require.NoError(t, err)
	_, err = account.CreateLink(t.Context(), links.NewLink{
		Campaign: summer.ID, Destination: "https://shop.example/tea?size=l", Code: "abcdefg", UTM: links.UTM{Source: "instagram"},
	})
	require.NoError(t, err)
	handler, err := server.New(server.Config{Client: client, Clicks: recorder, BaseURL: "https://go.example.com"})
	require.NoError(t, err)
	return handler
}

// cached puts a cache of links before the store.
func cached(t *testing.T) func(*server.Config, *storage.Store) {
	t.Helper()
	return func(_ *server.Config, store *storage.Store) {
		made, err := linkcache.New(linkcache.Config{Store: *store})
		require.NoError(t, err)
		*store = made
	}
}

// Nobody can tell a redirect from memory from one that asked the store.
func TestRedirect_FromMemoryIsTheSame(t *testing.T) {
	w := newWorld(t, cached(t))
	s := w.a.scene("JESSICA20")
	other := newWorld(t) // without a cache
	z := other.a.scene("JESSICA20")
	for _, path := range []string{"/r/", "/api/v1/r/"} {
		for _, method := range []string{get, http.MethodHead} {
			for range 2 {
				fromMemory, asked := w.do(method, path+s.linkCode+"?x=1", "", ""), other.do(method, path+z.linkCode+"?x=1", "", "")
				require.Equal(t, http.StatusFound, fromMemory.status)
				require.Empty(t, fromMemory.body)
				for _, h := range []http.Header{fromMemory.header, asked.header} {
					require.Len(t, h.Get(requestIDHeader), 36)
					h.Del("Date")
					h.Del(requestIDHeader)
					h.Set("Location", strings.NewReplacer(s.linkCode, "CODE", z.linkCode, "CODE").Replace(h.Get("Location")))
				}
				require.Equal(t, asked.header, fromMemory.header)
			}
		}
	}
	require.Len(t, w.clicks.all(), 8, "every hit is kept")
	for _, v := range w.clicks.all() {
		require.Equal(t, w.a.id, v.Advertiser)
		require.False(t, v.Link.IsZero())
		require.Equal(t, "127.0.0.1", v.Hit.Address.String())
	}
}

func TestRedirect_FromMemoryNamesItsClick(t *testing.T) {
	w := newWorld(t, cached(t))
	s := w.a.scene("JESSICA20")
	w.do(get, "/r/"+s.linkCode, "", "")
	before := len(lines(t, w.log.String()))
	got := w.do(get, "/r/"+s.linkCode, "", "")
	require.Equal(t, w.clicks.all()[1].ID.String(), got.header.Get(requestIDHeader))
	require.Len(t, lines(t, w.log.String()), before, "it is counted and not logged")
}

func TestRedirect_FromMemoryIsLoggedForDebugging(t *testing.T) {
	log := &syncBuffer{}
	w := newWorld(t, cached(t), func(c *server.Config, _ *storage.Store) {
		c.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s := w.a.scene("JESSICA20")
	w.do(get, "/r/"+s.linkCode, "", "")
	w.do(http.MethodHead, "/api/v1/r/"+s.linkCode+"?secret", "", "")
	records := lines(t, log.String())
	last := records[len(records)-1]
	require.Equal(t, "DEBUG", last.str("level"))
	require.Equal(t, "/api/v1/r/:code", last.str("route"))
	require.Equal(t, "HEAD", last.str("method"))
	require.NotContains(t, log.String(), "secret")
}

func TestRedirect_FromMemoryFollowsTheLink(t *testing.T) {
	w := newWorld(t, cached(t))
	s := w.a.scene("JESSICA20")
	require.Equal(t, http.StatusFound, w.do(get, "/r/"+s.linkCode, "", "").status)
	link, err := w.client.ResolveLink(t.Context(), s.linkCode)
	require.NoError(t, err)
	account := w.client.For(tenant.For(w.a.id))
	link, err = account.ChangeLink(t.Context(), link.ID, links.Change{Destination: new("https://elsewhere.example/")})
	require.NoError(t, err)
	require.Equal(t, link.RedirectURL(), w.do(get, "/r/"+s.linkCode, "", "").header.Get("Location"))
	_, err = account.ChangeLink(t.Context(), link.ID, links.Change{Status: new(links.Disabled)})
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, http.StatusNotFound, w.do(get, "/r/"+s.linkCode, "", "").status)
	}
}

// failingRecorder keeps nothing.
type failingRecorder func() error

func (f failingRecorder) Record(context.Context, clicks.Visit) error { return f() }

func TestRedirect_GoesOnWhateverBecomesOfTheClick(t *testing.T) {
	for name, recorder := range map[string]failingRecorder{
		"full":   func() error { return clicks.NoRoom() },
		"broken": func() error { return fault.New(fault.Unavailable, "journal-failed", "no space left on device") },
		"panics": func() error { panic("no such luck") },
	} {
		for from, options := range map[string][]func(*server.Config, *storage.Store){"memory": {cached(t)}, "the store": nil} {
			t.Run(name+" from "+from, func(t *testing.T) {
				w := newWorld(t, append(options, func(c *server.Config, _ *storage.Store) { c.Clicks = recorder })...)
				s := w.a.scene("JESSICA20")
				for range 50 {
					require.Equal(t, http.StatusFound, w.do(get, "/r/"+s.linkCode, "", "").status)
				}
				said := strings.Count(w.log.String(), "clicks were lost")
				require.Positive(t, said)
				require.Less(t, said, 20, "the log says so at most once a second")
			})
		}
	}
}

// What is no plain redirect is left alone, so that it is dealt with in full.
func TestTryRedirect_LeavesEverythingElseAlone(t *testing.T) {
	handler := redirecting(t, sink{})
	redirector, ok := handler.(server.Redirector)
	require.True(t, ok)
	ask := func(change func(*http.Request)) (answered bool, w *httptest.ResponseRecorder) {
		r, w := request(t, "/r/abcdefg", "203.0.113.9:4711"), httptest.NewRecorder()
		change(r)
		return redirector.TryRedirect(w, r), w
	}
	answered, _ := ask(func(*http.Request) {})
	require.False(t, answered, "not known yet")
	handler.ServeHTTP(httptest.NewRecorder(), request(t, "/r/abcdefg", "203.0.113.9:4711"))
	answered, _ = ask(func(*http.Request) {})
	require.True(t, answered)
	for name, change := range map[string]func(*http.Request){
		"another method": func(r *http.Request) { r.Method = http.MethodPost },
		"a body":         func(r *http.Request) { r.ContentLength = 1 },
		"chunks":         func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"an odd escape":  func(r *http.Request) { r.URL.RawPath = "/r/%61bcdefg" },
		"another route":  func(r *http.Request) { r.URL.Path = "/x/abcdefg" },
		"one below":      func(r *http.Request) { r.URL.Path = "/r/abcdefg/x" },
		"no code":        func(r *http.Request) { r.URL.Path = "/r/" },
		"unknown":        func(r *http.Request) { r.URL.Path = "/r/zzzzzzz" },
		"twice the API":  func(r *http.Request) { r.URL.Path = "/api/v1/api/v1/r/abcdefg" },
	} {
		answered, w := ask(change)
		require.False(t, answered, name)
		require.Empty(t, w.Header(), name)
	}
}
