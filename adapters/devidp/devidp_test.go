package devidp_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher/adapters/devidp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	client   = "superher-dashboard"
	callback = "http://127.0.0.1:5173/app/callback"
	withOwn  = "http://localhost:3000/cb?tenant=a%20b"
	verifier = "dBjftJeZ4CVP-mBf.9~2K7lKW0aVq1gWFOEjXkXyZ_w"
)

// signingKey is made once: keys take a while.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, devidp.MinKeyBits)
	if err != nil {
		panic(err)
	}
	return key
})

func people() []devidp.Person {
	return []devidp.Person{
		{Subject: "p-admin", Name: "Asha Admin", Email: "asha@example.com", Note: "admin", Groups: []string{"staff"}},
		{Subject: "p-brand", Name: "Bela Brand", Email: "bela@example.com", Note: "brand: Sunrise Tea"},
		{Subject: "p-wait", Name: "Pia <Pending>", Note: "pending"},
	}
}

// world is an issuer that is served, with a clock of its own.
type world struct {
	*testing.T
	issuer *devidp.Issuer
	base   string
	client *http.Client
	now    *atomic.Int64 // nanoseconds
}

// in returns the same world for a subtest.
func (w *world) in(t *testing.T) *world {
	inner := *w
	inner.T = t
	return &inner
}

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()) }

func (w *world) wait(d time.Duration) { w.now.Add(int64(d)) }

