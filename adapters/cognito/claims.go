package cognito

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// lastSecond is the last of the year 9999, beyond which RFC 3339 has no times.
const lastSecond = 253402300799

// claims are the claims that matter here. A time of 0 is absent.
type claims struct {
	issuer, subject, clientID, use, scope string
	hasUse                                bool
	audience                              []string
	expires, notBefore, issuedAt          int64 // seconds since 1970

	email         string
	emailVerified bool
	groups        []string
}

func claimNames() []string {
	return []string{
		"iss", "sub", "aud", "client_id", "token_use", "scope", "exp", "nbf", "iat", "email", "email_verified", "cognito:groups",
	}
}

// parseClaims reads the claims; one of the wrong type is refused.
func parseClaims(data []byte) (claims, error) {
	var c claims
	err := object(data, claimNames(), c.member)
	return c, err
}

func (c *claims) member(name string, value jsontext.Value) error {
	switch name {
	case "iss":
		return text(value, &c.issuer)
	case "sub":
		return subject(value, &c.subject)
	case "aud":
		return audience(value, &c.audience)
	case "client_id":
		return text(value, &c.clientID)
	case "token_use":
		c.hasUse = true
		return text(value, &c.use)
	case "scope":
		return text(value, &c.scope)
	case "exp":
		return seconds(value, &c.expires)
	case "nbf":
		return seconds(value, &c.notBefore)
	case "iat":
		return seconds(value, &c.issuedAt)
	case "email":
		return text(value, &c.email)
	case "email_verified":
		return truth(value, &c.emailVerified)
	case "cognito:groups":
		return texts(value, &c.groups)
	}
	return nil
}

func subject(value jsontext.Value, into *string) error {
	if err := text(value, into); err != nil {
		return err
	}
	if len(*into) > maxSubject || strings.TrimSpace(*into) == "" || strings.ContainsFunc(*into, unicode.IsControl) {
		return refusal("no usable subject")
	}
	return nil
}

// seconds reads a time. Fractions and exponents are refused along with what is
// no time at all: no issuer needs them, and one reading of a number is enough.
func seconds(value jsontext.Value, into *int64) error {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || n <= 0 || n > lastSecond {
		return refusal("not a time")
	}
	*into = n
	return nil
}

// audience reads one name or a list of names.
func audience(value jsontext.Value, into *[]string) error {
	if value.Kind() == jsontext.KindBeginArray {
		return texts(value, into)
	}
	var one string
	err := text(value, &one)
	*into = []string{one}
	return err
}

func texts(value jsontext.Value, into *[]string) error {
	dec := jsontext.NewDecoder(bytes.NewReader(value))
	if opening, err := dec.ReadToken(); err != nil || opening.Kind() != jsontext.KindBeginArray {
		return refusal("not a list")
	}
	for dec.PeekKind() == jsontext.KindString {
		token, err := dec.ReadToken()
		if err != nil {
			return refusal("not a list")
		}
		*into = append(*into, token.String())
	}
	if closing, err := dec.ReadToken(); err != nil || closing.Kind() != jsontext.KindEndArray {
		return refusal("not a list of strings")
	}
	return nil
}

// truth reads a boolean, which a pool may write as a string where the attribute
// was mapped from another provider.
func truth(value jsontext.Value, into *bool) error {
	switch string(value) {
	case `true`, `"true"`:
		*into = true
	case `false`, `"false"`:
	default:
		return refusal("not a boolean")
	}
	return nil
}
