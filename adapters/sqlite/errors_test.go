package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/fault"
)

// The errors are made, not built: the driver's own type cannot be.
func TestErrors_SayWhatHappened(t *testing.T) {
	directory := t.TempDir()
	run := func(name string, statements ...string) error {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(directory, name))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		db.SetMaxOpenConns(1)
		for i, text := range statements {
			_, err = db.ExecContext(t.Context(), text)
			if i < len(statements)-1 {
				require.NoError(t, err)
			}
		}
		return err
	}
	require.NoError(t, run("data.db", "CREATE TABLE things (id INTEGER PRIMARY KEY, n INTEGER NOT NULL UNIQUE) STRICT",
		"CREATE TABLE parts (thing INTEGER REFERENCES things (id)) STRICT", "INSERT INTO things VALUES (1, 1)"))
	require.NoError(t, os.WriteFile(filepath.Join(directory, "text.db"), []byte("this is not a database, but it is long enough to be read as one"), 0o600))
	held, err := sql.Open("sqlite", "file:"+filepath.Join(directory, "held.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, held.Close()) }()
	held.SetMaxOpenConns(1)
	for _, text := range []string{"CREATE TABLE things (id INTEGER)", "BEGIN EXCLUSIVE"} {
		_, err := held.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
	closed, err := sql.Open("sqlite", "file:"+filepath.Join(directory, "data.db"))
	require.NoError(t, err)
	require.NoError(t, closed.Close())

	for name, c := range map[string]struct {
		err    error
		code   fault.Code
		reason string
	}{
		"file opened to read":       {run("data.db?mode=ro", "INSERT INTO things VALUES (2, 2)"), fault.Unavailable, "store-unreachable"},
		"connection only reads":     {run("data.db?_pragma=query_only(1)", "INSERT INTO things VALUES (2, 2)"), fault.Unavailable, "store-unreachable"},
		"no such folder":            {run("missing/data.db", "SELECT 1 FROM things"), fault.Unavailable, "store-unreachable"},
		"not a database":            {run("text.db", "SELECT 1 FROM things"), fault.Unavailable, "store-unreachable"},
		"closed":                    {closed.PingContext(t.Context()), fault.Unavailable, "store-unreachable"},
		"locked by another":         {run("held.db", "INSERT INTO things VALUES (1)"), fault.Unavailable, "store-busy"},
		"no room":                   {run("full.db", "PRAGMA max_page_count = 2", "CREATE TABLE a (b)", "CREATE TABLE c (d)"), fault.Unavailable, "store-full"},
		"no such row referenced":    {run("data.db?_pragma=foreign_keys(1)", "INSERT INTO parts VALUES (9)"), fault.NotFound, "not-found"},
		"primary key taken":         {run("data.db", "INSERT INTO things VALUES (1, 2)"), fault.Conflict, "id-taken"},
		"unique value taken":        {run("data.db", "INSERT INTO things VALUES (2, 1)"), fault.Conflict, "id-taken"},
		"sum too large":             {run("data.db", "SELECT sum(column1) FROM (VALUES (9223372036854775807), (1))"), fault.Invalid, "amount-overflow"},
		"addition too large":        {run("data.db", "CREATE TABLE sums (a INTEGER) STRICT", "INSERT INTO sums VALUES (9223372036854775807)", "UPDATE sums SET a = a + 1"), fault.Invalid, "amount-overflow"},
		"a statement that is wrong": {run("data.db", "SELECT nothing FROM nowhere"), fault.Internal, "internal"},
		"a deadline":                {context.DeadlineExceeded, fault.Unavailable, "deadline-exceeded"},
		"a fault":                   {fault.New(fault.Conflict, "kept", ""), fault.Conflict, "kept"},
	} {
		require.Error(t, c.err, name)
		got := fault.Of(sqlite.Translate(t.Context(), c.err))
		require.Equal(t, c.code, got.Code, "%s: %v", name, c.err)
		require.Equal(t, c.reason, got.Reason, "%s: %v", name, c.err)
	}
}
