package cognito

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"io"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superher/superher/auth"
)

// Limits of a token, in bytes; the whole of it has auth.MaxToken.
const (
	maxKeyID   = 256
	maxSubject = 255 // as OpenID Connect has it
)

// token is a token whose form is right and whose signature nobody has checked.
type token struct {
	kid    string
	claims claims
	raw    string
	signed []byte // the payload, to be compared with the one that go-jose verified
}

// parse reads a token without trusting it.
func parse(raw string) (token, error) {
	if len(raw) > auth.MaxToken {
		return token{}, refusal("too long")
	}
	segments := strings.Split(raw, ".")
	if len(segments) != 3 {
		return token{}, refusal("not three segments")
	}
	var parts [3][]byte
	for i, segment := range segments {
		part, err := decode(segment)
		if err != nil {
			return token{}, err
		}
		parts[i] = part
	}
	kid, err := parseHeader(parts[0])
	if err != nil {
		return token{}, err
	}
	c, err := parseClaims(parts[1])
	if err != nil {
		return token{}, err
	}
	return token{kid: kid, claims: c, raw: raw, signed: parts[1]}, nil
}

// verify checks the signature by the key.
func (t token) verify(key *rsa.PublicKey) error {
	jws, err := jose.ParseSignedCompact(t.raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return refusal("not a JWS")
	}
	payload, err := jws.Verify(key)
	if err != nil || !bytes.Equal(payload, t.signed) {
		return refusal("signature does not hold")
	}
	return nil
}

// decode reads unpadded base64url in its one canonical form. Go's decoder skips
// line breaks even when it is strict.
func decode(segment string) ([]byte, error) {
	if segment == "" || strings.ContainsAny(segment, "\r\n") {
		return nil, refusal("not base64url")
	}
	part, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return nil, refusal("not base64url")
	}
	return part, nil
}

// parseHeader returns the key id of a header that promises nothing but RS256.
func parseHeader(data []byte) (kid string, err error) {
	var alg string
	err = object(data, headerNames(), func(name string, value jsontext.Value) error {
		switch name {
		case "alg":
			return text(value, &alg)
		case "kid":
			return text(value, &kid)
		case "typ":
			return checkType(value)
		// What changes the meaning of a token is not understood here, and a key that
		// a token brings or points to proves nothing.
		case "crit", "b64", "cty", "jwk", "jku", "x5u", "x5c":
			return refusal("header with " + name)
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case alg != string(jose.RS256):
		return "", refusal("another algorithm")
	case kid == "" || len(kid) > maxKeyID:
		return "", refusal("no key id")
	}
	return kid, nil
}

func headerNames() []string {
	return []string{"alg", "kid", "typ", "crit", "b64", "cty", "jwk", "jku", "x5u", "x5c"}
}

// checkType refuses tokens of other kinds, which the same issuer may sign with
// the same key: a logout token is not a login (RFC 8725, 3.11).
func checkType(value jsontext.Value) error {
	var typ string
	if err := text(value, &typ); err != nil {
		return err
	}
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if typ != "jwt" && typ != "at+jwt" {
		return refusal("another type of token")
	}
	return nil
}

// object calls member for each member of a JSON object in strict form: UTF-8,
// no name twice, nothing after it. A name that equals a known one but for its
// case is refused: some reader would take it for the known one.
func object(data []byte, known []string, member func(name string, value jsontext.Value) error) error {
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	if opening, err := dec.ReadToken(); err != nil || opening.Kind() != jsontext.KindBeginObject {
		return refusal("not a JSON object")
	}
	for dec.PeekKind() == jsontext.KindString {
		token, err := dec.ReadToken()
		if err != nil {
			return refusal("not strict JSON")
		}
		name := token.String()
		for _, exact := range known {
			if name != exact && strings.EqualFold(name, exact) {
				return refusal("member name in another case")
			}
		}
		value, err := dec.ReadValue()
		if err != nil {
			return refusal("not strict JSON")
		}
		if err := member(name, value); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return refusal("not strict JSON")
	}
	if _, err := dec.ReadToken(); err != io.EOF { //nolint:errorlint // the decoder returns it as it is
		return refusal("more after the JSON object")
	}
	return nil
}

// text reads a JSON string; null is none.
func text(value jsontext.Value, into *string) error {
	if value.Kind() != jsontext.KindString {
		return refusal("not a string")
	}
	unquoted, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return refusal("not a string")
	}
	*into = string(unquoted)
	return nil
}
