package statsql

import (
	"context"
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats"
)

// chartClicks reads the clicks of a chart from totals.
type chartClicks struct {
	timeline
	p      plan
	pieces []piece
}

// What a row of the answer is about; from chartPieces on it is the visitors of
// a piece that had to be counted.
const (
	chartCells = iota // a day as far as it is in a UTC day: its clicks and visitors
	chartEdges        // a day at the edge of the period: its clicks
	chartUTC          // a UTC day: its visitors
	chartPieces
)

func (c chartClicks) read(ctx context.Context, q Querier, out []stats.Bucket) error {
	for i, part := range c.pieces {
		if part.day < c.p.first || part.day >= c.p.end {
			c.pieces[i].cell = false // it is at an edge, whose days are not read from totals
		}
	}
	cells, utcDays := map[[2]int64]int{}, map[int64]int{} // the buckets whose visitors they have
	for _, part := range c.pieces {
		switch {
		case part.whole:
			utcDays[part.utcDay] = part.bucket
		case part.cell:
			cells[[2]int64{part.day, part.utcDay}] = part.bucket
		}
	}
	return c.p.read(ctx, q, c.query(), func(rows Rows) error {
		var part, day, utcDay int64
		var sum clickSum
		if err := rows.Scan(append([]any{&part, &day, &utcDay}, sum.columns()...)...); err != nil {
			return err
		}
		visited, known := 0, true
		switch part {
		case chartCells:
			visited, known = found(cells, [2]int64{day, utcDay})
		case chartEdges:
			known = false
		case chartUTC:
			visited, known = found(utcDays, utcDay)
		default:
			visited = c.pieces[part-chartPieces].bucket
		}
		if known {
			out[visited].Visitors += sum.visitors
		}
		if part > chartEdges {
			return nil
		}
		return put(out, c.FindDay(day), func(figures *stats.Figures) error {
			figures.AllClicks += sum.all
			figures.Clicks += sum.human
			return nil
		})
	})
}

func found[K comparable](in map[K]int, key K) (int, bool) {
	bucket, known := in[key]
	return bucket, known
}

func (c chartClicks) query() squirrel.SelectBuilder {
	p := c.p
	parts := []squirrel.SelectBuilder{
		squirrel.Select(strconv.Itoa(chartCells)+" AS part", "day", "utc_day", "all_clicks", "clicks", "visitors").From("click_days").
			Where(p.spanned("click_days", true, span{first: p.first, end: p.end})).Where("kind = " + strconv.Itoa(int(allClicks))),
	}
	for _, edge := range p.edges() {
		clicks := p.rawClicks(allClicks, edge, []dimension{c.day()}, hitCount, clickCount, "0")
		parts = append(parts, all(squirrel.Select(strconv.Itoa(chartEdges), "day", "0", "all_clicks", "clicks", "0"), "edge", []squirrel.SelectBuilder{clicks}))
	}
	var whole span
	for i, part := range c.pieces {
		switch {
		case part.whole && whole.end == 0:
			whole = span{first: part.utcDay, end: part.utcDay + 1}
		case part.whole:
			whole.end = part.utcDay + 1
		case !part.cell:
			visitors := p.rawClicks(allClicks, part.period, nil, "0", "0", visitorCount)
			parts = append(parts, all(squirrel.Select(strconv.Itoa(chartPieces+i), "0", "0", "0", "0", "visitors"), "piece", []squirrel.SelectBuilder{visitors}))
		}
	}
	if whole.end > 0 {
		parts = append(parts, squirrel.Select(strconv.Itoa(chartUTC), "0", "day", "0", "0", "visitors").From("click_visitors").
			Where(p.spanned("click_visitors", true, whole)).Where("kind = "+strconv.Itoa(int(allClicks))))
	}
	first := parts[0]
	for _, part := range parts[1:] {
		first = first.SuffixExpr(squirrel.Expr("UNION ALL ?", part))
	}
	return first
}
