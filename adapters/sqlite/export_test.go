package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/superher/superher/adapters/internal/sqlstore"
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
	return sqlstore.New(&engine{writer: db, readers: db, timeout: DefaultTimeout, exports: sqlstore.NewExports(1)}), db.Close
}

// Pragma returns a setting of the writing connection.
func Pragma(t *testing.T, s *Store, name string) string {
	t.Helper()
	var value string
	if err := s.engine.writer.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TemporaryTables returns how many the writing connection has.
func TemporaryTables(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.engine.writer.QueryRowContext(t.Context(), "SELECT count(*) FROM temp.sqlite_master").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// SetExportWait sets how long an export waits for its turn.
func SetExportWait(s *Store, wait time.Duration) { s.engine.exports.Wait = wait }

// Translate lets tests look at the meaning of an error.
func Translate(ctx context.Context, err error) error { return translate(ctx, err) }
