package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func Example() {
	ctx := context.Background()
	store := memory.New()
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)

	brand, other := tenant.For(tenant.ID{1}), tenant.For(tenant.ID{2})
	for name, scope := range map[string]tenant.Scope{"Acme": brand, "Globex": other} {
		a := tenant.Advertiser{ID: scope.Advertiser(), Name: name, Zone: "UTC", Currency: "EUR", CreatedAt: now, Version: 1}
		if err := store.System().CreateAdvertiser(ctx, a); err != nil {
			panic(err)
		}
	}

	summer := campaigns.Campaign{ID: campaigns.ID{7}, Name: "Summer", Status: campaigns.Active, CreatedAt: now, Version: 1}
	err := store.Write(ctx, brand, func(ctx context.Context, tx storage.Tx) error {
		return tx.CreateCampaign(ctx, summer)
	})
	if err != nil {
		panic(err)
	}

	c, err := store.Read(brand.View()).Campaign(ctx, summer.ID)
	fmt.Println(c.Name, c.Advertiser == brand.Advertiser(), err)

	_, err = store.Read(other.View()).Campaign(ctx, summer.ID)
	fmt.Println(errors.Is(err, fault.NotFound))
	// Output:
	// Summer true <nil>
	// true
}
