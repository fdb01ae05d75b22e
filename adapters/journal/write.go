package journal

import (
	"cmp"
	"errors"
	"time"

	"github.com/superher/superher/clicks"
)

// write appends visits to the journal, all or none of them.
func (j *Journal) write(visits []clicks.Visit) error {
	err := j.append(visits)
	if err != nil {
		j.tally.Shed(len(visits))
		return err
	}
	select {
	case j.more <- struct{}{}:
	default:
	}
	return nil
}

func (j *Journal) append(visits []clicks.Visit) error {
	j.files.Lock()
	defer j.files.Unlock()
	if j.bytes.Load() >= j.config.Limit {
		return clicks.NoRoom()
	}
	s, err := j.current()
	if err != nil {
		return err
	}
	j.scratch = j.scratch[:0]
	for i := range visits {
		j.scratch = appendRecord(j.scratch, s.sealer, visits[i])
	}
	if j.bytes.Load()+int64(len(j.scratch)) > j.config.Limit {
		return clicks.NoRoom()
	}
	if _, err := s.out.Write(j.scratch); err != nil {
		j.takeBack(s)
		return failed(err, "be written to")
	}
	if j.config.Fsync == 0 {
		if err := s.out.Sync(); err != nil {
			j.takeBack(s)
			return failed(err, "be synced")
		}
	} else {
		s.dirty.Store(true)
	}
	n := int64(len(visits))
	j.tally.Recorded(len(visits)) // before they can be stored
	j.waiting.Add(n)
	s.records.Add(n)
	j.bytes.Add(int64(len(j.scratch)))
	s.size.Add(int64(len(j.scratch))) // from here on Run sees them
	if cap(j.scratch) > maxScratch {
		j.scratch = nil
	}
	return nil
}

// maxScratch bounds what is kept for the next write, in bytes.
const maxScratch = 1 << 20

// takeBack undoes a failed write, so that what follows stands where it should. A
// file that does not let itself be cut is not written to any more.
func (j *Journal) takeBack(s *segment) {
	if err := s.out.Truncate(s.size.Load()); err != nil {
		s.spoiled = true
	}
}

// current returns the segment to write to, where need be a new one.
func (j *Journal) current() (*segment, error) {
	s := j.active
	if s != nil && !s.spoiled && s.size.Load() < j.segmentSize() {
		return s, nil
	}
	fresh, err := j.begin()
	if err != nil {
		if s != nil && !s.spoiled { // better a long segment than no click
			return s, nil
		}
		return nil, failed(err, "begin a segment")
	}
	j.retire()
	j.segments, j.active = append(j.segments, fresh), fresh
	return fresh, nil
}

// segmentSize is the size after which a segment is at its end, in bytes.
func (j *Journal) segmentSize() int64 { return min(segmentSize, j.config.Limit/8) }

// begin makes the files of a new segment.
func (j *Journal) begin() (_ *segment, err error) {
	j.newest++
	s := &segment{number: j.newest, begun: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.remove(s.number))
		}
	}()
	if s.sealer, err = j.newKey(s.number); err != nil {
		return nil, err
	}
	if s.out, err = j.create(j.path(s.number, segmentSuffix)); err != nil {
		return nil, err
	}
	if _, err := s.out.Write([]byte(header)); err != nil {
		return nil, errors.Join(err, s.out.Close())
	}
	if j.config.Fsync == 0 {
		if err := j.syncDir(); err != nil {
			return nil, errors.Join(err, s.out.Close())
		}
	}
	s.fresh.Store(j.config.Fsync > 0)
	s.size.Store(int64(len(header)))
	j.bytes.Add(int64(len(header)))
	return s, nil
}

// retire ends the active segment, if there is one. It is closed by the next sync,
// so that nobody who writes waits for the disk.
func (j *Journal) retire() {
	if j.active != nil {
		j.retired, j.active = append(j.retired, j.active), nil
	}
}

// syncing forces what is written to the disk, again and again.
func (j *Journal) syncing() {
	tick := time.NewTicker(cmp.Or(j.config.Fsync, idleSync))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := j.sync(); err != nil {
				j.log.Error("the journal of clicks could not be synced", "error", err)
			}
		case <-j.stop:
			return
		}
	}
}

// idleSync is how often old segments are closed where each write is synced.
const idleSync = time.Second

// sync forces all segments to the disk, and closes those that are at their end.
// Others may write meanwhile.
func (j *Journal) sync() error {
	j.syncs.Lock() // so that of two nobody closes what the other one syncs
	defer j.syncs.Unlock()
	j.files.Lock()
	retired, active := j.retired, j.active
	j.retired = nil
	j.files.Unlock()
	var errs []error
	for _, s := range retired {
		errs = append(errs, j.syncOne(s), s.out.Close())
	}
	if active != nil {
		errs = append(errs, j.syncOne(active))
	}
	return errors.Join(errs...)
}

func (j *Journal) syncOne(s *segment) error {
	if s.stored.Load() { // and deleted
		return nil
	}
	if s.dirty.Swap(false) {
		if err := s.out.Sync(); err != nil {
			s.dirty.Store(true)
			return err
		}
	}
	if s.fresh.Swap(false) {
		if err := j.syncNew(s); err != nil && !s.stored.Load() {
			s.fresh.Store(true)
			return err
		}
	}
	return nil
}
