package authtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// keys are made once for a run, as that takes longer than most cases.
type keys struct {
	first, second, stranger, small *rsa.PrivateKey
}

func newKeys(t *testing.T) keys {
	t.Helper()
	made := func(bits int) *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		require.NoError(t, err)
		return key
	}
	return keys{first: made(2048), second: made(2048), stranger: made(2048), small: made(1024)}
}

// members are the members of a JSON object; absent takes one away.
type members map[string]any

type gone struct{}

// with returns the members with some changed.
func (m members) with(changes members) members {
	out := maps.Clone(m)
	for name, value := range changes {
		if value == any(gone{}) {
			delete(out, name)
		} else {
			out[name] = value
		}
	}
	return out
}

func (m members) json(t testing.TB) string {
	t.Helper()
	text, err := json.Marshal(m)
	require.NoError(t, err)
	return string(text)
}

// number is a JSON number that no Go number holds.
func number(text string) json.RawMessage { return json.RawMessage(text) }

// segment is the base64url of a text.
func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// signText makes a token of any two texts.
func signText(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	signed := segment(header) + "." + segment(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return signed + "." + segment(string(signature))
}

// parts are the three segments of a token.
func parts(token string) (header, payload, signature string) {
	three := strings.SplitN(token, ".", 3)
	return three[0], three[1], three[2]
}

// publicJWK is the entry of a key in the set.
func publicJWK(key *rsa.PublicKey, kid string) members {
	return members{
		"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig",
		"n": segment(string(key.N.Bytes())), "e": segment(string(big.NewInt(int64(key.E)).Bytes())),
	}
}

// setOf is a key set.
func setOf(t testing.TB, entries ...members) string {
	t.Helper()
	return members{"keys": entries}.json(t)
}
