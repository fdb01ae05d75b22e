package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

const (
	segmentSuffix = ".clicks"
	keySuffix     = ".key"
	positionName  = "position"
	lockName      = "lock"
	private       = 0o600
	privateFolder = 0o700
)

// file is what a segment is written to; tests have others.
type file interface {
	Write(p []byte) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// create makes a file that does not exist, to be written to.
func create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, private) //nolint:gosec // of a directory that the host names
}

// failed is the error of a journal that its disk fails.
func failed(err error, doing string) *fault.Error {
	return fault.Wrap(err, fault.Unavailable, "journal-failed", "the journal of clicks cannot "+doing)
}

func (j *Journal) path(number uint64, suffix string) string {
	return filepath.Join(j.config.Dir, fmt.Sprintf("%020d%s", number, suffix))
}

// numbers lists the files with a suffix, in order.
func numbers(dir, suffix string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if n, err := strconv.ParseUint(name, 10, 64); ok && err == nil && len(name) == 20 && n > 0 {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

// newKey draws the key of a segment and keeps it in a file.
func (j *Journal) newKey(number uint64) (_ *clicks.Sealer, err error) {
	key := make([]byte, clicks.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	f, err := j.create(j.path(number, keySuffix))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(key); err != nil {
		return nil, err
	}
	if j.config.Fsync == 0 { // a visit that is synced is lost without it
		if err := f.Sync(); err != nil {
			return nil, err
		}
	}
	return clicks.NewSealer(key)
}

// readKey returns the sealer of an earlier segment.
func (j *Journal) readKey(number uint64) (*clicks.Sealer, error) {
	key, err := os.ReadFile(j.path(number, keySuffix))
	if err != nil {
		return nil, err
	}
	return clicks.NewSealer(key)
}

// lostKey reports whether readKey found that there is no key, or none that ever
// was one.
func lostKey(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fault.Invalid)
}

// remove deletes the files of a segment.
func (j *Journal) remove(number uint64) error {
	var errs []error
	for _, suffix := range []string{segmentSuffix, keySuffix} {
		if err := os.Remove(j.path(number, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// syncNew forces the key of a segment, and the names of its files, to the disk.
func (j *Journal) syncNew(s *segment) error {
	key, err := os.Open(j.path(s.number, keySuffix))
	if err != nil {
		return err
	}
	return errors.Join(key.Sync(), key.Close(), j.syncDir())
}

// syncDir makes names in the directory last.
func (j *Journal) syncDir() error {
	d, err := os.Open(j.config.Dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// position is how far the store has the visits: all of earlier segments, and those
// of this one before the offset.
type position struct {
	segment uint64
	offset  int64
}

const positionSize = 8 + 8 + 4

// readPosition returns the position that was noted last. Without one, or with one
// that a crash cut off, everything is handed over again.
func (j *Journal) readPosition() (position, error) {
	text, err := os.ReadFile(filepath.Join(j.config.Dir, positionName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return position{}, err
	}
	if len(text) != positionSize || crc32.ChecksumIEEE(text[:16]) != binary.BigEndian.Uint32(text[16:]) {
		return position{}, nil
	}
	return position{binary.BigEndian.Uint64(text), int64(binary.BigEndian.Uint64(text[8:]))}, nil
}

// note keeps the position, in place: that needs no space on the disk.
func (j *Journal) note(p position) {
	text := binary.BigEndian.AppendUint64(make([]byte, 0, positionSize), p.segment)
	text = binary.BigEndian.AppendUint64(text, uint64(p.offset))
	text = binary.BigEndian.AppendUint32(text, crc32.ChecksumIEEE(text))
	if _, err := j.noted.WriteAt(text, 0); err != nil {
		j.log.Error("it cannot be noted how far clicks are stored; after a crash some are handed over again", "error", err)
	}
}
