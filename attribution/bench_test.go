package attribution_test

import (
	"testing"

	"github.com/superher/superher/attribution"
)

func BenchmarkDecide(b *testing.B) {
	facts := world()
	for name, e := range map[string]attribution.Evidence{
		"coupon":      {CouponCode: "jessica20", OccurredAt: saleTime},
		"ref_code":    {RefCode: "ravi101", OccurredAt: saleTime},
		"landing_url": {LandingURL: "https://shop.example/p/1?utm_source=x&ref_code=mina102#top", OccurredAt: saleTime},
		"all":         {CouponCode: "jessica20", RefCode: "ravi101", LandingURL: "https://shop.example/?ref_code=mina102", OccurredAt: saleTime},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				attribution.Decide(e, facts, attribution.Policy{})
			}
		})
	}
}