func newWorld(t *testing.T, change ...func(*devidp.Config)) *world {
	t.Helper()
	w := &world{T: t, now: new(atomic.Int64)}
	w.wait(time.Duration(time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC).UnixNano()))
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	config := devidp.Config{
		IssuerURL: server.URL + "/dev/idp", ClientID: client, RedirectURIs: []string{callback, withOwn},
		LogoutURIs: []string{"http://127.0.0.1:5173/app/"}, People: people(), Key: signingKey(), Now: w.clock,
	}
	for _, f := range change {
		f(&config)
	}
	issuer, err := devidp.New(config)
	require.NoError(t, err)
	handler, w.issuer, w.base = issuer, issuer, issuer.Issuer()
	w.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.client.Transport = server.Client().Transport
	return w
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(method, path, body string, header ...string) reply {
	w.Helper()
	target := path
	if !strings.HasPrefix(path, "http") {
		target = w.base + path
	}
	r, err := http.NewRequestWithContext(w.Context(), method, target, strings.NewReader(body))
	require.NoError(w, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	response, err := w.client.Do(r)
	require.NoError(w, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(w, err)
	return reply{response.StatusCode, response.Header, string(text)}
}

func challengeOf(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ask is a right request for a code; pairs change it, an empty value removes.
func ask(pairs ...string) url.Values {
	return change(url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email profile"},
		"state": {"st-1"}, "nonce": {"no-1"}, "code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}, pairs)
}

func change(values url.Values, pairs []string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		values.Del(pairs[i])
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

// location is where a reply sends the browser, which must be the given address.
func (w *world) location(r reply, target string) url.Values {
	w.Helper()
	require.Equal(w, http.StatusSeeOther, r.status, r.body)
	base, query, _ := strings.Cut(strings.TrimPrefix(r.header.Get("Location"), target), "?")
	require.True(w, strings.HasPrefix(r.header.Get("Location"), target), r.header.Get("Location"))
	if base != "" {
		query = strings.TrimPrefix(base, "&")
	}
	values, err := url.ParseQuery(query)
	require.NoError(w, err)
	return values
}

// code signs somebody in as a browser would and returns the code.
func (w *world) code(person string, pairs ...string) string {
	w.Helper()
	values := ask(pairs...)
	values.Set("person", person)
	target := values.Get("redirect_uri")
	back := w.location(w.do(http.MethodPost, "/authorize", values.Encode()), target)
	require.NotEmpty(w, back.Get("code"), back)
	return back.Get("code")
}

// redemption is a right exchange of a code; pairs change it.
func redemption(code string, pairs ...string) string {
	return change(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "redirect_uri": {callback},
		"code": {code}, "code_verifier": {verifier},
	}, pairs).Encode()
}

type tokens struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string `json:"scope"`
	Refresh string `json:"refresh_token"`
}

func (w *world) redeem(body string) tokens {
	w.Helper()
	r := w.do(http.MethodPost, "/token", body)
	require.Equal(w, http.StatusOK, r.status, r.body)
	require.Equal(w, "no-store", r.header.Get("Cache-Control"))
	var t tokens
	require.NoError(w, json.Unmarshal([]byte(r.body), &t))
	return t
}

// refused expects an error of the token endpoint.
func (w *world) refused(body string, status int, code string) {
	w.Helper()
	r := w.do(http.MethodPost, "/token", body)
	require.Equal(w, status, r.status, r.body)
	var e struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	require.NoError(w, json.Unmarshal([]byte(r.body), &e))
	require.Equal(w, code, e.Error, r.body)
	require.NotEmpty(w, e.Description)
	require.Equal(w, "no-store", r.header.Get("Cache-Control"))
	require.Equal(w, status == http.StatusUnauthorized, r.header.Get("WWW-Authenticate") != "")
}

// claims checks the signature of a token by hand, with the served key set, and
// returns what it says.
func (w *world) claims(token string) map[string]any {
	w.Helper()
	parts := strings.Split(token, ".")
	require.Len(w, parts, 3)
	decode := func(text string) []byte {
		b, err := base64.RawURLEncoding.Strict().DecodeString(text)
		require.NoError(w, err)
		return b
	}
	var header map[string]string
	require.NoError(w, json.Unmarshal(decode(parts[0]), &header))
	require.Equal(w, "RS256", header["alg"])
	require.Equal(w, "JWT", header["typ"])
	require.Len(w, header, 3, "nothing but alg, kid and typ")
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	require.NoError(w, json.Unmarshal([]byte(w.do(http.MethodGet, "/.well-known/jwks.json", "").body), &set))
	require.Len(w, set.Keys, 1)
	key := set.Keys[0]
	require.Len(w, key, 6, "a private part would be one more")
	require.Equal(w, []string{"RSA", "sig", "RS256", header["kid"]}, []string{key["kty"], key["use"], key["alg"], key["kid"]})
	public := rsa.PublicKey{N: new(big.Int).SetBytes(decode(key["n"])), E: int(new(big.Int).SetBytes(decode(key["e"])).Int64())}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(w, rsa.VerifyPKCS1v15(&public, crypto.SHA256, sum[:], decode(parts[2])))
	var claims map[string]any
	require.NoError(w, json.Unmarshal(decode(parts[1]), &claims))
	return claims
}

func TestFlow_BrowserSignsInWithPKCE(t *testing.T) {
	w := newWorld(t)
	page := w.do(http.MethodGet, "/authorize?"+ask().Encode(), "")
	require.Equal(t, http.StatusOK, page.status)
	values := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page.body, -1) {
		values.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(page.body)
	require.NotNil(t, action)
	values.Set("person", "p-admin")
	back := w.location(w.do(http.MethodPost, html.UnescapeString(action[1]), values.Encode(), "Sec-Fetch-Site", "same-origin"), callback)
	require.Equal(t, "st-1", back.Get("state"))
	require.Equal(t, w.base, back.Get("iss"))
	w.wait(5 * time.Second)
	got := w.redeem(redemption(back.Get("code")))
	require.Equal(t, "Bearer", got.Type)
	require.Equal(t, 3600, got.Expires)
	require.Equal(t, "openid email profile", got.Scope)

	signedIn := float64(w.clock().Add(-5 * time.Second).Unix())
	access := w.claims(got.Access)
	require.NotEmpty(t, access["jti"])
	delete(access, "jti")
	require.Equal(t, map[string]any{
		"iss": w.base, "sub": "p-admin", "client_id": client, "token_use": "access", "scope": "openid email profile", "username": "p-admin",
		"auth_time": signedIn, "iat": signedIn + 5, "exp": signedIn + 3605, "cognito:groups": []any{"staff"},
	}, access)

	id := w.claims(got.ID)
	require.NotEmpty(t, id["jti"])
	delete(id, "jti")
	sum := sha256.Sum256([]byte(got.Access))
	require.Equal(t, map[string]any{
		"iss": w.base, "sub": "p-admin", "aud": client, "token_use": "id", "nonce": "no-1", "cognito:username": "p-admin",
		"email": "asha@example.com", "email_verified": true, "name": "Asha Admin", "at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
		"auth_time": signedIn, "iat": signedIn + 5, "exp": signedIn + 3605, "cognito:groups": []any{"staff"},
	}, id)

	info := w.do(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+got.Access)
	require.Equal(t, http.StatusOK, info.status)
	require.JSONEq(t, `{"sub":"p-admin","username":"p-admin","email":"asha@example.com","email_verified":true,"name":"Asha Admin"}`, info.body)
}

func TestToken_ForTheCommandLineIsAnAccessToken(t *testing.T) {
	w := newWorld(t)
	token, err := w.issuer.Token("p-wait")
	require.NoError(t, err)
	claims := w.claims(token)
	require.Equal(t, []any{"p-wait", "access", client, w.base}, []any{claims["sub"], claims["token_use"], claims["client_id"], claims["iss"]})
	require.NotContains(t, claims, "cognito:groups")
	again, err := w.issuer.Token("p-wait")
	require.NoError(t, err)
	require.NotEqual(t, claims["jti"], w.claims(again)["jti"])
	require.Equal(t, http.StatusOK, w.do(http.MethodPost, "/userinfo", "", "Authorization", "bearer "+token).status)
}

func TestWelcome_ShowsWhoThereIsWithATokenOfEach(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"", "/"} {
		page := w.do(http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, page.status)
		require.Contains(t, page.body, "DEVELOPMENT SIGN-IN")
		require.Contains(t, page.body, "Pia &lt;Pending&gt;")
		require.Contains(t, page.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.Equal(t, "no-store", page.header.Get("Cache-Control"))
		require.Empty(t, page.header.Get("Access-Control-Allow-Origin"))
		var subjects []any
		for _, found := range regexp.MustCompile(`>(eyJ[^<]+)<`).FindAllStringSubmatch(page.body, -1) {
			claims := w.claims(found[1])
			require.Equal(t, "access", claims["token_use"])
			subjects = append(subjects, claims["sub"])
		}
		require.Equal(t, []any{"p-admin", "p-brand", "p-wait"}, subjects)
	}
}
