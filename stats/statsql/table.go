package statsql

import (
	"context"
	"slices"
	"strconv"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/ident"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
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
	t := table{d: s.d, f: f, q: q, cursor: cursor, things: thingsOf(kind)}
	var out stats.Table
	err = s.snapshot(ctx, func(ctx context.Context, querier Querier) (err error) {
		out, err = t.read(ctx, querier, s.view)
		return err
	})
	return out, err
}

type rowID = ident.Of[stats.Row]

// table is one question for a page of rows.
type table struct {
	things
	d      Dialect
	f      stats.Filter
	q      stats.TableQuery
	cursor ident.Cursor
}

func (t table) read(ctx context.Context, q Querier, view tenant.View) (stats.Table, error) {
	var out stats.Table
	var ids []rowID
	err := each(ctx, q, t.page(view), func(rows Rows) error {
		var id rowID
		var r stats.Row
		err := rows.Scan(&id, &r.Name, &r.Title, &r.Clicks, &r.AllClicks, &r.Visitors)
		r.ID = id
		out.Rows, ids = append(out.Rows, r), append(ids, id)
		return err
	})
	if err != nil {
		return stats.Table{}, err
	}
	more := len(ids) > t.q.Limit
	if more {
		out.Rows, ids = out.Rows[:t.q.Limit:t.q.Limit], ids[:t.q.Limit]
	}
	if len(ids) > 0 {
		if err := t.readEvents(ctx, q, view, ids, out.Rows); err != nil {
			return stats.Table{}, err
		}
	}
	if more {
		last := out.Rows[len(out.Rows)-1]
		out.Next = t.q.After(t.q.Key(last), last.ID)
	}
	if err := t.readTotals(ctx, q, view, &out); err != nil {
		return stats.Table{}, err
	}
	return out, nil
}

// readEvents completes the rows of the page.
func (t table) readEvents(ctx context.Context, q Querier, view tenant.View, ids []rowID, rows []stats.Row) error {
	groups := map[rowID]*stats.Figures{}
	for i := range rows {
		groups[ids[i]] = &rows[i].Figures
	}
	return each(ctx, q, t.pageEvents(view, ids), func(r Rows) error {
		var id rowID
		return scanEvents(r, groups, &id)
	})
}

// readTotals reads the figures of all rows, and of what belongs to none.
func (t table) readTotals(ctx context.Context, q Querier, view tenant.View, out *stats.Table) error {
	parts := map[int64]*stats.Figures{0: &out.Unattributed, 1: &out.Totals}
	err := each(ctx, q, t.clickParts(view), func(rows Rows) error {
		var part int64
		var sum clickSum
		err := rows.Scan(append([]any{&part}, sum.columns()...)...)
		sum.addTo(group(parts, part))
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, q, t.eventParts(view), func(rows Rows) error {
		var part int64
		return scanEvents(rows, parts, &part)
	})
}

// page returns the query for the rows behind the cursor, one more than asked
// for: only then there is a next page.
func (t table) page(view tenant.View) squirrel.SelectBuilder {
	clicked := squirrel.Select(t.clickColumn + " AS id").Columns(clickColumns()...).From("click_events").
		Where(ClicksIn(view, t.d, t.f)).Where(t.clickColumn + " IS NOT NULL").GroupBy("1")
	happened := squirrel.Select(t.eventColumn + " AS id").Column(t.eventKey()).From("customer_events").
		Where(EventsIn(view, t.d, t.f)).Where(t.eventColumn + " IS NOT NULL").GroupBy("1")
	listed := squirrel.Select(
		"t.id AS id", t.name+" AS name", t.title+" AS title", "coalesce(clicked.clicks, 0) AS clicks",
		"coalesce(clicked.all_clicks, 0) AS all_clicks", "coalesce(clicked.visitors, 0) AS visitors", t.sortKey()+" AS sort_key").
		From(t.from + " t").LeftJoin("clicked ON clicked.id = t.id").LeftJoin("happened ON happened.id = t.id").
		Where(t.visible(view)).
		Where(squirrel.Or{
			squirrel.Expr("clicked.id IS NOT NULL"), squirrel.Expr("happened.id IS NOT NULL"), t.inReach(view, t.f),
		})
	if t.q.Search != "" {
		listed = listed.Where(t.found())
	}
	before, direction := "<", "DESC"
	if t.q.Reverse != (t.q.Sort == stats.SortName) {
		before, direction = ">", "ASC"
	}
	page := t.d.Builder().Select("id", "name", "title", "clicks", "all_clicks", "visitors").
		PrefixExpr(squirrel.Expr("WITH clicked AS (?), happened AS (?), listed AS (?)", clicked, happened, listed)).
		From("listed").OrderBy("sort_key "+direction, "id").Limit(uint64(t.q.Limit) + 1)
	if !t.cursor.IsZero() {
		key := t.cursorKey()
		page = page.Where(squirrel.Expr("(sort_key "+before+" ? OR sort_key = ? AND id > ?)", key, key, rowID(t.cursor.ID)))
	}
	return page
}

// eventKey returns the column that rows are sorted by, if it is one of events,
// and a cheap one otherwise.
func (t table) eventKey() squirrel.Sqlizer {
	switch t.q.Sort {
	case stats.SortRevenue:
		return squirrel.Expr("CAST(coalesce(sum(value_minor) FILTER (WHERE ("+isRevenue+") AND currency = ?), 0) AS bigint) AS number", string(t.q.Currency))
	case stats.SortPayout:
		return squirrel.Expr("CAST(coalesce(sum(commission_minor) FILTER (WHERE commission_currency = ?), 0) AS bigint) AS number", string(t.q.Currency))
	case stats.SortConversions:
		return squirrel.Expr("count(*) FILTER (WHERE conversion) AS number")
	default:
		return squirrel.Expr("count(*) AS number")
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

// pageEvents returns the query for the event figures of the page's rows.
func (t table) pageEvents(view tenant.View, ids []rowID) squirrel.SelectBuilder {
	return eventSums(view, t.d, t.f, squirrel.Expr(t.eventColumn)).Where(squirrel.Eq{t.eventColumn: values(ids)})
}

// clickParts returns the query for the clicks of all rows, in part 1, and of
// what belongs to none, in part 0.
func (t table) clickParts(view tenant.View) squirrel.SelectBuilder {
	return clickSums(view, t.d, t.f, part(t.clickColumn)).Where(t.counted(view, t.clickColumn))
}

// eventParts is clickParts of the events.
func (t table) eventParts(view tenant.View) squirrel.SelectBuilder {
	return eventSums(view, t.d, t.f, part(t.eventColumn)).Where(t.counted(view, t.eventColumn))
}

func part(column string) squirrel.Sqlizer {
	return squirrel.Expr("CASE WHEN " + column + " IS NULL THEN 0 ELSE 1 END")
}

// counted leaves out what belongs to a row that the search does not find.
func (t table) counted(view tenant.View, column string) squirrel.Sqlizer {
	if t.q.Search == "" {
		return squirrel.And{}
	}
	found := squirrel.Select("t.id").From(t.from + " t").Where(t.visible(view)).Where(t.found())
	return squirrel.Expr("("+column+" IS NULL OR "+column+" IN (?))", found)
}
