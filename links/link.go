package links

import (
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/tenant"
)

// MaxTitle is the length of the longest title or UTM value, in characters.
const MaxTitle = 200

// ID names a link.
type ID = ident.Of[Link]

// Status is the state of a link.
type Status string

// The states. A disabled link redirects nobody, and its code stays reserved.
const (
	Active   Status = "active"
	Disabled Status = "disabled"
)

// UTM holds the campaign parameters a redirect adds where the destination has
// none of its own. Empty values are not added.
type UTM struct {
	Source   string
	Medium   string
	Campaign string
	Term     string
	Content  string
}

// Link sends a shopper to a destination and marks where the shopper came from.
// Its campaign, influencer and code never change.
type Link struct {
	ID          ID
	Advertiser  tenant.ID
	Campaign    campaigns.ID
	Influencer  campaigns.InfluencerID // zero: of the campaign alone
	Code        Code
	Destination string // canonical, see ParseDestination
	Title       string
	UTM         UTM
	Status      Status
	CreatedAt   time.Time
	Version     int64 // counts changes from 1
}

// NewLink is what is needed to create a [Link].
type NewLink struct {
	Campaign    campaigns.ID
	Influencer  campaigns.InfluencerID // optional
	Destination string
	Title       string
	UTM         UTM
	Code        string // vanity code; empty: one is generated
}

// Create checks the input and returns the link under the given code. The error
// is fault.Invalid with every bad field.
func Create(id ID, advertiser tenant.ID, now time.Time, code Code, in NewLink) (Link, error) {
	l := Link{
		ID: id, Advertiser: advertiser, Campaign: in.Campaign, Influencer: in.Influencer, Code: code,
		Destination: in.Destination, Title: in.Title, UTM: in.UTM, Status: Active, CreatedAt: now, Version: 1,
	}
	return l.checked()
}

// Change names the fields to change; nil leaves one as it is.
type Change struct {
	Version int64 // the version the change is meant for; 0 means whichever is stored

	Destination *string
	Title       *string
	UTM         *UTM
	Status      *Status
}

// Apply returns the changed link, with the errors of [Create], and
// fault.Conflict "changed-meanwhile" before them for another version.
func (l Link) Apply(change Change) (Link, error) {
	if err := fault.CheckVersion(change.Version, l.Version); err != nil {
		return Link{}, err
	}
	if change.Destination != nil {
		l.Destination = *change.Destination
	}
	if change.Title != nil {
		l.Title = *change.Title
	}
	if change.UTM != nil {
		l.UTM = *change.UTM
	}
	if change.Status != nil {
		l.Status = *change.Status
	}
	return l.checked()
}

// checked returns the link with its destination in canonical form.
func (l Link) checked() (Link, error) {
	var checks fault.Checks
	checks.That(!l.Campaign.IsZero(), "campaign_id", "required", "campaign_id must name a campaign")
	destination, err := ParseDestination(l.Destination)
	checks.Take("destination", err)
	l.Destination = destination
	checks.Text("title", l.Title, false, MaxTitle)
	for _, p := range l.UTM.pairs() {
		checks.Text("utm."+p.name[len("utm_"):], p.value, false, MaxTitle)
	}
	checks.That(l.Status == Active || l.Status == Disabled, "status", "unknown-status", "status must be active or disabled")
	return l, checks.Err()
}

type pair struct{ name, value string }

// pairs lists the parameters under their query names, in their usual order.
func (u UTM) pairs() []pair {
	return []pair{
		{"utm_source", u.Source}, {"utm_medium", u.Medium}, {"utm_campaign", u.Campaign},
		{"utm_term", u.Term}, {"utm_content", u.Content},
	}
}
