package authtest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/auth/authtest"
	"github.com/superher/superher/fault"
)

func correct(t *testing.T, issuer authtest.Issuer) auth.Verifier {
	verifier, err := cognito.New(cognito.Config{
		Issuer: issuer.URL, JWKSURL: issuer.JWKSURL, ClientIDs: []string{issuer.ClientID}, TokenUses: []cognito.Use{cognito.Plain}, Now: issuer.Now,
	})
	require.NoError(t, err)
	return verifier
}

// faultyVerifier is a correct verifier with one fault.
type faultyVerifier struct {
	fault  string
	issuer authtest.Issuer
	fresh  func() auth.Verifier

	lock    sync.Mutex // for the fault of waiting
	mu      sync.Mutex
	inner   auth.Verifier
	made    time.Time
	spoiled error
}

func faulty(t *testing.T, issuer authtest.Issuer, fault string) auth.Verifier {
	fresh := func() auth.Verifier { return correct(t, issuer) }
	return &faultyVerifier{fault: fault, issuer: issuer, fresh: fresh, inner: fresh(), made: issuer.Now()}
}

func (f *faultyVerifier) Verify(ctx context.Context, token string) (auth.Identity, error) {
	ctx, token = f.before(ctx, token)
	if f.fault == "waits-for-a-fetch" {
		f.lock.Lock()
		defer f.lock.Unlock()
	}
	identity, err := f.verifier(token).Verify(ctx, token)
	if err == nil {
		return f.accepted(token, identity)
	}
	header, claims := opened(token)
	if f.wronglyAccepts(header, claims) {
		sub, _ := claims["sub"].(string)
		return auth.Identity{Issuer: f.issuer.URL, Subject: sub, ExpiresAt: f.issuer.Now().Add(time.Hour)}, nil
	}
	return auth.Identity{}, f.refused(ctx, token, header, err)
}

func (f *faultyVerifier) before(ctx context.Context, token string) (context.Context, string) {
	switch f.fault {
	case "trims-the-token":
		token = strings.TrimSpace(token)
	case "takes-loose-bits":
		if head, signature, ok := cutLast(token); ok {
			if raw, err := base64.RawURLEncoding.DecodeString(signature); err == nil {
				token = head + "." + base64.RawURLEncoding.EncodeToString(raw)
			}
		}
	case "ignores-the-deadline":
		ctx = context.WithoutCancel(ctx)
	}
	return ctx, token
}

// verifier returns the inner one, or a new one where the fault is to forget keys.
func (f *faultyVerifier) verifier(token string) auth.Verifier {
	f.mu.Lock()
	defer f.mu.Unlock()
	header, _ := opened(token)
	forgets := f.fault == "forgets-its-keys" && f.issuer.Now().Sub(f.made) >= 10*time.Second ||
		f.fault == "forgets-its-keys-after-a-day" && f.issuer.Now().Sub(f.made) >= 24*time.Hour ||
		f.fault == "fetches-for-every-unknown-key" && header["kid"] != "first-key"
	if forgets {
		f.inner, f.made = f.fresh(), f.issuer.Now()
	}
	return f.inner
}

func (f *faultyVerifier) accepted(token string, identity auth.Identity) (auth.Identity, error) {
	header, claims := opened(token)
	f.mu.Lock()
	spoiled := f.spoiled
	f.mu.Unlock()
	switch {
	case spoiled != nil:
		return auth.Identity{}, spoiled
	case f.fault == "leaves-out-the-expiry":
		identity.ExpiresAt = time.Time{}
	case f.fault == "says-a-later-expiry":
		identity.ExpiresAt = identity.ExpiresAt.Add(40 * time.Second)
	case f.fault == "every-address-is-verified":
		identity.EmailVerified = true
	case f.fault == "never-takes-a-new-key" && header["kid"] != "first-key":
		return auth.Identity{}, auth.InvalidCredential(nil)
	case f.fault == "takes-one-audience-only" && claims["aud"] != f.issuer.ClientID:
		return auth.Identity{}, auth.InvalidCredential(nil)
	}
	return identity, nil
}

