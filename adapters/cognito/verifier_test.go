package cognito_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

func TestVerify_TellsEverythingAnIDTokenSays(t *testing.T) {
	p := newPool(t)
	claims := p.claims()
	identity, err := p.verifier(t, p.config()).Verify(t.Context(), p.mint(t, nil, claims))
	require.NoError(t, err)
	require.Equal(t, auth.Identity{
		Issuer: p.server.URL, Subject: person, Email: "jess@example.com", EmailVerified: true, Groups: []string{"brands", "admins"},
		ExpiresAt: time.Unix(claims["exp"].(int64), 0).UTC().Add(cognito.DefaultLeeway),
	}, identity)
}

func TestVerify_UsesAreKeptApart(t *testing.T) {
	p := newPool(t)
	id := p.mint(t, nil, nil)
	access := p.mint(t, nil, map[string]any{"token_use": "access", "client_id": application, "aud": nil})
	plain := p.mint(t, nil, map[string]any{"token_use": nil})
	saysPlain := p.mint(t, nil, map[string]any{"token_use": "plain"})
	refresh := p.mint(t, nil, map[string]any{"token_use": "refresh", "client_id": application})
	for _, row := range []struct {
		uses                  []cognito.Use
		access, id, isOfPlain bool
	}{
		{nil, true, true, false},
		{[]cognito.Use{cognito.Access}, true, false, false},
		{[]cognito.Use{cognito.ID}, false, true, false},
		{[]cognito.Use{cognito.Plain}, false, false, true},
	} {
		config := p.config()
		config.TokenUses = row.uses
		verifier := p.verifier(t, config)
		for token, accepted := range map[string]bool{access: row.access, id: row.id, plain: row.isOfPlain, saysPlain: false, refresh: false} {
			_, err := verifier.Verify(t.Context(), token)
			if accepted {
				require.NoError(t, err, "%v", row.uses)
			} else {
				refused(t, err)
			}
		}
	}
}

func TestVerify_ARequiredScopeIsOneOfTheScopes(t *testing.T) {
	p := newPool(t)
	config := p.config()
	config.TokenUses, config.RequiredScope = []cognito.Use{cognito.Access}, "superher/write"
	verifier := p.verifier(t, config)
	for scope, accepted := range map[string]bool{
		"superher/write": true, "openid superher/write email": true, "": false, "openid": false, "superher/writer": false, "x-superher/write": false, "superher/write,openid": false, "SUPERHER/WRITE": false,
	} {
		_, err := verifier.Verify(t.Context(), p.mint(t, nil, map[string]any{"token_use": "access", "client_id": application, "scope": scope}))
		require.Equal(t, accepted, err == nil, "%q", scope)
	}
	_, err := verifier.Verify(t.Context(), p.mint(t, nil, map[string]any{"token_use": "access", "client_id": application}))
	refused(t, err)
}

func TestVerify_ClaimsOfTheWrongTypeAreRefused(t *testing.T) {
	p := newPool(t)
	verifier := p.verifier(t, p.config())
	for name, values := range map[string][]any{
		"email": {7, true, []string{"jess@example.com"}}, "email_verified": {1, "yes", "TRUE", []bool{true}}, "cognito:groups": {"admins", []any{1}, map[string]any{"a": 1}, []any{[]any{"admins"}}},
		"scope": {[]string{"a"}}, "exp": {1.5e9 + 0.5, json.RawMessage("9e9"), json.RawMessage("9999999999.0"), json.RawMessage("-0")}, "iat": {1.5, -1}, "nbf": {-1, 0},
		"sub": {" ", "\t", "a\x00b", "a\nb", strings.Repeat("s", 256)},
	} {
		for _, value := range values {
			_, err := verifier.Verify(t.Context(), p.mint(t, nil, map[string]any{name: value}))
			refused(t, err)
		}
	}
	for name, value := range map[string]any{"email_verified": "true", "cognito:groups": []string{}, "sub": strings.Repeat("s", 255), "exp": 253402300799} {
		_, err := verifier.Verify(t.Context(), p.mint(t, nil, map[string]any{name: value}))
		require.NoError(t, err, name)
	}
}

func TestVerify_TypesOfTokens(t *testing.T) {
	p := newPool(t)
	verifier := p.verifier(t, p.config())
	for typ, accepted := range map[string]bool{
		"JWT": true, "jwt": true, "at+jwt": true, "application/at+jwt": true, "APPLICATION/JWT": true, "": false, "logout+jwt": false, "JOSE": false, "jwt+at": false, "application/application/jwt": false,
	} {
		_, err := verifier.Verify(t.Context(), p.mint(t, map[string]any{"typ": typ}, nil))
		require.Equal(t, accepted, err == nil, "%q", typ)
	}
}

