package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// visit is the n-th of a test.
func visit(n int) clicks.Visit {
	return clicks.Visit{
		ID: links.ClickID{1, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, Advertiser: tenant.ID{2}, Link: links.ID{3},
		Hit: links.Hit{
			At: time.Date(2026, 6, 15, 12, 0, 0, n, time.UTC), Method: "GET", Address: netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)}),
			UserAgent: "Mozilla/5.0 (iPhone) Instagram 300.0", Referrer: "https://l.instagram.com/",
		},
	}
}

// shop is a sink that keeps what it takes.
type shop struct {
	mu     sync.Mutex
	taken  []clicks.Visit
	offers []int
	down   bool
}

func (s *shop) take(_ context.Context, visits []clicks.Visit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return fault.New(fault.Unavailable, "store-unreachable", "it is away")
	}
	s.taken, s.offers = append(s.taken, visits...), append(s.offers, len(visits))
	return nil
}

func (s *shop) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

func (s *shop) all() []clicks.Visit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

// handOver runs a journal until everything it has is handed over, and returns that.
func handOver(t require.TestingT, j clicks.Recorder) []clicks.Visit {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	var s shop
	require.NoError(t, j.Run(ctx, s.take))
	return s.all()
}

// segments lists the files of a journal that hold visits.
func segments(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.clicks"))
	require.NoError(t, err)
	return list
}

// written returns a directory with the journal of a process that was killed after n
// visits, its only segment, and where each record ends.
func written(t testing.TB, n int) (dir string, content []byte, ends []int) {
	t.Helper()
	j := open(t, journal.Config{Fsync: time.Hour})
	for i := range n {
		require.NoError(t, j.Record(t.Context(), visit(i)))
		info, err := os.Stat(segments(t, j.dir)[0])
		require.NoError(t, err)
		ends = append(ends, int(info.Size()))
	}
	dir = killed(t, j.dir, 0)
	content, err := os.ReadFile(segments(t, dir)[0])
	require.NoError(t, err)
	return dir, content, ends
}

// reopened hands over what a directory with this content of its segment holds.
func reopened(t *testing.T, dir string, content []byte) ([]clicks.Visit, clicks.Stats) {
	t.Helper()
	path := filepath.Join(dir, "00000000000000000001.clicks")
	key, err := os.ReadFile(filepath.Join(dir, "00000000000000000001.key"))
	require.NoError(t, err)
	fresh := filepath.Join(folder(t), "clicks")
	require.NoError(t, os.Mkdir(fresh, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(fresh, filepath.Base(path)), content, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(fresh, "00000000000000000001.key"), key, 0o600))
	j, err := journal.Open(journal.Config{Dir: fresh, Fsync: time.Hour})
	require.NoError(t, err)
	got := handOver(t, j)
	stats := j.Stats()
	require.Zero(t, stats.Waiting)
	require.Zero(t, stats.Bytes)
	require.NoError(t, j.Close())
	left, err := os.ReadDir(fresh)
	require.NoError(t, err)
	require.Len(t, left, 2, "lock and position")
	require.NoError(t, os.RemoveAll(fresh))
	return got, stats
}

func numbered(n int) []clicks.Visit {
	list := make([]clicks.Visit, n)
	for i := range list {
		list[i] = visit(i)
	}
	return list
}

func TestCrash_AtEveryByteKeepsWhatWasWhole(t *testing.T) {
	dir, content, ends := written(t, 6)
	for size := range len(content) + 1 {
		whole := 0
		for _, end := range ends {
			if end <= size {
				whole++
			}
		}
		got, stats := reopened(t, dir, content[:size])
		require.Equal(t, numbered(whole), append([]clicks.Visit{}, got...), "cut at byte %d", size)
		require.Zero(t, stats.Refused, "what is cut off was never acknowledged")
	}
	for _, rest := range []int{1, 100, 5000} { // a file may grow before its content is there
		got, stats := reopened(t, dir, append(slices.Clone(content), make([]byte, rest)...))
		require.Equal(t, numbered(6), got)
		require.Zero(t, stats.Refused)
	}
}

func TestDamage_CostsNoOtherRecord(t *testing.T) {
	dir, content, ends := written(t, 6)
	for at := journal.Header; at < len(content); at++ {
		spoiled := slices.Clone(content)
		spoiled[at] ^= 0x5a
		hit := slices.IndexFunc(ends, func(end int) bool { return at < end })
		got, stats := reopened(t, dir, spoiled)
		require.Equal(t, slices.Delete(numbered(6), hit, hit+1), got, "byte %d", at)
		if hit < 5 { // the last one looks like one that was cut off
			require.EqualValues(t, 1, stats.Refused, "byte %d", at)
		}
	}
}

