package stats_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
)

func order(at time.Time, minor int64) attribution.Event {
	e := attribution.Event{ID: attribution.ID{1}, Conversion: true}
	e.Type, e.OccurredAt, e.Value = campaigns.Purchase, at, money.Of(minor, "INR")
	return e
}

// A day in India begins at 18:30 UTC of the day before.
func ExampleFold() {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		fmt.Println(err)
		return
	}
	source := stats.Fold(stats.Data{Events: []attribution.Event{
		order(time.Date(2026, 3, 1, 18, 29, 0, 0, time.UTC), 149900),
		order(time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC), 99900),
	}})
	days, err := source.Chart(context.Background(), stats.Filter{
		From: time.Date(2026, 3, 1, 0, 0, 0, 0, kolkata), To: time.Date(2026, 3, 4, 0, 0, 0, 0, kolkata), Zone: kolkata,
	}, stats.Day)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, day := range days {
		fmt.Println(day.Start.Format(time.DateOnly), day.Conversions, day.Revenue)
	}
	// Output:
	// 2026-03-01 1 [1499.00 INR]
	// 2026-03-02 1 [999.00 INR]
	// 2026-03-03 0 []
}

func ExampleReconcile() {
	e := order(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 149900)
	source := stats.Fold(stats.Data{Events: []attribution.Event{e}})
	march := stats.Filter{From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}
	nothing := func(func(attribution.Event, error) bool) {} // an export that lost the event
	result, err := stats.Reconcile(context.Background(), source, march, nothing)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range result.Differences() {
		fmt.Println(c.Report, c.Figure, c.Currency, c.Overview, c.Other)
	}
	// Output:
	// export events  1 0
	// export conversions  1 0
	// export revenue INR 149900 0
}

func ExampleExport() {
	e := attribution.Event{ID: attribution.ID{1}}
	e.Type, e.CustomerID = campaigns.Signup, `=HYPERLINK("http://example.com")`
	var file strings.Builder
	export := stats.NewExport(&file)
	if err := export.Write(e); err != nil {
		fmt.Println(err)
	}
	if err := export.Flush(); err != nil {
		fmt.Println(err)
	}
	header, row, _ := strings.Cut(file.String(), "\r\n")
	fmt.Println(header[:30])
	fmt.Println(strings.TrimSpace(row))
	// Output:
	// event_id,occurred_at,received_
	// 01000000-0000-0000-0000-000000000000,,,signup,,"'=HYPERLINK(""http://example.com"")",,,false,,,,,,,,,,,,
}
