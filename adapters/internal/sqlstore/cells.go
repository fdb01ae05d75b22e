package sqlstore

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"slices"
	"strings"
	"time"
)

// Grains of the tables of totals.
const (
	dayGrain   = 0
	monthGrain = 1
)

// sumTable is one of the tables that add events up.
type sumTable struct {
	name   string
	keys   []string // columns of the key behind advertiser_id
	grains bool     // has days and months; the key begins with grain and day, else with day
	sums   []string // columns that are added up
}

func sumTables() []sumTable {
	all, short := strings.Split(figureColumns, ", "), strings.Split(shortFigureColumns, ", ")
	return []sumTable{
		{name: "event_types", keys: []string{"day", "event_type", "currency", "commission_currency"}, sums: all},
		{name: "event_paths", keys: []string{"grain", "day", "source", "method", "event_type", "currency", "commission_currency"}, grains: true, sums: short},
		{name: "event_pairs", keys: []string{"grain", "day", "campaign_id", "influencer_id", "currency", "commission_currency"}, grains: true, sums: short},
		{name: "event_coupons", keys: []string{"grain", "day", "coupon_id", "currency", "commission_currency"}, grains: true, sums: short},
		{name: "event_links", keys: []string{"grain", "day", "link_id", "currency", "commission_currency"}, grains: true, sums: short},
	}
}

// dimensions are the columns of the key behind grain and day.
func (s sumTable) dimensions() []string { return s.keys[slices.Index(s.keys, "day")+1:] }

func (s sumTable) columns() string {
	return "advertiser_id, " + strings.Join(s.keys, ", ") + ", " + strings.Join(s.sums, ", ")
}

func (s sumTable) width() int { return 1 + len(s.keys) + len(s.sums) }

// onConflict is what an insert does with a cell that is there: it adds to it.
func (s sumTable) onConflict() string {
	sums := make([]string, 0, len(s.sums))
	for _, column := range s.sums {
		sums = append(sums, column+" = "+s.name+"."+column+" + excluded."+column)
	}
	return " ON CONFLICT (advertiser_id, " + strings.Join(s.keys, ", ") + ") DO UPDATE SET " + strings.Join(sums, ", ")
}

// keyID is an id in a key, which holds no NULL: none is all zeros.
type keyID [16]byte

// Value implements driver.Valuer.
func (id keyID) Value() (driver.Value, error) { return id[:], nil }

// sumKey names a cell of one of the tables.
type sumKey struct {
	grain                int64
	day                  int64
	things               [2]keyID
	source, method, kind string
	currency, commission string
}

func (k sumKey) compare(other sumKey) int {
	return cmp.Or(cmp.Compare(k.grain, other.grain), cmp.Compare(k.day, other.day),
		bytes.Compare(k.things[0][:], other.things[0][:]), bytes.Compare(k.things[1][:], other.things[1][:]),
		strings.Compare(k.source, other.source), strings.Compare(k.method, other.method), strings.Compare(k.kind, other.kind),
		strings.Compare(k.currency, other.currency), strings.Compare(k.commission, other.commission))
}

// column returns the part of the key that a column of its name holds.
func (k sumKey) column(name string) any {
	switch name {
	case "grain":
		return k.grain
	case "day":
		return k.day
	case "source":
		return k.source
	case "method":
		return k.method
	case "event_type":
		return k.kind
	case "currency":
		return k.currency
	case "commission_currency":
		return k.commission
	case "influencer_id":
		return k.things[1]
	default:
		return k.things[0]
	}
}

// sumCell is a sum of a table.
type sumCell struct {
	sumKey
	figures
}

// values returns the row of the cell behind advertiser_id.
func (s sumTable) values(c sumCell) []any {
	out := make([]any, 0, s.width())
	for _, column := range s.keys {
		out = append(out, c.column(column))
	}
	if len(s.sums) == len(c.figures.values()) {
		return append(out, c.figures.values()...)
	}
	return append(out, c.shortValues()...)
}

// of returns the key of the cell that a change belongs to, of the finest grain.
func (s sumTable) of(c change, day int64) sumKey {
	key := sumKey{grain: dayGrain, day: day, currency: c.currency, commission: c.commission}
	switch s.name {
	case "event_types":
		key.kind = string(c.kind)
	case "event_paths":
		key.source, key.method, key.kind = c.source, c.method, string(c.kind)
	case "event_pairs":
		key.things = [2]keyID{keyID(c.campaign), keyID(c.influencer)}
	case "event_coupons":
		key.things[0] = keyID(c.coupon)
	case "event_links":
		key.things[0] = keyID(c.link)
	}
	return key
}

// cellsOf adds the changes up into the cells of each table, in the days of a
// zone, sorted. The error is that of figures.plus.
func cellsOf(changes []change, zone *time.Location) (map[string][]sumCell, error) {
	out := make(map[string][]sumCell)
	for _, table := range sumTables() {
		sums := make(map[sumKey]figures)
		add := func(key sumKey, c change) (err error) {
			sums[key], err = sums[key].plus(c.figures)
			return err
		}
		for _, c := range changes {
			day, month := dateNumber(c.at, zone)
			key := table.of(c, day)
			if err := add(key, c); err != nil {
				return nil, err
			}
			if !table.grains {
				continue
			}
			key.grain, key.day = monthGrain, month
			if err := add(key, c); err != nil {
				return nil, err
			}
		}
		for key, f := range sums {
			if f != (figures{}) {
				out[table.name] = append(out[table.name], sumCell{key, f})
			}
		}
		slices.SortFunc(out[table.name], func(a, b sumCell) int { return a.compare(b.sumKey) })
	}
	return out, nil
}
