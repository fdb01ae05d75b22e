package statsql_test

import (
	"fmt"
	"time"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

// An adapter's own queries over events take the same condition as the reports.
func ExampleEventsIn() {
	march := stats.Filter{From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}
	view := tenant.For(tenant.ID{1}).View()
	text, args, err := statsql.Postgres.Builder().Select("id").From("customer_events").
		Where(statsql.EventsIn(view, statsql.Postgres, march)).OrderBy("occurred_at", "id").ToSql()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text)
	fmt.Println(len(args))
	// Output:
	// SELECT id FROM customer_events WHERE (customer_events.advertiser_id = $1 AND customer_events.occurred_at >= $2 AND customer_events.occurred_at < $3) ORDER BY occurred_at, id
	// 3
}
