package payouts_test

import (
	"fmt"
	"time"

	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
)

func ExampleCompute() {
	may := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	june := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	history := payouts.History{
		{Version: 1, Share: payouts.Percentage, Rate: 100_000, From: may},
		{Version: 2, Share: payouts.Flat, Fee: money.Of(50_000, "INR"), From: june},
	}
	sold := payouts.Sale{Value: money.Of(149_900, "INR"), Credited: true, Conversion: true}

	for _, day := range []time.Time{may.AddDate(0, 0, -1), may, june} {
		sold.At = day
		commission := payouts.Compute(sold, history)
		fmt.Println(day.Format(time.DateOnly), commission.Reason, commission.Amount)
	}
	// Output:
	// 2026-04-30 no-terms 0
	// 2026-05-01 earned 149.90 INR
	// 2026-06-01 earned 500.00 INR
}
