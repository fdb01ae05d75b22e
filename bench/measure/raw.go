//go:build linux

package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/superher/superher/bench/internal/rig"
)

// sums are the figures of a group, money in minor units by currency.
type sums struct {
	Clicks, All, Visitors int64
	Events, Conversions   int64
	Revenue, Payout       map[string]int64
}

// String shows equal sums equally.
func (s *sums) String() string {
	if s == nil {
		s = &sums{}
	}
	return fmt.Sprintf("%d clicks of %d by %d, %d conversions of %d events, revenue %v, payout %v",
		s.Clicks, s.All, s.Visitors, s.Conversions, s.Events, s.Revenue, s.Payout)
}

// question is one report over a period.
type question struct {
	report   string // path below /stats
	zone     *time.Location
	from, to time.Time
	campaign id // zero: all
}

// raw adds the events and clicks themselves up, in SQL of its own: it is what
// the reports are compared with, in their time and in every figure.
type raw struct {
	db    *sql.DB
	lite  bool
	brand id
}

// openRaw opens the database; on Postgres as the owner, and without reading
// indexes alone, as a plain index would have it.
func openRaw(p *rig.Place, brand id) (*raw, error) {
	if p.Postgres == nil {
		db, err := sql.Open("sqlite", "file:"+p.File()+"?_pragma=query_only(1)&_pragma=busy_timeout(10000)")
		return &raw{db: db, lite: true, brand: brand}, err
	}
	db, err := sql.Open("pgx", p.Postgres.URL(rig.Owner, p.Name)+"&enable_indexonlyscan=off")
	return &raw{db: db, brand: brand}, err
}

// group returns the expression that a report groups by.
func (r *raw) group(q question) string {
	column := map[string]string{
		"campaigns": "campaign_id", "influencers": "influencer_id", "coupons": "coupon_id", "tracking-links": "link_id",
	}[q.report]
	switch {
	case column != "" && r.lite:
		return "coalesce(lower(hex(" + column + ")), '')"
	case column != "":
		return "coalesce(replace(" + column + "::text, '-', ''), '')"
	case q.report == "breakdown":
		return "event_type"
	case q.report == "journey":
		return "source || ' ' || method || ' ' || event_type"
	case q.report == "chart" && r.lite:
		_, offset := q.from.In(q.zone).Zone() // the zones that are asked for here have no summer time
		return fmt.Sprintf("CAST((occurred_at / 1000000 + %d) / 86400 AS TEXT)", offset)
	case q.report == "chart":
		return "((occurred_at AT TIME ZONE '" + q.zone.String() + "')::date - DATE '1970-01-01')::text"
	default:
		return "''"
	}
}

// answer adds up.
func (r *raw) answer(ctx context.Context, q question) (map[string]*sums, error) {
	out := map[string]*sums{}
	at := func(key string) *sums {
		if out[key] == nil {
			out[key] = &sums{Revenue: map[string]int64{}, Payout: map[string]int64{}}
		}
		return out[key]
	}
	const revenue = "FILTER (WHERE conversion OR event_type = 'purchase')"
	err := r.each(ctx, q, "customer_events", r.group(q)+`, currency, commission_currency, count(*), count(*) FILTER (WHERE conversion), count(*) `+revenue+
		`, CAST(coalesce(sum(value_minor) `+revenue+`, 0) AS bigint), CAST(coalesce(sum(commission_minor), 0) AS bigint)`, "1, 2, 3", func(rows *sql.Rows) error {
		var key, currency, commission string
		var events, conversions, sales, value, payout int64
		if err := rows.Scan(&key, &currency, &commission, &events, &conversions, &sales, &value, &payout); err != nil {
			return err
		}
		s := at(key)
		s.Events += events
		s.Conversions += conversions
		if sales > 0 && currency != "" {
			s.Revenue[currency] += value
		}
		if commission != "" {
			s.Payout[commission] += payout
		}
		return nil
	})
	if err != nil || q.report == "breakdown" || q.report == "journey" || q.report == "coupons" {
		return out, err
	}
	return out, r.each(ctx, q, "click_events", r.group(q)+`, count(*), count(*) FILTER (WHERE class = 'human'), count(DISTINCT visitor) FILTER (WHERE class = 'human')`,
		"1", func(rows *sql.Rows) error {
			var key string
			var all, clicks, visitors int64
			if err := rows.Scan(&key, &all, &clicks, &visitors); err != nil {
				return err
			}
			s := at(key)
			s.All, s.Clicks, s.Visitors = all, clicks, visitors
			return nil
		})
}

