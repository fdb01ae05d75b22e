package statsql

import (
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
)

// clickKind is what the rows of click totals are about.
type clickKind int

const (
	allClicks        clickKind = iota // without a thing
	campaignClicks                    // of each campaign
	influencerClicks                  // of each influencer, and of the links without one
	linkClicks                        // of each link
	creditedClicks                    // of all links with an influencer together, without a thing
)

// What is counted of clicks.
const (
	hitCount     = "count(*)"
	clickCount   = "count(*) FILTER (WHERE class = 'human')"
	visitorCount = "count(DISTINCT visitor) FILTER (WHERE class = 'human')"
)

// clickSums sums the covered clicks up, for each thing of the dimension if one
// is given. The result has the dimension, then what clickSum scans. Without a
// thing it is one row.
func (p plan) clickSums(kind clickKind, dims ...dimension) squirrel.SelectBuilder {
	if p.zone == nil {
		return p.rawClicks(kind, p.period(), dims, hitCount, clickCount, visitorCount)
	}
	var parts []squirrel.SelectBuilder
	add := func(table string, grains span, clicks, hits, visitors string) squirrel.SelectBuilder {
		q := squirrel.Select()
		for _, d := range dims {
			q = q.Column(p.d.oneOrNone("thing_id") + " AS " + d.name)
		}
		return q.Columns(hits+" AS all_clicks", clicks+" AS clicks", visitors+" AS visitors").From(table).
			Where(p.spanned(table, true, grains)).Where("kind = " + strconv.Itoa(int(kind)))
	}
	for _, s := range spans(p.first, p.end) {
		parts = append(parts, add("click_days", s, signed(s, "clicks"), signed(s, "all_clicks"), "0"))
	}
	for _, edge := range p.edges() {
		parts = append(parts, p.rawClicks(kind, edge, dims, hitCount, clickCount, "0"))
	}
	found, _ := pieces(p.zone, p.period(), func(int64) int { return 0 }) // one bucket has no gaps
	var whole days
	for _, part := range found {
		switch {
		case part.whole && whole.end == 0:
			whole.first, whole.end = part.utcDay, part.utcDay+1
		case part.whole:
			whole.end = part.utcDay + 1
		case part.cell:
			cell := add("click_days", span{first: part.day, end: part.day + 1}, "0", "0", "visitors")
			parts = append(parts, cell.Where("utc_day = ?", part.utcDay))
		default:
			parts = append(parts, p.rawClicks(kind, part.period, dims, "0", "0", visitorCount))
		}
	}
	if whole.end > whole.first {
		for _, s := range spans(whole.first, whole.end) {
			parts = append(parts, add("click_visitors", s, "0", "0", signed(s, "visitors")))
		}
	}
	q := squirrel.Select(names(dims)...).Columns(
		"CAST(coalesce(sum(all_clicks), 0) AS bigint) AS all_clicks", "CAST(coalesce(sum(clicks), 0) AS bigint) AS clicks",
		"CAST(coalesce(sum(visitors), 0) AS bigint) AS visitors")
	return all(q, "parts", parts).GroupBy(ordinals(len(dims))...)
}

// rawClicks sums up the clicks themselves, with an expression for each number.
func (p plan) rawClicks(kind clickKind, in period, dims []dimension, hits, clicks, visitors string) squirrel.SelectBuilder {
	q := squirrel.Select()
	for _, d := range dims {
		q = q.Column(as(d))
	}
	q = q.Columns(hits+" AS all_clicks", clicks+" AS clicks", visitors+" AS visitors").
		From("click_events").Where(ClicksIn(p.view, p.d, p.during(in))).GroupBy(ordinals(len(dims))...)
	if kind == creditedClicks {
		q = q.Where("influencer_id IS NOT NULL")
	}
	return q
}

// clickSum is a row of clickSums, without the dimensions.
type clickSum struct{ all, human, visitors int64 }

func (s *clickSum) columns() []any { return []any{&s.all, &s.human, &s.visitors} }

// addTo sets the clicks of the figures; there is one row for each.
func (s *clickSum) addTo(f *stats.Figures) {
	f.AllClicks, f.Clicks, f.Visitors = s.all, s.human, s.visitors
}
