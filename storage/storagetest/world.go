package storagetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// world is a store filled at random with two advertisers, and the same data as
// slices for stats.Fold.
type world struct {
	*fixture
	random *rand.Rand
	around time.Time // most things happen within days of it
	one    [2]stats.Data
	both   stats.Data
}

// place is a zone with a moment at which something happens to its clocks.
type place struct {
	zone   string
	around time.Time
}

// places lists zones at odd offsets and days on which clocks change: at night,
// at midnight, by half an hour, and around Ramadan.
func places() []place {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 6, 0, 0, 0, time.UTC)
	}
	return []place{
		{"UTC", day(2026, 3, 1)}, {"Asia/Kolkata", day(2025, 12, 31)}, {"Asia/Kathmandu", day(2026, 2, 1)},
		{"America/New_York", day(2026, 3, 8)}, {"America/New_York", day(2025, 11, 2)},
		{"Australia/Lord_Howe", day(2026, 4, 4)}, {"Australia/Lord_Howe", day(2025, 10, 4)},
		{"Africa/Casablanca", day(2026, 2, 15)}, {"Africa/Casablanca", day(2026, 3, 22)},
		{"America/Sao_Paulo", day(2018, 11, 4)}, {"America/Sao_Paulo", day(2018, 2, 18)},
	}
}

// newWorld makes the world of a seed; equal seeds make equal worlds.
func newWorld(t *testing.T, h Harness, seed uint64) *world {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0x5eed))
	f := &fixture{ctx: t.Context(), store: h.New(t), ids: &maker{random: rand.NewChaCha8([32]byte{2})}}
	w := &world{fixture: f, random: random, around: pick(random, places()).around}
	for i := range w.one {
		p := f.newParty(fmt.Sprintf("world%d", i))
		require.NoError(t, f.store.System().CreateAdvertiser(f.ctx, p.advertiser))
		if i == 0 {
			f.a = p
		} else {
			f.b = p
		}
	}
	var shared campaigns.Influencer
	for i, p := range []party{f.a, f.b} {
		d := &w.one[i]
		f.write(t, p, func(ctx context.Context, tx storage.Tx) error { return w.people(ctx, tx, p, d) })
		if i == 0 {
			shared = d.Influencers[0]
		} else {
			require.NoError(t, f.store.System().ShareInfluencer(f.ctx, p.scope.Advertiser(), shared.ID))
			d.Influencers = append(d.Influencers, shared)
		}
		f.write(t, p, func(ctx context.Context, tx storage.Tx) error { return w.things(ctx, tx, p, d) })
		f.write(t, p, func(ctx context.Context, tx storage.Tx) error { return w.sales(ctx, tx, p, d) })
		w.visits(t, p, d)
	}
	a, b := w.one[0], w.one[1]
	w.both = stats.Data{
		Campaigns: slices.Concat(a.Campaigns, b.Campaigns), Assignments: slices.Concat(a.Assignments, b.Assignments),
		Influencers: slices.Concat(a.Influencers, b.Influencers[:len(b.Influencers)-1]), // the shared one is there already
		Coupons:     slices.Concat(a.Coupons, b.Coupons), Links: slices.Concat(a.Links, b.Links),
		Events: slices.Concat(a.Events, b.Events), Clicks: slices.Concat(a.Clicks, b.Clicks),
	}
	return w
}

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

// names are what rows are called: equal ones, ones that a pattern would match,
// ones that only look alike.
func names() []string {
	return []string{"Summer", "summer", "SUMMER", "Été", "e\u0301te\u0301", "100%", "a_b", "a\\b", "Zoë", "zoe", "", "'", "日本", "Summer Sale", "ß", "İi"}
}

func (w *world) name() string {
	if name := pick(w.random, names()); name != "" {
		return name
	}
	return "Summer"
}

// moment draws a time: mostly near the middle, sometimes on the hour.
func (w *world) moment() time.Time {
	at := w.around.Add(time.Duration(w.random.Int64N(int64(6*24*time.Hour))) - 3*24*time.Hour).Truncate(time.Microsecond)
	switch w.random.IntN(6) {
	case 0:
		return at.Truncate(time.Hour)
	case 1:
		return at.AddDate(0, 0, w.random.IntN(120)-60)
	case 2:
		return at.Truncate(15 * time.Minute)
	default:
		return at
	}
}

