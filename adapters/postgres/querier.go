package postgres

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

// streamChunk is how many rows are fetched at a time from a cursor.
const streamChunk = 1000

// session is what statements run on: a connection or a transaction.
type session interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
}

// querier runs the statements of one transaction.
type querier struct {
	session   session
	cursors   int   // made so far, to give each a name
	failed    error // first failure: Postgres refuses everything behind it
	direct    bool  // a stream may have the connection to itself
	abandoned bool  // a stream was left before its end, and the connection with it
	collision error // the failure, if it was one that may be repeated

	// around is what each statement of a stream runs in, if anything: a savepoint
	// with the settings for it. A failure then ends the stream alone.
	around func(ctx context.Context, step func() error) error
}

// step runs one statement of a stream.
func (q *querier) step(ctx context.Context, step func() error) error {
	if q.around == nil {
		return step()
	}
	return q.around(ctx, step)
}

// fail translates the error of a statement and notes what it means for the
// transaction.
func (q *querier) fail(ctx context.Context, err error) error {
	translated := translate(ctx, err)
	if q.failed == nil {
		q.failed = translated
		if isCollision(err) {
			q.collision = err
		}
	}
	return translated
}

// bind turns what database/sql takes into what pgx takes.
func bind(args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = arg
		if list, ok := arg.([]any); ok { // the column of rows that are given as a table
			values, err := bind(list)
			if err != nil {
				return nil, err
			}
			out[i] = values
			continue
		}
		// Ids are arrays of 16 bytes, which pgx would bind as they are, and the
		// zero id must be NULL.
		if v, ok := arg.(driver.Valuer); ok {
			value, err := v.Value()
			if err != nil {
				return nil, err
			}
			out[i] = value
			if b, ok := value.([]byte); ok && len(b) == 16 {
				out[i] = pgtype.UUID{Bytes: [16]byte(b), Valid: true}
			}
		}
	}
	return out, nil
}

// Query implements sqlstore.Querier.
func (q *querier) Query(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	values, err := bind(args)
	if err != nil {
		return nil, translate(ctx, err)
	}
	found, err := q.session.Query(ctx, text, values...)
	if err != nil {
		return nil, q.fail(ctx, err)
	}
	return rows{found, q, ctx}, nil
}

// Exec implements sqlstore.Querier.
func (q *querier) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	values, err := bind(args)
	if err != nil {
		return 0, translate(ctx, err)
	}
	tag, err := q.session.Exec(ctx, text, values...)
	if err != nil {
		return 0, q.fail(ctx, err)
	}
	return tag.RowsAffected(), nil
}

// ExecEach implements sqlstore.Querier: the statements of a part go in one
// round trip.
func (q *querier) ExecEach(ctx context.Context, text string, args [][]any) error {
	for len(args) > 0 {
		n := min(streamChunk, len(args))
		batch := &pgx.Batch{}
		for _, list := range args[:n] {
			values, err := bind(list)
			if err != nil {
				return translate(ctx, err)
			}
			batch.Queue(text, values...)
		}
		if err := q.session.SendBatch(ctx, batch).Close(); err != nil {
			return q.fail(ctx, err)
		}
		args = args[n:]
	}
	return nil
}

// QueryAll implements sqlstore.Querier.
func (q *querier) QueryAll(ctx context.Context, asks ...sqlstore.Ask) error {
	if len(asks) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, ask := range asks {
		values, err := bind(ask.Args)
		if err != nil {
			return translate(ctx, err)
		}
		batch.Queue(ask.SQL, values...)
	}
	results := q.session.SendBatch(ctx, batch)
	for _, ask := range asks {
		if err := q.answer(ctx, results, ask); err != nil {
			_ = results.Close()
			return err
		}
	}
	if err := results.Close(); err != nil {
		return q.fail(ctx, err)
	}
	return nil
}

// answer hands on the rows of the next query of a batch.
func (q *querier) answer(ctx context.Context, results pgx.BatchResults, ask sqlstore.Ask) error {
	found, err := results.Query()
	if err != nil {
		return q.fail(ctx, err)
	}
	all := rows{found, q, ctx}
	defer func() { _ = all.Close() }()
	for all.Next() {
		if err := ask.Row(all); err != nil {
			return err
		}
	}
	return all.Err()
}

// TakeTurn implements sqlstore.Querier.
func (q *querier) TakeTurn(ctx context.Context, advertiser tenant.ID) error {
	_, err := q.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", turnKey(advertiser))
	return err
}

