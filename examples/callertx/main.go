// Command callertx shows superher inside the host's own transaction: an order
// and its conversion event become lasting together, or not at all.
//
//	go run ./examples/callertx --database-url postgres://…
//
// It brings the tables up to date, so it needs the role that owns them, and
// leaves behind a brand and a table callertx_orders. Every run adds to them.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

func main() {
	url := flag.String("database-url", os.Getenv("SUPERHER_TEST_DATABASE_URL"), "a PostgreSQL database")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *url); err != nil {
		fmt.Fprintln(os.Stderr, "callertx:", err)
		os.Exit(1)
	}
}

var errDeclined = errors.New("the card was declined")

// run plays both endings on a database.
func run(ctx context.Context, out io.Writer, url string) error {
	if url == "" {
		return errors.New("--database-url or SUPERHER_TEST_DATABASE_URL must name a PostgreSQL database")
	}
	if _, err := postgres.Migrate(ctx, url, postgres.MigrateConfig{}); err != nil {
		return err
	}
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	if _, err := connection.Exec(ctx, "CREATE TABLE IF NOT EXISTS callertx_orders (id text PRIMARY KEY, total text NOT NULL)"); err != nil {
		return err
	}
	shop := shop{db: connection}
	if err := shop.open(ctx); err != nil {
		return err
	}
	for _, ending := range []struct {
		words string
		pay   func() error
		want  tally
	}{
		{"paid", func() error { return nil }, tally{orders: 1, events: 1}},
		{"declined", func() error { return errDeclined }, tally{orders: 0, events: 0}},
	} {
		order := "order-" + rand.Text()
		if err := shop.sell(ctx, order, ending.pay); err != nil && !errors.Is(err, errDeclined) {
			return err
		}
		found, err := shop.count(ctx, order)
		if err != nil {
			return err
		}
		if found != ending.want {
			return fmt.Errorf("%s: found %+v instead of %+v", ending.words, found, ending.want)
		}
		fmt.Fprintf(out, "%-8s  %d orders, %d events\n", ending.words, found.orders, found.events)
	}
	return nil
}

// shop is the host: its own tables and transactions, and a brand of superher.
type shop struct {
	db    *pgx.Conn
	brand tenant.Scope
}

// sell stores an order with its event, then takes the money. What fails at any
// point leaves neither behind.
func (s shop) sell(ctx context.Context, order string, pay func() error) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		price := money.Of(149_900, "INR")
		if _, err := tx.Exec(ctx, "INSERT INTO callertx_orders (id, total) VALUES ($1, $2)", order, price.String()); err != nil {
			return err
		}
		client, err := superher.New(superher.Config{Store: postgres.InTx(tx)})
		if err != nil {
			return err
		}
		sale, err := client.For(s.brand).RecordEvent(ctx, attribution.Submission{
			Type: campaigns.Purchase, Value: price, CouponCode: "JESSICA20", ExternalID: order,
		})
		if err != nil {
			return err
		}
		if sale.Decision.Method != attribution.ByCoupon {
			return fmt.Errorf("credited by %s instead of the coupon", sale.Decision.Method)
		}
		return pay()
	})
}

// open makes the brand with a coupon, in a transaction of the host as well.
func (s *shop) open(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		client, err := superher.New(superher.Config{Store: postgres.InTx(tx)})
		if err != nil {
			return err
		}
		acme, err := client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Acme", Currency: "INR"})
		if err != nil {
			return err
		}
		s.brand = tenant.For(acme.ID)
		account := client.For(s.brand)
		summer, err := account.CreateCampaign(ctx, campaigns.NewCampaign{Name: "Summer"})
		if err != nil {
			return err
		}
		jessica, err := account.CreateInfluencer(ctx, campaigns.NewInfluencer{Name: "Jessica"})
		if err != nil {
			return err
		}
		if _, err := account.Assign(ctx, summer.ID, jessica.ID, payouts.Terms{Share: payouts.Percentage, Rate: 100_000}); err != nil {
			return err
		}
		_, err = account.CreateCoupon(ctx, "JESSICA20", coupons.NewCoupon{Campaign: summer.ID, Influencer: jessica.ID})
		return err
	})
}

// tally is what is found of an order outside of its transaction.
type tally struct{ orders, events int }

func (s shop) count(ctx context.Context, order string) (tally, error) {
	var found tally
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM callertx_orders WHERE id = $1", order).Scan(&found.orders); err != nil {
			return err
		}
		client, err := superher.New(superher.Config{Store: postgres.InTx(tx)})
		if err != nil {
			return err
		}
		now := time.Now()
		period := stats.Filter{From: now.Add(-time.Hour), To: now.Add(time.Hour)}
		for e, err := range client.For(s.brand).EachEvent(ctx, period) {
			if err != nil {
				return err
			}
			if e.ExternalID == order {
				found.events++
			}
		}
		return nil
	})
	return found, err
}
