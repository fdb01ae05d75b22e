package statsql

import (
	"context"
	"slices"
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/ident"
	"github.com/superher/superher/stats"
)

// Table implements [stats.Source].
func (s source) Table(ctx context.Context, kind stats.Kind, f stats.Filter, q stats.TableQuery) (stats.Table, error) {
	if !slices.Contains(stats.Kinds(), kind) {
		return stats.Table{}, stats.UnknownKind()
	}
	if err := s.check(f); err != nil {
		return stats.Table{}, err
	}
	q, cursor, err := q.Check()
	if err != nil {
		return stats.Table{}, err
	}
	var out stats.Table
	err = s.planned(ctx, f, func(ctx context.Context, querier Querier, p plan) (err error) {
		out, err = table{thingsOf(kind), p, q, cursor}.read(ctx, querier)
		return err
	})
	return out, err
}

type rowID = ident.Of[stats.Row]

// table is one question for a page of rows.
type table struct {
	things
	plan
	q      stats.TableQuery
	cursor ident.Cursor
}

// What a row of the answer is about.
const (
	partRows     = iota // the page, a row for each thing and currencies
	partTotals          // events of all rows, and of what belongs to none
	partClicks          // their clicks
	partVisitors        // their visitors
)

func (t table) read(ctx context.Context, q Querier) (stats.Table, error) {
	var out stats.Table
	page := int64(0) // place of the last row
	err := t.plan.read(ctx, q, t.query(), func(rows Rows) error {
		var part, place int64
		var id rowID
		var r stats.Row
		var sum eventSum
		dest := []any{&part, &place, &id, &r.Name, &r.Title, &r.AllClicks, &r.Clicks, &r.Visitors}
		if err := rows.Scan(append(dest, sum.columns()...)...); err != nil {
			return err
		}
		if part == partRows {
			if page != place {
				r.ID, page = id, place
				out.Rows = append(out.Rows, r)
			}
			return sum.addTo(&out.Rows[len(out.Rows)-1].Figures)
		}
		figures := &out.Totals
		if place == ofNobody {
			figures = &out.Unattributed
		}
		if part == partTotals {
			return sum.addTo(figures)
		}
		figures.AllClicks += r.AllClicks
		figures.Clicks += r.Clicks
		figures.Visitors += r.Visitors
		return nil
	})
	if err != nil {
		return stats.Table{}, err
	}
	if len(out.Rows) > t.q.Limit {
		out.Rows = out.Rows[:t.q.Limit:t.q.Limit]
		last := out.Rows[t.q.Limit-1]
		out.Next = t.q.After(t.q.Key(last), last.ID)
	}
	return out, nil
}

// Places of sums that belong to no row of the page.
const (
	ofNobody = 0 // what belongs to no row at all
	ofRows   = 1 // all rows
)

// query returns the query for the page with its figures, and for the figures of
// all rows and of what belongs to none. Events and clicks are looked through
// once, and summed up from there.
func (t table) query() squirrel.SelectBuilder {
	clicked := t.clickSums(t.clicks, dimension{"id", squirrel.Expr(t.clickColumn)})
	sums := t.eventSums(measures(), column(t.eventColumn))
	happened := squirrel.Select(t.eventColumn + " AS id").Column(t.eventKey()).From("sums").Where(t.eventColumn + " IS NOT NULL").GroupBy("1")
	with := squirrel.Expr("WITH clicked AS MATERIALIZED (?), sums AS MATERIALIZED (?), happened AS (?), page AS (?)", clicked, sums, happened, t.page())
	columns := make([]string, 0, 7)
	for i, name := range eventColumns() {
		nothing := "0"
		if i < 2 {
			nothing = "''"
		}
		columns = append(columns, "coalesce(sums."+name+", "+nothing+")")
	}
	out := squirrel.Select(strconv.Itoa(partRows), "page.place", "page.id", "page.name", "page.title", "page.all_clicks", "page.clicks", "page.visitors").
		Columns(columns...).PrefixExpr(with).From("page").LeftJoin("sums ON sums." + t.eventColumn + " = page.id")
	for _, sum := range t.totals() {
		out = out.SuffixExpr(squirrel.Expr("UNION ALL ?", sum))
	}
	return out.Suffix("ORDER BY 1, 2")
}

// totals returns the queries for the sums beside the page.
func (t table) totals() []squirrel.SelectBuilder {
	sum := func(part int, place string) squirrel.SelectBuilder {
		return squirrel.Select(strconv.Itoa(part), place+" AS place", "CAST(NULL AS uuid)", "''", "''")
	}
	noEvents := []string{"''", "''", "0", "0", "0", "0", "0"}
	out := []squirrel.SelectBuilder{
		sum(partTotals, placeOf(t.eventColumn)).Columns("0", "0", "0").Columns(summedColumns()...).From("sums").
			Where(t.counted(t.eventColumn)).GroupBy("place", "currency", "commission_currency"),
		sum(partClicks, placeOf("id")).Columns("CAST(sum(all_clicks) AS bigint)", "CAST(sum(clicks) AS bigint)",
			"CAST(coalesce(sum(visitors) FILTER (WHERE id IS NULL), 0) AS bigint)").Columns(noEvents...).From("clicked").
			Where(t.counted("id")).GroupBy("place"),
	}
	if t.kind == stats.ByCoupon {
		return out // no click belongs to a coupon
	}
	return append(out, all(sum(partVisitors, strconv.Itoa(ofRows)).Columns("0", "0", "visitors").Columns(noEvents...),
		"visited", []squirrel.SelectBuilder{t.visitors()}))
}

