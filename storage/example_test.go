package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// A transaction is all or nothing, and another tenant sees none of it.
func ExampleStore() {
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var store storage.Store = memory.New()
	tea := tenant.Advertiser{ID: tenant.ID{1}, Name: "Sunrise Tea", Zone: "UTC", Currency: "INR", CreatedAt: now, Version: 1}
	if err := store.System().CreateAdvertiser(ctx, tea); err != nil {
		log.Fatal(err)
	}
	summer, err := campaigns.Create(campaigns.ID{2}, tea.ID, now, campaigns.NewCampaign{Name: "Summer"})
	if err != nil {
		log.Fatal(err)
	}

	scope := tenant.For(tea.ID)
	undecided := errors.New("on second thoughts, no")
	for _, answer := range []error{undecided, nil} {
		err := store.Write(ctx, scope, func(ctx context.Context, tx storage.Tx) error {
			if err := tx.CreateCampaign(ctx, summer); err != nil {
				return err
			}
			return answer
		})
		_, missing := store.Read(scope.View()).Campaign(ctx, summer.ID)
		fmt.Println(err, "- stored:", missing == nil)
	}
	_, err = store.Read(tenant.For(tenant.ID{9}).View()).Campaign(ctx, summer.ID)
	fmt.Println("to another tenant:", errors.Is(err, fault.NotFound))
	// Output:
	// on second thoughts, no - stored: false
	// <nil> - stored: true
	// to another tenant: true
}
