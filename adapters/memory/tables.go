package memory

import (
	"iter"
	"maps"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// table holds rows by their owner and key. A table with a base is a layer over
// it: it takes all writes, so that a transaction is rolled back by forgetting
// its layer and nobody else sees it before it is merged. What is stored is
// never changed in place.
type table[K comparable, V any] struct {
	base *table[K, V]
	rows map[tenant.ID]map[K]V
}

func (t *table[K, V]) get(owner tenant.ID, key K) (V, bool) {
	row, found := t.rows[owner][key]
	if !found && t.base != nil {
		return t.base.get(owner, key)
	}
	return row, found
}

func (t *table[K, V]) has(owner tenant.ID, key K) bool {
	_, found := t.get(owner, key)
	return found
}

func (t *table[K, V]) put(owner tenant.ID, key K, row V) {
	if t.rows == nil {
		t.rows = map[tenant.ID]map[K]V{}
	}
	if t.rows[owner] == nil {
		t.rows[owner] = map[K]V{}
	}
	t.rows[owner][key] = row
}

// drop deletes rows from a table without a base.
func (t *table[K, V]) drop(unwanted func(K, V) bool) {
	for _, rows := range t.rows {
		maps.DeleteFunc(rows, unwanted)
	}
}

// of yields the rows of one owner, in no order.
func (t *table[K, V]) of(owner tenant.ID) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for key, row := range t.rows[owner] {
			if !yield(key, row) {
				return
			}
		}
		if t.base == nil {
			return
		}
		for key, row := range t.base.of(owner) {
			if _, changed := t.rows[owner][key]; !changed && !yield(key, row) {
				return
			}
		}
	}
}

// layer returns an empty table over t.
func (t *table[K, V]) layer() table[K, V] { return table[K, V]{base: t} }

// merge moves the rows of a layer to its base.
func (t *table[K, V]) merge() {
	for owner, rows := range t.rows {
		for key, row := range rows {
			t.base.put(owner, key, row)
		}
	}
}

// nobody returns the owner of what is unique across advertisers.
func nobody() tenant.ID { return tenant.ID{} }

type assignment struct {
	campaign   campaigns.ID
	influencer campaigns.InfluencerID
}

type natural struct {
	externalID string
	eventType  campaigns.EventType
}

// clickKey is what a click of an advertiser is known by.
type clickKey struct {
	at int64 // microseconds since 1970
	id links.ClickID
}

func clickKeyOf(c links.Click) clickKey { return clickKey{c.At.UnixMicro(), c.ID} }

type linkRef struct {
	advertiser tenant.ID
	link       links.ID
}

type keyRef struct {
	advertiser tenant.ID
	key        tenant.KeyID
}

type identity struct {
	issuer  string
	subject string
}

// tables is the whole state, or a layer over it. Those marked global are owned
// by nobody.
type tables struct {
	advertisers table[tenant.ID, tenant.Advertiser] // each owns itself
	keys        table[tenant.KeyID, tenant.APIKey]
	hashes      table[[32]byte, keyRef] // global
	campaigns   table[campaigns.ID, campaigns.Campaign]
	influencers table[campaigns.InfluencerID, campaigns.Influencer] // global
	access      table[campaigns.InfluencerID, struct{}]             // who sees whom
	assignments table[assignment, campaigns.Assignment]
	links       table[links.ID, links.Link]
	linkCodes   table[links.Code, linkRef] // global
	coupons     table[coupons.ID, coupons.Coupon]
	couponCodes table[coupons.Code, coupons.ID]
	events      table[attribution.ID, attribution.Event]
	naturals    table[natural, attribution.ID]
	clicks      table[clickKey, links.Click]
	counted     table[links.Visit, []time.Time]   // human clicks of a visit
	salts       table[int64, links.Salt]          // by day since 1970
	users       table[tenant.UserID, tenant.User] // global
	identities  table[identity, tenant.UserID]    // global
	requests    table[string, storage.Request]    // nobody's are those of the platform
	tickets     table[[32]byte, storage.Ticket]   // global
}

func (s *tables) layer() *tables {
	return &tables{
		advertisers: s.advertisers.layer(), keys: s.keys.layer(), hashes: s.hashes.layer(),
		campaigns: s.campaigns.layer(), influencers: s.influencers.layer(), access: s.access.layer(),
		assignments: s.assignments.layer(), links: s.links.layer(), linkCodes: s.linkCodes.layer(),
		coupons: s.coupons.layer(), couponCodes: s.couponCodes.layer(), events: s.events.layer(),
		naturals: s.naturals.layer(), clicks: s.clicks.layer(), counted: s.counted.layer(), salts: s.salts.layer(),
		users: s.users.layer(), identities: s.identities.layer(), requests: s.requests.layer(), tickets: s.tickets.layer(),
	}
}

func (s *tables) merge() {
	s.advertisers.merge()
	s.keys.merge()
	s.hashes.merge()
	s.campaigns.merge()
	s.influencers.merge()
	s.access.merge()
	s.assignments.merge()
	s.links.merge()
	s.linkCodes.merge()
	s.coupons.merge()
	s.couponCodes.merge()
	s.events.merge()
	s.naturals.merge()
	s.clicks.merge()
	s.counted.merge()
	s.salts.merge()
	s.users.merge()
	s.identities.merge()
	s.requests.merge()
	s.tickets.merge()
}
