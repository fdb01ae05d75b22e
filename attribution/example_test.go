package attribution_test

import (
	"fmt"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
)

func ExampleDecide() {
	summer := campaigns.Campaign{ID: id[campaigns.Campaign](1), Status: campaigns.Active}
	jessica := id[campaigns.Influencer](7)
	facts := attribution.Facts{
		Campaigns: map[campaigns.ID]campaigns.Campaign{summer.ID: summer},
		Coupons: map[coupons.Code]coupons.Coupon{
			"JESSICA20": {Campaign: summer.ID, Influencer: jessica, Status: coupons.Active},
		},
		Links: map[links.Code]links.Link{
			"x7Kp2Qa": {ID: id[links.Link](101), Campaign: summer.ID, Status: links.Active},
		},
	}

	decision := attribution.Decide(attribution.Evidence{
		CouponCode: " jessica20 ", // as the shopper typed it
		RefCode:    "x7Kp2Qa",
		OccurredAt: time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC),
	}, facts, attribution.Policy{})

	fmt.Println(decision.Source, "→", decision.Method, "→ Jessica:", decision.Influencer == jessica)
	for _, c := range decision.Candidates {
		fmt.Printf("%s %q: %s\n", c.Method, c.Text, c.Verdict)
	}
	// Output:
	// tracking_link → coupon → Jessica: true
	// coupon " jessica20 ": won
	// ref_code "x7Kp2Qa": outranked
}
