package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	clickWait  = 10 * time.Second // clicks are written behind the redirect
	clickEvery = 50 * time.Millisecond
)

// ours limits a report to the campaign of this run.
func (l *life) ours(path string) string { return path + "?campaign_id=" + l.campaign }

// overview waits for the click, which the redirect did not wait for.
func (l *life) overview(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, clickWait)
	defer cancel()
	tick := time.NewTicker(clickEvery)
	defer tick.Stop()
	for {
		var f figures
		if err := l.get(ctx, l.ours("/stats/overview"), &f); err != nil {
			return err
		}
		if f.Clicks > 0 {
			l.sayf("overview    %d click, %d events, %d conversions, revenue %v, payout %v, average order %v",
				f.Clicks, f.Events, f.Conversions, f.Revenue, f.Payout, f.AverageOrder)
			got := fmt.Sprint(f.Clicks, f.Events, f.Conversions, f.Revenue, f.Payout, f.AverageOrder)
			return want("overview", got, "1 5 3 [2998.00 INR] [324.80 INR] [999.33 INR]")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the click was not counted within %s", clickWait)
		}
	}
}

// reports reads the others and compares them with each other.
func (l *life) reports(ctx context.Context) error {
	var found list[figures]
	if err := l.get(ctx, l.ours("/stats/chart"), &found); err != nil {
		return err
	}
	conversions := 0
	for _, day := range found.Data {
		conversions += day.Conversions
	}
	l.sayf("chart       %d days, %d conversions", len(found.Data), conversions)
	if err := want("conversions of the chart", conversions, 3); err != nil {
		return err
	}
	if err := l.get(ctx, l.ours("/stats/influencers"), &found); err != nil {
		return err
	}
	var rows []string
	for _, r := range found.Data {
		l.sayf("influencer  %s: %d clicks, %d conversions, revenue %v, payout %v", r.Name, r.Clicks, r.Conversions, r.Revenue, r.Payout)
		rows = append(rows, fmt.Sprint(r.Name, r.Clicks, r.Conversions, r.Revenue, r.Payout))
	}
	if err := want("influencers", strings.Join(rows, ", "), "Priya0 2 [2498.00 INR] [249.80 INR], Jessica1 1 [500.00 INR] [75.00 INR]"); err != nil {
		return err
	}
	if err := l.get(ctx, l.ours("/stats/journey"), &found); err != nil {
		return err
	}
	var paths []string
	for _, r := range found.Data {
		paths = append(paths, fmt.Sprintf("%s → %s → %s: %d", r.Source, r.Method, r.Type, r.Events))
	}
	slices.Sort(paths)
	expected := []string{
		"direct → coupon → purchase: 1", "tracking_link → coupon → purchase: 1", "tracking_link → landing_url → purchase: 1",
		"tracking_link → ref_code → add_to_cart: 1", "tracking_link → ref_code → signup: 1",
	}
	if err := want("journey", fmt.Sprint(paths), fmt.Sprint(expected)); err != nil {
		return err
	}
	for _, path := range paths {
		l.sayf("journey     %s", path)
	}
	var check struct {
		Agrees bool `json:"agrees"`
	}
	if err := l.get(ctx, l.ours("/stats/reconcile"), &check); err != nil {
		return err
	}
	l.sayf("reconcile   every report agrees with the overview: %t", check.Agrees)
	return want("reports agree", check.Agrees, true)
}

// export reads the events once more, as CSV.
func (l *life) export(ctx context.Context) error {
	var text []byte
	if err := l.get(ctx, l.ours("/exports/events.csv"), &text); err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	l.sayf("export      %d events of %d columns", len(rows)-1, len(rows[0]))
	if err := want("first column", rows[0][0], "event_id"); err != nil {
		return err
	}
	return want("events of the export", len(rows)-1, 5)
}
