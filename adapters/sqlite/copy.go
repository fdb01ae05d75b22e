package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/superher/superher/stats/statsql"
)

// copied is a result that was copied to a temporary table, which SQLite keeps
// in a file of its own and forgets with the transaction at the latest. It is
// read row by row, with no statement open in between: as long as one is, SQLite
// drops no table.
type copied struct {
	q     *querier
	ctx   context.Context //nolint:containedctx // that of the query, whose end is what an error may mean
	table string
	next  *sql.Stmt // reads the row of a number
	row   int64     // rows of such a table are numbered from 1, in the order of the result
	found *sql.Rows // the present row, until it was scanned
	err   error
	over  bool

	closed bool
}

// copy runs a query and returns its result as it is now, whatever is written
// before it has been read to its end.
func (q *querier) copy(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	q.copies++
	table := fmt.Sprintf("temp.superher_copy_%d", q.copies)
	// It may take long, and so be interrupted; its text comes once and is not kept.
	if _, err := q.session.ExecContext(ctx, "CREATE TEMPORARY TABLE "+table[len("temp."):]+" AS "+text, args...); err != nil {
		return nil, q.fail(ctx, err)
	}
	next, err := q.session.PrepareContext(ctx, "SELECT * FROM "+table+" WHERE rowid = ?")
	if err != nil {
		_ = q.drop(ctx, table)
		return nil, q.fail(ctx, err)
	}
	c := &copied{q: q, ctx: ctx, table: table, next: next}
	if q.copied == nil {
		q.copied = make(map[*copied]bool)
	}
	q.copied[c] = true
	return c, nil
}

func (q *querier) drop(ctx context.Context, table string) error {
	if _, err := q.session.ExecContext(context.WithoutCancel(ctx), "DROP TABLE "+table); err != nil {
		return q.fail(ctx, err)
	}
	return nil
}

// letGo closes the statements of a copy.
func (c *copied) letGo() {
	_ = c.leave()
	_ = c.next.Close()
}

// Next implements statsql.Rows.
func (c *copied) Next() bool {
	c.keep(c.leave())
	if c.err != nil || c.over {
		return false
	}
	c.row++
	found, err := c.next.QueryContext(c.ctx, c.row)
	if err != nil {
		c.keep(err)
		return false
	}
	c.found = found
	if found.Next() {
		return true
	}
	c.over = true
	c.keep(found.Err())
	c.keep(c.leave())
	return false
}

// leave closes the present row.
func (c *copied) leave() error {
	if c.found == nil {
		return nil
	}
	found := c.found
	c.found = nil
	return found.Close()
}

// keep keeps the first error.
func (c *copied) keep(err error) {
	if c.err == nil && err != nil {
		c.err = c.q.fail(c.ctx, err)
	}
}

// Scan implements statsql.Rows. A row can be scanned once.
func (c *copied) Scan(dest ...any) error {
	if c.found == nil {
		return c.q.fail(c.ctx, errors.New("scan without a row"))
	}
	if err := c.found.Scan(dest...); err != nil {
		return c.q.fail(c.ctx, err)
	}
	c.keep(c.leave())
	return c.err
}

// Err implements statsql.Rows.
func (c *copied) Err() error { return c.err }

// Close implements statsql.Rows.
func (c *copied) Close() error {
	if c.closed {
		return nil
	}
	c.keep(c.leave())
	c.keep(c.next.Close())
	c.closed, c.over = true, true
	if c.err != nil || c.ctx.Err() != nil {
		return c.err // the end of the unit, and of what it has left open, is near
	}
	delete(c.q.copied, c)
	return c.q.drop(c.ctx, c.table)
}
