package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

// OpenVersion makes a file with the tables of an earlier version and returns a
// store that works with these alone.
func OpenVersion(t *testing.T, path string, version int64) (store storage.Store, closing func() error) {
	t.Helper()
	db, err := open(Config{Path: path, Timeout: DefaultTimeout}, "_txlock=immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := newProvider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	readers, err := open(Config{Path: path, Timeout: DefaultTimeout}, "_txlock=deferred", 1)
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{writer: newWriter(db, DefaultTimeout), readers: readers, timeout: DefaultTimeout, exports: sqlstore.NewExports(1)}
	return sqlstore.New(e), (&Store{engine: e}).Close
}

// MaxPreparedText is how many bytes of statements a connection remembers.
const MaxPreparedText = maxPreparedText

// Remembered has the writing connection answer a query, and returns how many
// bytes of statements it remembers, and whether that one is among them.
func Remembered(t *testing.T, s *Store, text string) (size int, known bool) {
	t.Helper()
	var n int
	ask(t, s, text, &n)
	p := s.engine.writer.prepared
	for text := range p.known {
		size += len(text)
	}
	if size != p.text {
		t.Fatalf("%d bytes are remembered and %d counted", size, p.text)
	}
	_, known = p.known[text]
	return size, known
}

// Pragma returns a setting of the writing connection.
func Pragma(t *testing.T, s *Store, name string) string {
	t.Helper()
	var value string
	ask(t, s, "PRAGMA "+name, &value)
	return value
}

// TemporaryTables returns how many the writing connection has.
func TemporaryTables(t *testing.T, s *Store) (n int) {
	t.Helper()
	ask(t, s, "SELECT count(*) FROM temp.sqlite_master", &n)
	return n
}

// ask has the writing connection answer a query.
func ask(t *testing.T, s *Store, text string, answer any) {
	t.Helper()
	_, err := s.engine.writer.run(t.Context(), false, func(ctx context.Context, q sqlstore.Querier) error {
		return q.QueryAll(ctx, sqlstore.Ask{SQL: text, Row: func(rows statsql.Rows) error { return rows.Scan(answer) }})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// SetExportWait sets how long an export waits for its turn.
func SetExportWait(s *Store, wait time.Duration) { s.engine.exports.Wait = wait }

// Translate lets tests look at the meaning of an error.
func Translate(ctx context.Context, err error) error { return translate(ctx, err) }

// Waiting returns how many writes wait for their turn.
func Waiting(s *Store) int {
	s.engine.writer.mu.Lock()
	defer s.engine.writer.mu.Unlock()
	return len(s.engine.writer.queue)
}

// SpoilCommit is a brief write after which its transaction cannot be committed.
func SpoilCommit(ctx context.Context, s *Store) error {
	return s.engine.Run(ctx, sqlstore.Work{Kind: sqlstore.Change, Brief: true}, func(ctx context.Context, q sqlstore.Querier) error {
		if _, err := q.Exec(ctx, "PRAGMA defer_foreign_keys = 1"); err != nil {
			return err
		}
		_, err := q.Exec(ctx, "INSERT INTO visitor_salts (advertiser_id, day, salt) VALUES (x'01', 1, x'02')")
		return err
	})
}

// EndTransaction is a brief write that undoes the transaction which it is part of.
// It does so once: repeated, it fails before it touches anything, so that the
// others, which are repeated as well, meet with it no second time.
func EndTransaction(ctx context.Context, s *Store) error {
	ended := false
	return s.engine.Run(ctx, sqlstore.Work{Kind: sqlstore.Change, Brief: true}, func(ctx context.Context, q sqlstore.Querier) error {
		if ended {
			return errors.New("the transaction was ended before")
		}
		ended = true
		_, err := q.Exec(ctx, "ROLLBACK")
		return err
	})
}
