package jetstream_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/links"
)

// smallDisk mounts one of 8 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a small disk can be mounted by root only")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8m,mode=0700"); err != nil {
		t.Skip("a small disk cannot be mounted here: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	return disk
}

// zeros is an endless file of nothing.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// fill leaves no room on a disk.
func fill(t *testing.T, disk string) {
	t.Helper()
	ballast, err := os.OpenFile(filepath.Join(disk, "ballast"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = io.Copy(ballast, zeros{})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, ballast.Close())
}

func empty(t *testing.T, disk string) {
	t.Helper()
	require.NoError(t, os.Remove(filepath.Join(disk, "ballast")))
}

// attempts records visits that may be refused.
type attempts struct {
	recorder     opened
	acknowledged []links.ClickID
	shed         int
}

func (a *attempts) one(t *testing.T) bool {
	t.Helper()
	v := newVisit()
	if err := a.recorder.Record(t.Context(), v); err != nil {
		requireUnavailable(t, err)
		a.shed++
		return false
	}
	a.acknowledged = append(a.acknowledged, v.ID)
	return true
}

// untilFull records on a disk that is full, also of what was freed meanwhile,
// until one is refused.
func (a *attempts) untilFull(t *testing.T, disk string) {
	t.Helper()
	require.Eventually(t, func() bool { fill(t, disk); return !a.one(t) }, patience, time.Millisecond)
}

func (a *attempts) untilTaken(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return a.one(t) }, patience, time.Millisecond)
}

// requireCounted fails unless what was acknowledged is in the store, and the
// rest was counted.
func (a *attempts) requireCounted(t *testing.T, store *shelf) {
	t.Helper()
	require.Eventually(t, func() bool { return a.recorder.Stats().Waiting == 0 }, patience, 10*time.Millisecond)
	require.Zero(t, store.has(a.acknowledged), "acknowledged and lost")
	require.EqualValues(t, a.shed, a.recorder.Stats().Shed)
	require.EqualValues(t, len(a.acknowledged), a.recorder.Stats().Recorded)
}

func TestDisk_OnceAFullOneHasRoomClicksAreKeptAgainWithoutARestart(t *testing.T) {
	disk := smallDisk(t)
	a := &attempts{recorder: open(t, jetstream.Config{Dir: filepath.Join(disk, "clicks"), Timeout: 500 * time.Millisecond})}
	for range 2 {
		for range 100 {
			require.True(t, a.one(t))
		}
		a.untilFull(t, disk)
		for range 500 {
			require.False(t, a.one(t), "nothing is taken until there is room")
		}
		empty(t, disk)
		a.untilTaken(t)
	}
	store := newShelf()
	run(t, a.recorder, store.take)
	a.requireCounted(t, store)
	entries, err := os.ReadDir(disk)
	require.NoError(t, err)
	require.Len(t, entries, 3, "folder, key and lock")
}

func TestDisk_AFullOneMeanwhileCostsTheLoaderNothing(t *testing.T) {
	disk := smallDisk(t)
	cfg := jetstream.Config{Dir: filepath.Join(disk, "clicks"), Timeout: 500 * time.Millisecond, AckWait: jetstream.MinAckWait}
	a := &attempts{recorder: open(t, cfg)}
	store := newShelf()
	run(t, a.recorder, store.take)
	for range 2 {
		for range 100 {
			require.True(t, a.one(t))
		}
		a.untilFull(t, disk)
		empty(t, disk)
		a.untilTaken(t)
	}
	a.requireCounted(t, store)
}
