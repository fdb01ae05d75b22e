package storagetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// start is when the cases' world begins, with all six digits of a second.
func start() time.Time { return time.Date(2026, 3, 1, 10, 20, 30, 123_456_000, time.UTC) }

// forever is a filter that covers every event and click of the cases.
func forever() stats.Filter {
	return stats.Filter{From: start().AddDate(-4, 0, 0), To: start().AddDate(4, 0, 0)}
}

// maker makes ids that ascend in the order of their creation.
type maker struct {
	mu     sync.Mutex
	made   int
	random io.Reader
}

func newID[T any](m *maker) ident.Of[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made++
	id, err := ident.New[T](start().Add(time.Duration(m.made)*time.Millisecond), m.random)
	if err != nil {
		panic(err)
	}
	return id
}

// party is one advertiser with one of everything.
type party struct {
	scope      tenant.Scope
	advertiser tenant.Advertiser
	key        tenant.APIKey
	campaign   campaigns.Campaign
	influencer campaigns.Influencer
	assignment campaigns.Assignment
	link       links.Link
	coupon     coupons.Coupon
	event      attribution.Event
	request    storage.Request // under a key that every party and the platform has
	own        storage.Request // under a key that nobody else has
	ticket     storage.Ticket
}

// fixture is a store with two parties whose data look alike, and the ids of a
// third one that was never stored.
type fixture struct {
	ctx     context.Context
	store   storage.Store
	ids     *maker
	a, b    party
	unknown party
}

func newFixture(t *testing.T, h Harness) *fixture {
	t.Helper()
	f := &fixture{ctx: t.Context(), store: h.New(t), ids: &maker{random: rand.NewChaCha8([32]byte{1})}}
	f.a, f.b, f.unknown = f.newParty("aaa"), f.newParty("bbb"), f.newParty("ccc")
	f.save(t, f.a)
	f.save(t, f.b)
	f.administer(t, func(ctx context.Context, p storage.Platform) error {
		_, err := ask(ctx, p, f.platform())
		return err
	})
	return f
}

// newParty makes a party; the mark tells what must differ between parties.
func (f *fixture) newParty(mark string) party {
	id := newID[tenant.Advertiser](f.ids)
	p := party{scope: tenant.For(id)}
	p.advertiser = tenant.Advertiser{ID: id, Name: "Brand", Zone: "Asia/Kolkata", Currency: "INR", CreatedAt: start(), Version: 1}
	p.key = f.newKey(p, mark)
	p.campaign = f.newCampaign(p, "Summer")
	p.influencer = f.newInfluencer(p, "Jessica")
	p.assignment = campaigns.Assignment{
		Advertiser: id, Campaign: p.campaign.ID, Influencer: p.influencer.ID, CreatedAt: start(),
		Terms: payouts.History{newTerms(1)},
	}
	p.link = f.newLink(p, links.Code(mark+"link"))
	p.coupon = f.newCoupon(p, "SUMMER20")
	p.event = f.newEvent(p, "order-1", 149_900)
	p.request, p.own = newRequest("request-1", mark), newRequest(mark+"-request", mark)
	p.ticket = newTicket(mark)
	return p
}

// newRequest makes a request with its answer; the mark tells it from one of
// somebody else under the same key.
func newRequest(key, mark string) storage.Request {
	return storage.Request{Key: key, Fingerprint: sha256.Sum256([]byte(key + mark)), Answer: []byte("answer to " + mark), At: start()}
}

func newTicket(mark string) storage.Ticket {
	return storage.Ticket{Hash: sha256.Sum256([]byte("ticket of " + mark)), Purpose: []byte("purpose of " + mark), ExpiresAt: start().Add(time.Minute)}
}

// newUser makes a person whom an admin has not seen yet.
func (f *fixture) newUser(subject string) tenant.User {
	return tenant.NewUser(newID[tenant.User](f.ids), start(), "https://idp.example", subject, "jessica@example.com")
}

