//go:build linux

package main

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	reportDays = 90 // period that reports are asked for
	reportZone = "Asia/Kolkata"
	day        = 24 * time.Hour
	nothing    = -1 // number of what an event or a link has none of
)

type id = [16]byte

// kinds of ids, so that no two things share one.
const (
	kindBrand = iota + 1
	kindCampaign
	kindInfluencer
	kindLink
	kindCoupon
	kindEvent
	kindClick
)

// idOf makes an id in order of time, like those of the program.
func idOf(kind, brand int, n uint64, at time.Time) (out id) {
	binary.BigEndian.PutUint64(out[:], uint64(at.UnixMilli())<<16)
	out[6], out[7] = 0x70, byte(kind)
	out[8] = 0x80
	out[9], out[10] = byte(brand>>8), byte(brand)
	binary.BigEndian.PutUint32(out[11:], uint32(n))
	out[15] = byte(n >> 32)
	return out
}

// party is who a link or a coupon brings credit to.
type party struct{ campaign, influencer int }

// brand is an advertiser of the dataset.
type brand struct {
	number                 int
	id                     id
	campaigns, influencers []id
	links, coupons         []id
	linkOf, couponOf       []party
}

// dataset invents advertisers and what happens to them. The same sizes give the
// same data.
type dataset struct {
	brands []brand
	upTo   []float64 // share of all events that the brands up to here have
	end    time.Time
}

// newDataset makes the brands: the first has the most events, the others ever
// fewer, in proportion to 1/rank.
func newDataset(advertisers int, end time.Time) *dataset {
	d := &dataset{end: end}
	born := end.AddDate(-2, 0, 0)
	sum := 0.0
	for r := range advertisers {
		b := brand{number: r, id: idOf(kindBrand, r, 0, born)}
		list := func(kind, most, least int) (out []id) {
			for i := range max(least, most/(1+r/5)) {
				out = append(out, idOf(kind, r, uint64(i), born))
			}
			return out
		}
		b.campaigns, b.influencers = list(kindCampaign, 20, 2), list(kindInfluencer, 200, 3)
		b.links, b.coupons = list(kindLink, 400, 5), list(kindCoupon, 300, 5)
		for i := range b.links {
			b.linkOf = append(b.linkOf, party{i % len(b.campaigns), i % len(b.influencers)})
		}
		for i := range b.coupons {
			p := party{i % len(b.campaigns), i % len(b.influencers)}
			if i%10 == 0 {
				p.influencer = nothing // a generic one
			}
			b.couponOf = append(b.couponOf, p)
		}
		d.brands = append(d.brands, b)
		sum += 1 / float64(r+1)
		d.upTo = append(d.upTo, sum)
	}
	for i := range d.upTo {
		d.upTo[i] /= sum
	}
	return d
}

func (d *dataset) pick(r *rand.Rand) *brand {
	i, _ := slices.BinarySearch(d.upTo, r.Float64())
	return &d.brands[min(i, len(d.brands)-1)]
}

// event is an invented conversion event.
type event struct {
	of                       *brand
	id                       id
	at                       time.Time
	kind, currency           string
	value                    int64
	method, source           string
	campaign, influencer     int
	coupon, link             int
	conversion               bool
	commission               int64
	commissionIn, commReason string
}

// span is a part of history that is filled at once.
type span struct {
	number   int // begins the ids of its rows
	from, to time.Time
	events   int
}

// spans divides a history of four periods: the one that is asked for, the one
// before it, and the two before that, so that it can be seen whether what is
// older costs anything.
func (d *dataset) spans(events int) []span {
	back := func(periods int) time.Time { return d.end.Add(-time.Duration(periods*reportDays) * day) }
	return []span{
		{1, back(1), d.end, events / 4},
		{2, back(2), back(1), events / 4},
		{3, back(4), back(2), events - events/4*2},
	}
}