func (r *raw) each(ctx context.Context, q question, table, columns, groups string, scan func(*sql.Rows) error) (err error) {
	brand, campaign := any(r.brand[:]), any(q.campaign[:])
	from, to := any(q.from.UnixMicro()), any(q.to.UnixMicro())
	if !r.lite {
		brand, campaign, from, to = uuid(r.brand), uuid(q.campaign), q.from, q.to
	}
	text := "SELECT " + columns + " FROM " + table + " WHERE advertiser_id = $1 AND occurred_at >= $2 AND occurred_at < $3"
	args := []any{brand, from, to}
	if q.campaign != (id{}) {
		text += " AND campaign_id = $4"
		args = append(args, campaign)
	}
	rows, err := r.db.QueryContext(ctx, text+" GROUP BY "+groups, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func uuid(one id) string {
	x := hex.EncodeToString(one[:])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}

// The answers of the API, as far as they are compared.
type (
	amount struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}
	figures struct {
		ID          string    `json:"id"`
		Start       time.Time `json:"start"`
		Type        string    `json:"event_type"`
		Source      string    `json:"source"`
		Method      string    `json:"method"`
		Clicks      int64     `json:"clicks"`
		All         int64     `json:"all_clicks"`
		Visitors    int64     `json:"visitors"`
		Events      int64     `json:"events"`
		Conversions int64     `json:"conversions"`
		Revenue     []amount  `json:"revenue"`
		Payout      []amount  `json:"payout"`
	}
	reply struct {
		figures
		Data []figures `json:"data"`
	}
)

// key is the group of a row, as raw names it.
func (f figures) key(q question) string {
	switch q.report {
	case "chart":
		y, m, d := f.Start.In(q.zone).Date()
		return strconv.FormatInt(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400, 10)
	case "breakdown":
		return f.Type
	case "journey":
		return f.Source + " " + f.Method + " " + f.Type
	default:
		return strings.ReplaceAll(f.ID, "-", "")
	}
}

func (f figures) sums() (*sums, error) {
	s := &sums{f.Clicks, f.All, f.Visitors, f.Events, f.Conversions, map[string]int64{}, map[string]int64{}}
	for to, list := range map[*map[string]int64][]amount{&s.Revenue: f.Revenue, &s.Payout: f.Payout} {
		for _, a := range list {
			minor, err := strconv.ParseInt(strings.ReplaceAll(a.Amount, ".", ""), 10, 64) // the currencies here have two digits
			if err != nil {
				return nil, err
			}
			(*to)[a.Currency] = minor
		}
	}
	return s, nil
}

// differs says what is not equal between a report and the raw answer, "" if
// nothing is. Tables are compared by the rows of the page.
func differs(q question, got reply, want map[string]*sums) (string, error) {
	rows := got.Data
	if q.report == "overview" {
		rows = []figures{got.figures}
	}
	seen := map[string]bool{}
	for _, row := range rows {
		key := row.key(q)
		seen[key] = true
		s, err := row.sums()
		if err != nil {
			return "", err
		}
		expected := want[key]
		if expected == nil {
			expected = &sums{Revenue: map[string]int64{}, Payout: map[string]int64{}}
		}
		if s.String() != expected.String() {
			return fmt.Sprintf("%s %q: %s; added up: %s", q.report, key, s, expected), nil
		}
	}
	for key, s := range want {
		page := q.report != "overview" && q.report != "chart" && q.report != "breakdown" && q.report != "journey"
		if !seen[key] && !page {
			return fmt.Sprintf("%s has no %q, added up: %s", q.report, key, s), nil
		}
	}
	if len(rows) == 0 {
		return q.report + " has no rows", nil
	}
	return "", nil
}
