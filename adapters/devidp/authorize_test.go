package devidp_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/devidp"
)

// both sends a request as a link and as a form with a person picked: what the
// page carried along is checked again.
func (w *world) both(t *testing.T, query string, check func(w *world, r reply)) {
	t.Helper()
	t.Run("link", func(t *testing.T) { check(w.in(t), w.in(t).do(http.MethodGet, "/authorize?"+query, "")) })
	t.Run("form", func(t *testing.T) { check(w.in(t), w.in(t).do(http.MethodPost, "/authorize", query+"&person=p-admin")) })
}

func TestAuthorize_NeverSendsAnywhereForAnUnknownClientOrAddress(t *testing.T) {
	w := newWorld(t)
	right := ask().Encode()
	for name, query := range map[string]string{
		"client missing":           ask("client_id", "").Encode(),
		"client unknown":           ask("client_id", "other").Encode(),
		"client in other case":     ask("client_id", "Superher-Dashboard").Encode(),
		"client twice":             right + "&client_id=" + client,
		"address missing":          ask("redirect_uri", "").Encode(),
		"address unknown":          ask("redirect_uri", "https://evil.example/").Encode(),
		"address twice":            right + "&redirect_uri=" + url.QueryEscape(callback),
		"address with a slash":     ask("redirect_uri", callback+"/").Encode(),
		"address with a query":     ask("redirect_uri", callback+"?a=1").Encode(),
		"address with a fragment":  ask("redirect_uri", callback+"#a").Encode(),
		"address on another port":  ask("redirect_uri", "http://127.0.0.1:5174/app/callback").Encode(),
		"address by another name":  ask("redirect_uri", "http://localhost:5173/app/callback").Encode(),
		"address of upper case":    ask("redirect_uri", strings.ToUpper(callback)).Encode(),
		"address climbing":         ask("redirect_uri", callback+"/../callback").Encode(),
		"address of a logout":      ask("redirect_uri", "http://127.0.0.1:5173/app/").Encode(),
		"address with wrong query": ask("redirect_uri", "http://localhost:3000/cb").Encode(),
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.both(t, query, func(w *world, r reply) {
				require.Equal(t, http.StatusBadRequest, r.status)
				require.Empty(t, r.header.Get("Location"))
				require.Contains(t, r.body, "DEVELOPMENT SIGN-IN")
				require.NotContains(t, r.body, "<form")
			})
		})
	}
}

func TestAuthorize_SendsEachOtherRefusalBackWithTheState(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ query, code string }{
		"no response type":       {ask("response_type", "").Encode(), "invalid_request"},
		"implicit":               {ask("response_type", "token").Encode(), "unsupported_response_type"},
		"hybrid":                 {ask("response_type", "code id_token").Encode(), "unsupported_response_type"},
		"fragment mode":          {ask("response_mode", "fragment").Encode(), "invalid_request"},
		"no PKCE":                {ask("code_challenge", "", "code_challenge_method", "").Encode(), "invalid_request"},
		"plain PKCE":             {ask("code_challenge", verifier, "code_challenge_method", "plain").Encode(), "invalid_request"},
		"PKCE without a method":  {ask("code_challenge_method", "").Encode(), "invalid_request"},
		"method in other case":   {ask("code_challenge_method", "s256").Encode(), "invalid_request"},
		"challenge too short":    {ask("code_challenge", challengeOf(verifier)[:42]).Encode(), "invalid_request"},
		"challenge too long":     {ask("code_challenge", challengeOf(verifier)+"A").Encode(), "invalid_request"},
		"challenge padded":       {ask("code_challenge", challengeOf(verifier)+"=").Encode(), "invalid_request"},
		"challenge not base64":   {ask("code_challenge", strings.Repeat("+", 43)).Encode(), "invalid_request"},
		"challenge twice":        {ask().Encode() + "&code_challenge=" + challengeOf(verifier), "invalid_request"},
		"scope twice":            {ask().Encode() + "&scope=openid", "invalid_request"},
		"scope unknown":          {ask("scope", "openid admin").Encode(), "invalid_scope"},
		"nonce too long":         {ask("nonce", strings.Repeat("n", devidp.MaxParameter+1)).Encode(), "invalid_request"},
		"nonce with a line":      {ask("nonce", "a\nb").Encode(), "invalid_request"},
		"request object":         {ask("request", "e30.e30.").Encode(), "request_not_supported"},
		"request by address":     {ask("request_uri", "https://evil.example/").Encode(), "request_uri_not_supported"},
		"silent, without a page": {ask("prompt", "none").Encode(), "login_required"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.both(t, c.query, func(w *world, r reply) {
				back := w.location(r, callback)
				require.Equal(t, c.code, back.Get("error"))
				require.NotEmpty(t, back.Get("error_description"))
				require.Equal(t, "st-1", back.Get("state"))
				require.Equal(t, w.base, back.Get("iss"))
				require.False(t, back.Has("code"))
			})
		})
	}
}

func TestAuthorize_ReturnsTheStateExactly(t *testing.T) {
	w := newWorld(t)
	visible := make([]byte, 0, 95)
	for c := byte(' '); c <= '~'; c++ {
		visible = append(visible, c)
	}
	for name, state := range map[string]string{
		"every visible character": string(visible), "looks encoded": "%2B+%20&amp;", "as long as can be": strings.Repeat("s", devidp.MaxParameter),
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			values := ask("state", state)
			values.Set("person", "p-admin")
			back := w.location(w.do(http.MethodPost, "/authorize", values.Encode()), callback)
			require.Equal(t, []string{state}, back["state"])
			require.NotEmpty(t, back.Get("code"))
		})
	}
	t.Run("absent", func(t *testing.T) {
		w := w.in(t)
		values := ask("state", "")
		values.Set("person", "p-admin")
		require.False(t, w.location(w.do(http.MethodPost, "/authorize", values.Encode()), callback).Has("state"))
	})
}

