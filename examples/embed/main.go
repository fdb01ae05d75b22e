// Command embed is a shop of its own with influencer attribution inside: no
// other server, no other process.
//
//	go run ./examples/embed
//	curl -d 'price=1499.00&coupon=jessica20&order=1001' localhost:8090/checkout
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/tenant"
)

func main() {
	shop := &http.Server{Addr: "localhost:8090", Handler: checkout(brand(context.Background())), ReadHeaderTimeout: time.Second}
	log.Fatal(shop.ListenAndServe())
}

// brand sets up what a brand does once: a campaign, and an influencer with a
// code who earns 10 % of each sale.
func brand(ctx context.Context) superher.Account {
	client := must(superher.New(superher.Config{Store: memory.New()})) // or sqlite.Open, or postgres.Open
	acme := must(client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Acme", Currency: "INR"}))
	account := client.For(tenant.For(acme.ID))
	summer := must(account.CreateCampaign(ctx, campaigns.NewCampaign{Name: "Summer", Status: campaigns.Active}))
	jessica := must(account.CreateInfluencer(ctx, campaigns.NewInfluencer{Name: "Jessica"}))
	must(account.Assign(ctx, summer.ID, jessica.ID, payouts.Terms{Share: payouts.Percentage, Rate: must(money.ParseRate("10"))}))
	must(account.CreateCoupon(ctx, "JESSICA20", coupons.NewCoupon{Campaign: summer.ID, Influencer: jessica.ID}))
	return account
}

// checkout takes orders, and says whom each is credited to.
func checkout(account superher.Account) http.Handler {
	shop := http.NewServeMux()
	shop.HandleFunc("POST /checkout", func(w http.ResponseWriter, r *http.Request) {
		price, err := money.Parse(r.FormValue("price"), "INR")
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		sale, err := account.RecordEvent(r.Context(), attribution.Submission{
			Type: campaigns.Purchase, Value: price, ExternalID: r.FormValue("order"),
			CouponCode: r.FormValue("coupon"), LandingURL: r.FormValue("landing_url"),
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		fmt.Fprintln(w, attribution.Explain(sale.Event).Summary, "Commission:", sale.Commission.Reason, sale.Commission.Amount)
	})
	return shop
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
