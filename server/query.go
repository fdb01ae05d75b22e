package server

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// defaultDays is how many local days a report covers where the request does
// not say from when on.
const defaultDays = 30

// query reads the parameters of a request. Each is named by reading it, so what
// was not read in the end is unknown.
type query struct {
	values url.Values
	read   map[string]bool
	checks fault.Checks
	failed error // the query does not parse at all
}

func (c *call) query() *query {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	q := &query{values: values, read: map[string]bool{}}
	if err != nil || !validText(values) {
		q.values = nil
		q.failed = refuse(http.StatusBadRequest, fault.New(fault.Invalid, "malformed-query", "the query must be percent-encoded UTF-8, joined by &"))
	}
	return q
}

func validText(values url.Values) bool {
	for name, list := range values {
		if !utf8.ValidString(name) || slices.ContainsFunc(list, func(v string) bool { return !utf8.ValidString(v) }) {
			return false
		}
	}
	return true
}

// done returns everything that is wrong with the query. The advertiser is
// accepted everywhere: an admin chooses by it, and everybody else reads its own
// whatever it asks for.
func (q *query) done() error {
	if q.failed != nil {
		return q.failed
	}
	q.one("advertiser_id")
	for _, name := range slices.Sorted(maps.Keys(q.values)) {
		if !q.read[name] {
			q.checks.Add(name, "unknown-parameter", "there is no such parameter here")
		}
	}
	return q.checks.Err()
}

// one returns the value of a parameter that is given at most once.
func (q *query) one(name string) (value string, given bool) {
	list := q.many(name)
	if len(list) == 0 {
		return "", false
	}
	q.checks.That(len(list) == 1, name, "repeated", name+" must be given once")
	return list[0], true
}

// many returns the values of a parameter that may be given several times.
func (q *query) many(name string) []string {
	q.read[name] = true
	return q.values[name]
}

// page reads what part of a list is asked for.
func (q *query) page() storage.Page {
	cursor, _ := q.one("cursor")
	return storage.Page{Cursor: cursor, Limit: q.limit(storage.MaxPage)}
}

// limit reads how many items are asked for; 0 leaves it to the list.
func (q *query) limit(most int) int {
	value, given := q.one("limit")
	if !given {
		return 0
	}
	n, err := strconv.Atoi(value)
	q.checks.That(err == nil && n >= 1 && n <= most && value == strconv.Itoa(n), "limit", "out-of-range", "limit must be from 1 to "+strconv.Itoa(most))
	return n
}

// ids reads the ids of a parameter.
func ids[T any](q *query, name string) []ident.Of[T] {
	values := q.many(name)
	list := make([]ident.Of[T], 0, len(values))
	for _, value := range values {
		id, err := ident.Parse[T](value)
		if !q.checks.Take(name, err) {
			return nil
		}
		list = append(list, id)
	}
	return list
}

// filter reads the filter that all reports share. Days are those of the zone
// that is asked for, or else of the advertiser.
func (c *call) filter(q *query) (stats.Filter, error) {
	f := stats.Filter{
		Campaigns: ids[campaigns.Campaign](q, "campaign_id"), Influencers: ids[campaigns.Influencer](q, "influencer_id"),
		Links: ids[links.Link](q, "tracking_link_id"), Coupons: ids[coupons.Coupon](q, "coupon_id"),
	}
	for _, value := range q.many("event_type") {
		f.EventTypes = append(f.EventTypes, campaigns.EventType(value))
	}
	from, hasFrom := q.one("from")
	to, hasTo := q.one("to")
	zone, hasZone := q.one("time_zone")
	var err error
	if hasZone {
		if f.Zone, err = tenant.LoadZone(zone); !q.checks.Take("time_zone", err) {
			f.Zone = time.UTC // what else is wrong can be told nevertheless
		}
	} else if f.Zone, err = c.viewer.Zone(c.r.Context()); err != nil {
		return f, err
	}
	if hasTo {
		f.To = q.moment("to", to, f.Zone)
	}
	if hasFrom {
		f.From = q.moment("from", from, f.Zone)
	}
	f.From, f.To = c.s.covered(f.From, f.To, f.Zone)
	if err := q.done(); err != nil {
		return f, err
	}
	return f, f.Check()
}

