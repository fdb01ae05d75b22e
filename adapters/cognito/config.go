package cognito

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/superher/superher/fault"
)

// Defaults and limits of a Config.
const (
	DefaultLeeway   = 30 * time.Second
	MaxLeeway       = 60 * time.Second
	NoLeeway        = time.Duration(-1)
	DefaultCacheFor = 24 * time.Hour
	MinCacheFor     = 10 * time.Second
	MaxCacheFor     = 7 * 24 * time.Hour
)

// Use is what a token is for.
type Use string

// The uses. Access and ID tokens of Cognito say theirs in token_use.
const (
	Access Use = "access" // client_id is one of Config.ClientIDs
	ID     Use = "id"     // aud is or contains one of Config.ClientIDs
	// Plain is a token without token_use, as any other issuer makes it: aud is or
	// contains one of Config.ClientIDs. It cannot be mixed with the others.
	Plain Use = "plain"
)

// Config says which tokens are accepted. Issuer and ClientIDs are required.
type Config struct {
	// Issuer is the exact text of iss; of a user pool it is [PoolIssuer]. It is an
	// https URL without query; plain http is for loopback hosts only.
	Issuer string
	// ClientIDs are the applications whose tokens are accepted, at least one.
	ClientIDs []string
	// TokenUses are the accepted uses; empty means Access and ID.
	TokenUses []Use
	// RequiredScope is a scope that every token must have in its scope claim; empty
	// means none. ID tokens have no scopes, so TokenUses must leave them out.
	RequiredScope string
	// JWKSURL is the address of the key set, under the same rules as Issuer but for
	// a query; empty means Issuer and "/.well-known/jwks.json".
	JWKSURL string
	// Leeway is how far the clocks may differ: a token is accepted for so long
	// after its exp and before its nbf and iat. At most MaxLeeway; 0 means
	// DefaultLeeway, NoLeeway means none.
	Leeway time.Duration
	// CacheFor is how old a key set becomes before it is fetched again in the
	// background, from MinCacheFor to MaxCacheFor; 0 means DefaultCacheFor. Keys of
	// an older set verify for as long as no newer one can be had.
	CacheFor time.Duration
	// HTTP lends its Transport for the key set; all else of it is ignored. The
	// Transport must honour the context of a request, as net/http does. Without
	// one, a connection to a loopback, link-local, unspecified or multicast address
	// is refused after the name was resolved, unless JWKSURL is on loopback itself.
	// Proxies of the environment are used as they are.
	HTTP *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// PoolIssuer returns the issuer of a user pool: "eu-west-1_AbCdEf123" is
// "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123". An id that
// has not the form region_name is fault.Invalid "malformed-pool-id", so that it
// cannot lead to another host. Pools outside the domain amazonaws.com are named
// by Config.Issuer in full.
func PoolIssuer(poolID string) (string, error) {
	region, name, _ := strings.Cut(poolID, "_")
	if len(poolID) > 55 || !isRegion(region) || name == "" || strings.ContainsFunc(name, notAlphanumeric) {
		return "", fault.Bad("pool_id", "malformed-pool-id", "a pool id looks like eu-west-1_AbCdEf123")
	}
	return "https://cognito-idp." + region + ".amazonaws.com/" + poolID, nil
}

// isRegion holds for two letters or more, one word or more, and a digit or two.
func isRegion(text string) bool {
	parts := strings.Split(text, "-")
	if len(parts) < 3 {
		return false
	}
	number := parts[len(parts)-1]
	for _, word := range parts[:len(parts)-1] {
		if len(word) < 2 || strings.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) {
			return false
		}
	}
	return (len(number) == 1 || len(number) == 2) && !strings.ContainsFunc(number, func(r rune) bool { return r < '0' || r > '9' })
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// withDefaults returns the complete config with slices of its own, or
// fault.Invalid with every bad field.
func (c Config) withDefaults() (Config, error) {
	c.ClientIDs, c.TokenUses = slices.Clone(c.ClientIDs), slices.Clone(c.TokenUses)
	if len(c.TokenUses) == 0 {
		c.TokenUses = []Use{Access, ID}
	}
	if c.JWKSURL == "" && c.Issuer != "" {
		c.JWKSURL = strings.TrimSuffix(c.Issuer, "/") + "/.well-known/jwks.json"
	}
	c.Leeway = cmp.Or(c.Leeway, DefaultLeeway)
	if c.Leeway == NoLeeway {
		c.Leeway = 0
	}
	c.CacheFor = cmp.Or(c.CacheFor, DefaultCacheFor)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, c.check()
}

func (c Config) check() error {
	var checks fault.Checks
	if checks.That(c.Issuer != "", "issuer", "required", "Config.Issuer must be the exact iss of the tokens") &&
		checks.Take("issuer", checkURL(c.Issuer, false)) {
		checks.Take("jwks_url", checkURL(c.JWKSURL, true))
	}
	checks.That(len(c.ClientIDs) > 0 && !slices.Contains(c.ClientIDs, ""), "client_ids", "required",
		"Config.ClientIDs must name the applications whose tokens are accepted")
	known := !slices.ContainsFunc(c.TokenUses, func(u Use) bool { return u != Access && u != ID && u != Plain })
	checks.That(known, "token_uses", "unknown-use", "Config.TokenUses may have access and id, or plain")
	checks.That(!known || !slices.Contains(c.TokenUses, Plain) || !slices.ContainsFunc(c.TokenUses, func(u Use) bool { return u != Plain }),
		"token_uses", "mixed-uses", "Config.TokenUses must not mix plain with other uses")
	checks.That(!strings.ContainsAny(c.RequiredScope, " \t\r\n"), "required_scope", "malformed-scope", "Config.RequiredScope must be a single scope")
	checks.That(c.RequiredScope == "" || !slices.Contains(c.TokenUses, ID), "required_scope", "not-for-id-tokens",
		"Config.RequiredScope needs Config.TokenUses without id, as ID tokens have no scopes")
	checks.That(c.Leeway >= 0 && c.Leeway <= MaxLeeway, "leeway", "out-of-range", "Config.Leeway must be at most 60 seconds")
	checks.That(c.CacheFor >= MinCacheFor && c.CacheFor <= MaxCacheFor, "cache_for", "out-of-range",
		"Config.CacheFor must be from 10 seconds to 7 days")
	return checks.Err()
}

// checkURL refuses what is not an https URL, or an http URL on loopback.
func checkURL(raw string, query bool) error {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.User != nil || strings.Contains(raw, "#") || !query && strings.Contains(raw, "?") {
		return fault.New(fault.Invalid, "malformed-url", "must be an absolute URL without credentials, fragment or query")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return fault.New(fault.Invalid, "insecure-url", "must be https, or http on a loopback host")
	}
	return nil
}

// isLoopback holds for localhost and for addresses that cannot leave the machine.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// hostOf returns the host of an address that net/http dials.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
