package jetstream_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/clicks/clickstest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
		return
	}
	goleak.VerifyTestMain(m)
}

// opened is a recorder with the config it was opened with.
type opened struct {
	*jetstream.Recorder
	cfg jetstream.Config
}

// open opens a recorder and closes it when the test ends.
func open(t testing.TB, cfg jetstream.Config) opened {
	t.Helper()
	if cfg.Dir == "" && cfg.URL == "" {
		cfg.Dir = filepath.Join(t.TempDir(), "clicks")
	}
	r, err := jetstream.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return opened{r, cfg}
}

func harness(publish jetstream.Publish) clickstest.Harness {
	return clickstest.Harness{
		New: func(t *testing.T) clicks.Recorder {
			return open(t, jetstream.Config{Publish: publish, Window: 20_000})
		},
		Small: func(t *testing.T) clicks.Recorder {
			return open(t, jetstream.Config{Publish: publish, MaxBytes: jetstream.MinBytes, Window: 200})
		},
		Reopen: func(t *testing.T, r clicks.Recorder, torn int) clicks.Recorder {
			r.Stats() // with Async, what is published is in the stream before the crash
			cfg := r.(opened).cfg
			from := cfg.Dir
			cfg.Dir = filepath.Join(t.TempDir(), "clicks")
			copyTree(t, from, cfg.Dir)
			key, err := os.ReadFile(from + ".key")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(cfg.Dir+".key", key, 0o600))
			if torn > 0 {
				tear(t, cfg.Dir, int64(torn))
			}
			return open(t, cfg)
		},
		Folder: func(r clicks.Recorder) string { return r.(opened).cfg.Dir },
	}
}

// copyTree copies a folder as it lies there.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, relative), 0o700)
		}
		content, err := os.ReadFile(path)
		if os.IsNotExist(err) { // deleted meanwhile, as others may be while a process dies
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), content, 0o600)
	}))
}

// tear cuts bytes off the end of the last block of the stream.
func tear(t *testing.T, dir string, torn int64) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	require.NoError(t, err)
	require.NotEmpty(t, blocks)
	slices.SortFunc(blocks, func(a, b string) int { return len(a) - len(b) })
	last := blocks[len(blocks)-1]
	info, err := os.Stat(last)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(last, info.Size()-torn))
}

func TestRecorder_Sync(t *testing.T)  { clickstest.Run(t, harness(jetstream.Sync)) }
func TestRecorder_Async(t *testing.T) { clickstest.Run(t, harness(jetstream.Async)) }
