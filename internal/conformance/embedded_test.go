//go:build !superher_cut_predicates

package conformance_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

// SQLite has one lock, the store's own predicates: these tests cannot pass
// where those are cut out.

func TestMemory(t *testing.T) {
	storagetest.Run(t, harness(t, func(*testing.T) storage.Store { return memory.New() }))
}

func TestSQLite(t *testing.T) {
	storagetest.Run(t, harness(t, func(t *testing.T) storage.Store {
		store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db")})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		return store
	}))
}
