package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/tenant"
)

func TestOpen_KeepsEveryRowOfAFileOfAnEarlierVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	old, closing := sqlite.OpenVersion(t, path, filltest.Prepared)
	require.NoError(t, filltest.Fill(t.Context(), old))
	require.NoError(t, closing())
	undo(t, path)
	before := dump(t, path)
	for table, rows := range before {
		require.NotEmpty(t, rows, table)
	}

	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	got, err := store.Read(tenant.For(filltest.Advertiser()).View()).Event(t.Context(), filltest.Event().ID)
	require.NoError(t, err)
	require.Equal(t, filltest.Event(), got)
	u := tenant.NewUser(tenant.UserID{1}, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), "https://idp.example", "jessica", "")
	u.Advertiser = filltest.Advertiser()
	require.NoError(t, store.System().CreateUser(t.Context(), u), "the new tables are there")
	require.NoError(t, store.Close())
	require.Equal(t, before, dump(t, path))
}

func TestOpen_KeepsTheTotalsOfDaysOfAnEarlierVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	_, closing := sqlite.OpenVersion(t, path, filltest.WithDays)
	require.NoError(t, closing())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), filltest.Days("x'01000000000000000000000000000000'"))
	require.NoError(t, err)

	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	for query, want := range filltest.SplitDays() {
		require.Equal(t, want, lines(t, db, query))
	}
}

func lines(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		out = append(out, line)
	}
	require.NoError(t, rows.Err())
	return out
}

// undo makes a file that was filled one of the first version.
func undo(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	for _, statement := range filltest.Undo() {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}

// dump returns the rows of the first version's tables.
func dump(t *testing.T, path string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	out := map[string][]string{}
	for _, table := range filltest.Tables() {
		out[table] = dumpTable(t, db, table)
	}
	return out
}

func dumpTable(t *testing.T, db *sql.DB, table string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	names, err := rows.Columns()
	require.NoError(t, err)
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		require.NoError(t, rows.Scan(into...))
		out = append(out, fmt.Sprint(names, values))
	}
	require.NoError(t, rows.Err())
	slices.Sort(out)
	return out
}
