package sqlstore

import (
	"strings"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/stats/statsql"
)

// column is a column of given rows: its name, and its type in Postgres.
type column struct{ name, kind string }

// givenRows are rows that a statement is about.
type givenRows struct {
	dialect statsql.Dialect
	columns []column
	rows    [][]any
}

// rowLimit is how many rows of so many columns a statement takes at most.
func rowLimit(columns []column) int { return min(maxList, maxVariables/len(columns)) }

// with returns what a statement begins with to read the rows as a table named
// given. Postgres takes a list for each column: the text is then the same for
// any number of rows, so that it is prepared once for a connection.
func (g givenRows) with() (text string, args []any) {
	names := make([]string, len(g.columns))
	for i, c := range g.columns {
		names[i] = c.name
	}
	head := "WITH given (" + strings.Join(names, ", ") + ") AS ("
	if g.dialect == statsql.Postgres {
		lists := make([]string, len(g.columns))
		for i, c := range g.columns {
			list := make([]any, len(g.rows))
			for j, row := range g.rows {
				list[j] = row[i]
			}
			lists[i], args = "?::"+c.kind+"[]", append(args, list)
		}
		return head + "SELECT * FROM unnest(" + strings.Join(lists, ", ") + "))", args
	}
	for _, row := range g.rows {
		args = append(args, row...)
	}
	row := "(?" + strings.Repeat(",?", len(g.columns)-1) + ")"
	return head + "VALUES " + row + strings.Repeat(","+row, len(g.rows)-1) + ")", args
}

// find returns a query of a table for the given rows. The rows come first, to
// which a cross join holds SQLite: what it is to find of the table, it finds by
// an index.
func (g givenRows) find(table string, columns ...string) squirrel.SelectBuilder {
	text, args := g.with()
	return g.dialect.Builder().Select(columns...).Prefix(text, args...).From("given").CrossJoin(table)
}

// insert returns the statement that inserts the given rows into a table whose
// columns have the same names.
func (g givenRows) insert(table, onConflict string) squirrel.InsertBuilder {
	text, args := g.with()
	names := make([]string, len(g.columns))
	for i, c := range g.columns {
		names[i] = c.name
	}
	// SQLite would take ON CONFLICT for a part of a join without the condition.
	return g.dialect.Builder().Insert(table).Prefix(text, args...).Columns(names...).
		Select(squirrel.Select(names...).From("given").Where("1 = 1")).Suffix(onConflict)
}