func TestAuthorize_RefusesAStateThatCannotComeBack(t *testing.T) {
	w := newWorld(t)
	for name, query := range map[string]string{
		"too long":      ask("state", strings.Repeat("s", devidp.MaxParameter+1)).Encode(),
		"a line break":  ask("state", "a\r\nb").Encode(),
		"not ASCII":     ask("state", "é").Encode(),
		"given twice":   ask().Encode() + "&state=other",
		"invalid UTF-8": ask("state", "").Encode() + "&state=%ff",
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.both(t, query, func(w *world, r reply) {
				back := w.location(r, callback)
				require.Equal(t, "invalid_request", back.Get("error"))
				require.False(t, back.Has("state"))
			})
		})
	}
}

func TestAuthorize_KeepsTheQueryOfTheRedirectURI(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-brand", "redirect_uri", withOwn)
	require.NotEmpty(t, w.redeem(redemption(code, "redirect_uri", withOwn)).Access)
}

func TestAuthorize_NobodyUnknownCanBePicked(t *testing.T) {
	w := newWorld(t)
	for name, person := range map[string]string{"unknown": "&person=nobody", "empty": "&person=", "two": "&person=p-admin&person=p-brand"} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			back := w.location(w.do(http.MethodPost, "/authorize", ask().Encode()+person), callback)
			require.Equal(t, "access_denied", back.Get("error"))
			require.Equal(t, "st-1", back.Get("state"))
		})
	}
	t.Run("by a link", func(t *testing.T) {
		w := w.in(t)
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/authorize?"+ask().Encode()+"&person=p-admin", "").status, "the page, and no code")
	})
}

func TestAuthorize_AnotherSiteCannotPick(t *testing.T) {
	w := newWorld(t)
	body := ask().Encode() + "&person=p-admin"
	for name, header := range map[string][]string{
		"cross-site":            {"Sec-Fetch-Site", "cross-site"},
		"a sibling of the site": {"Sec-Fetch-Site", "same-site"},
		"an older browser":      {"Origin", "https://evil.example"},
		"a hidden origin":       {"Origin", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			r := w.do(http.MethodPost, "/authorize", body, header...)
			require.Equal(t, http.StatusForbidden, r.status)
			require.Empty(t, r.header.Get("Location"))
		})
	}
	t.Run("but may ask", func(t *testing.T) {
		w := w.in(t)
		require.Equal(t, http.StatusOK, w.do(http.MethodPost, "/authorize", ask().Encode(), "Sec-Fetch-Site", "cross-site").status)
	})
}

func TestAuthorize_AFormIsNotMixedWithTheQuery(t *testing.T) {
	w := newWorld(t)
	r := w.do(http.MethodPost, "/authorize?"+ask().Encode(), "person=p-admin")
	require.Equal(t, http.StatusBadRequest, r.status)
}

func TestAuthorize_BoundsWhatItReads(t *testing.T) {
	w := newWorld(t)
	filler := func(n int) string { return "&x=" + strings.Repeat("x", n) }
	right := ask().Encode()
	fits := filler(devidp.MaxRequest - len(right) - len("&x="))
	require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/authorize?"+right+fits, "").status)
	require.Equal(t, http.StatusRequestURITooLong, w.do(http.MethodGet, "/authorize?"+right+fits+"x", "").status)
	require.Equal(t, http.StatusOK, w.do(http.MethodPost, "/authorize", right+fits).status)
	require.Equal(t, http.StatusBadRequest, w.do(http.MethodPost, "/authorize", right+fits+"x").status)
	require.Equal(t, http.StatusBadRequest, w.do(http.MethodGet, "/authorize?a=%zz", "").status)
	require.Equal(t, http.StatusUnsupportedMediaType, w.do(http.MethodPost, "/authorize", "{}", "Content-Type", "application/json").status)
}

func TestPage_IsLoudAndListsThePeople(t *testing.T) {
	w := newWorld(t)
	r := w.do(http.MethodGet, "/authorize?"+ask().Encode(), "")
	require.Contains(t, r.body, "DEVELOPMENT SIGN-IN")
	require.Contains(t, r.body, "anyone who can open this page can be anyone")
	for _, p := range people()[:2] {
		require.Contains(t, r.body, `<button name="person" value="`+p.Subject+`"><b>`+p.Name+`</b><small>`+p.Note+`</small><small>`+p.Email+`</small></button>`)
	}
	require.Contains(t, r.body, "Pia &lt;Pending&gt;")
	require.Equal(t, 3, strings.Count(r.body, "<button"))
}

func TestPage_HasNoScriptAndAStrictPolicy(t *testing.T) {
	w := newWorld(t)
	r := w.do(http.MethodGet, "/authorize?"+ask("state", `"><script>alert(1)</script>`).Encode(), "")
	require.Equal(t, http.StatusOK, r.status)
	require.NotContains(t, r.body, "<script")
	_, rest, _ := strings.Cut(r.body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	require.Equal(t, "default-src 'none'; img-src data:; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; form-action 'self' http://127.0.0.1:5173; frame-ancestors 'none'; base-uri 'none'", r.header.Get("Content-Security-Policy"))
	require.Equal(t, "DENY", r.header.Get("X-Frame-Options"))
	require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", r.header.Get("Cache-Control"))
	require.Equal(t, "same-origin", r.header.Get("Referrer-Policy"))
	require.Equal(t, "text/html; charset=utf-8", r.header.Get("Content-Type"))
	refusedPage := w.do(http.MethodGet, "/authorize", "")
	require.Contains(t, refusedPage.header.Get("Content-Security-Policy"), "form-action 'none'")
}