func (w *world) people(ctx context.Context, tx storage.Tx, p party, d *stats.Data) error {
	for range 2 + w.random.IntN(3) {
		c := w.newCampaign(p, w.name())
		d.Campaigns = append(d.Campaigns, c)
		if err := tx.CreateCampaign(ctx, c); err != nil {
			return err
		}
	}
	for range 2 + w.random.IntN(3) {
		i := w.newInfluencer(p, w.name())
		i.Handle = pick(w.random, names())
		d.Influencers = append(d.Influencers, i)
		if err := tx.CreateInfluencer(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// someone draws an influencer or nobody.
func (w *world) someone(d *stats.Data) campaigns.InfluencerID {
	if w.random.IntN(3) == 0 {
		return campaigns.InfluencerID{}
	}
	return pick(w.random, d.Influencers).ID
}

func (w *world) things(ctx context.Context, tx storage.Tx, p party, d *stats.Data) error {
	for _, c := range d.Campaigns {
		for _, i := range d.Influencers {
			if w.random.IntN(2) == 0 {
				continue
			}
			a := campaigns.Assignment{Advertiser: p.scope.Advertiser(), Campaign: c.ID, Influencer: i.ID, CreatedAt: start()}
			d.Assignments = append(d.Assignments, a)
			if err := tx.Assign(ctx, a); err != nil {
				return err
			}
		}
	}
	for n := range 3 + w.random.IntN(4) {
		c := w.newCoupon(p, coupons.Code(fmt.Sprintf("%s%d", pick(w.random, []string{"SUMMER-", "SUMMER_", "VIP"}), n)))
		c.Campaign, c.Influencer = pick(w.random, d.Campaigns).ID, w.someone(d)
		d.Coupons = append(d.Coupons, c)
	}
	taken, err := tx.CreateCoupons(ctx, d.Coupons)
	if err != nil || len(taken) > 0 {
		return fmt.Errorf("coupons: %w, taken %v", err, taken)
	}
	for range 3 + w.random.IntN(4) {
		l := w.newLink(p, links.Code(fmt.Sprintf("%s%06d", pick(w.random, []string{"a", "A", "b"}), w.ids.made)))
		l.Campaign, l.Influencer, l.Title = pick(w.random, d.Campaigns).ID, w.someone(d), pick(w.random, names())
		d.Links = append(d.Links, l)
		if err := tx.CreateLink(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// amount draws money, also none and zero.
func (w *world) amount() money.Amount {
	switch w.random.IntN(6) {
	case 0:
		return money.Amount{}
	case 1:
		return money.Of(0, pick(w.random, append(currencies(), "CLP", "USD"))) // some occur with zero alone
	default:
		return money.Of(w.random.Int64N(5_000_00), pick(w.random, currencies()))
	}
}

func currencies() []money.Currency { return []money.Currency{"INR", "EUR", "JPY", "KWD"} }

func eventTypes() []campaigns.EventType {
	return []campaigns.EventType{campaigns.Purchase, campaigns.Purchase, campaigns.Signup, campaigns.Lead, campaigns.AddToCart, "custom_1"}
}

// sales records events whose decisions are drawn at random: reports have to
// count what is stored, whether or not a waterfall would have come to it.
func (w *world) sales(ctx context.Context, tx storage.Tx, p party, d *stats.Data) error {
	for range 60 + w.random.IntN(60) {
		e := attribution.Event{
			ID: newID[attribution.Event](w.ids), Advertiser: p.scope.Advertiser(),
			Submission: attribution.Submission{Type: pick(w.random, eventTypes()), Value: w.amount(), OccurredAt: w.moment()},
			ReceivedAt: w.around, Conversion: w.random.IntN(3) > 0,
			Decision: attribution.Decision{Method: pick(w.random, attribution.Methods()), Source: pick(w.random, attribution.Sources())},
		}
		if w.random.IntN(4) > 0 {
			e.Decision.Campaign, e.Decision.Influencer = pick(w.random, d.Campaigns).ID, w.someone(d)
		}
		if w.random.IntN(2) == 0 {
			e.Decision.Coupon = pick(w.random, d.Coupons).ID
		}
		if w.random.IntN(2) == 0 {
			e.Decision.Link = pick(w.random, d.Links).ID
		}
		e.Commission.Reason = payouts.NoInfluencer // whoever earns is somebody
		if !e.Decision.Influencer.IsZero() {
			if e.Commission.Amount = w.amount(); e.Commission.Amount.IsZero() {
				e.Commission.Reason = payouts.NoTerms
			} else {
				e.Commission.Reason = payouts.Earned
			}
		}
		e.Print = e.Fingerprint()
		d.Events = append(d.Events, e)
	}
	_, err := tx.RecordEvents(ctx, d.Events)
	return err
}

// visits appends clicks in several batches, in the order of their times.
func (w *world) visits(t *testing.T, p party, d *stats.Data) {
	t.Helper()
	for range 80 + w.random.IntN(80) {
		l := pick(w.random, d.Links)
		c := links.Click{
			ID: newID[links.Click](w.ids), Advertiser: p.scope.Advertiser(), Link: l.ID, Campaign: l.Campaign, Influencer: l.Influencer,
			At: w.moment(), Agent: "Chrome", Class: pick(w.random, []links.Class{links.Human, links.Human, links.Human, links.Bot, links.Prefetch, links.Duplicate}),
		}
		person := byte(w.random.IntN(5))
		c.Visitor = pseudonym(person, c.At)
		d.Clicks = append(d.Clicks, c)
		if w.random.IntN(3) == 0 { // somebody taps twice
			c.ID, c.At = newID[links.Click](w.ids), c.At.Add(time.Duration(w.random.IntN(40))*time.Minute)
			c.Visitor = pseudonym(person, c.At)
			d.Clicks = append(d.Clicks, c)
		}
	}
	slices.SortStableFunc(d.Clicks, func(x, y links.Click) int { return x.At.Compare(y.At) })
	for rest := d.Clicks; len(rest) > 0; {
		n := min(len(rest), 1+w.random.IntN(70))
		// Clicks of the same moment stay together: their ids decide which one counts.
		for n < len(rest) && rest[n].At.Equal(rest[n-1].At) {
			n++
		}
		require.NoError(t, w.store.System().AppendClicks(w.ctx, rest[:n]))
		rest = rest[n:]
	}
	d.Clicks = links.MarkDuplicates(d.Clicks, nil)
}

// pseudonym returns the visitor that a person is on the UTC day of a moment.
func pseudonym(person byte, at time.Time) links.Visitor {
	out := links.Visitor{person}
	binary.BigEndian.PutUint32(out[1:], uint32(at.Unix()/(24*60*60)))
	return out
}

// reach is a view with the data it reaches.
type reach struct {
	name string
	view tenant.View
	data stats.Data
}

// views are the two advertisers' and everyone's, always in this order.
func (w *world) views() []reach {
	return []reach{
		{"one", w.a.scope.View(), w.one[0]}, {"other", w.b.scope.View(), w.one[1]}, {"everyone", tenant.Everyone(), w.both},
	}
}

// newRandom returns the random source of a seed.
func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xf117e5)) }