func TestVerify_TheLeewayHasTwoSides(t *testing.T) {
	p := newPool(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for leeway, seconds := range map[time.Duration]int64{0: 30, cognito.NoLeeway: 0, 10 * time.Second: 10, cognito.MaxLeeway: 60} {
		config := p.config()
		config.Leeway, config.Now = leeway, func() time.Time { return now }
		verifier := p.verifier(t, config)
		at := func(name string, offset int64) error {
			claims := map[string]any{"exp": now.Unix() + 3600, "iat": now.Unix(), name: now.Unix() + offset}
			_, err := verifier.Verify(t.Context(), p.mint(t, nil, claims))
			return err
		}
		require.NoError(t, at("exp", 1-seconds))
		refused(t, at("exp", -seconds))
		require.NoError(t, at("nbf", seconds))
		refused(t, at("nbf", seconds+1))
		require.NoError(t, at("iat", seconds))
		refused(t, at("iat", seconds+1))
	}
}

// The set is fetched again once it is old, in the background.
func TestVerify_AnOldSetIsFetchedAgainAndKeysThatLeftItAreRefused(t *testing.T) {
	p := newPool(t)
	config, now := p.config(), time.Now()
	config.Now = func() time.Time { return now }
	verifier := p.verifier(t, config)
	token := p.mint(t, nil, map[string]any{"exp": now.Unix() + 100*3600})
	verify := func() error {
		_, err := verifier.Verify(t.Context(), token)
		return err
	}
	require.NoError(t, verify())
	now = now.Add(cognito.DefaultCacheFor - time.Second)
	require.NoError(t, verify())
	require.EqualValues(t, 1, p.fetches.Load())
	p.serve(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"keys":[` + p.entry("k2") + `]}`))
	})
	now = now.Add(time.Second)
	require.NoError(t, verify(), "an old key is good while the fetch runs")
	require.Eventually(t, func() bool { return verify() != nil }, 5*time.Second, time.Millisecond)
	refused(t, verify())
	require.EqualValues(t, 2, p.fetches.Load())
}

func TestVerify_TheNextFetchIsTenSecondsAfterTheLast(t *testing.T) {
	p := newPool(t)
	config, now := p.config(), time.Now()
	config.Now = func() time.Time { return now }
	verifier := p.verifier(t, config)
	unknown := p.mint(t, map[string]any{"kid": "k2"}, nil)
	for i, step := range []time.Duration{0, 0, 9999 * time.Millisecond, time.Millisecond, 9 * time.Second, time.Second, -time.Hour, 0} {
		now = now.Add(step)
		_, err := verifier.Verify(t.Context(), unknown)
		if step == -time.Hour || i > 6 {
			require.Error(t, err) // issued in the future now
			continue
		}
		refused(t, err)
		require.EqualValues(t, []int{1, 1, 1, 2, 2, 3}[i], p.fetches.Load(), "step %d", i)
	}
}

func TestVerify_AClockSetBackDoesNotStopTheFetching(t *testing.T) {
	p := newPool(t)
	config, now := p.config(), time.Now()
	config.Now = func() time.Time { return now }
	verifier := p.verifier(t, config)
	old := map[string]any{"iat": now.Unix() - 9000}
	_, err := verifier.Verify(t.Context(), p.mint(t, nil, old))
	require.NoError(t, err)
	now = now.Add(-time.Hour)
	p.serve(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"keys":[` + p.entry("k2") + `]}`))
	})
	_, err = verifier.Verify(t.Context(), p.mint(t, map[string]any{"kid": "k2"}, old))
	require.NoError(t, err)
}