// covered settles what a report covers where it is not said: up to now, and the
// last thirty days of a zone before its end.
func (s *server) covered(from, to time.Time, zone *time.Location) (time.Time, time.Time) {
	if to.IsZero() {
		to = s.now().UTC().Truncate(time.Microsecond).Add(time.Microsecond) // what was stored at this very moment is in
	}
	if from.IsZero() {
		if from = dayStart(to.Add(-1), zone, 1-defaultDays); !showable(from) { // nor readable again; nothing is older
			from = time.Date(minYear, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	}
	return from, to
}

// moment reads a time, or a date, which means the start of that day in a zone.
func (q *query) moment(name, value string, zone *time.Location) time.Time {
	if day, err := time.Parse(time.DateOnly, value); err == nil {
		return q.within(name, dayStart(time.Date(day.Year(), day.Month(), day.Day(), noon, 0, 0, 0, zone), zone, 0))
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || !strictTime(value) {
		q.checks.Add(name, "malformed-time", name+" must be a time like 2026-01-31T12:00:00Z or a date like 2026-01-31")
		return time.Time{}
	}
	return q.within(name, at.UTC().Truncate(time.Microsecond))
}

// strictTime refuses what time.Parse takes and RFC 3339 does not have: an hour of
// one digit, and a comma before the fraction.
func strictTime(value string) bool {
	const hour = len("2026-01-31T00")
	return len(value) > hour && len(value) <= len(time.RFC3339Nano) && value[hour] == ':' && !strings.Contains(value, ",")
}

// within notes a moment that no answer could show.
func (q *query) within(name string, at time.Time) time.Time {
	q.checks.That(showable(at), name, "out-of-range", outsideYears)
	return at
}

// noon is an hour that every day has: clocks are changed at night.
const noon = 12

// dayStart returns the first moment of the day that lies a number of days from
// the one that holds a moment. What a day is the reports' own calendar says, so
// that a day that begins at one o'clock begins there here as well.
func dayStart(at time.Time, zone *time.Location, days int) time.Time {
	y, m, d := at.In(zone).Date()
	middle := time.Date(y, m, d+days, noon, 0, 0, 0, zone)
	calendar, err := stats.NewCalendar(stats.Filter{From: middle, To: middle.Add(time.Hour), Zone: zone}, stats.Day)
	if err != nil {
		return middle
	}
	return calendar.Buckets()[0].Start.UTC()
}

// tableQuery reads which rows of a table are asked for. Money sorts in the
// advertiser's own currency where none is named.
func (c *call) tableQuery(q *query) (stats.TableQuery, error) {
	t := stats.TableQuery{Limit: q.limit(stats.MaxRows), Sort: stats.SortConversions}
	if sort, given := q.one("sort"); given {
		q.checks.That(sort != "", "sort", "unknown-sort", "sort must be a column of the table")
		t.Sort = stats.Sort(sort)
	}
	if order, given := q.one("order"); given {
		q.checks.That(order == "asc" || order == "desc", "order", "unknown-order", "order must be asc or desc")
		t.Reverse = (order == "asc") != (t.Sort == stats.SortName)
	}
	t.Search, _ = q.one("search")
	t.Cursor, _ = q.one("cursor")
	if currency, given := q.one("currency"); given {
		parsed, err := money.ParseCurrency(currency)
		q.checks.Take("currency", err)
		t.Currency = parsed
	} else if t.Sort == stats.SortRevenue || t.Sort == stats.SortPayout {
		one, ok := c.view.One()
		if !ok {
			return t, fault.Bad("currency", "required", "a sort by money over all advertisers needs a currency")
		}
		own, err := c.viewer.Advertiser(c.r.Context(), one)
		if err != nil {
			return t, err
		}
		t.Currency = own.Currency
	}
	return t, nil
}

// optional returns the single id of a list of at most one.
func optional[T any](q *query, name string) ident.Of[T] {
	list := ids[T](q, name)
	q.checks.That(len(list) <= 1, name, "repeated", name+" must be given once")
	if len(list) == 0 {
		return ident.Of[T]{}
	}
	return list[0]
}

// of reads whose links or coupons are asked for.
func (q *query) of() storage.Of {
	return storage.Of{Campaign: optional[campaigns.Campaign](q, "campaign_id"), Influencer: optional[campaigns.Influencer](q, "influencer_id")}
}
