package totalstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

// DB runs statements on the tables, past whatever second lock they have.
type DB interface {
	Query(ctx context.Context, sql string) (statsql.Rows, error)
	Exec(ctx context.Context, sql string) error
}

// Fill makes an advertiser's totals in the days of a zone anew. By chance, an
// event is in the totals, is a change that they do not hold yet, or is in them
// with another commission and a change that puts it right.
func Fill(ctx context.Context, db DB, d statsql.Dialect, advertiser tenant.ID, zone string, random *rand.Rand) error {
	location, err := tenant.LoadZone(zone)
	if err != nil {
		return err
	}
	f := filler{db: db, d: d, advertiser: advertiser, zone: location, random: random, cells: map[string]map[string][]int64{}}
	for _, table := range []string{"totals", "event_changes", "event_types", "event_paths", "event_pairs", "event_coupons", "event_links", "click_days", "click_visitors"} {
		if err := db.Exec(ctx, "DELETE FROM "+table+" WHERE advertiser_id = "+f.id(advertiser)); err != nil {
			return err
		}
	}
	at := "0"
	if d == statsql.Postgres {
		at = "now()"
	}
	if err := db.Exec(ctx, fmt.Sprintf("INSERT INTO totals (advertiser_id, zone, rebuilt_at) VALUES (%s, '%s', %s)", f.id(advertiser), zone, at)); err != nil {
		return err
	}
	if err := f.events(ctx); err != nil {
		return err
	}
	if err := f.clicks(ctx); err != nil {
		return err
	}
	return f.store(ctx)
}

type filler struct {
	db         DB
	d          statsql.Dialect
	advertiser tenant.ID
	zone       *time.Location
	random     *rand.Rand
	cells      map[string]map[string][]int64 // sums by table and the text of the key
	changes    []string
}

// id returns the literal of an id.
func (f *filler) id(id [16]byte) string {
	if f.d == statsql.SQLite {
		return fmt.Sprintf("X'%x'", id[:])
	}
	return fmt.Sprintf("'%x'", id[:])
}

// orNull is id of an event's column.
func (f *filler) orNull(id [16]byte) string {
	if id == ([16]byte{}) {
		return "NULL"
	}
	return f.id(id)
}

func (f *filler) add(table, key string, sums ...int64) {
	if f.cells[table] == nil {
		f.cells[table] = map[string][]int64{}
	}
	cell := f.cells[table][key]
	if cell == nil {
		cell = make([]int64, len(sums))
	}
	for i, n := range sums {
		cell[i] += n
	}
	f.cells[table][key] = cell
}

