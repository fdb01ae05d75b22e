package cognito_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/auth"
)

const (
	application = "3n4b5urk1ft4fl3mg5e62d9ado"
	person      = "7d8ca528-4931-4254-9273-ea5ee853f271"
)

// pool is a user pool: an issuer with one key, whose set is what a test makes it.
type pool struct {
	key     *rsa.PrivateKey
	server  *httptest.Server
	answer  atomic.Pointer[http.HandlerFunc]
	fetches atomic.Int64
}

func newPool(t testing.TB) *pool {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p := &pool{key: key}
	p.serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(p.set())) })
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		(*p.answer.Load())(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

func (p *pool) serve(answer http.HandlerFunc) { p.answer.Store(&answer) }

func (p *pool) entry(kid string) string {
	return `{"alg":"RS256","e":"` + b64(big.NewInt(int64(p.key.E)).Bytes()) + `","kid":"` + kid + `","kty":"RSA","n":"` + b64(p.key.N.Bytes()) + `","use":"sig"}`
}

func (p *pool) set() string { return `{"keys":[` + p.entry("k1") + `]}` }

func (p *pool) config() cognito.Config {
	return cognito.Config{Issuer: p.server.URL, ClientIDs: []string{application}}
}

func (p *pool) verifier(t testing.TB, config cognito.Config) *cognito.Verifier {
	t.Helper()
	verifier, err := cognito.New(config)
	require.NoError(t, err)
	return verifier
}

// claims are those of an ID token as Cognito makes it.
func (p *pool) claims() map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"sub": person, "iss": p.server.URL, "aud": application, "token_use": "id", "exp": now + 3600, "iat": now, "auth_time": now,
		"email": "jess@example.com", "email_verified": true, "cognito:username": "jess", "cognito:groups": []string{"brands", "admins"},
		"origin_jti": "5e1d", "event_id": "9f2c", "jti": "a1b2",
	}
}

func (p *pool) mint(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	head := map[string]any{"alg": "RS256", "kid": "k1"}
	maps.Copy(head, header)
	body := p.claims()
	for name, value := range claims {
		body[name] = value
		if value == nil {
			delete(body, name)
		}
	}
	headText, err := json.Marshal(head)
	require.NoError(t, err)
	bodyText, err := json.Marshal(body)
	require.NoError(t, err)
	signed := b64(headText) + "." + b64(bodyText)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return signed + "." + b64(signature)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func refused(t testing.TB, err error) {
	t.Helper()
	require.Error(t, err)
	want := auth.InvalidCredential(nil)
	require.True(t, strings.HasPrefix(err.Error(), want.Error()), "%v", err)
	require.ErrorIs(t, err, want.Code)
}
