package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestRedirect_GetAndHeadOnBothRoutes(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for _, path := range []string{"/r/", "/api/v1/r/"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := w.do(method, path+s.linkCode, "", "")
			require.Equal(t, http.StatusFound, got.status)
			require.Equal(t, "https://shop.example/p?a=1&ref_code="+s.linkCode+"#top", got.header.Get("Location"))
			require.Equal(t, "no-store", got.header.Get("Cache-Control"))
			require.Empty(t, got.body)
		}
	}
	require.Len(t, w.clicks.all(), 4, "every hit is kept")
	refused := w.do(http.MethodPost, "/r/"+s.linkCode, "", "{}")
	require.Equal(t, http.StatusMethodNotAllowed, refused.status)
	require.Equal(t, "GET, HEAD", refused.header.Get("Allow"))
}

func TestRedirect_VisitorQueryNeverChangesTheTarget(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	want := "https://shop.example/p?a=1&ref_code=" + s.linkCode + "#top"
	for _, query := range []string{"?ref_code=OTHER", "?a=2&utm_source=x", "?url=https://evil.example", "?%zz", "?a=%ff"} {
		got := w.do(http.MethodGet, "/r/"+s.linkCode+query, "", "")
		require.Equal(t, http.StatusFound, got.status, query)
		require.Equal(t, want, got.header.Get("Location"), query)
	}
}

func TestRedirect_UnknownDisabledAndMalformedAreOnePage(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	id, err := links.ParseCode(s.linkCode)
	require.NoError(t, err)
	link, err := w.client.ResolveLink(t.Context(), string(id))
	require.NoError(t, err)
	_, err = w.client.For(tenant.For(w.a.id)).ChangeLink(t.Context(), link.ID, links.Change{Status: new(links.Disabled)})
	require.NoError(t, err)

	first := w.do(http.MethodGet, "/r/"+s.linkCode, "", "")
	require.Equal(t, http.StatusNotFound, first.status)
	require.Equal(t, "text/html; charset=utf-8", first.header.Get("Content-Type"))
	for _, code := range []string{
		"zzzzzzz", "x", strings.Repeat("x", 33), "a%20b", "%00abc", "%ff%fe", "a%2Fb", "..", "abc/", "abc/def", "", "%3Cscript%3E", s.linkCode + "/",
	} {
		for _, prefix := range []string{"/r/", "/api/v1/r/"} {
			got := w.do(http.MethodGet, prefix+code, "", "")
			if code == ".." { // means another path altogether
				continue
			}
			require.Equal(t, first.body, got.body, code)
			require.Equal(t, first.status, got.status, code)
			for _, header := range []string{"Content-Type", "Cache-Control", "Content-Length", "Content-Security-Policy", "X-Content-Type-Options"} {
				require.Equal(t, first.header.Get(header), got.header.Get(header), code)
			}
			require.Len(t, got.header, len(first.header), code)
		}
	}
	require.Empty(t, w.clicks.all())
	head := w.do(http.MethodHead, "/r/zzzzzzz", "", "")
	require.Equal(t, http.StatusNotFound, head.status)
	require.Empty(t, head.body)
}

func TestRedirect_HitSaysWhatTheRequestSays(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for _, c := range []struct{ headers, purpose []string }{
		{nil, []string{""}},
		{[]string{"X-Purpose", "preview"}, []string{"preview"}},
		{[]string{"X-Moz", "prefetch", "X-Purpose", "preview"}, []string{"prefetch"}},
		{[]string{"Purpose", "prefetch;a", "X-Moz", "b"}, []string{"prefetch;a"}},
		{[]string{"Sec-Purpose", "prefetch;prerender", "Purpose", "b"}, []string{"prefetch;prerender"}},
	} {
		before := len(w.clicks.all())
		got := w.do(http.MethodGet, "/r/"+s.linkCode, "", "", append(c.headers, "User-Agent", "Agent/1", "Referer", "https://t.co/x")...)
		require.Equal(t, http.StatusFound, got.status, "prefetch gets the same redirect")
		hit := w.clicks.all()[before].Hit
		require.Equal(t, c.purpose[0], hit.Purpose)
		require.Equal(t, "Agent/1", hit.UserAgent)
		require.Equal(t, "https://t.co/x", hit.Referrer)
		require.Equal(t, http.MethodGet, hit.Method)
	}
}

