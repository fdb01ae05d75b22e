package postgres_test

import (
	"context"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func Example() {
	ctx := context.Background()
	// Once, at deployment, as the owner of the tables.
	if _, err := postgres.Migrate(ctx, "postgres://owner@db.example/shop", postgres.MigrateConfig{GrantTo: "app"}); err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(ctx, postgres.Config{URL: "postgres://app@db.example/shop"})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	list, err := store.Read(tenant.Everyone()).Advertisers(ctx, storage.Page{})
	if err != nil {
		log.Fatal(err)
	}
	log.Println(len(list.Items), "advertisers")
}

func ExampleInTx() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://app@db.example/shop")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	var advertiser tenant.ID // known from elsewhere

	// The order and what superher stores of it commit together or not at all.
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO orders (id) VALUES ($1)", 1001); err != nil {
			return err
		}
		return postgres.InTx(tx).Write(ctx, tenant.For(advertiser), func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.RecordEvents(ctx, nil) // the order's event
			return err
		})
	})
	if err != nil {
		log.Fatal(err)
	}
}
