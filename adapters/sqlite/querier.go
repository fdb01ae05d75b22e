package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

// querier runs the statements of one unit of work.
type querier struct {
	session   session
	writes    bool               // the transaction may change what it reads
	copies    int                // made so far, to give each a name
	copied    map[*copied]bool   // that still have a table
	open      map[*rows]struct{} // that were not closed yet
	collision error
}

// settle ends what the unit left open: it may share its connection with others.
// The tables of copies go with a unit that is undone.
func (q *querier) settle(ctx context.Context, kept bool) {
	for r := range q.open {
		_ = r.Close()
	}
	for c := range q.copied {
		c.letGo()
		if kept {
			_ = q.drop(ctx, c.table)
		}
	}
}

// fail translates the error of a statement and notes a collision.
func (q *querier) fail(ctx context.Context, err error) error {
	if isBusy(err) && ctx.Err() == nil {
		q.collision = err
	}
	return translate(ctx, err)
}

// statement returns what a text is run by, and what to call afterwards.
func (q *querier) statement(ctx context.Context, text string) (*sql.Stmt, func(), error) {
	if kept, ok := q.session.(*prepared); ok {
		return kept.statement(ctx, text)
	}
	made, err := q.session.PrepareContext(ctx, text)
	return made, func() { _ = made.Close() }, err
}

// calm returns the context that a statement runs with. One that writes is not
// interrupted, since SQLite undoes the whole transaction then, with what others
// have done in it: it waits for nothing, and is not begun when the context is over.
// The driver has a goroutine watch each context that can end, which costs more
// than many a row.
func calm(ctx context.Context, text string) context.Context {
	if strings.HasPrefix(text, "SELECT") || strings.HasPrefix(text, "WITH") {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// Query implements sqlstore.Querier.
func (q *querier) Query(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, q.fail(ctx, err)
	}
	if _, kept := q.session.(*prepared); !kept {
		found, err := q.session.QueryContext(ctx, text, args...) //nolint:rowserrcheck // handed to the caller
		if err != nil {
			return nil, q.fail(ctx, err)
		}
		return &rows{Rows: found, q: q, ctx: ctx}, nil
	}
	s, done, err := q.statement(ctx, text) //nolint:sqlclosecheck // kept for the next time; done closes it where it is not
	if err != nil {
		return nil, q.fail(ctx, err)
	}
	found, err := s.QueryContext(calm(ctx, text), args...) //nolint:rowserrcheck // handed to the caller
	if err != nil {
		done()
		return nil, q.fail(ctx, err)
	}
	r := &rows{Rows: found, q: q, ctx: ctx, done: done}
	if q.open == nil {
		q.open = make(map[*rows]struct{})
	}
	q.open[r] = struct{}{}
	return r, nil
}

// Stream implements sqlstore.Querier. SQLite steps through a result anyway, but
// one that is open sees what the same connection writes meanwhile: where that
// can be, the stream reads a copy.
func (q *querier) Stream(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	if q.writes {
		return q.copy(ctx, text, args...)
	}
	return q.Query(ctx, text, args...)
}

// Exec implements sqlstore.Querier.
func (q *querier) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	s, done, err := q.statement(ctx, text)
	if err != nil {
		return 0, q.fail(ctx, err)
	}
	defer done()
	return q.touch(ctx, s, calm(ctx, text), args)
}

// touch runs a statement and returns how many rows it touched.
func (q *querier) touch(ctx context.Context, s *sql.Stmt, calm context.Context, args []any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, q.fail(ctx, err)
	}
	result, err := s.ExecContext(calm, args...)
	if err != nil {
		return 0, q.fail(ctx, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, q.fail(ctx, err)
	}
	return n, nil
}

// TakeTurn implements sqlstore.Querier: all writes take turns.
func (q *querier) TakeTurn(context.Context, tenant.ID) error { return nil }

// ExecEach implements sqlstore.Querier.
func (q *querier) ExecEach(ctx context.Context, text string, args [][]any) error {
	_, err := q.InsertEach(ctx, text, args)
	return err
}

// InsertEach implements sqlstore.Querier: SQLite is fastest with one short
// statement that is run for each row.
func (q *querier) InsertEach(ctx context.Context, text string, args [][]any) ([]bool, error) {
	if len(args) == 0 {
		return nil, nil
	}
	s, done, err := q.statement(ctx, text)
	if err != nil {
		return nil, q.fail(ctx, err)
	}
	defer done()
	stored, calm := make([]bool, len(args)), calm(ctx, text)
	for i, values := range args {
		touched, err := q.touch(ctx, s, calm, values)
		if err != nil {
			return nil, err
		}
		stored[i] = touched > 0
	}
	return stored, nil
}

// QueryAll implements sqlstore.Querier.
func (q *querier) QueryAll(ctx context.Context, asks ...sqlstore.Ask) error {
	for _, ask := range asks {
		if err := q.answer(ctx, ask); err != nil {
			return err
		}
	}
	return nil
}

// answer hands on the rows of a query.
func (q *querier) answer(ctx context.Context, ask sqlstore.Ask) error {
	found, err := q.Query(ctx, ask.SQL, ask.Args...)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		if err := ask.Row(found); err != nil {
			return err
		}
	}
	if err := found.Err(); err != nil {
		return err
	}
	return found.Close()
}

// rows translates the errors of a result.
type rows struct {
	*sql.Rows
	q    *querier
	ctx  context.Context //nolint:containedctx // that of the query, whose end is what an error may mean
	done func()          // lets the statement be used again; nil once closed, or where it is not kept
}

// Scan implements statsql.Rows.
func (r *rows) Scan(dest ...any) error { return r.check(r.Rows.Scan(dest...)) }

// Err implements statsql.Rows.
func (r *rows) Err() error { return r.check(r.Rows.Err()) }

// Close implements statsql.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	if r.done != nil {
		r.done()
		r.done = nil
		delete(r.q.open, r)
	}
	return r.check(err)
}

func (r *rows) check(err error) error {
	if err == nil {
		return nil
	}
	return r.q.fail(r.ctx, err)
}
