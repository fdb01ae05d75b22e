package superher_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// exampleBrand makes a client with one brand, a campaign and an influencer on
// ten percent; the examples go on from there.
func exampleBrand(ctx context.Context) (*superher.Client, superher.Account, campaigns.Campaign, campaigns.Influencer) {
	client, err := superher.New(superher.Config{Store: memory.New(), Now: func() time.Time { return start }, Rand: newSeeded(1)})
	check(err)
	brand, err := client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Sunrise Tea", Zone: "Asia/Kolkata", Currency: "INR"})
	check(err)
	account := client.For(tenant.For(brand.ID))
	summer, err := account.CreateCampaign(ctx, campaigns.NewCampaign{Name: "Summer", Status: campaigns.Active})
	check(err)
	jessica, err := account.CreateInfluencer(ctx, campaigns.NewInfluencer{Name: "Jessica"})
	check(err)
	tenPercent, err := money.ParseRate("10")
	check(err)
	_, err = account.Assign(ctx, summer.ID, jessica.ID, payouts.Terms{Share: payouts.Percentage, Rate: tenPercent})
	check(err)
	return client, account, summer, jessica
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A sale with an influencer's coupon is credited, and explains itself.
func ExampleAccount_RecordEvent() {
	ctx := context.Background()
	_, account, summer, jessica := exampleBrand(ctx)
	_, err := account.CreateCoupon(ctx, "JESSICA20", coupons.NewCoupon{Campaign: summer.ID, Influencer: jessica.ID})
	check(err)

	sale, err := account.RecordEvent(ctx, attribution.Submission{
		Type: campaigns.Purchase, Value: money.Of(149900, "INR"), CouponCode: "jessica20", ExternalID: "order-1001",
	})
	check(err)
	why, err := account.Explain(ctx, sale.ID)
	check(err)

	fmt.Println(sale.Decision.Influencer == jessica.ID, "earned", sale.Commission.Amount)
	fmt.Println(why.Summary)
	// Output:
	// true earned 149.90 INR
	// Credited to the influencer by a coupon.
}

// A redirect resolves the short code, answers at once, and leaves the click to
// a recorder that writes behind.
func ExampleClient_RecordClicks() {
	ctx, stop := context.WithCancel(context.Background())
	client, account, summer, jessica := exampleBrand(ctx)
	link, err := account.CreateLink(ctx, links.NewLink{
		Campaign: summer.ID, Influencer: jessica.ID, Destination: "https://shop.example/tea?size=l", Code: "jess",
	})
	check(err)
	buffer := clicks.NewBuffer(0, nil) // adapters/journal keeps them through a crash as well
	stopped := make(chan error)
	go func() { stopped <- buffer.Run(ctx, client.RecordClicks) }()

	found, err := client.ResolveLink(ctx, "jess") // in the handler of GET /r/{code}
	check(err)
	visit, err := client.NewVisit(found, hit("203.0.113.7"))
	check(err)
	check(buffer.Record(ctx, visit))
	fmt.Println("302", found.RedirectURL())

	stop()
	check(<-stopped)
	o, err := account.Stats().Overview(context.Background(), wholePeriod())
	check(err)
	fmt.Println(o.Clicks, "click on", link.Code)
	// Output:
	// 302 https://shop.example/tea?size=l&ref_code=jess
	// 1 click on jess
}

// Bulk coupons follow a pattern and never repeat.
func ExampleAccount_GenerateCoupons() {
	ctx := context.Background()
	_, account, summer, jessica := exampleBrand(ctx)
	made, err := account.GenerateCoupons(ctx, coupons.Pattern{Prefix: "TEA", Length: 8}, 500,
		coupons.NewCoupon{Campaign: summer.ID, Influencer: jessica.ID})
	check(err)
	fmt.Println(len(made), "codes, as long as", len(made[0].Code), "characters")
	// Output:
	// 500 codes, as long as 12 characters
}

// Every report takes the same filter; money is one amount for each currency.
func ExampleViewer_Stats() {
	ctx := context.Background()
	_, account, summer, jessica := exampleBrand(ctx)
	_, err := account.CreateCoupon(ctx, "JESSICA20", coupons.NewCoupon{Campaign: summer.ID, Influencer: jessica.ID})
	check(err)
	for _, value := range []money.Amount{money.Of(149900, "INR"), money.Of(50100, "INR"), money.Of(4200, "USD")} {
		_, err := account.RecordEvent(ctx, attribution.Submission{Type: campaigns.Purchase, Value: value, CouponCode: "JESSICA20"})
		check(err)
	}
	_, err = account.RecordEvent(ctx, attribution.Submission{Type: campaigns.Purchase, Value: money.Of(9900, "INR")})
	check(err)

	table, err := account.Stats().Table(ctx, stats.ByInfluencer, wholePeriod(), stats.TableQuery{})
	check(err)
	for _, row := range table.Rows {
		fmt.Println(row.Name, row.Conversions, row.Revenue, row.Payout)
	}
	fmt.Println("nobody's", table.Unattributed.Conversions, table.Unattributed.Revenue)
	// Output:
	// Jessica 3 [2000.00 INR 42.00 USD] [200.00 INR 4.20 USD]
	// nobody's 1 [99.00 INR]
}

// New terms that begin in the past change stored commissions only by a re-rate,
// which shows the difference first.
func ExampleAccount_ApplyRerate() {
	ctx := context.Background()
	_, account, summer, jessica := exampleBrand(ctx)
	_, err := account.CreateCoupon(ctx, "JESSICA20", coupons.NewCoupon{Campaign: summer.ID, Influencer: jessica.ID})
	check(err)
	_, err = account.RecordEvent(ctx, attribution.Submission{Type: campaigns.Purchase, Value: money.Of(100000, "INR"), CouponCode: "JESSICA20"})
	check(err)
	_, err = account.ChangeTerms(ctx, summer.ID, jessica.ID, payouts.Terms{
		Share: payouts.Flat, Fee: money.Of(25000, "INR"), From: start, // like the first terms: the newer version counts
	})
	check(err)

	preview, err := account.PreviewRerate(ctx, summer.ID, start.AddDate(0, 0, -7), start.AddDate(0, 0, 1))
	check(err)
	fmt.Println(preview.Changed, "event:", preview.Before, "→", preview.After)
	_, err = account.ApplyRerate(ctx, preview)
	check(err)
	// Output:
	// 1 event: [100.00 INR] → [250.00 INR]
}
