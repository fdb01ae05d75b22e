package links_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// readData reads a file of the public test data beside the repository into
// out, or skips the test where the data is absent.
func readData(t *testing.T, name string, out any) {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "no go.mod above the test")
		dir = parent
	}
	raw, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", name))
	if os.IsNotExist(err) {
		t.Skipf("NOT RUN: ../shared/data/%s is absent; it is public test data that is not part of the repository", name)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, out))
}