// wronglyAccepts holds for refused tokens that the fault lets through.
func (f *faultyVerifier) wronglyAccepts(header, claims map[string]any) bool {
	alg, _ := header["alg"].(string)
	kid, _ := header["kid"].(string)
	exp, hasExp := claims["exp"].(float64)
	has := func(name string) bool { _, ok := header[name]; return ok }
	switch f.fault {
	case "takes-none":
		return strings.EqualFold(alg, "none")
	case "takes-hs256":
		return alg == "HS256"
	case "takes-rs384":
		return alg == "RS384"
	case "ignores-crit":
		return has("crit")
	case "trusts-an-embedded-key":
		return has("jwk")
	case "takes-a-logout-token":
		return header["typ"] == "logout+jwt"
	case "needs-no-expiry":
		return claims["sub"] != nil && !hasExp && claims["exp"] == nil
	case "ignores-the-expiry":
		return hasExp && exp < float64(f.issuer.Now().Unix())
	case "has-a-leeway-of-minutes":
		return hasExp && exp > float64(f.issuer.Now().Unix())-300
	case "takes-a-huge-expiry":
		return exp > 1e18
	case "ignores-nbf":
		return claims["nbf"] != nil
	case "ignores-the-issuer":
		return claims["iss"] == "https://example.com"
	case "takes-any-audience":
		return claims["aud"] == "another"
	case "needs-no-subject":
		return claims["sub"] == ""
	case "folds-names":
		return claims["EXP"] != nil && !hasExp
	case "takes-the-last-of-two":
		return claims["x"] == 1.0 && header["x"] == nil
	case "takes-short-keys":
		return kid == "too-short"
	case "takes-the-exponent-one":
		return kid == "exponent-one"
	case "takes-keys-for-encryption":
		return kid == "for-encryption"
	case "keeps-keys-for-ever":
		return kid == "first-key" && alg == "RS256"
	case "checks-half-of-the-signature":
		return kid == "first-key" && alg == "RS256"
	}
	return false
}

func (f *faultyVerifier) refused(ctx context.Context, token string, header map[string]any, err error) error {
	switch f.fault {
	case "refuses-without-keys":
		return auth.InvalidCredential(nil)
	case "unavailable-for-unknown-keys":
		if header["kid"] == "another" {
			return fault.New(fault.Unavailable, "keys-unreachable", "the keys cannot be had")
		}
	case "internal-for-odd-tokens":
		if token == "" {
			return fault.New(fault.Internal, "internal", "no token")
		}
	case "tells-why":
		return &fault.Error{Code: fault.Unauthenticated, Reason: "invalid-credential", Detail: err.Error()}
	case "logs-the-token":
		return auth.InvalidCredential(errors.New("bad token " + token))
	case "fetches-what-a-token-names":
		if address, ok := header["jku"].(string); ok {
			_, _ = read(address)
		}
	case "follows-redirects":
		if errors.Is(err, fault.Unavailable) {
			_, _ = read(f.issuer.JWKSURL)
		}
	case "reads-everything":
		if errors.Is(err, fault.Unavailable) {
			_, _ = read(f.issuer.JWKSURL)
		}
	case "one-who-gives-up-spoils-it":
		f.mu.Lock()
		defer f.mu.Unlock()
		if ctx.Err() != nil {
			f.spoiled = err
		}
	}
	return err
}

func read(address string) ([]byte, error) {
	resp, err := http.Get(address)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func cutLast(token string) (head, tail string, ok bool) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 {
		return "", "", false
	}
	return token[:at], token[at+1:], true
}

// opened reads a token the way a careless verifier does.
func opened(token string) (header, claims map[string]any) {
	for i, segment := range strings.Split(token, ".") {
		raw, _ := base64.RawURLEncoding.DecodeString(segment)
		switch i {
		case 0:
			_ = json.Unmarshal(raw, &header)
		case 1:
			_ = json.Unmarshal(raw, &claims)
		}
	}
	return header, claims
}
