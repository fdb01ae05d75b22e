package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

const (
	issuer    = "https://shop.example/accounts" // names this shop's accounts for ever
	tokenLife = 15 * time.Minute
	minKey    = 32                      // bytes of the secret, as many as of the hash
	purpose   = "shop session token 1." // so that nothing else the secret may seal is a token
)

// claims are what a token says of its holder.
type claims struct {
	Subject string `json:"sub"` // never given to another account, also not after its end
	Email   string `json:"email"`
	Expires int64  `json:"exp"` // seconds since 1970
}

// tokens issues and verifies the tokens of the shop's own login: claims in
// base64url, a dot, and their HMAC-SHA256. It implements [auth.Verifier] and is
// safe for concurrent use.
type tokens struct {
	secret []byte
	now    func() time.Time
}

func newTokens(secret []byte, now func() time.Time) (tokens, error) {
	if len(secret) < minKey {
		return tokens{}, fault.Bad("secret", "too-short", "the secret of the tokens must have at least 32 bytes")
	}
	return tokens{secret, now}, nil
}

// issue makes the token of an account whose password was right.
func (t tokens) issue(a account) (string, error) {
	text, err := json.Marshal(claims{a.subject, a.email, t.now().Add(tokenLife).Unix()})
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + t.seal(body), err
}

func (t tokens) seal(body string) string {
	sum := hmac.New(sha256.New, t.secret)
	sum.Write([]byte(purpose + body))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// Verify implements [auth.Verifier]. The seal comes first: nothing of a token is
// read before it is known to be ours. A stranger learns from no answer, and not
// from the time that it takes, how near a guess came.
func (t tokens) Verify(ctx context.Context, token string) (auth.Identity, error) {
	if err := ctx.Err(); err != nil {
		return auth.Identity{}, fault.Of(err)
	}
	body, seal, found := strings.Cut(token, ".")
	if !found || len(token) > auth.MaxToken || !hmac.Equal([]byte(seal), []byte(t.seal(body))) {
		return auth.Identity{}, auth.InvalidCredential(errors.New("not a token of this shop"))
	}
	var c claims
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || c.Subject == "" {
		return auth.Identity{}, auth.InvalidCredential(err)
	}
	expires := time.Unix(c.Expires, 0)
	if !t.now().Before(expires) {
		return auth.Identity{}, auth.InvalidCredential(errors.New("expired"))
	}
	// The shop has made sure that the address is the account's; an address that
	// nobody checked must say so, or it would be taken over.
	return auth.Identity{Issuer: issuer, Subject: c.Subject, Email: c.Email, EmailVerified: true, ExpiresAt: expires}, nil
}
