package tenant

import (
	"slices"
	"strings"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

// KeyID names an API key.
type KeyID = ident.Of[APIKey]

// Permission is one right of an API key; the field calls it a scope.
type Permission string

// The permissions of an API key.
const (
	EverythingAllowed Permission = "*"
	EventsWrite       Permission = "events:write"
	EventsRead        Permission = "events:read"
	StatsRead         Permission = "stats:read"
	CampaignsWrite    Permission = "campaigns:write"
	CampaignsRead     Permission = "campaigns:read"
	InfluencersWrite  Permission = "influencers:write"
	InfluencersRead   Permission = "influencers:read"
	CouponsWrite      Permission = "coupons:write"
	CouponsRead       Permission = "coupons:read"
	LinksWrite        Permission = "links:write"
	LinksRead         Permission = "links:read"
	PayoutsWrite      Permission = "payouts:write"
	PayoutsRead       Permission = "payouts:read"
	AdvertiserWrite   Permission = "advertiser:write"
	KeysWrite         Permission = "keys:write"
	KeysRead          Permission = "keys:read"
)

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{
		EverythingAllowed, EventsWrite, EventsRead, StatsRead, CampaignsWrite, CampaignsRead, InfluencersWrite,
		InfluencersRead, CouponsWrite, CouponsRead, LinksWrite, LinksRead, PayoutsWrite, PayoutsRead, AdvertiserWrite, KeysWrite, KeysRead,
	}
}

// APIKey is a credential of a machine of one advertiser, without the secret:
// only a hash of it is known after its creation.
type APIKey struct {
	ID         KeyID
	Advertiser ID
	Name       string
	Prefix     string   // kind and key id, to recognise it: "sk_live_4fQ9…"
	LastFour   string   // last four characters of the raw key
	Hash       [32]byte // SHA-256 of the raw key
	Scopes     []Permission
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	RevokedAt  time.Time // zero: not revoked; in the future: works until then
	LastUsedAt time.Time // zero: never used; kept to about a minute
	Version    int64     // counts changes from 1; a use is not a change
}

// NewAPIKey is what is needed to create an [APIKey].
type NewAPIKey struct {
	Name      string
	Scopes    []Permission // at least one
	ExpiresAt time.Time    // zero: never
	Test      bool         // makes an sk_test_ key
}

// Check returns fault.Invalid with every bad field of name, scopes and expires_at.
func (in NewAPIKey) Check(now time.Time) error {
	var checks fault.Checks
	checks.Text("name", in.Name, true, MaxName)
	checks.That(len(in.Scopes) > 0, "scopes", "required", "scopes must name at least one permission")
	for i, p := range in.Scopes {
		if !checks.That(slices.Contains(Permissions(), p), "scopes", "unknown-scope", "scopes holds an unknown permission") ||
			!checks.That(!slices.Contains(in.Scopes[:i], p), "scopes", "repeated", "scopes names a permission twice") {
			break
		}
	}
	checks.That(in.ExpiresAt.IsZero() || in.ExpiresAt.After(now), "expires_at", "in-the-past", "expires_at must be in the future")
	return checks.Err()
}

// Usable reports whether the key may be used at the moment now.
func (k APIKey) Usable(now time.Time) bool {
	return (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt)) && (k.RevokedAt.IsZero() || now.Before(k.RevokedAt))
}

// Outlives reports whether the key may work longer than the other one.
func (k APIKey) Outlives(other APIKey) bool {
	own, its := k.end(), other.end()
	return !its.IsZero() && (own.IsZero() || own.After(its))
}

// end is the moment from which the key is useless; zero: there is none.
func (k APIKey) end() time.Time {
	if k.ExpiresAt.IsZero() || !k.RevokedAt.IsZero() && k.RevokedAt.Before(k.ExpiresAt) {
		return k.RevokedAt
	}
	return k.ExpiresAt
}

// Allows reports whether the key holds the permission, or all of them.
func (k APIKey) Allows(p Permission) bool {
	return slices.Contains(k.Scopes, p) || slices.Contains(k.Scopes, EverythingAllowed)
}

// IsTest reports whether the key was made for trying things out: its raw text
// begins with sk_test_.
func (k APIKey) IsTest() bool { return strings.HasPrefix(k.Prefix, "sk_test_") }
