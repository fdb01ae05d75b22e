package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

// fresh returns an empty store in a file of its own.
func fresh(t testing.TB) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func TestContract(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(t *testing.T) storage.Store { return fresh(t) }})
}