// carryOut claims a request that nobody claimed before and answers it.
func carryOut(ctx context.Context, w storage.RequestWriter, r storage.Request) error {
	first, err := ask(ctx, w, r)
	if err == nil && !first {
		return fmt.Errorf("request %q was claimed before", r.Key)
	}
	return err
}

// ask claims and answers a request, whether or not it is the first. That it
// was is for the cases to require: a fixture that did would fail them all.
func ask(ctx context.Context, w storage.RequestWriter, r storage.Request) (first bool, err error) {
	claim := r
	claim.Answer = nil
	_, first, err = w.ClaimRequest(ctx, claim)
	return first, firstError(err, w.AnswerRequest(ctx, r.Key, r.Answer))
}

func newTerms(version int) payouts.Terms {
	return payouts.Terms{Version: version, Share: payouts.Percentage, Rate: 100_000, From: start().AddDate(0, version, 0), RecordedAt: start()}
}

func (f *fixture) newKey(p party, mark string) tenant.APIKey {
	return tenant.APIKey{
		ID: newID[tenant.APIKey](f.ids), Advertiser: p.scope.Advertiser(), Name: "Shop", Prefix: "sk_live_abc", LastFour: "wxyz",
		Hash: sha256.Sum256([]byte(mark)), Scopes: []tenant.Permission{tenant.EventsWrite, tenant.StatsRead}, CreatedAt: start(), Version: 1,
	}
}

func (f *fixture) newCampaign(p party, name string) campaigns.Campaign {
	return campaigns.Campaign{
		ID: newID[campaigns.Campaign](f.ids), Advertiser: p.scope.Advertiser(), Name: name, Status: campaigns.Active,
		StartsAt: start().AddDate(-1, 0, 0), Budget: money.Of(5_000_00, "INR"),
		ConversionTypes: []campaigns.EventType{campaigns.Purchase, campaigns.Signup}, GenericCoupon: campaigns.GenericCreditsLink,
		CreatedAt: start(), Version: 1,
	}
}

func (f *fixture) newInfluencer(p party, name string) campaigns.Influencer {
	return campaigns.Influencer{
		ID: newID[campaigns.Influencer](f.ids), Creator: p.scope.Advertiser(), Name: name, Email: "jessica@example.com",
		Handle: "@jessica", Platforms: []string{"instagram", "tiktok"}, Country: "IN", ExternalID: "crm-1", CreatedAt: start(), Version: 1,
	}
}

func (f *fixture) newLink(p party, code links.Code) links.Link {
	return links.Link{
		ID: newID[links.Link](f.ids), Advertiser: p.scope.Advertiser(), Campaign: p.campaign.ID, Influencer: p.influencer.ID, Code: code,
		Destination: "https://shop.example/sale?size=m", Title: "Bio", UTM: links.UTM{Source: "ig", Medium: "bio", Campaign: "c", Term: "t", Content: "x"},
		Status: links.Active, CreatedAt: start(), Version: 1,
	}
}

func (f *fixture) newCoupon(p party, code coupons.Code) coupons.Coupon {
	return coupons.Coupon{
		ID: newID[coupons.Coupon](f.ids), Advertiser: p.scope.Advertiser(), Campaign: p.campaign.ID, Influencer: p.influencer.ID, Code: code,
		Status: coupons.Active, ValidFrom: start().AddDate(-1, 0, 0), ValidTo: start().AddDate(1, 0, 0),
		Discount: coupons.Discount{Amount: money.Of(100_00, "INR")}, CreatedAt: start(), Version: 1,
	}
}

