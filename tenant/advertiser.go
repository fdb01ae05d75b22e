package tenant

import (
	"strings"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
)

// MaxName is the length of the longest name of an advertiser, key or person, in characters.
const MaxName = 200

// ID names an advertiser, the tenant.
type ID = ident.Of[Advertiser]

// Advertiser is a brand: the tenant that everything else belongs to.
type Advertiser struct {
	ID        ID
	Name      string
	Zone      string         // IANA name of the reporting time zone: "Asia/Kolkata"
	Currency  money.Currency // default of forms and sorts; events carry their own
	CreatedAt time.Time
	Version   int64 // counts changes from 1; a write names the version it read
}

// NewAdvertiser is what is needed to create an [Advertiser].
type NewAdvertiser struct {
	Name     string
	Zone     string // default "UTC"
	Currency money.Currency
}

// Create checks the input and returns the advertiser. The error is
// fault.Invalid with every bad field of name, time_zone and currency.
func Create(id ID, now time.Time, in NewAdvertiser) (Advertiser, error) {
	if in.Zone == "" {
		in.Zone = "UTC"
	}
	a := Advertiser{ID: id, Name: in.Name, Zone: in.Zone, Currency: in.Currency, CreatedAt: now, Version: 1}
	return a, a.check()
}

// AdvertiserChange names the fields to change; nil leaves one as it is.
type AdvertiserChange struct {
	Version int64 // the version the change is meant for; 0 means whichever is stored

	Name     *string
	Zone     *string
	Currency *money.Currency
}

// Apply returns the changed advertiser, with the errors of [Create], and
// fault.Conflict "changed-meanwhile" before them for another version.
func (a Advertiser) Apply(change AdvertiserChange) (Advertiser, error) {
	if err := fault.CheckVersion(change.Version, a.Version); err != nil {
		return Advertiser{}, err
	}
	if change.Name != nil {
		a.Name = *change.Name
	}
	if change.Zone != nil {
		a.Zone = *change.Zone
	}
	if change.Currency != nil {
		a.Currency = *change.Currency
	}
	return a, a.check()
}

func (a Advertiser) check() error {
	var checks fault.Checks
	checks.Text("name", a.Name, true, MaxName)
	_, err := LoadZone(a.Zone)
	checks.Take("time_zone", err)
	_, err = money.ParseCurrency(string(a.Currency))
	checks.Take("currency", err)
	return checks.Err()
}

// LoadZone returns the named time zone of the IANA database. The empty name,
// "Local" and unknown names are fault.Invalid "unknown-time-zone": a report
// must not depend on the machine that computes it. So are the names that only
// some machines have beside the database's own: "localtime" and "posixrules",
// which are whatever was set up there, "Factory", and the variants below
// "posix/" and "right/", of which the latter counts leap seconds.
func LoadZone(name string) (*time.Location, error) {
	local := name == "" || name == "Local" || name == "localtime" || name == "posixrules" || name == "Factory" ||
		strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/")
	if !local {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, fault.Bad("time_zone", "unknown-time-zone", "time_zone must be an IANA name, like Asia/Kolkata")
}
