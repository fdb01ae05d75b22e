package links

import (
	"net/netip"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/tenant"
)

// DuplicateWindow is how long before and after a counted click another one of
// the same visitor on the same link is kept as a duplicate; see [MarkDuplicates].
const DuplicateWindow = 30 * time.Minute

// ClickID names a click.
type ClickID = ident.Of[Click]

// Class is what kind of visitor a click came from. Only Human counts as a
// click in reports; every hit is kept.
type Class string

// The classes.
const (
	Human     Class = "human"
	Bot       Class = "bot"       // a program that says so
	Prefetch  Class = "prefetch"  // nobody looked: HEAD, speculative loading, link previews
	Duplicate Class = "duplicate" // the same visitor on the same link within DuplicateWindow
)

// Classes lists all of them.
func Classes() []Class { return []Class{Human, Bot, Prefetch, Duplicate} }

// Hit is one request for a link as it arrived. It holds the visitor's address
// and must not be stored or logged; a [Click] is made from it for that.
type Hit struct {
	At        time.Time
	Method    string     // HTTP method
	Address   netip.Addr // of the visitor
	UserAgent string
	Referrer  string // the Referer header
	Purpose   string // the Sec-Purpose, Purpose or X-Moz header, the first that is set
	Country   string // ISO 3166-1 alpha-2, if a resolver is configured
}

// Visitor is a pseudonym of a person: equal hits of one day and tenant share
// it, and nothing leads back from it once the day's salt is gone.
type Visitor [16]byte

// Click is a stored hit. It holds no address and no full agent text.
type Click struct {
	ID         ClickID
	Advertiser tenant.ID
	Link       ID
	Campaign   campaigns.ID
	Influencer campaigns.InfluencerID // zero if the link has none
	At         time.Time
	Visitor    Visitor
	Agent      string // family of the agent: "Instagram", "Chrome", "Googlebot"
	Referrer   string // host of the referrer, "" if there is none
	Country    string // ISO 3166-1 alpha-2, "" if unknown
	Class      Class
	Reason     string // why the class, for example "head-request"; "" for Human
}