func TestVerify_OnlyATokenThatCouldBeGoodCausesAFetch(t *testing.T) {
	p := newPool(t)
	verifier := p.verifier(t, p.config())
	for _, header := range []map[string]any{{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS384"}, {"crit": []string{"exp"}}, {"jku": p.server.URL}, {"kid": ""}, {"kid": strings.Repeat("k", 257)}} {
		_, err := verifier.Verify(t.Context(), p.mint(t, header, nil))
		refused(t, err)
	}
	for _, claims := range []map[string]any{{"exp": 1}, {"exp": nil}, {"iss": "https://example.com"}, {"aud": "another"}, {"sub": ""}, {"token_use": "refresh"}, {"nbf": 9999999999}} {
		_, err := verifier.Verify(t.Context(), p.mint(t, nil, claims))
		refused(t, err)
	}
	require.Zero(t, p.fetches.Load())
	_, err := verifier.Verify(t.Context(), p.mint(t, map[string]any{"kid": strings.Repeat("k", 256)}, nil))
	refused(t, err)
	require.EqualValues(t, 1, p.fetches.Load())
}

func TestVerify_AnEndedContextIsUnavailable(t *testing.T) {
	p := newPool(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.verifier(t, p.config()).Verify(ctx, p.mint(t, nil, nil))
	require.ErrorIs(t, err, fault.Unavailable)
	require.Zero(t, p.fetches.Load())
}

// What a set may look like, and what it may not; the limits on both sides.
func TestVerify_KeySets(t *testing.T) {
	p := newPool(t)
	many := func(entry func(int) string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(entry(i) + ",")
		}
		return `{"keys":[` + b.String() + p.entry("k1") + `]}`
	}
	usable := func(i int) string { return p.entry("other-" + strconv.Itoa(i)) }
	empty := func(int) string { return `{}` }
	padded := func(size int) string {
		set := strings.TrimSuffix(p.set(), "}") + `,"x":"`
		return set + strings.Repeat("a", size-len(set)-2) + `"}`
	}
	for name, row := range map[string]struct {
		set      string
		accepted bool
	}{
		"100 keys":           {many(usable, 99), true},
		"101 keys":           {many(usable, 100), false},
		"1000 entries":       {many(empty, 999), true},
		"1001 entries":       {many(empty, 1000), false},
		"a megabyte":         {padded(1 << 20), true},
		"a byte more":        {padded(1<<20 + 1), false},
		"an id twice":        {many(func(int) string { return p.entry("k1") }, 1), false},
		"keys twice":         {`{"keys":[` + p.entry("k1") + `],"keys":[]}`, false},
		"KEYS":               {`{"KEYS":[` + p.entry("k1") + `]}`, false},
		"a list":             {`[` + p.entry("k1") + `]`, false},
		"one key":            {p.entry("k1"), false},
		"an entry of text":   {`{"keys":["k1",` + p.entry("k1") + `]}`, false},
		"a member twice":     {strings.Replace(p.set(), `"kty"`, `"kid":"k1","kty"`, 1), false},
		"a member as N":      {strings.Replace(p.set(), `"n"`, `"N":"AQ","n"`, 1), false},
		"more members":       {`{"x":1,"keys":[` + p.entry("k1") + `],"y":{}}`, true},
		"padded modulus":     {strings.Replace(p.set(), `","use"`, `==","use"`, 1), false},
		"leading zero":       {strings.Replace(p.set(), b64(p.key.N.Bytes()), b64(append([]byte{0}, p.key.N.Bytes()...)), 1), true},
		"even modulus":       {strings.Replace(p.set(), b64(p.key.N.Bytes()), b64(append(p.key.N.Bytes()[:255:255], 2)), 1), false},
		"huge modulus":       {strings.Replace(p.set(), b64(p.key.N.Bytes()), b64(append(make([]byte, 2000), p.key.N.Bytes()...)), 1), false},
		"exponent 1":         {strings.Replace(p.set(), "AQAB", "AQ", 1), false},
		"exponent 2":         {strings.Replace(p.set(), "AQAB", "Ag", 1), false},
		"exponent too large": {strings.Replace(p.set(), "AQAB", b64([]byte{1, 0, 0, 0, 1}), 1), false},
		"key_ops verify":     {strings.Replace(p.set(), `"kty"`, `"key_ops":["verify"],"kty"`, 1), true},
		"key_ops encrypt":    {strings.Replace(p.set(), `"kty"`, `"key_ops":["encrypt"],"kty"`, 1), false},
		"byte order mark":    {"\ufeff" + p.set(), false},
		"white space":        {" \n" + p.set() + "\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			p.serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(row.set)) })
			_, err := p.verifier(t, p.config()).Verify(t.Context(), p.mint(t, nil, nil))
			if row.accepted {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, fault.Unavailable)
			require.True(t, fault.HasReason(err, "keys-unreachable"))
		})
	}
}

// The Transport of a caller is used; its redirects, cookies and timeouts are not.
func TestVerify_TheTransportOfTheCallerIsUsed(t *testing.T) {
	p := newPool(t)
	var seen []string
	config := p.config()
	config.Issuer, config.JWKSURL = "https://idp.example.com/", ""
	config.HTTP = &http.Client{Timeout: time.Nanosecond, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Method+" "+r.URL.String())
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(p.server.URL, "http://")
		return http.DefaultTransport.RoundTrip(r)
	})}
	_, err := p.verifier(t, config).Verify(t.Context(), p.mint(t, nil, map[string]any{"iss": "https://idp.example.com/"}))
	require.NoError(t, err)
	require.Equal(t, []string{"GET https://idp.example.com/.well-known/jwks.json"}, seen)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// FuzzVerify_NeverPanicsAndNeverAcceptsUnsigned: of all texts only the tokens
// that the pool signed are accepted.
func FuzzVerify_NeverPanicsAndNeverAcceptsUnsigned(f *testing.F) {
	p := newPool(f)
	verifier := p.verifier(f, p.config())
	signed := map[string]bool{}
	for _, header := range []map[string]any{nil, {"typ": "JWT"}, {"alg": "none"}, {"crit": []string{"b64"}, "b64": false}, {"jwk": map[string]any{"kty": "RSA"}}} {
		token := p.mint(f, header, nil)
		signed[token] = true
		f.Add(token)
		f.Add(token[:strings.LastIndexByte(token, '.')+1])
	}
	for _, seed := range []string{"", ".", "..", "...", "a.b.c", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30.", "\x00", "{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		identity, err := verifier.Verify(context.Background(), token)
		if err == nil {
			require.True(t, signed[token], "accepted: %q", token)
			require.Equal(t, person, identity.Subject)
			return
		}
		refused(t, err)
		require.Zero(t, identity)
	})
}