func TestRedirect_AddressOnlyFromTrustedProxies(t *testing.T) {
	for _, c := range []struct {
		name, trusted, forwarded, want string
	}{
		{"nobody is trusted by default", "", "203.0.113.9", "127.0.0.1"},
		{"a trusted peer is believed", "127.0.0.0/8", "203.0.113.9", "203.0.113.9"},
		{"the right-most untrusted counts", "127.0.0.0/8 10.0.0.0/8", "1.1.1.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"},
		{"what stands left of it may be made up", "127.0.0.0/8", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"all trusted: the first", "127.0.0.0/8 10.0.0.0/8", "10.0.0.1, 10.0.0.2", "10.0.0.1"},
		{"nonsense ends the search", "127.0.0.0/8 10.0.0.0/8", "1.1.1.1, what, 10.0.0.2", "10.0.0.2"},
		{"without the header the peer", "127.0.0.0/8", "", "127.0.0.1"},
		{"with a port", "127.0.0.0/8", "203.0.113.9:4711", "203.0.113.9"},
		{"IPv6", "127.0.0.0/8", "[2001:db8::1]:4711", "2001:db8::1"},
		{"IPv4 in IPv6", "127.0.0.0/8", "::ffff:203.0.113.9", "203.0.113.9"},
		{"an untrusted peer is not believed", "10.0.0.0/8", "203.0.113.9", "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(config *server.Config, _ *storage.Store) {
				for prefix := range strings.FieldsSeq(c.trusted) {
					config.TrustedProxies = append(config.TrustedProxies, netip.MustParsePrefix(prefix))
				}
			})
			s := w.a.scene("JESSICA20")
			w.do(http.MethodGet, "/r/"+s.linkCode, "", "", "X-Forwarded-For", c.forwarded)
			require.Equal(t, c.want, w.clicks.all()[0].Hit.Address.String())
			require.NotContains(t, w.log.String(), c.want, "an address is never logged")
		})
	}
}

// broken is a store whose lookups of links fail.
type broken struct {
	storage.Store
	err error
}

type brokenSystem struct {
	storage.System
	err error
}

func (b broken) System() storage.System { return brokenSystem{b.Store.System(), b.err} }

func (b brokenSystem) LinkByCode(context.Context, links.Code) (links.Link, error) {
	return links.Link{}, b.err
}

func TestRedirect_StoreDownIs503(t *testing.T) {
	for _, err := range []error{
		fault.New(fault.Unavailable, "store-busy", "secret-host is down"), errors.New("secret-host exploded"), context.DeadlineExceeded,
	} {
		w := newWorld(t, func(_ *server.Config, store *storage.Store) { *store = broken{*store, err} })
		got := w.do(http.MethodGet, "/r/abcdefg", "", "")
		require.Equal(t, http.StatusServiceUnavailable, got.status)
		require.NotEmpty(t, got.header.Get("Retry-After"))
		require.Equal(t, "no-store", got.header.Get("Cache-Control"))
		require.NotContains(t, got.body, "secret-host")
		require.Contains(t, w.log.String(), err.Error(), "the operator is told the cause")
	}
}

func TestRedirect_DoesNotWaitForTheStore(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	// The recorder of this world stores nothing at all: the answer needs none.
	require.Equal(t, http.StatusFound, w.do(http.MethodGet, "/r/"+s.linkCode, "", "").status)
	require.EqualValues(t, 0, w.a.get("/stats/overview")["all_clicks"])
}