// newEvent makes a purchase that the party's coupon won after its link.
func (f *fixture) newEvent(p party, externalID string, minor int64) attribution.Event {
	e := attribution.Event{
		ID: newID[attribution.Event](f.ids), Advertiser: p.scope.Advertiser(),
		Submission: attribution.Submission{
			Type: campaigns.Purchase, Value: money.Of(minor, "INR"), CouponCode: "summer20", RefCode: string(p.link.Code),
			LandingURL: "https://shop.example/?ref_code=" + string(p.link.Code), ExternalID: externalID, CustomerID: "customer-1",
			OccurredAt: start(), Metadata: map[string]string{"size": "m", "colour": "red"},
		},
		ReceivedAt: start().Add(time.Second), Conversion: true,
		Decision: attribution.Decision{
			Method: attribution.ByCoupon, Source: attribution.TrackingLink,
			Campaign: p.campaign.ID, Influencer: p.influencer.ID, Coupon: p.coupon.ID, Link: p.link.ID,
			Candidates: []attribution.Candidate{
				{Method: attribution.ByCoupon, Text: "summer20", Verdict: attribution.Won, Campaign: p.campaign.ID, Influencer: p.influencer.ID, Coupon: p.coupon.ID},
				{Method: attribution.ByRefCode, Text: string(p.link.Code), Verdict: attribution.Outranked, Campaign: p.campaign.ID, Link: p.link.ID},
			},
		},
		Commission: payouts.Commission{Amount: money.Of(minor/10, "INR"), Reason: payouts.Earned, Terms: newTerms(1)},
	}
	e.Print = e.Fingerprint()
	return e
}

// newClick makes a human click of a visitor on the party's link.
func (f *fixture) newClick(p party, visitor byte, at time.Time) links.Click {
	return links.Click{
		ID: newID[links.Click](f.ids), Advertiser: p.scope.Advertiser(), Link: p.link.ID, Campaign: p.link.Campaign, Influencer: p.link.Influencer,
		At: at, Visitor: links.Visitor{visitor}, Agent: "Instagram", Referrer: "instagram.com", Country: "IN", Class: links.Human,
	}
}

// save stores everything of a party, and one click.
func (f *fixture) save(t *testing.T, p party) {
	t.Helper()
	require.NoError(t, f.store.System().CreateAdvertiser(f.ctx, p.advertiser))
	f.write(t, p, func(ctx context.Context, tx storage.Tx) error {
		err := firstError(
			tx.CreateAPIKey(ctx, p.key), tx.CreateCampaign(ctx, p.campaign), tx.CreateInfluencer(ctx, p.influencer),
			tx.Assign(ctx, p.assignment), tx.CreateLink(ctx, p.link))
		if err != nil {
			return err
		}
		taken, err := tx.CreateCoupons(ctx, []coupons.Coupon{p.coupon})
		if err != nil || len(taken) > 0 {
			return fmt.Errorf("coupon: %w, taken %v", err, taken)
		}
		_, err = tx.RecordEvents(ctx, []attribution.Event{p.event})
		_, requestErr := ask(ctx, tx, p.request)
		_, ownErr := ask(ctx, tx, p.own)
		return firstError(err, requestErr, ownErr, tx.CreateTicket(ctx, p.ticket))
	})
	require.NoError(t, f.store.System().AppendClicks(f.ctx, []links.Click{f.newClick(p, 1, start())}))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// write runs fn for the party and requires that it commits.
func (f *fixture) write(t *testing.T, p party, fn func(ctx context.Context, tx storage.Tx) error) {
	t.Helper()
	require.NoError(t, f.store.Write(f.ctx, p.scope, fn))
}

// try runs fn for the party and returns what came of it.
func (f *fixture) try(p party, fn func(ctx context.Context, tx storage.Tx) error) error {
	return f.store.Write(f.ctx, p.scope, fn)
}

// platform is the platform's request under the key that the parties have as well.
func (f *fixture) platform() storage.Request { return newRequest(f.a.request.Key, "platform") }

// administer runs fn outside of any tenant and requires that it commits.
func (f *fixture) administer(t *testing.T, fn func(ctx context.Context, p storage.Platform) error) {
	t.Helper()
	require.NoError(t, f.store.System().Administer(f.ctx, fn))
}

func (f *fixture) read(p party) storage.Reader { return f.store.Read(p.scope.View()) }

func (f *fixture) everyone() storage.Reader { return f.store.Read(tenant.Everyone()) }
