package sqlite_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func Example() {
	ctx := context.Background()
	directory, err := os.MkdirTemp("", "superher")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(directory) }()

	store, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(directory, "superher.db")})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()

	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	brandID, _ := ident.New[tenant.Advertiser](now, rand.Reader)
	brand, _ := tenant.Create(brandID, now, tenant.NewAdvertiser{Name: "Acme", Currency: "INR"})
	if err := store.System().CreateAdvertiser(ctx, brand); err != nil {
		log.Fatal(err)
	}

	scope := tenant.For(brand.ID)
	err = store.Write(ctx, scope, func(ctx context.Context, tx storage.Tx) error {
		id, err := ident.New[campaigns.Campaign](now, rand.Reader)
		if err != nil {
			return err
		}
		campaign, err := campaigns.Create(id, brand.ID, now, campaigns.NewCampaign{Name: "Summer sale"})
		if err != nil {
			return err
		}
		return tx.CreateCampaign(ctx, campaign)
	})
	if err != nil {
		log.Fatal(err)
	}

	list, err := store.Read(scope.View()).Campaigns(ctx, storage.Page{})
	if err != nil {
		log.Fatal(err)
	}
	for _, campaign := range list.Items {
		fmt.Println(campaign.Name, campaign.Status)
	}
	// Output: Summer sale draft
}
