package memory_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{
		New:   func(*testing.T) storage.Store { return memory.New() },
		Scale: number(t, "SUPERHER_TEST_SCALE"),
		Seeds: number(t, "SUPERHER_TEST_SEEDS"),
		Texts: naughtyStrings(t),
	})
}

// number lets a longer run ask for more than the default.
func number(t *testing.T, name string) int {
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// naughtyStrings returns the public list of odd texts, where it lies beside
// the repository; the suite has a list of its own.
func naughtyStrings(t *testing.T) []string {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "text", "blns.json"))
	if err != nil {
		t.Log("without the big list of naughty strings: ../shared/data/text/blns.json is not there")
		return nil
	}
	var texts []string
	require.NoError(t, json.Unmarshal(raw, &texts))
	return texts
}
