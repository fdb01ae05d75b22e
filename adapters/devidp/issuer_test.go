package devidp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/devidp"
	"github.com/superher/superher/fault"
)

func TestNew_NamesEveryBadSetting(t *testing.T) {
	small := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}, D: big.NewInt(3)}
	for name, c := range map[string]struct {
		change        func(*devidp.Config)
		field, reason string
	}{
		"no issuer":               {func(c *devidp.Config) { c.IssuerURL = "" }, "issuer_url", "required"},
		"issuer without a scheme": {func(c *devidp.Config) { c.IssuerURL = "localhost:8080/dev/idp" }, "issuer_url", "not-an-address"},
		"issuer with a slash":     {func(c *devidp.Config) { c.IssuerURL += "/" }, "issuer_url", "not-an-issuer"},
		"issuer at the root":      {func(c *devidp.Config) { c.IssuerURL = "http://localhost/" }, "issuer_url", "not-an-issuer"},
		"issuer that climbs":      {func(c *devidp.Config) { c.IssuerURL = "http://localhost/a/../b" }, "issuer_url", "not-an-issuer"},
		"issuer with a pattern":   {func(c *devidp.Config) { c.IssuerURL = "http://localhost/{x}" }, "issuer_url", "not-an-issuer"},
		"issuer with a query":     {func(c *devidp.Config) { c.IssuerURL += "?" }, "issuer_url", "not-an-issuer"},
		"issuer with a user":      {func(c *devidp.Config) { c.IssuerURL = "http://a@localhost/" }, "issuer_url", "not-an-address"},
		"no client":               {func(c *devidp.Config) { c.ClientID = "" }, "client_id", "required"},
		"client with a space":     {func(c *devidp.Config) { c.ClientID = "a b" }, "client_id", "not-visible"},
		"no redirect URI":         {func(c *devidp.Config) { c.RedirectURIs = nil }, "redirect_uris", "required"},
		"redirect with wildcard":  {func(c *devidp.Config) { c.RedirectURIs = []string{"http://localhost:3000/*"} }, "redirect_uris", "not-an-address"},
		"redirect with fragment":  {func(c *devidp.Config) { c.RedirectURIs = []string{"http://localhost:3000/#"} }, "redirect_uris", "not-an-address"},
		"redirect to a script":    {func(c *devidp.Config) { c.RedirectURIs = []string{"javascript:alert(1)"} }, "redirect_uris", "not-an-address"},
		"redirect with a policy":  {func(c *devidp.Config) { c.RedirectURIs = []string{"http://a;img-src/"} }, "redirect_uris", "not-an-address"},
		"redirect too long":       {func(c *devidp.Config) { c.RedirectURIs = []string{"http://a/" + strings.Repeat("a", 2040)} }, "redirect_uris", "not-an-address"},
		"logout relative":         {func(c *devidp.Config) { c.LogoutURIs = []string{"/app/"} }, "logout_uris", "not-an-address"},
		"no key":                  {func(c *devidp.Config) { c.Key = nil }, "key", "required"},
		"small key":               {func(c *devidp.Config) { c.Key = small }, "key", "weak-key"},
		"negative lifetime":       {func(c *devidp.Config) { c.TokenLifetime = -1 }, "token_lifetime", "out-of-range"},
		"lifetime over a day":     {func(c *devidp.Config) { c.TokenLifetime = devidp.MaxTokenLifetime + 1 }, "token_lifetime", "out-of-range"},
		"nobody":                  {func(c *devidp.Config) { c.People = nil }, "people", "required"},
		"a crowd":                 {func(c *devidp.Config) { c.People = crowd(devidp.MaxPeople + 1) }, "people", "too-many"},
		"person without subject":  {func(c *devidp.Config) { c.People[0].Subject = "" }, "people.subject", "required"},
		"two of one subject":      {func(c *devidp.Config) { c.People[1].Subject = c.People[0].Subject }, "people.subject", "duplicate"},
		"person without name":     {func(c *devidp.Config) { c.People[0].Name = " " }, "people.name", "required"},
	} {
		t.Run(name, func(t *testing.T) {
			config := good()
			c.change(&config)
			_, err := devidp.New(config)
			require.ErrorIs(t, err, fault.Invalid)
			require.Equal(t, []string{c.field, c.reason}, []string{fault.Of(err).Fields[0].Name, fault.Of(err).Fields[0].Reason}, "%v", err)
		})
	}
	t.Run("nothing set", func(t *testing.T) {
		_, err := devidp.New(devidp.Config{})
		require.ErrorIs(t, err, fault.Invalid)
		require.Len(t, fault.Of(err).Fields, 5)
	})
	t.Run("the limits themselves", func(t *testing.T) {
		config := good()
		config.People, config.TokenLifetime = crowd(devidp.MaxPeople), devidp.MaxTokenLifetime
		config.RedirectURIs = []string{"http://a/" + strings.Repeat("a", 2039)}
		config.IssuerURL = "https://idp.example"
		_, err := devidp.New(config)
		require.NoError(t, err)
	})
}

