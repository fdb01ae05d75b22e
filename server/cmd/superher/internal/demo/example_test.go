package demo_test

import (
	"context"
	"fmt"
	"time"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/server/cmd/superher/internal/demo"
)

func ExampleFill() {
	story, err := demo.Fill(context.Background(), demo.Config{
		Store: memory.New(), End: time.Date(2026, 6, 17, 15, 0, 0, 0, time.UTC), Seed: 1,
	})
	if err != nil {
		panic(err)
	}
	for _, b := range story.Brands {
		fmt.Printf("%s (%s, %s): %s\n", b.Advertiser.Name, b.Advertiser.Zone, b.Advertiser.Currency, b.Coupon)
	}
	// Output:
	// Saffron Lane (Asia/Kolkata, INR): ANANYA15
	// Ridge & River (America/New_York, USD): JESSICA20
	// Lindenblüte (Europe/Berlin, EUR): MIA15
}
