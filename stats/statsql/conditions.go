package statsql

import (
	"database/sql/driver"
	"strings"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// EventsIn returns the condition that limits customer_events, under its own
// name, to the events of the view that the filter covers: that of every report,
// and of the export.
func EventsIn(view tenant.View, d Dialect, f stats.Filter) squirrel.Sqlizer {
	return eventsIn(view, d, f, "customer_events")
}

// eventsIn is EventsIn for any table that has the columns of events.
func eventsIn(view tenant.View, d Dialect, f stats.Filter, table string) squirrel.Sqlizer {
	all := inPeriod(d, f, table+".occurred_at", Tenant(view, table+".advertiser_id"))
	all = append(all, oneOf(table+".campaign_id", f.Campaigns)...)
	all = append(all, oneOf(table+".influencer_id", f.Influencers)...)
	all = append(all, oneOf(table+".link_id", f.Links)...)
	all = append(all, oneOf(table+".coupon_id", f.Coupons)...)
	return append(all, ofTypes(table, f)...)
}

// ofTypes returns the condition of the filter's event types.
func ofTypes(table string, f stats.Filter) []squirrel.Sqlizer {
	if len(f.EventTypes) == 0 {
		return nil
	}
	names := make([]any, len(f.EventTypes))
	for i, t := range f.EventTypes {
		names[i] = string(t)
	}
	return []squirrel.Sqlizer{squirrel.Eq{table + ".event_type": names}}
}

// ClicksIn returns the condition that limits click_events, under its own name,
// to the clicks of the view that the filter covers.
func ClicksIn(view tenant.View, d Dialect, f stats.Filter) squirrel.Sqlizer {
	all := inPeriod(d, f, "click_events.occurred_at", Tenant(view, "click_events.advertiser_id"))
	all = append(all, oneOf("click_events.campaign_id", f.Campaigns)...)
	all = append(all, oneOf("click_events.influencer_id", f.Influencers)...)
	all = append(all, oneOf("click_events.link_id", f.Links)...)
	if len(f.Coupons) > 0 {
		all = append(all, never()) // a click has no coupon
	}
	return all
}

func inPeriod(d Dialect, f stats.Filter, column string, view squirrel.Sqlizer) squirrel.And {
	return squirrel.And{
		view,
		squirrel.Expr(column+" >= ?", d.Moment(wholeMicros(f.From))),
		squirrel.Expr(column+" < ?", d.Moment(wholeMicros(f.To))),
	}
}

// wholeMicros rounds up to the microsecond, the grain in which moments are
// stored: a stored moment is before t if it is before the rounded one.
func wholeMicros(t time.Time) time.Time {
	if down := t.Truncate(time.Microsecond); !down.Equal(t) {
		return down.Add(time.Microsecond)
	}
	return t
}

// oneOf returns the condition of a list of the filter; the empty list sets none.
func oneOf[T driver.Valuer](column string, list []T) []squirrel.Sqlizer {
	if len(list) == 0 {
		return nil
	}
	return []squirrel.Sqlizer{squirrel.Eq{column: values(list)}}
}

// values hides from squirrel that an id is an array, which it would take for a
// list of bytes.
func values[T driver.Valuer](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func never() squirrel.Sqlizer { return squirrel.Expr("1 = 0") }

// union joins queries by UNION ALL, for use as the set of an IN.
func union(queries ...squirrel.SelectBuilder) squirrel.Sqlizer {
	args := make([]any, len(queries))
	for i, q := range queries {
		args[i] = q
	}
	return squirrel.Expr("?"+strings.Repeat(" UNION ALL ?", len(queries)-1), args...)
}
