//go:build !superher_cut_predicates

package conformance_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// onEveryStore runs a test of the façade on each adapter.
func onEveryStore(t *testing.T, test func(t *testing.T, store storage.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { test(t, memory.New()) })
	t.Run("sqlite", func(t *testing.T) { test(t, openSQLite(t)) })
	t.Run("postgres", func(t *testing.T) {
		d := needDatabases(t)
		test(t, openPostgres(t, d.clone(t, d.application)))
	})
}

func openSQLite(t testing.TB) storage.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// eventsEachWay is how many events try each of the three ways across.
const eventsEachWay = 1000

func TestAttribution_AcrossTenantsIsUnattributedOnEveryStore(t *testing.T) {
	onEveryStore(t, func(t *testing.T, store storage.Store) {
		client, err := superher.New(superher.Config{Store: store})
		require.NoError(t, err)
		mine, _, _ := brandWithCodes(t, client, "mine")
		theirs, coupon, link := brandWithCodes(t, client, "theirs")

		for name, s := range map[string]attribution.Submission{
			"coupon":      {CouponCode: string(coupon.Code)},
			"ref code":    {RefCode: string(link.Code)},
			"landing URL": {LandingURL: link.RedirectURL()},
		} {
			t.Run(name, func(t *testing.T) {
				s.Type, s.Value = campaigns.Purchase, money.Of(1000, "EUR")
				batch := make([]attribution.Submission, eventsEachWay)
				for i := range batch {
					batch[i] = s
				}
				results, err := mine.RecordEvents(t.Context(), batch)
				require.NoError(t, err)
				for _, r := range results {
					require.NoError(t, r.Err)
					require.Equal(t, attribution.None, r.Decision.Method)
					require.Equal(t, attribution.Direct, r.Decision.Source)
					require.True(t, r.Decision.Campaign.IsZero() && r.Decision.Influencer.IsZero() && r.Decision.Link.IsZero() && r.Decision.Coupon.IsZero())
					for _, c := range r.Decision.Candidates {
						require.Equal(t, attribution.UnknownCode, c.Verdict)
						require.True(t, c.Coupon.IsZero() && c.Link.IsZero() && c.Campaign.IsZero() && c.Influencer.IsZero())
					}
				}
				_, err = theirs.Event(t.Context(), results[0].ID)
				require.ErrorIs(t, err, fault.NotFound)

				own, err := theirs.RecordEvent(t.Context(), s)
				require.NoError(t, err)
				require.NotEqual(t, attribution.None, own.Decision.Method, "the evidence is good where it belongs")
			})
		}
	})
}

// brandWithCodes makes a brand with an influencer's coupon and link.
func brandWithCodes(t testing.TB, client *superher.Client, name string) (superher.Account, coupons.Coupon, links.Link) {
	t.Helper()
	brand, err := client.CreateAdvertiser(t.Context(), tenant.NewAdvertiser{Name: name, Currency: "EUR"})
	require.NoError(t, err)
	account := client.For(tenant.For(brand.ID))
	campaign, err := account.CreateCampaign(t.Context(), campaigns.NewCampaign{Name: "Summer", Status: campaigns.Active})
	require.NoError(t, err)
	influencer, err := account.CreateInfluencer(t.Context(), campaigns.NewInfluencer{Name: "Jessica"})
	require.NoError(t, err)
	coupon, err := account.CreateCoupon(t.Context(), fmt.Sprintf("%s20", name), coupons.NewCoupon{Campaign: campaign.ID, Influencer: influencer.ID})
	require.NoError(t, err)
	link, err := account.CreateLink(t.Context(), links.NewLink{Campaign: campaign.ID, Influencer: influencer.ID, Destination: "https://shop.example/"})
	require.NoError(t, err)
	return account, coupon, link
}