func good() devidp.Config {
	return devidp.Config{
		IssuerURL: "http://127.0.0.1:8080/dev/idp", ClientID: client, RedirectURIs: []string{callback}, People: people(), Key: signingKey(),
	}
}

func crowd(n int) []devidp.Person {
	people := make([]devidp.Person, n)
	for i := range people {
		people[i] = devidp.Person{Subject: strings.Repeat("p", i+1), Name: "P"}
	}
	return people
}

func TestDiscovery_SaysWhatIsServed(t *testing.T) {
	w := newWorld(t)
	r := w.do(http.MethodGet, "/.well-known/openid-configuration", "")
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, "application/json", r.header.Get("Content-Type"))
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &m))
	require.Equal(t, w.base, m["issuer"])
	for name, path := range map[string]string{
		"authorization_endpoint": "/authorize", "token_endpoint": "/token", "userinfo_endpoint": "/userinfo",
		"end_session_endpoint": "/logout", "jwks_uri": "/.well-known/jwks.json",
	} {
		require.Equal(t, w.base+path, m[name])
		require.NotEqual(t, http.StatusNotFound, w.do(http.MethodGet, path, "").status)
	}
	require.Equal(t, []any{"S256"}, m["code_challenge_methods_supported"])
	require.Equal(t, []any{"code"}, m["response_types_supported"])
	require.Equal(t, []any{"none"}, m["token_endpoint_auth_methods_supported"])
}

func TestRoutes_KnowTheirMethodsAndNoOtherPath(t *testing.T) {
	w := newWorld(t)
	for path, method := range map[string]string{
		"": http.MethodPost, "/": http.MethodPut, "/authorize": http.MethodPut, "/token": http.MethodGet, "/userinfo": http.MethodDelete, "/logout": http.MethodPatch,
		"/.well-known/jwks.json": http.MethodPost, "/.well-known/openid-configuration": http.MethodPost,
	} {
		r := w.do(method, path, "")
		require.Equal(t, http.StatusMethodNotAllowed, r.status, path)
		require.NotEmpty(t, r.header.Get("Allow"), path)
	}
	for _, path := range []string{"/x", "/authorize/", "/.well-known/", "/tokens"} {
		require.Equal(t, http.StatusNotFound, w.do(http.MethodGet, path, "").status, path)
	}
	origin := strings.TrimSuffix(w.base, "/dev/idp")
	require.Equal(t, http.StatusNotFound, w.do(http.MethodGet, origin+"/authorize", "").status)
}

func TestRoutes_AnswerTheirOwnHostOnly(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"", "/", "/authorize", "/token", "/userinfo", "/logout"} {
		require.Equal(t, http.StatusMisdirectedRequest, w.do(http.MethodGet, path, "", "Host", "rebound.example").status, path)
	}
	for _, path := range []string{"/.well-known/jwks.json", "/.well-known/openid-configuration"} {
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, path, "", "Host", "idp.internal:8080").status, path)
	}
}

func TestScripts_OfRedirectOriginsAloneMayRead(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/token", "/userinfo", "/.well-known/openid-configuration", "/.well-known/jwks.json"} {
		for _, origin := range []string{"http://127.0.0.1:5173", "http://localhost:3000"} {
			r := w.do(http.MethodOptions, path, "", "Origin", origin, "Access-Control-Request-Method", "POST")
			require.Equal(t, http.StatusNoContent, r.status)
			require.Equal(t, origin, r.header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, "Authorization, Content-Type", r.header.Get("Access-Control-Allow-Headers"))
			require.Contains(t, r.header.Get("Access-Control-Allow-Methods"), "OPTIONS")
			require.Equal(t, origin, w.do(http.MethodPost, path, "", "Origin", origin).header.Get("Access-Control-Allow-Origin"), "errors can be read as well")
		}
		for _, origin := range []string{"", "null", "*", "http://127.0.0.1:5174", "https://127.0.0.1:5173", "http://localhost:3000.evil.example"} {
			r := w.do(http.MethodOptions, path, "", "Origin", origin)
			require.Empty(t, r.header.Get("Access-Control-Allow-Origin"), origin)
			require.Equal(t, "Origin", r.header.Get("Vary"))
		}
	}
	for _, path := range []string{"/authorize", "/logout"} {
		r := w.do(http.MethodOptions, path, "", "Origin", "http://127.0.0.1:5173")
		require.Equal(t, http.StatusMethodNotAllowed, r.status)
		require.Empty(t, r.header.Get("Access-Control-Allow-Origin"))
	}
}

func TestScripts_OriginIsAsBrowsersWriteIt(t *testing.T) {
	w := newWorld(t, func(c *devidp.Config) { c.RedirectURIs = []string{"https://App.Example:443/cb"} })
	r := w.do(http.MethodOptions, "/token", "", "Origin", "https://app.example")
	require.Equal(t, "https://app.example", r.header.Get("Access-Control-Allow-Origin"))
}

