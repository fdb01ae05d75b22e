package cognito

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"math"
	"math/big"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a key set.
const (
	maxKeySet  = 1 << 20 // bytes
	maxKeys    = 100     // usable keys; a set with more is refused
	maxEntries = 1000    // entries, usable or not; a set with more is refused
	minKeyBits = 2048
	maxKeyBits = 8192 // a longer key would let every token cost milliseconds
)

// parseKeySet returns the usable keys of a JWK set by their ids. A set that is not
// strict JSON, has no usable key, too many, or two under one id is refused as a
// whole.
func parseKeySet(data []byte) (map[string]*rsa.PublicKey, error) {
	keys := map[string]*rsa.PublicKey{}
	err := object(data, []string{"keys"}, func(name string, value jsontext.Value) error {
		if name != "keys" {
			return nil
		}
		return eachKey(value, keys)
	})
	switch {
	case err != nil:
		return nil, err
	case len(keys) == 0:
		return nil, refusal("key set without a usable key")
	}
	return keys, nil
}

func eachKey(list jsontext.Value, keys map[string]*rsa.PublicKey) error {
	dec := jsontext.NewDecoder(bytes.NewReader(list))
	if opening, err := dec.ReadToken(); err != nil || opening.Kind() != jsontext.KindBeginArray {
		return refusal("key set without a list of keys")
	}
	for entries := 1; dec.PeekKind() != jsontext.KindEndArray; entries++ {
		entry, err := dec.ReadValue()
		if err != nil {
			return refusal("key set is not strict JSON")
		}
		kid, key, err := parseKey(entry)
		switch {
		case err != nil:
			return err
		case entries > maxEntries || key != nil && len(keys) == maxKeys:
			return refusal("key set with too many keys")
		case key != nil && keys[kid] != nil:
			return refusal("key set with two keys of one id")
		case key != nil:
			keys[kid] = key
		}
	}
	return nil
}

// jwk has the members of a key that matter here.
type jwk struct {
	kty, kid, alg, use, n, e string
	odd                      bool // a member that is not a string where it should be
}

// parseKey returns a key for RS256 signatures, or no key where the entry is for
// another purpose. An entry that is not a strict JSON object is an error.
func parseKey(entry jsontext.Value) (kid string, key *rsa.PublicKey, err error) {
	var k jwk
	names := []string{"kty", "kid", "alg", "use", "key_ops", "n", "e"}
	err = object(entry, names, func(name string, value jsontext.Value) error {
		into := map[string]*string{"kty": &k.kty, "kid": &k.kid, "alg": &k.alg, "use": &k.use, "n": &k.n, "e": &k.e}[name]
		if into != nil {
			k.odd = text(value, into) != nil || *into == "" || k.odd
		}
		if name == "key_ops" {
			k.odd = !mayVerify(value) || k.odd
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	if k.odd || k.kty != "RSA" || k.kid == "" || len(k.kid) > maxKeyID || k.alg != "" && k.alg != string(jose.RS256) || k.use != "" && k.use != "sig" {
		return "", nil, nil
	}
	return k.kid, publicKey(k.n, k.e), nil
}

// mayVerify holds for key_ops that allow the checking of signatures.
func mayVerify(value jsontext.Value) bool {
	var operations []string
	return texts(value, &operations) == nil && slices.Contains(operations, "verify")
}

// publicKey returns nil for numbers that do not make a safe RSA key. With the
// exponent 1 every signature would hold.
func publicKey(modulus, exponent string) *rsa.PublicKey {
	nBytes, nErr := base64.RawURLEncoding.Strict().DecodeString(modulus)
	eBytes, eErr := base64.RawURLEncoding.Strict().DecodeString(exponent)
	if nErr != nil || eErr != nil || len(nBytes) > maxKeyBits/8+1 || len(eBytes) > 8 {
		return nil
	}
	n, e := new(big.Int).SetBytes(nBytes), new(big.Int).SetBytes(eBytes)
	if n.BitLen() < minKeyBits || n.BitLen() > maxKeyBits || n.Bit(0) == 0 {
		return nil
	}
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > math.MaxInt32 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}
