package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
)

// The lookup of a batch's visitors is only as fast as the index that it takes.
func TestAppendClicks_VisitorsAreFoundByTheirIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN WITH given (advertiser_id, visitor, since, before) AS (VALUES (x'01', x'02', 1, 2))
		SELECT c.occurred_at, c.link_id FROM given CROSS JOIN click_events c WHERE c.advertiser_id = given.advertiser_id AND c.class = 'human'
		AND likelihood(c.visitor = given.visitor, 0.000001) AND c.occurred_at >= given.since AND c.occurred_at < given.before
		AND c.occurred_at >= 1 AND c.occurred_at < 2`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	require.NoError(t, rows.Err())
	require.Contains(t, strings.Join(plan, "\n"), "USING INDEX click_events_by_visitor (advertiser_id=? AND visitor=? AND occurred_at>? AND occurred_at<?)")
}
