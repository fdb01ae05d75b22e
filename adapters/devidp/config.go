package devidp

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/superher/superher/fault"
)

// Limits and defaults of an issuer.
const (
	DefaultTokenLifetime = time.Hour
	MaxTokenLifetime     = 24 * time.Hour
	CodeLifetime         = time.Minute
	RefreshLifetime      = 24 * time.Hour
	MaxPeople            = 100   // who can be offered on one page
	MaxGrants            = 1_000 // codes, and refresh tokens, that are remembered; the oldest give way
	MaxParameter         = 2_048 // bytes of state, nonce and other values of a client
	MaxRequest           = 1 << 14
	MinKeyBits           = 2_048

	maxURI  = 2_048
	maxText = 200
)

// Config describes the issuer, its one public client and its people.
type Config struct {
	// IssuerURL is required: http or https with a host, and with the path under
	// which the issuer is mounted, without a trailing slash. Requests for another
	// host are refused, so that no name a stranger points at this machine works.
	IssuerURL string
	// ClientID is required. The client is public: it has no secret.
	ClientID string
	// RedirectURIs are where codes may be sent, at least one, compared byte for
	// byte. Scripts of their origins, and of no others, may read the answers.
	RedirectURIs []string
	// LogoutURIs are where a browser may be sent after signing out, compared byte
	// for byte.
	LogoutURIs []string
	// People are offered on the page in this order, at least one, at most MaxPeople.
	People []Person
	// Key signs the tokens and is required, of at least MinKeyBits;
	// LoadOrCreateKey keeps one in a file.
	Key *rsa.PrivateKey
	// TokenLifetime of access and id tokens; 0 means DefaultTokenLifetime, at
	// most MaxTokenLifetime.
	TokenLifetime time.Duration
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// Rand makes codes and token ids, by default crypto/rand. It is never read
	// by two goroutines at a time.
	Rand io.Reader
}

// Person is somebody to sign in as.
type Person struct {
	Subject string   // required and unique; the sub of the tokens
	Name    string   // required
	Email   string   // may be empty; otherwise the tokens call it verified
	Note    string   // shown on the page, such as "admin" or "brand: Sunrise Tea"
	Groups  []string // cognito:groups of the tokens; may be empty
}

func (c Config) withDefaults() Config {
	c.TokenLifetime = cmp.Or(c.TokenLifetime, DefaultTokenLifetime)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	c.RedirectURIs = slices.Clone(c.RedirectURIs)
	c.LogoutURIs = slices.Clone(c.LogoutURIs)
	c.People = slices.Clone(c.People)
	return c
}

// check reports every setting that cannot be used.
func (c Config) check() error {
	var checks fault.Checks
	if u, ok := checkURI(&checks, "issuer_url", c.IssuerURL); ok {
		plain := strings.Trim(u.Path, pathCharacters) == ""
		checks.That(u.RawQuery == "" && !u.ForceQuery && plain && (u.Path == "" || path.Clean(u.Path) == u.Path && u.Path != "/"), "issuer_url", "not-an-issuer",
			"issuer_url must have no query, and a plain path without a trailing slash")
	}
	if checks.Text("client_id", c.ClientID, true, maxText) {
		checks.That(visible(c.ClientID) && !strings.Contains(c.ClientID, " "), "client_id", "not-visible", "client_id must be visible ASCII without spaces")
	}
	checks.That(len(c.RedirectURIs) > 0, "redirect_uris", "required", "redirect_uris must name at least one address")
	for _, uri := range c.RedirectURIs {
		checkURI(&checks, "redirect_uris", uri)
	}
	for _, uri := range c.LogoutURIs {
		checkURI(&checks, "logout_uris", uri)
	}
	checks.That(c.Key != nil, "key", "required", "key is required")
	if c.Key != nil {
		checks.That(c.Key.N.BitLen() >= MinKeyBits && c.Key.Validate() == nil, "key", "weak-key", "key must be a sound RSA key of at least 2048 bits")
	}
	checks.That(c.TokenLifetime >= time.Second && c.TokenLifetime <= MaxTokenLifetime, "token_lifetime", "out-of-range",
		"token_lifetime must be between a second and 24 hours")
	checkPeople(&checks, c.People)
	return checks.Err()
}

func checkPeople(checks *fault.Checks, people []Person) {
	checks.That(len(people) > 0, "people", "required", "people must name at least one person")
	checks.That(len(people) <= MaxPeople, "people", "too-many", "people must name at most 100 persons")
	seen := map[string]bool{}
	for _, p := range people {
		checks.Text("people.subject", p.Subject, true, maxText)
		checks.That(!seen[p.Subject], "people.subject", "duplicate", "people must differ in their subject")
		seen[p.Subject] = true
		checks.Text("people.name", p.Name, true, maxText)
		checks.Text("people.email", p.Email, false, maxText)
		checks.Text("people.note", p.Note, false, maxText)
	}
}

const (
	letters        = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	hostCharacters = letters + ".-:[]"
	pathCharacters = letters + "/-._~"
)

// checkURI takes absolute web addresses only. The host is plain because it
// becomes part of headers, where it must not end one thing and begin another.
func checkURI(checks *fault.Checks, name, raw string) (*url.URL, bool) {
	if raw == "" {
		checks.Add(name, "required", name+" must not be empty")
		return nil, false
	}
	u, err := url.Parse(raw)
	ok := err == nil && len(raw) <= maxURI && visible(raw) && !strings.ContainsAny(raw, " #*") &&
		(u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && strings.Trim(u.Host, hostCharacters) == ""
	if !ok {
		checks.Add(name, "not-an-address", name+" must be an http or https address with a plain host, without user, fragment or wildcard")
	}
	return u, ok
}

// visible reports whether a text has only the characters that RFC 6749 calls
// VSCHAR, which come back from a form as they went in.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// originOf returns the origin of an address that checkURI took, as a browser
// writes it: lower case and without the port that the scheme implies.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + plainHost(u.Scheme, u.Host)
}

func plainHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	default:
		return host
	}
}
