package superher_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// start is when the stories of these tests begin.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// clock is a time that only moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// seeded is a repeatable random source that several goroutines may read.
type seeded struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func newSeeded(seed byte) *seeded { return &seeded{src: rand.NewChaCha8([32]byte{seed})} }

func (s *seeded) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src.Read(p)
}

// brand is one advertiser with a campaign, an influencer on 10 % and one on a
// flat fee, a personal and a generic coupon, and a link of each influencer.
type brand struct {
	superher.Account
	advertiser     tenant.Advertiser
	campaign       campaigns.Campaign
	jessica, ravi  campaigns.Influencer
	personal       coupons.Coupon
	generic        coupons.Coupon
	jessicas, ravs links.Link
}

type fixture struct {
	t      *testing.T
	clock  *clock
	client *superher.Client
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	c := &clock{now: start}
	client, err := superher.New(superher.Config{Store: memory.New(), Now: c.Now, Rand: newSeeded(1)})
	require.NoError(t, err)
	return fixture{t, c, client}
}

func (f fixture) brand(name string) brand {
	f.t.Helper()
	ctx, must := f.t.Context(), require.New(f.t)
	var b brand
	var err error
	b.advertiser, err = f.client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: name, Zone: "Asia/Kolkata", Currency: "INR"})
	must.NoError(err)
	b.Account = f.client.For(tenant.For(b.advertiser.ID))
	b.campaign, err = b.CreateCampaign(ctx, campaigns.NewCampaign{Name: "Summer", Status: campaigns.Active})
	must.NoError(err)
	b.jessica, err = b.CreateInfluencer(ctx, campaigns.NewInfluencer{Name: "Jessica", Email: "jessica@example.com", Handle: "@jessica"})
	must.NoError(err)
	b.ravi, err = b.CreateInfluencer(ctx, campaigns.NewInfluencer{Name: "Ravi"})
	must.NoError(err)
	_, err = b.Assign(ctx, b.campaign.ID, b.jessica.ID, payouts.Terms{Share: payouts.Percentage, Rate: 100_000})
	must.NoError(err)
	_, err = b.Assign(ctx, b.campaign.ID, b.ravi.ID, payouts.Terms{Share: payouts.Flat, Fee: money.Of(5000, "INR")})
	must.NoError(err)
	b.personal, err = b.CreateCoupon(ctx, "JESSICA20", coupons.NewCoupon{Campaign: b.campaign.ID, Influencer: b.jessica.ID})
	must.NoError(err)
	b.generic, err = b.CreateCoupon(ctx, "SUMMER20", coupons.NewCoupon{Campaign: b.campaign.ID})
	must.NoError(err)
	b.jessicas, err = b.CreateLink(ctx, links.NewLink{Campaign: b.campaign.ID, Influencer: b.jessica.ID, Destination: "https://shop.example/p?x=1#top"})
	must.NoError(err)
	b.ravs, err = b.CreateLink(ctx, links.NewLink{Campaign: b.campaign.ID, Influencer: b.ravi.ID, Destination: "https://shop.example/"})
	must.NoError(err)
	return b
}

// wholePeriod covers everything these tests do.
func wholePeriod() stats.Filter {
	return stats.Filter{From: start.AddDate(0, -1, 0), To: start.AddDate(0, 3, 0)}
}