func TestLogout_GoesToConfiguredAddressesOnly(t *testing.T) {
	w := newWorld(t)
	id := w.redeem(redemption(w.code("p-admin"))).ID
	w.wait(48 * time.Hour) // an old hint is a hint
	access, err := w.issuer.Token("p-admin")
	require.NoError(t, err)
	const home = "http://127.0.0.1:5173/app/"
	for name, c := range map[string]struct {
		query  string
		target string // "" for a page
		status int
	}{
		"as Cognito does":        {"client_id=" + client + "&logout_uri=" + home, home, 303},
		"as OpenID does":         {"client_id=" + client + "&post_logout_redirect_uri=" + home + "&state=a+b", home + "?state=a+b", 303},
		"with a hint":            {"id_token_hint=" + id + "&post_logout_redirect_uri=" + home, home, 303},
		"nowhere":                {"", "", 200},
		"nowhere, by the client": {"client_id=" + client, "", 200},
		"no client":              {"logout_uri=" + home, "", 400},
		"another client":         {"client_id=other&logout_uri=" + home, "", 400},
		"another address":        {"client_id=" + client + "&logout_uri=https://evil.example/", "", 400},
		"nearly the address":     {"client_id=" + client + "&logout_uri=" + home + "x", "", 400},
		"a redirect URI":         {"client_id=" + client + "&post_logout_redirect_uri=" + callback, "", 400},
		"a bad hint":             {"id_token_hint=x&client_id=" + client + "&logout_uri=" + home, "", 400},
		"an access token":        {"id_token_hint=" + access + "&post_logout_redirect_uri=" + home, "", 400},
		"address twice":          {"client_id=" + client + "&logout_uri=" + home + "&logout_uri=" + home, "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			for _, r := range []reply{w.do(http.MethodGet, "/logout?"+c.query, ""), w.do(http.MethodPost, "/logout", c.query)} {
				require.Equal(t, c.status, r.status, r.body)
				require.Equal(t, c.target, r.header.Get("Location"))
			}
		})
	}
}

func TestRandomness_FailureIsAnErrorAndNoToken(t *testing.T) {
	w := newWorld(t, func(c *devidp.Config) { c.Rand = iotest.ErrReader(errors.New("dry")) })
	_, err := w.issuer.Token("p-admin")
	require.ErrorIs(t, err, fault.Internal)
	back := w.location(w.do(http.MethodPost, "/authorize", ask().Encode()+"&person=p-admin"), callback)
	require.Equal(t, "server_error", back.Get("error"))

	left := newWorld(t, func(c *devidp.Config) { c.Rand = io.LimitReader(rand.Reader, 2*32) })
	left.refused(redemption(left.code("p-admin")), http.StatusInternalServerError, "server_error")
}

func TestToken_NobodyUnknown(t *testing.T) {
	_, err := newWorld(t).issuer.Token("nobody")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestKeyFile_IsMadeOnceForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "idp.pem")
	keys := make([]*rsa.PrivateKey, 4)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			key, err := devidp.LoadOrCreateKey(path)
			if err == nil {
				keys[i] = key
			}
		})
	}
	all.Wait()
	again, err := devidp.LoadOrCreateKey(path)
	require.NoError(t, err)
	for _, key := range keys {
		require.NotNil(t, key)
		require.True(t, again.Equal(key), "all have the key of the file")
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no draft is left")
}

func TestKeyFile_RefusesWhatIsNoKey(t *testing.T) {
	directory := t.TempDir()
	text := filepath.Join(directory, "text")
	require.NoError(t, os.WriteFile(text, []byte("no key"), 0o600))
	broken := filepath.Join(directory, "broken")
	require.NoError(t, os.WriteFile(broken, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600))
	for path, reason := range map[string]string{
		"": "required", text: "not-a-key", broken: "not-a-key", directory: "file-unusable", filepath.Join(directory, "no", "key"): "file-unusable",
	} {
		_, err := devidp.LoadOrCreateKey(path)
		require.ErrorIs(t, err, fault.Invalid, path)
		require.Equal(t, reason, fault.Of(err).Reason, path)
	}
	before, err := os.ReadFile(text)
	require.NoError(t, err)
	require.Equal(t, "no key", string(before), "a file that is there is never written")
}

func TestKeyFile_ThatOthersMayReadIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps no such modes")
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	_, err := devidp.LoadOrCreateKey(path)
	require.NoError(t, err)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o666} {
		require.NoError(t, os.Chmod(path, mode))
		_, err = devidp.LoadOrCreateKey(path)
		require.True(t, fault.HasReason(err, "open-to-others"), "%v", err)
	}
	require.NoError(t, os.Chmod(path, 0o400))
	_, err = devidp.LoadOrCreateKey(path)
	require.NoError(t, err)
}
