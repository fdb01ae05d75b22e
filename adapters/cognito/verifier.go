package cognito

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

// Verifier is an auth.Verifier. It is safe for concurrent use.
type Verifier struct {
	config Config
	keys   *keyCache
}

var _ auth.Verifier = (*Verifier)(nil)

// New returns a verifier for the tokens that the config describes. It fetches
// nothing; the first token does. A bad config is fault.Invalid with every bad
// field: issuer, client_ids, token_uses, required_scope, jwks_url, leeway, cache_for.
func New(config Config) (*Verifier, error) {
	checked, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	source := newKeySource(checked.JWKSURL, checked.HTTP)
	return &Verifier{config: checked, keys: &keyCache{fetch: source.get, now: checked.Now, keepFor: checked.CacheFor}}, nil
}

// Verify implements auth.Verifier. ExpiresAt of the identity is the exp of the
// token and the leeway. An access token of Cognito has no e-mail address.
func (v *Verifier) Verify(ctx context.Context, token string) (auth.Identity, error) {
	parsed, err := parse(token)
	if err != nil {
		return auth.Identity{}, auth.InvalidCredential(err)
	}
	// The claims come before the signature, so that only a token which would be
	// good if it were signed can make us ask for keys.
	if err := v.check(parsed.claims); err != nil {
		return auth.Identity{}, auth.InvalidCredential(err)
	}
	if ended := ctx.Err(); ended != nil {
		return auth.Identity{}, fault.Of(ended)
	}
	key := v.keys.cached(ctx, parsed.kid)
	if key == nil {
		if key, err = v.keys.find(ctx, parsed.kid); err != nil {
			return auth.Identity{}, err
		}
	}
	if err := parsed.verify(key); err != nil {
		return auth.Identity{}, auth.InvalidCredential(err)
	}
	c := parsed.claims
	return auth.Identity{
		Issuer: c.issuer, Subject: c.subject, Email: c.email, EmailVerified: c.emailVerified, Groups: c.groups,
		ExpiresAt: time.Unix(c.expires, 0).UTC().Add(v.config.Leeway),
	}, nil
}

// check returns why a token with these claims is not for us, or not for now.
func (v *Verifier) check(c claims) error {
	now, leeway := v.config.Now(), v.config.Leeway
	switch {
	case c.issuer != v.config.Issuer:
		return refusal("another issuer")
	case c.subject == "":
		return refusal("no subject")
	case c.expires == 0:
		return refusal("no expiry")
	case !now.Before(time.Unix(c.expires, 0).Add(leeway)):
		return refusal("expired")
	case now.Add(leeway).Before(time.Unix(c.notBefore, 0)):
		return refusal("not yet valid")
	case now.Add(leeway).Before(time.Unix(c.issuedAt, 0)):
		return refusal("issued in the future")
	case !v.meant(c):
		return refusal("another use or application")
	case v.config.RequiredScope != "" && !slices.Contains(strings.Split(c.scope, " "), v.config.RequiredScope):
		return refusal("scope missing")
	}
	return nil
}

// meant holds for a token of an accepted use and application.
func (v *Verifier) meant(c claims) bool {
	use := Plain
	if c.hasUse {
		// A token that calls itself plain is none.
		if use = Use(c.use); use == Plain {
			return false
		}
	}
	if !slices.Contains(v.config.TokenUses, use) {
		return false
	}
	if use == Access {
		return slices.Contains(v.config.ClientIDs, c.clientID)
	}
	return slices.ContainsFunc(c.audience, func(name string) bool { return slices.Contains(v.config.ClientIDs, name) })
}

// refusal is a cause for the log. The texts are fixed: nothing of a token gets
// into a log through them.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }
