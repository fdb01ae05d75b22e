//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

const (
	otherZone     = "America/New_York"
	otherZoneLite = "Asia/Kathmandu" // without summer time, so that SQLite can be asked for its days
	reportTimeout = 10 * time.Minute
	warmUp        = 2 // answers that are not counted
)

// asked is a question with what is promised of its answer.
type asked struct {
	question

	name   string
	most   float64 // ms
	faster float64 // than adding up
}

// questions lists what is asked, the small ones under 10 ms and the tables under 80.
func questions(b *brand, end time.Time, other *time.Location) ([]asked, error) {
	home, err := time.LoadLocation(reportZone)
	if err != nil {
		return nil, err
	}
	period := func(zone *time.Location) (from, to time.Time) {
		y, m, d := end.In(zone).Date()
		return time.Date(y, m, d-reportDays, 0, 0, 0, 0, zone), time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	var out []asked
	add := func(name, report string, zone *time.Location, campaign id, most, faster float64) {
		from, to := period(zone)
		out = append(out, asked{question{report, zone, from, to, campaign}, name, most, faster})
	}
	for _, report := range []string{"overview", "chart", "breakdown", "journey"} {
		add(report, report, home, id{}, 10, 20)
	}
	for _, report := range []string{"campaigns", "influencers", "coupons", "tracking-links"} {
		add(report, report, home, id{}, 80, 6)
	}
	for _, report := range []string{"overview", "chart", "breakdown", "journey", "campaigns", "influencers", "coupons", "tracking-links"} {
		most := 120.0
		if report == "chart" {
			most = 400
		}
		add(report+" in "+other.String(), report, other, id{}, most, 0)
		add(report+" of one campaign", report, home, b.campaigns[0], most, 0)
	}
	return out, nil
}

// reader asks a server for reports of one brand.
type reader struct {
	place *rig.Place
	world *rig.World // its key
	conn  *load.Conn
}

func (r *reader) ask(q question) (reply, time.Duration, error) {
	query := url.Values{"from": {q.from.UTC().Format(time.RFC3339)}, "to": {q.to.UTC().Format(time.RFC3339)}, "time_zone": {q.zone.String()}}
	if q.campaign != (id{}) {
		query.Set("campaign_id", uuid(q.campaign))
	}
	began := time.Now()
	status, body, err := r.conn.Do(r.world.Get(nil, "/stats/"+q.report+"?"+query.Encode()))
	took := time.Since(began)
	if err != nil {
		return reply{}, took, err
	}
	if status != 200 {
		return reply{}, took, fmt.Errorf("%s: %d: %s", q.report, status, body)
	}
	var out reply
	err = json.Unmarshal(body, &out)
	return out, took, err
}

// timed asks often enough for a median, in ms, and returns the last answer.
func (r *reader) timed(q question, times int) (reply, float64, error) {
	var out reply
	var took []float64
	for n := range times + warmUp {
		got, d, err := r.ask(q)
		if err != nil {
			return out, 0, err
		}
		if out = got; n >= warmUp {
			took = append(took, milliseconds(d))
		}
	}
	return out, median(took), nil
}

func reports(ctx context.Context, b *bench) error {
	return errors.Join(b.reportsOnPostgres(ctx), b.reportsOnSQLite(ctx))
}

// history is a filled database with a server on it.
type history struct {
	*dataset

	place            *rig.Place
	largest, small   *reader
	rawLarge, rawAll *raw
}

// study prepares a database without rows but those of the brands, and keys for
// the largest and the smallest brand.
func (b *bench) study(ctx context.Context, database string) (*history, filler, error) {
	p, err := b.Prepare(ctx, rig.Spec{Database: database, Settings: []string{"--timeout", reportTimeout.String()}})
	if err != nil {
		return nil, nil, err
	}
	h := &history{dataset: newDataset(b.sizes.advertisers, time.Now().UTC().Truncate(time.Hour)), place: p}
	var f filler
	if database == rig.SQLite {
		f, err = fillSQLite(p)
	} else {
		f, err = fillPostgres(ctx, p)
	}
	if err != nil {
		return h, nil, err
	}
	if err := h.fillBrands(ctx, f); err != nil {
		return h, f, err
	}
	if p.Server, err = p.NewServer(ctx); err != nil {
		return h, f, err
	}
	key := func(of *brand) (*reader, error) {
		var made struct {
			Key string `json:"api_key"`
		}
		args := append([]string{"key", "create", "--advertiser", uuid(of.id), "--name", "bench", "--json"}, p.DatabaseArgs()...)
		err := rig.Superher(ctx, b.Program, &made, args...)
		return &reader{p, &rig.World{Key: made.Key}, &load.Conn{Addr: p.Server.Addr, Timeout: reportTimeout}}, err
	}
	var first, second, third, fourth error
	h.largest, first = key(&h.brands[0])
	h.small, second = key(&h.brands[len(h.brands)-1])
	h.rawLarge, third = openRaw(p, h.brands[0].id)
	h.rawAll, fourth = openRaw(p, h.brands[len(h.brands)-1].id)
	return h, f, errors.Join(first, second, third, fourth)
}

// grow fills a part of history while no server runs, adds the totals up, and
// starts a server.
func (b *bench) grow(ctx context.Context, h *history, f filler, s span) error {
	if err := h.place.Server.Kill(); err != nil {
		return err
	}
	began := time.Now()
	if err := h.fillSpan(ctx, f, s); err != nil {
		return err
	}
	filled := time.Since(began)
	if err := b.rebuild(ctx, h.place); err != nil {
		return err
	}
	rebuilt := time.Since(began) - filled
	if err := f.settle(ctx); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d events and %d clicks more in %.0f s, totals in %.0f s\n", h.place.Database, s.events, 2*s.events, filled.Seconds(), rebuilt.Seconds())
	h.largest.conn.Close()
	h.small.conn.Close()
	return h.place.Server.Start(ctx)
}

// rebuild adds up the totals of what was written around the program.
func (b *bench) rebuild(ctx context.Context, p *rig.Place) error {
	if !rig.Knows(ctx, b.Program, "rollup rebuild") {
		fmt.Fprintln(os.Stderr, "the program has no rollup rebuild: reports are read without totals")
		return nil
	}
	return rig.Superher(ctx, b.Program, nil, append([]string{"rollup", "rebuild"}, p.DatabaseArgs()...)...)
}

// turns is how often each answer is timed.
func (b *bench) turns() int {
	if b.table.loose {
		return 1
	}
	return max(5, b.sizes.rounds)
}

// compare asks every question, checks the answers against raw and adds the times
// to the table. Where plain has times, they are the limits.
func (b *bench) compare(ctx context.Context, label string, r *reader, by *raw, list []asked, most float64, plain map[string]float64) error {
	times := b.turns()
	for _, q := range list {
		got, ms, err := r.timed(q.question, times)
		if err != nil {
			return err
		}
		want, err := by.answer(ctx, q.question)
		if err != nil {
			return err
		}
		difference, err := differs(q.question, got, want)
		if err != nil {
			return err
		}
		wrong := "0"
		if difference != "" {
			wrong = "WRONG: " + difference
		}
		l := line{section: "reports", what: label + ", " + q.name, unit: "ms", got: ms, most: q.most, lost: wrong}
		if most > 0 {
			l.most = most
		}
		b.table.add(l)
		if limit, measured := plain[q.name]; measured {
			b.table.add(line{
				section: "reports", what: label + ", " + q.name, unit: "ms", got: ms, against: "plain index, added up", limit: limit, faster: q.faster, lost: wrong,
			})
		}
	}
	return nil
}

func (b *bench) reportsOnPostgres(ctx context.Context) (err error) {
	h, f, err := b.study(ctx, rig.PostgreSQL)
	if h != nil {
		defer func() { err = errors.Join(err, h.place.Close()) }()
	}
	if err != nil {
		return err
	}
	other, err := time.LoadLocation(otherZone)
	if err != nil {
		return err
	}
	list, err := questions(&h.brands[0], h.end, other)
	if err != nil {
		return err
	}
	parts := h.spans(b.sizes.events)
	for i, part := range parts {
		if err := b.grow(ctx, h, f, part); err != nil {
			return err
		}
		label := fmt.Sprintf("Postgres, largest, %d× history", 1<<i)
		if i < len(parts)-1 {
			err = b.compare(ctx, label, h.largest, h.rawLarge, list[:8], 0, nil)
		} else {
			err = b.atFullLength(ctx, h, list, label)
		}
		if err != nil {
			return err
		}
	}
	return f.close()
}

// atFullLength measures everything. The plain indexes are there only while the
// raw answers are timed: the server's queries must not find them.
func (b *bench) atFullLength(ctx context.Context, h *history, list []asked, label string) error {
	owner, err := openRaw(h.place, id{})
	if err != nil {
		return err
	}
	defer func() { _ = owner.db.Close() }()
	for _, table := range []string{"customer_events", "click_events"} {
		if _, err := owner.db.ExecContext(ctx, "CREATE INDEX bench_plain_"+table+" ON "+table+" (advertiser_id, occurred_at); ANALYZE "+table); err != nil {
			return err
		}
	}
	plain := map[string]float64{}
	for _, q := range list {
		if q.faster == 0 {
			continue
		}
		var took []float64
		for n := range b.turns() + 1 {
			began := time.Now()
			if _, err := h.rawLarge.answer(ctx, q.question); err != nil {
				return err
			}
			if n > 0 { // the first one warms up
				took = append(took, milliseconds(time.Since(began)))
			}
		}
		plain[q.name] = median(took)
	}
	if _, err := owner.db.ExecContext(ctx, "DROP INDEX bench_plain_customer_events; DROP INDEX bench_plain_click_events"); err != nil {
		return err
	}
	if err := b.compare(ctx, label, h.largest, h.rawLarge, list, 0, plain); err != nil {
		return err
	}
	small, err := questions(&h.brands[len(h.brands)-1], h.end, list[len(list)-2].zone)
	if err != nil {
		return err
	}
	return b.compare(ctx, "Postgres, smallest", h.small, h.rawAll, small, 10, nil)
}

func (b *bench) reportsOnSQLite(ctx context.Context) (err error) {
	h, f, err := b.study(ctx, rig.SQLite)
	if h != nil {
		defer func() { err = errors.Join(err, h.place.Close()) }()
	}
	if err != nil {
		return err
	}
	other, err := time.LoadLocation(otherZoneLite)
	if err != nil {
		return err
	}
	list, err := questions(&h.brands[0], h.end, other)
	if err != nil {
		return err
	}
	parts := h.spans(2 * b.sizes.eventsFile)
	for i, part := range parts {
		if err := b.grow(ctx, h, f, part); err != nil {
			return err
		}
		if i > 0 { // the first half million is on its way
			events := strconv.Itoa(b.sizes.eventsFile * i)
			if err := b.compare(ctx, "SQLite, "+events+" events", h.largest, h.rawLarge, list, 80, nil); err != nil {
				return err
			}
		}
	}
	return f.close()
}
