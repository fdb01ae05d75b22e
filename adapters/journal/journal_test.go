package journal_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/clicks/clickstest"
	"github.com/superher/superher/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kept is a journal that knows its directory.
type kept struct {
	*journal.Journal

	dir string
}

// folder is one for the time of a test, in memory where the machine has a place
// for that: most tests are not about how slow its disk is.
func folder(t testing.TB) string {
	t.Helper()
	made, err := os.MkdirTemp("/dev/shm", "superher-journal-") //nolint:usetesting // a folder of its own choice
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(made) })
	return made
}

// open opens a journal for the time of a test.
func open(t testing.TB, config journal.Config) kept {
	t.Helper()
	if config.Dir == "" {
		config.Dir = filepath.Join(folder(t), "clicks")
	}
	j, err := journal.Open(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.Close()) })
	return kept{j, config.Dir}
}

// killed copies the directory of a journal as it lies there, without the last torn
// bytes of the newest segment.
func killed(t testing.TB, from string, torn int) string {
	t.Helper()
	to := folder(t)
	require.NoError(t, os.CopyFS(filepath.Join(to, "clicks"), os.DirFS(from)))
	to = filepath.Join(to, "clicks")
	list, err := filepath.Glob(filepath.Join(to, "*.clicks"))
	require.NoError(t, err)
	if len(list) > 0 && torn > 0 {
		newest := list[len(list)-1]
		info, err := os.Stat(newest)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(newest, max(0, info.Size()-int64(torn))))
	}
	return to
}

func TestRecorder(t *testing.T) {
	for name, fsync := range map[string]time.Duration{"synced with every write": 0, "synced in the background": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			clickstest.Run(t, clickstest.Harness{
				New: func(t *testing.T) clicks.Recorder { return open(t, journal.Config{Fsync: fsync}) },
				Small: func(t *testing.T) clicks.Recorder {
					return open(t, journal.Config{Fsync: fsync, Limit: journal.MinLimit})
				},
				Reopen: func(t *testing.T, r clicks.Recorder, torn int) clicks.Recorder {
					return open(t, journal.Config{Fsync: fsync, Dir: killed(t, r.(kept).dir, torn)})
				},
				Folder: func(r clicks.Recorder) string { return r.(kept).dir },
			})
		})
	}
}

func TestOpen_NamesTheBadSetting(t *testing.T) {
	_, err := journal.Open(journal.Config{Fsync: -1, Limit: journal.MinLimit - 1})
	require.ErrorIs(t, err, fault.Invalid)
	require.Len(t, fault.Of(err).Fields, 3)
	open(t, journal.Config{Limit: journal.MinLimit})
}
