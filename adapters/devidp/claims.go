package devidp

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/superher/superher/fault"
)

const (
	sha256Hash = crypto.SHA256
	useAccess  = "access"
	useID      = "id"
)

func digest(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// Token returns an access token of one of the people, as if that person had
// just signed in, for tests and for trying the API from a command line. An
// unknown subject is fault.NotFound "person-unknown".
func (i *Issuer) Token(subject string) (string, error) {
	person, ok := i.person(subject)
	if !ok {
		return "", fault.New(fault.NotFound, "person-unknown", "nobody of this subject is configured")
	}
	return i.accessToken(person, allScopes, i.config.Now())
}

// accessToken has the claims of Cognito's: the client in client_id, no aud, no
// e-mail.
func (i *Issuer) accessToken(p Person, scope string, signedIn time.Time) (string, error) {
	claims, err := i.claims(p, useAccess, signedIn)
	if err != nil {
		return "", err
	}
	claims["client_id"] = i.config.ClientID
	claims["scope"] = scope
	claims["username"] = p.Subject
	return i.sign(claims)
}

func (i *Issuer) idToken(g grant, scope, nonce, access string) (string, error) {
	claims, err := i.claims(g.person, useID, g.signedIn)
	if err != nil {
		return "", err
	}
	claims["aud"] = i.config.ClientID
	claims["cognito:username"] = g.person.Subject
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(digest(access)[:sha256.Size/2])
	if nonce != "" {
		claims["nonce"] = nonce
	}
	profile(claims, g.person, scope)
	return i.sign(claims)
}

// claims returns what both kinds of token say.
func (i *Issuer) claims(p Person, use string, signedIn time.Time) (map[string]any, error) {
	id, err := i.draw()
	if err != nil {
		return nil, err
	}
	now := i.config.Now()
	claims := map[string]any{
		"iss": i.base, "sub": p.Subject, "token_use": use, "auth_time": signedIn.Unix(),
		"iat": now.Unix(), "exp": now.Add(i.config.TokenLifetime).Unix(), "jti": id,
	}
	if len(p.Groups) > 0 {
		claims["cognito:groups"] = p.Groups
	}
	return claims, nil
}

// profile adds what the scopes let a client know of a person.
func profile(claims map[string]any, p Person, scope string) {
	if hasScope(scope, scopeEmail) && p.Email != "" {
		claims["email"], claims["email_verified"] = p.Email, true
	}
	if hasScope(scope, scopeProfile) {
		claims["name"] = p.Name
	}
}

func (i *Issuer) sign(claims map[string]any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", &fault.Error{Code: fault.Internal, Reason: "token-not-signed", Detail: "the token could not be signed", Err: err}
	}
	signed, err := i.signer.Sign(body)
	if err != nil {
		return "", &fault.Error{Code: fault.Internal, Reason: "token-not-signed", Detail: "the token could not be signed", Err: err}
	}
	return signed.CompactSerialize()
}

// own is what is read from a token that this issuer signed.
type own struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Use     string `json:"token_use"`
	Scope   string `json:"scope"`
	Aud     string `json:"aud"`
	Expires int64  `json:"exp"`
}

// read returns the claims of a token with this issuer's signature.
func (i *Issuer) read(token string) (own, bool) {
	if len(token) > 4*MaxParameter {
		return own{}, false
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return own{}, false
	}
	body, err := signed.Verify(i.key.Public())
	if err != nil {
		return own{}, false
	}
	var claims own
	if err := json.Unmarshal(body, &claims); err != nil || claims.Issuer != i.base {
		return own{}, false
	}
	return claims, true
}

// userinfo tells the bearer of an access token who its person is.
func (i *Issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="development"`) // no error code where nothing was tried (RFC 6750, section 3)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	claims, ok := i.read(token)
	person, known := i.person(claims.Subject)
	if !ok || !known || claims.Use != useAccess || i.config.Now().Unix() >= claims.Expires {
		w.Header().Set("WWW-Authenticate", `Bearer realm="development", error="invalid_token"`)
		refusal{errInvalidToken, "the access token is not valid here"}.answer(w, http.StatusUnauthorized)
		return
	}
	if !hasScope(claims.Scope, scopeOpenID) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="development", error="insufficient_scope", scope="openid"`)
		refusal{"insufficient_scope", "the access token lacks the scope openid"}.answer(w, http.StatusForbidden)
		return
	}
	info := map[string]any{"sub": person.Subject, "username": person.Subject}
	profile(info, person, claims.Scope)
	answer(w, http.StatusOK, info)
}