// eachEvent tells the events of a part in order of time.
func (d *dataset) eachEvent(s span, tell func(event) error) error {
	r := rand.New(rand.NewPCG(uint64(s.number), 1)) //nolint:gosec // the same data each time is the point
	for n := range s.events {
		at := s.from.Add(time.Duration(float64(s.to.Sub(s.from)) * float64(n) / float64(s.events))).Truncate(time.Microsecond)
		if err := tell(d.invent(r, uint64(s.number)<<32|uint64(n), at)); err != nil {
			return err
		}
	}
	return nil
}

func (d *dataset) invent(r *rand.Rand, n uint64, at time.Time) event {
	b := d.pick(r)
	e := event{
		of: b, id: idOf(kindEvent, b.number, n, at), at: at, kind: "purchase", method: "none", source: "direct",
		campaign: nothing, influencer: nothing, coupon: nothing, link: nothing, commReason: "no-influencer",
	}
	switch roll := r.IntN(100); {
	case roll >= 90:
		e.kind = "lead"
	case roll >= 70:
		e.kind = "signup"
	case roll >= 40:
		e.kind = "add_to_cart"
	}
	if e.kind == "purchase" || e.kind == "add_to_cart" && r.IntN(3) == 0 {
		e.value, e.currency = int64(100+r.IntN(500_000)), "INR"
		if r.IntN(20) == 0 {
			e.currency = "USD"
		}
	}
	credit := func(p party) { e.campaign, e.influencer = p.campaign, p.influencer }
	switch roll := r.IntN(100); {
	case roll < 35:
		e.method, e.coupon = "coupon", r.IntN(len(b.coupons))
		credit(b.couponOf[e.coupon])
		if r.IntN(2) == 0 {
			e.link, e.source = r.IntN(len(b.links)), "tracking_link"
		}
	case roll < 65:
		e.method, e.link, e.source = "ref_code", r.IntN(len(b.links)), "tracking_link"
		if roll >= 55 {
			e.method = "landing_url"
		}
		credit(b.linkOf[e.link])
	}
	e.conversion = e.kind == "purchase" && e.campaign != nothing
	switch {
	case e.influencer == nothing:
	case !e.conversion:
		e.commReason = "not-a-conversion"
	default:
		e.commission, e.commissionIn, e.commReason = e.value/8, e.currency, "earned"
	}
	return e
}

// click is an invented click.
type click struct {
	of         *brand
	id         id
	at         time.Time
	link       int
	visitor    id
	class, why string
}

// eachClick tells the clicks of a part, twice as many as its events, in order of
// time. A visitor is one of a UTC day.
func (d *dataset) eachClick(s span, tell func(click) error) error {
	r := rand.New(rand.NewPCG(uint64(s.number), 2)) //nolint:gosec // the same data each time is the point
	clicks := 2 * s.events
	aDay := max(1, int(float64(clicks)/s.to.Sub(s.from).Hours()*24))
	for n := range clicks {
		at := s.from.Add(time.Duration(float64(s.to.Sub(s.from)) * float64(n) / float64(clicks))).Truncate(time.Microsecond)
		b := d.pick(r)
		c := click{of: b, id: idOf(kindClick, b.number, uint64(s.number)<<32|uint64(n), at), at: at, link: r.IntN(len(b.links)), class: "human"}
		switch roll := r.IntN(100); {
		case roll >= 95:
			c.class, c.why = "prefetch", "head-request"
		case roll >= 85:
			c.class, c.why = "bot", "agent"
		case roll >= 75:
			c.class, c.why = "duplicate", "same-visitor"
		}
		binary.BigEndian.PutUint64(c.visitor[:], mix(uint64(b.number)<<32|uint64(at.Unix()/86400)))
		binary.BigEndian.PutUint64(c.visitor[8:], mix(uint64(r.IntN(aDay))))
		if err := tell(c); err != nil {
			return err
		}
	}
	return nil
}

// mix spreads a number over 64 bits (splitmix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
