package auth

import "strings"

// MaxToken is the length of the longest bearer token that is looked at, in bytes.
const MaxToken = 8192

// BearerToken returns the token of an Authorization header's value by the
// grammar of RFC 6750: the scheme Bearer in any case, one or more spaces, and
// a token of letters, digits and -._~+/ with = only at its end. Nothing is
// trimmed. Anything else, an empty value included, is the error of
// [InvalidCredential]. A request with several Authorization headers has no
// token; the caller sees to that.
func BearerToken(header string) (string, error) {
	scheme, rest, _ := strings.Cut(header, " ")
	// The length is limited before the rest is read, spaces included.
	if !strings.EqualFold(scheme, "bearer") || len(scheme) != len("bearer") || len(rest) > MaxToken {
		return "", InvalidCredential(nil)
	}
	token := strings.TrimLeft(rest, " ")
	body := strings.TrimRight(token, "=")
	for i := range len(body) {
		if !alphanumeric(body[i]) && strings.IndexByte("-._~+/", body[i]) < 0 {
			return "", InvalidCredential(nil)
		}
	}
	if body == "" {
		return "", InvalidCredential(nil)
	}
	return token, nil
}
