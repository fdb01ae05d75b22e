package totalstest

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// zones are those that totals are made in: the worlds of the storage suite are
// asked for these.
func zones() []string {
	return []string{"UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo"}
}

// Store returns the store with totals for every advertiser, which are made anew
// whenever a reader is made.
func Store(t testing.TB, store storage.Store, db DB, d statsql.Dialect, seed uint64) storage.Store {
	return &totalled{Store: store, t: t, db: db, d: d, random: rand.New(rand.NewPCG(seed, 1))}
}

type totalled struct {
	storage.Store
	t      testing.TB
	db     DB
	d      statsql.Dialect
	mu     sync.Mutex
	random *rand.Rand
}

// Read implements storage.Store.
func (s *totalled) Read(view tenant.View) storage.Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fill()
	return s.Store.Read(view)
}

func (s *totalled) fill() {
	ctx := s.t.Context()
	rows, err := s.db.Query(ctx, "SELECT id FROM advertisers ORDER BY id")
	require.NoError(s.t, err)
	var advertisers []tenant.ID
	for rows.Next() {
		var id tenant.ID
		require.NoError(s.t, rows.Scan(&id))
		advertisers = append(advertisers, id)
	}
	require.NoError(s.t, rows.Err())
	require.NoError(s.t, rows.Close())
	for _, id := range advertisers {
		require.NoError(s.t, Fill(ctx, s.db, s.d, id, zones()[s.random.IntN(len(zones()))], s.random))
	}
}