// visitors returns the query for the distinct visitors of all rows together,
// which are fewer than the sum of theirs.
func (t table) visitors() squirrel.SelectBuilder {
	of := allClicks // each has a campaign and a link
	if t.kind == stats.ByInfluencer {
		of = creditedClicks
	}
	if t.q.Search == "" {
		return t.clickSums(of)
	}
	return t.rawClicks(of, t.period(), nil, "0", "0", visitorCount).Where(t.counted(t.clickColumn))
}

// page returns the query for the rows behind the cursor, one more than asked
// for: only then there is a next page.
func (t table) page() squirrel.SelectBuilder {
	listed := squirrel.Select(
		"t.id AS id", t.name+" AS name", t.title+" AS title", "coalesce(clicked.all_clicks, 0) AS all_clicks",
		"coalesce(clicked.clicks, 0) AS clicks", "coalesce(clicked.visitors, 0) AS visitors", t.sortKey()+" AS sort_key").
		From(t.from + " t").LeftJoin("clicked ON clicked.id = t.id").LeftJoin("happened ON happened.id = t.id").
		Where(t.visible(t.view)).
		Where(squirrel.Or{
			squirrel.Expr("clicked.id IS NOT NULL"), squirrel.Expr("happened.id IS NOT NULL"), t.inReach(t.view, t.f),
		})
	if t.q.Search != "" {
		listed = listed.Where(t.found())
	}
	before, order := "<", "sort_key DESC, id"
	if t.q.Reverse != (t.q.Sort == stats.SortName) {
		before, order = ">", "sort_key, id"
	}
	page := all(squirrel.Select("id", "name", "title", "all_clicks", "clicks", "visitors", "row_number() OVER (ORDER BY "+order+") AS place"),
		"listed", []squirrel.SelectBuilder{listed})
	if !t.cursor.IsZero() {
		key := t.cursorKey()
		page = page.Where(squirrel.Expr("(sort_key "+before+" ? OR sort_key = ? AND id > ?)", key, key, rowID(t.cursor.ID)))
	}
	return page.OrderBy(order).Limit(uint64(t.q.Limit) + 1)
}

// eventKey returns the column that rows are sorted by, if it is one of events,
// and another one otherwise.
func (t table) eventKey() squirrel.Sqlizer {
	switch t.q.Sort {
	case stats.SortRevenue:
		return squirrel.Expr("CAST(coalesce(sum(revenue_minor) FILTER (WHERE currency = ?), 0) AS bigint) AS number", string(t.q.Currency))
	case stats.SortPayout:
		return squirrel.Expr("CAST(coalesce(sum(payout_minor) FILTER (WHERE commission_currency = ?), 0) AS bigint) AS number", string(t.q.Currency))
	case stats.SortConversions:
		return squirrel.Expr("CAST(sum(conversions) AS bigint) AS number")
	default:
		return squirrel.Expr("CAST(sum(events) AS bigint) AS number")
	}
}

func (t table) sortKey() string {
	switch t.q.Sort {
	case stats.SortName:
		return t.name
	case stats.SortClicks:
		return "coalesce(clicked.clicks, 0)"
	case stats.SortAllClicks:
		return "coalesce(clicked.all_clicks, 0)"
	case stats.SortVisitors:
		return "coalesce(clicked.visitors, 0)"
	default:
		return "coalesce(happened.number, 0)"
	}
}

// cursorKey returns the sort key that the page starts behind.
func (t table) cursorKey() any {
	if t.q.Sort == stats.SortName {
		return t.cursor.Key
	}
	number, _ := strconv.ParseInt(t.cursor.Key, 10, 64) // the query's check has seen that it is one
	return number
}

// found returns the condition that a thing matches the search. Both functions
// look for plain text, and lower changes ASCII letters only: SQLite's always,
// that of Postgres in this collation.
func (t table) found() squirrel.Sqlizer {
	needle := t.q.Needle()
	if t.d == SQLite {
		return squirrel.Expr("(instr(lower("+t.name+"), ?) > 0 OR instr(lower("+t.title+"), ?) > 0)", needle, needle)
	}
	return squirrel.Expr("(strpos(lower("+t.name+` COLLATE "C"), ?) > 0 OR strpos(lower(`+t.title+` COLLATE "C"), ?) > 0)`, needle, needle)
}

// placeOf returns the place of the sum that a thing belongs to.
func placeOf(column string) string { return "CASE WHEN " + column + " IS NULL THEN 0 ELSE 1 END" }

// summedColumns are the columns that eventSum scans, of rows summed up by both
// currencies.
func summedColumns() []string {
	out := eventColumns()
	for i, m := range measures() {
		out[2+i] = "CAST(sum(" + m.name + ") AS bigint)"
	}
	return out
}

// counted leaves out what belongs to a row that the search does not find.
func (t table) counted(column string) squirrel.Sqlizer {
	if t.q.Search == "" {
		return squirrel.And{}
	}
	found := squirrel.Select("t.id").From(t.from + " t").Where(t.visible(t.view)).Where(t.found())
	return squirrel.Expr("("+column+" IS NULL OR "+column+" IN (?))", found)
}
