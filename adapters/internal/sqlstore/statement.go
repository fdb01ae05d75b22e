package sqlstore

import (
	"context"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// maxVariables is what a statement binds at most: SQLite takes 32,766,
// Postgres 65,535.
const maxVariables = 30_000

// maxList is the length of the longest list of values in a condition.
const maxList = 1000

// row is what a result row is read from.
type row interface{ Scan(dest ...any) error }

// build returns the text and arguments of a statement. Text that no database
// takes alike is refused here, whatever the database would have done with it.
func build(statement squirrel.Sqlizer) (string, []any, error) {
	sql, args, err := statement.ToSql()
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Internal, "bad-statement", "a statement could not be built")
	}
	if !bindable(args) {
		return "", nil, unstorable()
	}
	return sql, args, nil
}

// bindable reports whether all texts among the arguments are storable, those in
// lists as well.
func bindable(args []any) bool {
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			if !storable(arg) {
				return false
			}
		case []any:
			if !bindable(arg) {
				return false
			}
		}
	}
	return true
}

// storable reports whether every database keeps the text as it is.
func storable(text string) bool {
	return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

func unstorable() *fault.Error {
	return fault.New(fault.Invalid, "unstorable-text", "text must be valid UTF-8 without zero bytes")
}

// exec runs a statement and returns how many rows it touched.
func exec(ctx context.Context, q Querier, statement squirrel.Sqlizer) (int64, error) {
	sql, args, err := build(statement)
	if err != nil {
		return 0, err
	}
	return q.Exec(ctx, sql, args...)
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q Querier, query squirrel.Sqlizer, scan func(row) (T, error)) ([]T, error) {
	sql, args, err := build(query)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	var out []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			_ = rows.Close()
			return nil, err
		}
		out = append(out, item)
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return nil, err
	}
	return out, rows.Close()
}

// one reads a query's only row; none is fault.NotFound.
func one[T any](ctx context.Context, q Querier, query squirrel.Sqlizer, scan func(row) (T, error)) (T, error) {
	items, err := collect(ctx, q, query, scan)
	if err != nil || len(items) == 0 {
		var none T
		if err == nil {
			err = storage.NotFound()
		}
		return none, err
	}
	return items[0], nil
}

// fetch reads one thing of the view.
func fetch[T any](ctx context.Context, r reader, query squirrel.SelectBuilder, scan func(row) (T, error)) (T, error) {
	var out T
	err := r.snapshot(ctx, func(ctx context.Context, q Querier) (err error) {
		out, err = one(ctx, q, query, scan)
		return err
	})
	return out, err
}

// list reads a page in order of the column downwards.
func list[T any](ctx context.Context, r reader, page storage.Page, column string, query squirrel.SelectBuilder,
	scan func(row) (T, error), id func(T) [16]byte,
) (storage.List[T], error) {
	var out storage.List[T]
	if err := r.view.Check(); err != nil {
		return out, err
	}
	cursor, limit, err := page.Check()
	if err != nil {
		return out, err
	}
	err = r.snapshot(ctx, func(ctx context.Context, q Querier) error {
		items, err := pageOf(ctx, q, cursor, limit, column, query, scan)
		if err == nil {
			out = storage.Paged(items, limit, id)
		}
		return err
	})
	return out, err
}

// pageOf reads up to limit+1 items behind the cursor.
func pageOf[T any](ctx context.Context, q Querier, cursor ident.Cursor, limit int, column string,
	query squirrel.SelectBuilder, scan func(row) (T, error),
) ([]T, error) {
	if !cursor.IsZero() {
		query = query.Where(column+" < ?", ident.Of[anything](cursor.ID))
	}
	query = query.OrderBy(column + " DESC").Limit(uint64(limit) + 1)
	return collect(ctx, q, query, scan)
}

// through has a query find the rows of a table by an index, which begins with
// the advertiser: a view of everyone looks at one after another. SQLite, which
// knows nothing of how many rows there are, must be told; otherwise it takes the
// index that saves it a sort and walks through all of an advertiser's rows.
func (r reader) through(index string, query squirrel.SelectBuilder, table, alias string) squirrel.SelectBuilder {
	if r.view.IsEveryone() {
		query = query.Where(alias + ".advertiser_id IN (SELECT id FROM advertisers)")
	}
	if r.dialect == statsql.SQLite {
		query = query.From(table + " AS " + alias + " INDEXED BY " + index)
	}
	return query
}

// anything is what an id names where it does not matter.
type anything struct{}

// in returns the condition that a column has one of the values; at most maxList
// of them. The last value is repeated up to a power of two, so that lists of all
// lengths make few texts, whose plans are kept.
func in[T any](column string, values []T) squirrel.Sqlizer {
	if len(values) == 0 {
		return squirrel.Expr("1 = 0")
	}
	args := make([]any, 1<<bits.Len(uint(len(values)-1)))
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return squirrel.Expr(column+" IN (?"+strings.Repeat(",?", len(args)-1)+")", args...)
}

// asking makes the ask of a query; add gets each item of its answer.
func asking[T any](query squirrel.Sqlizer, scan func(row) (T, error), add func(T)) (Ask, error) {
	sql, args, err := build(query)
	return Ask{SQL: sql, Args: args, Row: func(rows statsql.Rows) error {
		item, err := scan(rows)
		if err == nil {
			add(item)
		}
		return err
	}}, err
}

// require reports fault.NotFound unless all the ids that are not zero stand in
// the id column of a table, in rows of the view.
func require[T any](ctx context.Context, q Querier, d statsql.Dialect, view tenant.View, table, column string, ids ...ident.Of[T]) error {
	wanted := make(map[ident.Of[T]]bool, len(ids))
	distinct := make([]ident.Of[T], 0, len(ids))
	for _, id := range ids {
		if !id.IsZero() && !wanted[id] {
			wanted[id] = true
			distinct = append(distinct, id)
		}
	}
	for chunk := range chunks(distinct, maxList) {
		query := d.Builder().Select(column).From(table).Where(statsql.Tenant(view, "advertiser_id")).Where(in(column, chunk))
		found, err := collect(ctx, q, query, scanID[T])
		if err != nil {
			return err
		}
		if len(found) < len(chunk) {
			return storage.NotFound()
		}
	}
	return nil
}

func scanID[T any](r row) (ident.Of[T], error) {
	var id ident.Of[T]
	err := r.Scan(&id)
	return id, err
}

// count is a number of something.
type count[T any] struct {
	id ident.Of[T]
	n  int64
}

func scanCount[T any](r row) (count[T], error) {
	var c count[T]
	err := r.Scan(&c.id, &c.n)
	return c, err
}

func scanText[T ~string](r row) (T, error) {
	var text T
	err := r.Scan(&text)
	return text, err
}

// changed turns the number of rows that an update by version touched into its
// error, telling what is missing from what somebody else changed.
func changed[T any](ctx context.Context, q Querier, d statsql.Dialect, view tenant.View, table string, id ident.Of[T], update squirrel.Sqlizer) error {
	touched, err := exec(ctx, q, update)
	if err != nil || touched > 0 {
		return err
	}
	if err := require(ctx, q, d, view, table, "id", id); err != nil {
		return err
	}
	if id.IsZero() {
		return storage.NotFound()
	}
	return storage.ChangedMeanwhile()
}

// create inserts one row; an id that exists is a conflict that leaves the
// transaction usable.
func create(ctx context.Context, q Querier, insert squirrel.InsertBuilder) error {
	touched, err := exec(ctx, q, insert.Suffix("ON CONFLICT DO NOTHING"))
	if err == nil && touched == 0 {
		return storage.IDTaken()
	}
	return err
}
