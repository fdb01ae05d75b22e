package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// The kinds of things that clicks are totalled for, and the grains.
const (
	ofAdvertiser = 0 // all of its clicks, under an id of zeros
	ofCampaign   = 1
	ofInfluencer = 2 // those of none under an id of zeros
	ofLink       = 3
	ofCredited   = 4 // all with an influencer, under an id of zeros

	grainDay   = 0
	grainMonth = 1
)

// utcDay is the length of a day in UTC, which has no other.
const utcDay = 24 * time.Hour

// thing is what clicks are totalled for.
type thing struct {
	kind int64
	id   [16]byte
}

// thingsOf returns the things that a click is a click of.
func thingsOf(c visitorClick) []thing {
	out := []thing{{ofAdvertiser, [16]byte{}}, {ofCampaign, c.campaign}, {ofInfluencer, c.influencer}, {ofLink, c.link}}
	if !c.influencer.IsZero() {
		out = append(out, thing{ofCredited, [16]byte{}})
	}
	return out
}

// civilDay returns the number of a moment's day since 1970-01-01 on the
// calendar of a zone.
func civilDay(at time.Time, zone *time.Location) int64 {
	year, month, day := at.In(zone).Date()
	return dayCount(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func dayCount(utcMidnight time.Time) int64 { return utcMidnight.Unix() / int64(utcDay/time.Second) }

// firstOfMonth returns the number of the first day of a day's month.
func firstOfMonth(day int64) int64 {
	date := time.Unix(day*int64(utcDay/time.Second), 0).UTC()
	return dayCount(time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC))
}

// clickCell is a row of click_days: one of grain grainDay is the part of a zone's day
// that lies in one UTC day, one of grain grainMonth is a zone's month, with 0 for
// the UTC day.
type clickCell struct {
	advertiser  tenant.ID
	grain       int64
	day, utcDay int64
	thing
}

// clickSums is what a cell counts. A month has no visitors of its own: the
// months that matter for them are those of click_visitors.
type clickSums struct{ clicks, all, visitors int64 }

// visitorCell is a row of click_visitors: a UTC day, or a UTC month.
type visitorCell struct {
	advertiser tenant.ID
	grain, day int64
	thing
}

// clickTotals is what some clicks add to the totals.
type clickTotals struct {
	cells    map[clickCell]clickSums
	visitors map[visitorCell]int64
}

// seen says where a visitor was counted: in a thing's UTC day, or with a cell
// in the part of it that belongs to a day of the zone.
type seen struct {
	utcDay int64
	inCell bool
	day    int64
	thing
}

// add adds the clicks of one advertiser, given those that it had before of the
// same visitors. Duplicates and machines count among all clicks only.
func (t clickTotals) add(advertiser tenant.ID, zone *time.Location, clicks []links.Click, earlier map[visitorKey][]visitorClick) {
	counted := make(map[visitorKey]map[seen]bool)
	count := func(c visitorClick, day, utc int64, of thing) (newInCell, newInDay bool) {
		places := counted[c.visitorKey]
		inCell, inDay := seen{utc, true, day, of}, seen{utc, false, 0, of}
		newInCell, newInDay = !places[inCell], !places[inDay]
		places[inCell], places[inDay] = true, true
		return newInCell, newInDay
	}
	for _, click := range clicks {
		c := visitorClick{visitorKey{advertiser, click.Visitor}, click.At, click.Link, click.Campaign, click.Influencer}
		day, utc := civilDay(c.at, zone), civilDay(c.at, time.UTC)
		human := click.Class == links.Human
		if human && counted[c.visitorKey] == nil {
			counted[c.visitorKey] = make(map[seen]bool)
			for _, before := range earlier[c.visitorKey] {
				for _, of := range thingsOf(before) {
					count(before, civilDay(before.at, zone), civilDay(before.at, time.UTC), of)
				}
			}
		}
		for _, of := range thingsOf(c) {
			sums := clickSums{all: 1}
			if human {
				newInCell, newInDay := count(c, day, utc, of)
				sums.clicks = 1
				if newInCell {
					sums.visitors = 1
				}
				if newInDay {
					t.visitors[visitorCell{advertiser, grainDay, utc, of}]++
					t.visitors[visitorCell{advertiser, grainMonth, firstOfMonth(utc), of}]++
				}
			}
			t.addTo(clickCell{advertiser, grainDay, day, utc, of}, sums)
			t.addTo(clickCell{advertiser, grainMonth, firstOfMonth(day), 0, of}, clickSums{clicks: sums.clicks, all: 1})
		}
	}
}

func (t clickTotals) addTo(c clickCell, more clickSums) {
	sums := t.cells[c]
	sums.clicks, sums.all, sums.visitors = sums.clicks+more.clicks, sums.all+more.all, sums.visitors+more.visitors
	t.cells[c] = sums
}

// zoned is the zone that an advertiser's totals are in.
type zoned struct {
	advertiser tenant.ID
	zone       string
}

func scanZoned(r row) (zoned, error) {
	var z zoned
	err := r.Scan(&z.advertiser, &z.zone)
	return z, err
}

// count adds the new clicks to the totals of those advertisers that have any;
// for the others they are counted when their totals are made. It belongs to the
// turn, in which the totals are also made anew: they hold every click that is
// stored, or none.
func (b clickBatch) count(ctx context.Context, clicks []links.Click, earlier map[visitorKey][]visitorClick) error {
	byAdvertiser := make(map[tenant.ID][]links.Click)
	for _, c := range clicks {
		byAdvertiser[c.Advertiser] = append(byAdvertiser[c.Advertiser], c)
	}
	totals := clickTotals{make(map[clickCell]clickSums), make(map[visitorCell]int64)}
	err := b.each([]column{{"advertiser_id", "uuid"}}, len(b.advertisers), func(i int) []any { return []any{b.advertisers[i]} }, func(g givenRows) error {
		found, err := collect(ctx, b.q, g.find("totals t", "t.advertiser_id", "t.zone").Where("t.advertiser_id = given.advertiser_id"), scanZoned)
		if err != nil {
			return err
		}
		for _, z := range found {
			zone, err := tenant.LoadZone(z.zone)
			if err != nil {
				// Unavailable, since the clicks are good: they wait for a program that knows the zone.
				return fault.Wrap(err, fault.Unavailable, "zone-unknown", "the time zone "+z.zone+" of an advertiser's totals is not known on this machine")
			}
			totals.add(z.advertiser, zone, byAdvertiser[z.advertiser], earlier)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := b.addCells(ctx, totals.cells); err != nil {
		return err
	}
	return b.addVisitors(ctx, totals.visitors)
}

func (b clickBatch) addCells(ctx context.Context, cells map[clickCell]clickSums) error {
	keys := make([]clickCell, 0, len(cells))
	for c := range cells {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, func(x, y clickCell) int {
		return cmp.Or(bytes.Compare(x.advertiser[:], y.advertiser[:]), cmp.Compare(x.kind, y.kind), cmp.Compare(x.grain, y.grain),
			cmp.Compare(x.day, y.day), cmp.Compare(x.utcDay, y.utcDay), bytes.Compare(x.id[:], y.id[:]))
	})
	columns := []column{
		{"advertiser_id", "uuid"}, {"kind", "smallint"}, {"grain", "smallint"}, {"day", "integer"}, {"utc_day", "integer"}, {"thing_id", "uuid"},
		{"clicks", "bigint"}, {"all_clicks", "bigint"}, {"visitors", "bigint"},
	}
	return b.each(columns, len(keys), func(i int) []any {
		c := &keys[i]
		sums := cells[*c]
		return []any{c.advertiser, c.kind, c.grain, c.day, c.utcDay, c.id[:], sums.clicks, sums.all, sums.visitors}
	}, func(g givenRows) error {
		_, err := exec(ctx, b.q, g.insert("click_days", "ON CONFLICT (advertiser_id, kind, grain, day, utc_day, thing_id) DO UPDATE SET "+
			"clicks = click_days.clicks + excluded.clicks, all_clicks = click_days.all_clicks + excluded.all_clicks, "+
			"visitors = click_days.visitors + excluded.visitors"))
		return err
	})
}

func (b clickBatch) addVisitors(ctx context.Context, visitors map[visitorCell]int64) error {
	keys := make([]visitorCell, 0, len(visitors))
	for c := range visitors {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, func(x, y visitorCell) int {
		return cmp.Or(bytes.Compare(x.advertiser[:], y.advertiser[:]), cmp.Compare(x.kind, y.kind), cmp.Compare(x.grain, y.grain),
			cmp.Compare(x.day, y.day), bytes.Compare(x.id[:], y.id[:]))
	})
	columns := []column{
		{"advertiser_id", "uuid"}, {"kind", "smallint"}, {"grain", "smallint"}, {"day", "integer"}, {"thing_id", "uuid"}, {"visitors", "bigint"},
	}
	return b.each(columns, len(keys), func(i int) []any {
		c := &keys[i]
		return []any{c.advertiser, c.kind, c.grain, c.day, c.id[:], visitors[*c]}
	}, func(g givenRows) error {
		_, err := exec(ctx, b.q, g.insert("click_visitors",
			"ON CONFLICT (advertiser_id, kind, grain, day, thing_id) DO UPDATE SET visitors = click_visitors.visitors + excluded.visitors"))
		return err
	})
}