func TestDamage_AnyKindKeepsTheRecordsThatItDoesNotTouch(t *testing.T) {
	dir, content, ends := written(t, 40)
	rapid.Check(t, func(r *rapid.T) {
		from := rapid.IntRange(journal.Header, len(content)-1).Draw(r, "from")
		to := rapid.IntRange(from, min(len(content), from+600)).Draw(r, "to")
		put := rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(r, "put")
		var want []clicks.Visit
		for i, end := range ends {
			begin := journal.Header
			if i > 0 {
				begin = ends[i-1]
			}
			if end <= from || begin >= to {
				want = append(want, visit(i))
			}
		}
		got, _ := reopened(t, dir, slices.Concat(content[:from], put, content[to:]))
		require.Subset(r, got, want)
		require.LessOrEqual(r, len(got), 40)
	})
}

func TestKey_ASegmentWithoutItsKeyIsCountedAndPassedOver(t *testing.T) {
	dir, content, _ := written(t, 5)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00000000000000000001.key"), make([]byte, clicks.KeySize), 0o600))
	got, stats := reopened(t, dir, content)
	require.Empty(t, got)
	require.EqualValues(t, 5, stats.Refused)
}

func TestKey_OneThatCannotBeReadNowCostsNothing(t *testing.T) {
	dir, content, _ := written(t, 5)
	key := filepath.Join(dir, "00000000000000000001.key")
	require.NoError(t, os.Rename(key, key+".away"))
	require.NoError(t, os.Mkdir(key, 0o700)) // which nobody can read as a file, not even root
	_, err := journal.Open(journal.Config{Dir: dir})
	require.True(t, fault.HasReason(err, "journal-failed"), "%v", err)
	require.NoError(t, os.Remove(key))
	require.NoError(t, os.Rename(key+".away", key))
	got, stats := reopened(t, dir, content)
	require.Equal(t, numbered(5), got)
	require.Zero(t, stats.Refused)
}

// told passes on what is logged.
type told chan string

func (c told) Write(line []byte) (int, error) {
	select {
	case c <- string(line):
	default:
	}
	return len(line), nil
}

func TestRun_GoesOnWhenAJournalThatCouldNotBeReadCanBeReadAgain(t *testing.T) {
	log := make(told, 1)
	j := open(t, journal.Config{Fsync: time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))})
	for i := range 5 {
		require.NoError(t, j.Record(t.Context(), visit(i)))
	}
	segment := segments(t, j.dir)[0]
	require.NoError(t, os.Rename(segment, segment+".away"))
	s := &shop{}
	stop := running(t, j, s)
	require.Contains(t, <-log, "cannot be read")
	require.NoError(t, os.Rename(segment+".away", segment))
	require.Eventually(t, func() bool { return len(s.all()) == 5 }, 10*time.Second, time.Millisecond)
	stop()
}

func TestOpen_TheDirectoryBelongsToOneProcess(t *testing.T) {
	j := open(t, journal.Config{Fsync: time.Hour})
	_, err := journal.Open(journal.Config{Dir: j.dir})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "journal-in-use"), "%v", err)
	require.ErrorContains(t, err, "another process")
}

func TestFiles_AreForTheOwnerOnlyAndGoWhenAllIsStored(t *testing.T) {
	j := open(t, journal.Config{Fsync: time.Hour})
	for i := range 10 {
		require.NoError(t, j.Record(t.Context(), visit(i)))
	}
	entries, err := os.ReadDir(j.dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "segment, key, position and lock")
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
	}
	info, err := os.Stat(j.dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.Len(t, handOver(t, j), 10)
	entries, err = os.ReadDir(j.dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "position and lock")
}

func TestPrivacy_NoAddressLiesInTheDirectory(t *testing.T) {
	j := open(t, journal.Config{Fsync: time.Hour})
	var planted [][]byte
	for i := range 1000 {
		v := visit(i)
		switch i % 3 {
		case 0:
			v.Hit.Address = netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})
		case 1:
			v.Hit.Address = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 14: byte(i >> 8), 15: byte(i)})
		default:
			v.Hit.Address = netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: byte(i >> 8), 15: byte(i)})
		}
		if raw := v.Hit.Address.AsSlice(); len(raw) == 16 { // four bytes come about by chance
			planted = append(planted, raw)
		}
		planted = append(planted, []byte(v.Hit.Address.String()))
		require.NoError(t, j.Record(t.Context(), v))
	}
	entries, err := os.ReadDir(j.dir)
	require.NoError(t, err)
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(j.dir, e.Name()))
		require.NoError(t, err)
		for _, p := range append(planted, []byte("Instagram")) {
			require.False(t, bytes.Contains(content, p), "%s holds %q", e.Name(), p)
		}
	}
}

