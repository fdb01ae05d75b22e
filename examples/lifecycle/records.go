package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// clicks reads the count of the link itself.
func (l *life) clicks(ctx context.Context) error {
	var found thing
	if err := l.get(ctx, "/tracking-links/"+l.link.ID, &found); err != nil {
		return err
	}
	l.sayf("link        %d click by a person", found.Clicks)
	return want("clicks of the link", found.Clicks, 1)
}

// recorded lists the events, and finds one by the shop's own number.
func (l *life) recorded(ctx context.Context) error {
	var all, one list[event]
	if err := l.get(ctx, l.ours("/events"), &all); err != nil {
		return err
	}
	if err := l.get(ctx, l.ours("/events")+"&external_id=order-1-"+l.tag, &one); err != nil {
		return err
	}
	l.sayf("events      %d of the campaign are listed, %d has the number of the first order", len(all.Data), len(one.Data))
	if err := want("events", fmt.Sprint(len(all.Data), len(one.Data)), "5 1"); err != nil {
		return err
	}
	return want("id", one.Data[0].ID, l.first.ID)
}

// owed reads what the campaign owes to whom.
func (l *life) owed(ctx context.Context) error {
	type row struct {
		Name   string   `json:"influencer_name"`
		Payout []amount `json:"payout"`
	}
	var estimate struct {
		list[row]
		Totals row `json:"totals"`
	}
	if err := l.get(ctx, l.ours("/payouts/estimate"), &estimate); err != nil {
		return err
	}
	var rows []string
	for _, r := range estimate.Data {
		rows = append(rows, fmt.Sprint(r.Name, " ", r.Payout))
	}
	slices.Sort(rows)
	l.sayf("payouts     %s, together %v", strings.Join(rows, ", "), estimate.Totals.Payout)
	if err := want("payouts", strings.Join(rows, ", "), "Jessica [75.00 INR], Priya [249.80 INR]"); err != nil {
		return err
	}
	return want("sum of the payouts", fmt.Sprint(estimate.Totals.Payout), "[324.80 INR]")
}

// ticket makes a link for a browser, which has no key to send.
func (l *life) ticket(ctx context.Context) error {
	var made struct {
		URL string `json:"url"`
	}
	if err := l.post(ctx, "/exports", body{"campaign_ids": []string{l.campaign}}, http.StatusCreated, &made); err != nil {
		return err
	}
	anybody := api{base: l.base}
	path, _ := strings.CutPrefix(made.URL, "/api/v1")
	var text []byte
	if err := anybody.get(ctx, path, &text); err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	l.sayf("ticket      %d events, without a key", len(rows)-1)
	if err := want("events of the export", len(rows)-1, 5); err != nil {
		return err
	}
	var p problem
	if _, err := anybody.call(ctx, request{method: http.MethodGet, path: path, status: http.StatusNotFound, out: &p}); err != nil {
		return err
	}
	l.sayf("ticket      but not a second time: %s", p.Reason)
	return want("reason", p.Reason, "not-found")
}
