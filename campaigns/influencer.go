package campaigns

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/tenant"
)

// Limits of an influencer's fields.
const (
	MaxEmail      = 254 // bytes, RFC 5321
	MaxHandle     = 100 // characters
	MaxPlatforms  = 20
	MaxPlatform   = 40  // characters
	MaxExternalID = 200 // characters
)

// ErasedName stands where an erased influencer's name was.
const ErasedName = "Erased"

// InfluencerID names an influencer.
type InfluencerID = ident.Of[Influencer]

// Influencer is a person of the platform. Several advertisers may work with
// the same person; each sees the person when it created the entry, when the
// person is assigned to one of its campaigns, or owns a link or coupon of it.
type Influencer struct {
	ID         InfluencerID
	Creator    tenant.ID // the advertiser that made the entry, and may change it
	Name       string
	Email      string // may be empty
	Handle     string // may be empty: "@jessica"
	Platforms  []string
	Country    string // ISO 3166-1 alpha-2, upper case; may be empty
	ExternalID string // the brand's own id of the person; may be empty
	CreatedAt  time.Time
	Version    int64 // counts changes from 1
}

// NewInfluencer is what is needed to create an [Influencer].
type NewInfluencer struct {
	Name       string
	Email      string
	Handle     string
	Platforms  []string
	Country    string
	ExternalID string
}

// CreateInfluencer checks the input and returns the influencer. The error is
// fault.Invalid with every bad field.
func CreateInfluencer(id InfluencerID, creator tenant.ID, now time.Time, in NewInfluencer) (Influencer, error) {
	i := Influencer{
		ID: id, Creator: creator, Name: in.Name, Email: in.Email, Handle: in.Handle,
		Platforms: slices.Clone(in.Platforms), Country: in.Country, ExternalID: in.ExternalID, CreatedAt: now, Version: 1,
	}
	return i, i.check()
}

// InfluencerChange names the fields to change; nil leaves one as it is.
type InfluencerChange struct {
	Version int64 // the version the change is meant for; 0 means whichever is stored

	Name       *string
	Email      *string
	Handle     *string
	Platforms  *[]string
	Country    *string
	ExternalID *string
}

// Apply returns the changed influencer, with the errors of [CreateInfluencer],
// and fault.Conflict "changed-meanwhile" before them for another version.
func (i Influencer) Apply(change InfluencerChange) (Influencer, error) {
	if err := fault.CheckVersion(change.Version, i.Version); err != nil {
		return Influencer{}, err
	}
	set(&i.Name, change.Name)
	set(&i.Email, change.Email)
	set(&i.Handle, change.Handle)
	if change.Platforms != nil {
		i.Platforms = slices.Clone(*change.Platforms)
	}
	set(&i.Country, change.Country)
	set(&i.ExternalID, change.ExternalID)
	return i, i.check()
}

// Erase returns the influencer without anything about the person. The entry
// itself stays, under its id, creator, moment of creation and version: what was
// earned and paid refers to it, and reports and payouts keep their figures after
// the person is gone.
func (i Influencer) Erase() Influencer {
	return Influencer{ID: i.ID, Creator: i.Creator, Name: ErasedName, CreatedAt: i.CreatedAt, Version: i.Version}
}

func (i Influencer) check() error {
	var checks fault.Checks
	checks.Text("name", i.Name, true, MaxName)
	checks.Text("handle", i.Handle, false, MaxHandle)
	checks.Text("external_id", i.ExternalID, false, MaxExternalID)
	if i.Email != "" {
		address, err := mail.ParseAddress(i.Email)
		checks.That(err == nil && address.Address == i.Email && len(i.Email) <= MaxEmail && !strings.ContainsFunc(i.Email, unicode.IsControl),
			"email", "malformed-email", "email must be a plain address, like jessica@example.com")
	}
	if i.Country != "" {
		checks.That(len(i.Country) == 2 && strings.Trim(i.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "",
			"country", "malformed-country", "country must be a code of two upper-case letters, like IN")
	}
	checks.That(len(i.Platforms) <= MaxPlatforms, "platforms", "too-many", "platforms must have at most 20 entries")
	for _, p := range i.Platforms {
		if !checks.Text("platforms", p, true, MaxPlatform) {
			break
		}
	}
	return checks.Err()
}

// Assignment is an influencer's place in a campaign, with every version of the
// terms. No terms at all is allowed: the influencer then earns nothing yet.
type Assignment struct {
	Advertiser tenant.ID
	Campaign   ID
	Influencer InfluencerID
	Terms      payouts.History
	CreatedAt  time.Time
}
