//go:build superher_cut_predicates

package conformance_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// This build has no tenant predicates; see statsql.Tenant.

func TestPostgresUnguarded_RowSecurityAloneHidesForeignRows(t *testing.T) {
	d := needDatabases(t)
	require.Len(t, campaignsSeenByFirst(t, openPostgres(t, d.clone(t, d.application))), 1)
	require.Len(t, campaignsSeenByFirst(t, openPostgres(t, d.clone(t, d.owner))), 1)
}

// Without this the test above would pass as well if the predicates were there.
func TestPostgresUnguarded_ASuperuserSeesForeignRows(t *testing.T) {
	d := needDatabases(t)
	require.Len(t, campaignsSeenByFirst(t, openPostgres(t, d.clone(t, d.server.admin))), 2)
}

// campaignsSeenByFirst stores two advertisers with a campaign each and returns
// what the first one reads.
func campaignsSeenByFirst(t *testing.T, store storage.Store) []campaigns.Campaign {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	currency, err := money.ParseCurrency("EUR")
	require.NoError(t, err)
	var scopes [2]tenant.Scope
	for i := range scopes {
		advertiser, err := tenant.Create(newID[tenant.Advertiser](t, now), now, tenant.NewAdvertiser{Name: "Brand", Currency: currency})
		require.NoError(t, err)
		require.NoError(t, store.System().CreateAdvertiser(t.Context(), advertiser))
		campaign, err := campaigns.Create(newID[campaigns.Campaign](t, now), advertiser.ID, now, campaigns.NewCampaign{Name: "Spring"})
		require.NoError(t, err)
		scopes[i] = tenant.For(advertiser.ID)
		require.NoError(t, store.Write(t.Context(), scopes[i], func(ctx context.Context, tx storage.Tx) error {
			return tx.CreateCampaign(ctx, campaign)
		}))
	}
	list, err := store.Read(scopes[0].View()).Campaigns(t.Context(), storage.Page{})
	require.NoError(t, err)
	return list.Items
}

func newID[T any](t *testing.T, now time.Time) ident.Of[T] {
	t.Helper()
	id, err := ident.New[T](now, rand.Reader)
	require.NoError(t, err)
	return id
}
