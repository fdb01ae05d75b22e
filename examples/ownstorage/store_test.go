package ownstorage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/examples/ownstorage"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
	"github.com/superher/superher/tenant"
)

// The whole contract of a storage adapter, in one call.
func TestStore_KeepsTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{
		New: func(*testing.T) storage.Store { return ownstorage.New(memory.New()) },
	})
}

func TestStore_NotesNothingOfARolledBackTransaction(t *testing.T) {
	store := ownstorage.New(memory.New())
	client, err := superher.New(superher.Config{Store: store})
	require.NoError(t, err)
	acme, err := client.CreateAdvertiser(t.Context(), tenant.NewAdvertiser{Name: "Acme", Currency: "EUR"})
	require.NoError(t, err)

	stop := errors.New("no")
	err = store.Write(t.Context(), tenant.For(acme.ID), func(ctx context.Context, tx storage.Tx) error {
		require.NoError(t, tx.CreateCampaign(ctx, campaigns.Campaign{ID: campaigns.ID{1}, Name: "Summer", Status: campaigns.Active, Version: 1}))
		return stop
	})
	require.ErrorIs(t, err, stop)
	require.Empty(t, store.Entries())
}

func Example() {
	ctx := context.Background()
	store := ownstorage.New(memory.New())
	client, err := superher.New(superher.Config{Store: store})
	if err != nil {
		panic(err)
	}
	acme, err := client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Acme", Currency: "EUR"})
	if err != nil {
		panic(err)
	}
	account := client.For(tenant.For(acme.ID))
	summer, err := account.CreateCampaign(ctx, campaigns.NewCampaign{Name: "Summer"})
	if err != nil {
		panic(err)
	}
	for range 2 { // the second time the code is taken
		_, err = account.CreateCoupon(ctx, "SUMMER20", coupons.NewCoupon{Campaign: summer.ID})
	}
	fmt.Println(err)
	for _, entry := range store.Entries() {
		fmt.Println(entry.Advertiser == acme.ID, entry.Action)
	}
	// Output:
	// conflict (coupon-code-taken): the code SUMMER20 is taken
	// true campaign "Summer" created
	// true 1 coupons created
}
