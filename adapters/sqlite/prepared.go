package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// Bounds of the statements that are kept. There are not many texts, but lists in
// conditions and in rows make some more, and a long one takes a megabyte of
// memory as a program.
const (
	maxPrepared     = 200
	maxPreparedText = 48 << 10 // bytes, of all of them
)

// session is what the statements of a transaction run on.
type session interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

// prepared is a connection that remembers its statements: to parse one takes
// longer than to run it. It is used by one at a time.
type prepared struct {
	*sql.Conn
	known map[string]*statement
	text  int // bytes of known
	uses  int64
}

// statement is one that was prepared. It is one cursor, so while its rows are
// read the same text is prepared once more.
type statement struct {
	*sql.Stmt
	busy bool
	used int64
}

func newPrepared(conn *sql.Conn) *prepared {
	return &prepared{Conn: conn, known: make(map[string]*statement)}
}

// statement returns the statement of a text, and what to call when it was used.
func (p *prepared) statement(ctx context.Context, text string) (_ *sql.Stmt, done func(), err error) {
	p.uses++
	if s, ok := p.known[text]; ok && !s.busy {
		s.busy, s.used = true, p.uses
		return s.Stmt, func() { s.busy = false }, nil
	}
	made, err := p.PrepareContext(context.WithoutCancel(ctx), text)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := p.known[text]; ok {
		return made, func() { _ = made.Close() }, nil
	}
	s := &statement{Stmt: made, busy: true, used: p.uses}
	p.known[text] = s
	p.text += len(text)
	for (len(p.known) > maxPrepared || p.text > maxPreparedText) && p.evict() {
	}
	return made, func() { s.busy = false }, nil
}

// evict closes the statement that was not used for the longest time. It returns
// false where all are in use.
func (p *prepared) evict() bool {
	oldest := ""
	for text, s := range p.known {
		if !s.busy && (oldest == "" || s.used < p.known[oldest].used) {
			oldest = text
		}
	}
	s, ok := p.known[oldest]
	if ok {
		delete(p.known, oldest)
		p.text -= len(oldest)
		_ = s.Close()
	}
	return ok
}

// exec runs a statement that is run often.
func (p *prepared) exec(ctx context.Context, text string) error {
	s, done, err := p.statement(ctx, text) //nolint:sqlclosecheck // kept for the next time; done closes it where it is not
	if err != nil {
		return err
	}
	defer done()
	_, err = s.ExecContext(ctx)
	return err
}

func (p *prepared) close() {
	for _, s := range p.known {
		_ = s.Close()
	}
	clear(p.known)
	p.text = 0
}

// discard closes a connection instead of giving it back to the pool.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}