// InsertEach implements sqlstore.Querier.
func (q *querier) InsertEach(ctx context.Context, text string, args [][]any) ([]bool, error) {
	stored := make([]bool, 0, len(args))
	for part := range slices.Chunk(args, streamChunk) {
		batch := &pgx.Batch{}
		for _, list := range part {
			values, err := bind(list)
			if err != nil {
				return nil, translate(ctx, err)
			}
			batch.Queue(text, values...).Exec(func(tag pgconn.CommandTag) error {
				stored = append(stored, tag.RowsAffected() > 0)
				return nil
			})
		}
		if err := q.session.SendBatch(ctx, batch).Close(); err != nil {
			return nil, q.fail(ctx, err)
		}
	}
	return stored, nil
}

// Stream implements sqlstore.Querier: rows as they come from the server where
// nothing else happens on the connection, else with a cursor, which leaves it
// free between two parts of the result.
func (q *querier) Stream(ctx context.Context, text string, args ...any) (statsql.Rows, error) {
	values, err := bind(args)
	if err != nil {
		return nil, translate(ctx, err)
	}
	if q.direct {
		reading, cancel := context.WithCancel(ctx)
		found, err := q.session.Query(reading, text, values...)
		if err != nil {
			cancel()
			return nil, q.fail(ctx, err)
		}
		return &flow{rows: rows{found, q, ctx}, cancel: cancel}, nil
	}
	q.cursors++
	name := quoted(fmt.Sprintf("superher_%d_%016x", q.cursors, rand.Uint64())) //nolint:gosec // tells cursors apart, keeps no secret
	err = q.step(ctx, func() error {
		if _, err := q.session.Exec(ctx, "DECLARE "+name+" NO SCROLL CURSOR FOR "+text, values...); err != nil {
			return q.fail(ctx, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cursor{q: q, ctx: ctx, name: name}, nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// rows translates the errors of a result.
type rows struct {
	pgx.Rows
	q   *querier
	ctx context.Context //nolint:containedctx // that of the query, whose end is what an error may mean
}

// Scan implements statsql.Rows.
func (r rows) Scan(dest ...any) error { return r.check(r.Rows.Scan(dest...)) }

// Err implements statsql.Rows.
func (r rows) Err() error { return r.check(r.Rows.Err()) }

// Close implements statsql.Rows.
func (r rows) Close() error {
	r.Rows.Close()
	return r.Err()
}

func (r rows) check(err error) error {
	if err == nil {
		return nil
	}
	return r.q.fail(r.ctx, err)
}

// cursor reads a result part by part. Each part is read into memory before its
// first row is given, which leaves the connection to other statements.
type cursor struct {
	q    *querier
	ctx  context.Context //nolint:containedctx // that of the query
	name string
	part [][][]byte
	next int
	last bool
	err  error

	closed bool

	fields []pgconn.FieldDescription
	types  *pgtype.Map
}

// Next implements statsql.Rows.
func (c *cursor) Next() bool {
	if c.err != nil {
		return false
	}
	if c.next < len(c.part) {
		c.next++
		return true
	}
	if c.last {
		return false
	}
	c.err = c.q.step(c.ctx, c.fetch)
	c.next = 1
	return c.err == nil && len(c.part) > 0
}

func (c *cursor) fetch() error {
	found, err := c.q.session.Query(c.ctx, fmt.Sprintf("FETCH FORWARD %d FROM %s", streamChunk, c.name))
	if err != nil {
		return c.q.fail(c.ctx, err)
	}
	defer found.Close()
	c.part = c.part[:0]
	for found.Next() {
		raw := found.RawValues()
		values := make([][]byte, len(raw))
		for i, v := range raw {
			if v != nil {
				values[i] = append([]byte{}, v...)
			}
		}
		c.part = append(c.part, values)
	}
	c.fields, c.types = found.FieldDescriptions(), found.Conn().TypeMap()
	c.last = len(c.part) < streamChunk
	if err := found.Err(); err != nil {
		return c.q.fail(c.ctx, err)
	}
	return nil
}

// Scan implements statsql.Rows.
func (c *cursor) Scan(dest ...any) error {
	if err := pgx.ScanRow(c.types, c.fields, c.part[c.next-1], dest...); err != nil {
		return c.q.fail(c.ctx, err)
	}
	return nil
}

// Err implements statsql.Rows.
func (c *cursor) Err() error { return c.err }

// Close implements statsql.Rows.
func (c *cursor) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if c.q.around != nil {
		// The transaction is the host's and goes on, also after a failure of the
		// stream and after the end of its context.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), endTimeout)
		defer cancel()
		return c.q.step(ctx, func() error { return c.drop(ctx) })
	}
	over := c.err != nil || c.ctx.Err() != nil || c.q.failed != nil
	if over { // the transaction is at its end, and its cursors with it
		return nil
	}
	return c.drop(c.ctx)
}

func (c *cursor) drop(ctx context.Context) error {
	if _, err := c.q.session.Exec(ctx, "CLOSE "+c.name); err != nil {
		return c.q.fail(ctx, err)
	}
	return nil
}