// A small limit is reached while the store is away, and room comes back when it
// is there again.
func TestLimit_ShedsBeyondItAndRecovers(t *testing.T) {
	j := open(t, journal.Config{Fsync: time.Hour, Limit: journal.MinLimit})
	s := &shop{down: true}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx, s.take) }()
	recorded, shed := 0, 0
	for i := range 6000 {
		if err := j.Record(t.Context(), visit(i)); err != nil {
			require.True(t, fault.HasReason(err, "clicks-shed"))
			shed++
		} else {
			require.Zero(t, shed, "full stays full")
			recorded++
		}
	}
	stats := j.Stats()
	require.LessOrEqual(t, stats.Bytes, int64(journal.MinLimit))
	require.Greater(t, stats.Bytes, int64(journal.MinLimit)-1000)
	require.EqualValues(t, shed, stats.Shed)
	require.EqualValues(t, recorded, stats.Waiting)
	s.set(false)
	require.Eventually(t, func() bool { return j.Record(t.Context(), visit(10_000+recorded)) == nil }, 20*time.Second, time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	require.Len(t, s.all(), recorded+1)
	require.Zero(t, j.Stats().Bytes)
}

func TestRun_HandsOverInBatchesAndInOrder(t *testing.T) {
	j := open(t, journal.Config{Fsync: time.Hour})
	for i := range 5000 {
		require.NoError(t, j.Record(t.Context(), visit(i)))
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	s := &shop{}
	require.NoError(t, j.Run(ctx, s.take))
	require.Equal(t, numbered(5000), s.all())
	require.LessOrEqual(t, len(s.offers), 6)
}

// broken is a disk with so much space, which can be changed.
type broken struct {
	mu    sync.Mutex
	space int
	stuck bool // files cannot be cut
}

func (b *broken) create(path string) (journal.File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.space == 0 {
		return nil, syscall.ENOSPC
	}
	f, err := journal.Create(path)
	return brokenFile{f, b}, err
}

type brokenFile struct {
	journal.File

	on *broken
}

func (f brokenFile) Write(p []byte) (int, error) {
	f.on.mu.Lock()
	defer f.on.mu.Unlock()
	if len(p) <= f.on.space {
		f.on.space -= len(p)
		return f.File.Write(p)
	}
	n, err := f.File.Write(p[:f.on.space])
	f.on.space = 0
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f brokenFile) Truncate(size int64) error {
	if f.on.stuck {
		return syscall.EIO
	}
	return f.File.Truncate(size)
}

// Wherever the disk gets full, what is refused is not stored, what is taken is,
// and it works again when there is space.
func TestFullDisk_RefusesAndRecoversWithoutARestart(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		for space := 0; space < 1200; space += 7 {
			t.Run(fmt.Sprintf("%d bytes, stuck %t", space, stuck), func(t *testing.T) {
				disk := &broken{space: space, stuck: stuck}
				dir := folder(t)
				j, err := journal.OpenWith(journal.Config{Dir: dir, Fsync: time.Hour}, disk.create)
				require.NoError(t, err)
				var want []clicks.Visit
				record := func(n int) error {
					err := j.Record(t.Context(), visit(n))
					if err == nil {
						want = append(want, visit(n))
					}
					return err
				}
				for i := range 8 {
					if err := record(i); err != nil {
						require.ErrorIs(t, err, fault.Unavailable)
						require.True(t, fault.HasReason(err, "journal-failed"))
					}
				}
				require.Less(t, len(want), 8)
				disk.mu.Lock()
				disk.space = 1 << 20
				disk.mu.Unlock()
				for i := range 3 {
					require.NoError(t, record(100+i))
				}
				require.EqualValues(t, 11-len(want), j.Stats().Shed)
				next := open(t, journal.Config{Dir: killed(t, dir, 0), Fsync: time.Hour})
				require.Equal(t, want, handOver(t, next), "of a killed process")
				require.Equal(t, want, handOver(t, j), "of this one")
				require.NoError(t, j.Close())
			})
		}
	}
}