// dates returns the day and the first day of the month in a zone.
func dates(at time.Time, zone *time.Location) (day, month int64) {
	year, m, d := at.In(zone).Date()
	return time.Date(year, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400, time.Date(year, m, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// event is the part of an event that totals sum up.
type event struct {
	at                                             time.Time
	kind, currency, earned, method, source, moment string
	value, commission                              int64
	conversion                                     bool
	campaign                                       campaigns.ID
	influencer                                     campaigns.InfluencerID
	coupon                                         coupons.ID
	link                                           links.ID
}

// sums returns the seven numbers of an event, in the order of the tables.
func (e event) sums(sign int64) []int64 {
	out := []int64{1, 0, 0, 0, 0, 0, e.commission}
	if e.conversion {
		out[1] = 1
	}
	if e.conversion || e.kind == "purchase" {
		out[2], out[3] = 1, e.value
	}
	if e.kind == "purchase" && e.currency != "" {
		out[4], out[5] = 1, e.value
	}
	for i := range out {
		out[i] *= sign
	}
	return out
}

func (f *filler) events(ctx context.Context) error {
	rows, err := f.db.Query(ctx, "SELECT occurred_at, event_type, currency, commission_currency, method, source, value_minor, commission_minor, conversion, "+
		"campaign_id, influencer_id, coupon_id, link_id FROM customer_events WHERE advertiser_id = "+f.id(f.advertiser))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e event
		var micros int64
		at := any(&e.at)
		if f.d == statsql.SQLite {
			at = &micros
		}
		if err := rows.Scan(at, &e.kind, &e.currency, &e.earned, &e.method, &e.source, &e.value, &e.commission, &e.conversion,
			&e.campaign, &e.influencer, &e.coupon, &e.link); err != nil {
			return err
		}
		e.moment = fmt.Sprint(micros)
		if f.d == statsql.SQLite {
			e.at = time.UnixMicro(micros)
		} else {
			e.moment = "'" + e.at.UTC().Format("2006-01-02T15:04:05.999999Z") + "'"
		}
		wrong := e
		switch f.random.IntN(4) {
		case 0:
			f.change(e, 1)
			continue
		case 1: // rated again
			if wrong.commission, wrong.earned = 7, "CHF"; e.earned != "" {
				wrong.commission, wrong.earned = e.commission+11, e.earned
			}
			f.change(wrong, -1)
			f.change(e, 1)
		}
		f.fold(wrong)
	}
	return rows.Err()
}

func (f *filler) change(e event, sign int64) {
	f.changes = append(f.changes, fmt.Sprintf("(%s, %s, '%s', '%s', '%s', '%s', '%s', %s, %s, %s, %s, %s)", f.id(f.advertiser), e.moment, e.kind,
		e.currency, e.earned, e.method, e.source, f.orNull(e.campaign), f.orNull(e.influencer), f.orNull(e.coupon), f.orNull(e.link), list(e.sums(sign))))
}

func (f *filler) fold(e event) {
	day, month := dates(e.at, f.zone)
	sums := e.sums(1)
	f.add("event_types", fmt.Sprintf("%d, '%s', '%s', '%s'", day, e.kind, e.currency, e.earned), sums...)
	short := slices.Concat(sums[:4], sums[6:])
	money := fmt.Sprintf("'%s', '%s'", e.currency, e.earned)
	for grain, first := range []int64{day, month} {
		key := fmt.Sprintf("%d, %d, ", grain, first)
		f.add("event_paths", key+fmt.Sprintf("'%s', '%s', '%s', ", e.source, e.method, e.kind)+money, short...)
		f.add("event_pairs", key+f.id(e.campaign)+", "+f.id(e.influencer)+", "+money, short...)
		f.add("event_coupons", key+f.id(e.coupon)+", "+money, short...)
		f.add("event_links", key+f.id(e.link)+", "+money, short...)
	}
}

func (f *filler) clicks(ctx context.Context) error {
	rows, err := f.db.Query(ctx, "SELECT occurred_at, class, visitor, campaign_id, influencer_id, link_id FROM click_events WHERE advertiser_id = "+f.id(f.advertiser))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	seen := map[string]bool{}
	for rows.Next() {
		var at time.Time
		var micros int64
		var class, visitor string
		var raw []byte
		var campaign, influencer, link campaigns.ID
		moment := any(&at)
		if f.d == statsql.SQLite {
			moment = &micros
		}
		if err := rows.Scan(moment, &class, &raw, &campaign, &influencer, &link); err != nil {
			return err
		}
		if f.d == statsql.SQLite {
			at = time.UnixMicro(micros)
		}
		visitor = string(raw)
		things := [][16]byte{{}, campaign, influencer, link}
		if !influencer.IsZero() {
			things = append(things, [16]byte{})
		}
		for kind, thing := range things {
			f.click(at, kind, f.id(thing), class == "human", visitor, seen)
		}
	}
	return rows.Err()
}

func (f *filler) click(at time.Time, kind int, thing string, human bool, visitor string, seen map[string]bool) {
	day, month := dates(at, f.zone)
	utcDay, utcMonth := dates(at, time.UTC)
	clicks := int64(0)
	if human {
		clicks = 1
	}
	first := func(key string) int64 {
		if !human || seen[key+visitor] {
			return 0
		}
		seen[key+visitor] = true
		return 1
	}
	cell := fmt.Sprintf("%d, 0, %d, %d, %s", kind, day, utcDay, thing)
	f.add("click_days", cell, clicks, 1, first(cell))
	f.add("click_days", fmt.Sprintf("%d, 1, %d, 0, %s", kind, month, thing), clicks, 1, 0)
	whole := fmt.Sprintf("%d, 0, %d, %s", kind, utcDay, thing)
	if first(whole) == 1 {
		f.add("click_visitors", whole, 1)
		f.add("click_visitors", fmt.Sprintf("%d, 1, %d, %s", kind, utcMonth, thing), 1)
	}
}

func (f *filler) store(ctx context.Context) error {
	for table, cells := range f.cells {
		var values []string
		for key, sums := range cells {
			values = append(values, fmt.Sprintf("(%s, %s, %s)", f.id(f.advertiser), key, list(sums)))
		}
		if err := f.db.Exec(ctx, "INSERT INTO "+table+" VALUES "+strings.Join(values, ", ")); err != nil {
			return err
		}
	}
	if len(f.changes) == 0 {
		return nil
	}
	return f.db.Exec(ctx, "INSERT INTO event_changes (advertiser_id, occurred_at, event_type, currency, commission_currency, method, source, campaign_id, "+
		"influencer_id, coupon_id, link_id, events, conversions, sales, revenue_minor, orders, orders_minor, payout_minor) VALUES "+strings.Join(f.changes, ", "))
}

func list(numbers []int64) string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = fmt.Sprint(n)
	}
	return strings.Join(out, ", ")
}
