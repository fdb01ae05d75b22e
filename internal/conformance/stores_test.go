package conformance_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

// The scale of the promises.
const (
	fullScale = 10_000 // external ids, each sent 2 to 20 times
	fullSeeds = 200    // random filters, each on every report
)

// harness is the suite on stores made by open, at the scale of the run.
func harness(t *testing.T, open func(*testing.T) storage.Store) storagetest.Harness {
	t.Helper()
	h := storagetest.Harness{New: open, Texts: naughtyTexts(t)}
	if full() {
		h.Scale, h.Seeds = fullScale, fullSeeds
	}
	return h
}

// naughtyTexts returns the public list of strings that break programs. Where
// the list is not beside the checkout, the suite's own odd texts have to do.
func naughtyTexts(t *testing.T) []string {
	t.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", "text", "blns.json")
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("without the list of naughty strings: there is no ../shared/data/text/blns.json beside the checkout")
		return nil
	}
	require.NoError(t, err)
	var texts []string
	require.NoError(t, json.Unmarshal(content, &texts))
	return texts
}
