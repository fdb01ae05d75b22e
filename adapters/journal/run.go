package journal

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/superher/superher/clicks"
)

// How visits are handed over.
const (
	batchSize = 1000                   // visits at most
	chunkSize = 512 << 10              // bytes that are read at once
	linger    = 100 * time.Millisecond // for a batch to fill; no redirect waits for that
	maxAge    = time.Minute            // of a segment whose visits are all stored
)

// reader goes through the segments in order.
type reader struct {
	j      *Journal
	at     position
	in     *os.File // of the segment at the position; nil: not open
	chunk  []byte
	visits []clicks.Visit
	ends   []int64  // where the record of each ends
	judged position // up to which damage is counted
	ending bool     // nothing is to be left
}

// Run implements [clicks.Recorder]. When ctx is done it goes on for
// clicks.FlushTime at most. What is left then waits for the next process: it is no
// error.
func (j *Journal) Run(ctx context.Context, sink clicks.Sink) error {
	r := &reader{j: j}
	defer r.close()
	at, err := j.readPosition()
	if err != nil {
		return failed(err, "be read")
	}
	r.at = at
	r.ship(ctx, sink)
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), clicks.FlushTime)
	defer cancel()
	r.ending = true
	return r.drain(flush, sink)
}

// ship hands over what comes in, until ctx is done. A journal that cannot be read
// is tried again: redirects go on, and clicks wait in it.
func (r *reader) ship(ctx context.Context, sink clicks.Sink) {
	tick := time.NewTicker(maxAge)
	defer tick.Stop()
	for pause := clicks.FirstPause; ctx.Err() == nil; {
		if err := r.drain(ctx, sink); err != nil {
			r.close()
			r.j.log.ErrorContext(ctx, "clicks are waiting in a journal that cannot be read", "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			pause = min(2*pause, clicks.LongestPause)
			continue
		}
		pause = clicks.FirstPause
		select {
		case <-r.j.more:
		case <-tick.C:
			continue
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(linger):
		case <-ctx.Done():
		}
	}
}

// drain hands over all there is, or what it can before ctx is done.
func (r *reader) drain(ctx context.Context, sink clicks.Sink) error {
	for {
		if err := r.read(); err != nil {
			return failed(err, "be read")
		}
		if len(r.visits) == 0 {
			return nil
		}
		began := time.Now()
		left := clicks.Deliver(ctx, sink, r.visits, &r.j.tally, r.j.log)
		if settled := len(r.visits) - len(left); settled > 0 {
			r.settle(settled)
		}
		if len(left) > 0 {
			return nil // ctx is done
		}
		if !r.ending {
			clicks.Rest(ctx, r.visits, time.Since(began), time.Now())
		}
	}
}

// settle notes that the store needs no more care for the first n visits.
func (r *reader) settle(n int) {
	r.at.offset = r.ends[n-1]
	r.j.note(r.at)
	r.j.waiting.Add(-int64(n))
	if s := r.j.oldest(); s != nil {
		s.records.Add(-int64(n))
	}
}

// read finds the next visits. There are none when all is handed over.
func (r *reader) read() error {
	r.visits, r.ends = r.visits[:0], r.ends[:0]
	for len(r.visits) == 0 {
		s := r.j.oldest()
		if s == nil {
			return nil
		}
		if s.number != r.at.segment || r.at.offset < int64(len(header)) {
			r.close()
			r.at = position{s.number, int64(len(header))}
		}
		if r.at.offset >= s.size.Load() {
			if !r.pass(s) {
				return nil
			}
			continue
		}
		if err := r.fill(s); err != nil {
			return err
		}
	}
	return nil
}

// pass deletes a segment that is handed over. It returns false for the active one
// where that may go on: beginning a new one for each moment without visits would
// cost more than it frees.
func (r *reader) pass(s *segment) bool {
	j := r.j
	j.files.Lock()
	if s.size.Load() > r.at.offset { // it went on
		j.files.Unlock()
		return true
	}
	if s == j.active {
		if !r.ending && time.Since(s.begun) < maxAge && s.size.Load() < j.segmentSize()/2 {
			j.files.Unlock()
			return false
		}
		j.retire()
	}
	s.stored.Store(true)
	j.segments = j.segments[1:]
	j.files.Unlock()
	r.close()
	r.at = position{s.number + 1, 0}
	j.note(r.at)
	j.bytes.Add(-s.size.Load())
	j.waiting.Add(-s.records.Load()) // of damaged ones nothing else is heard
	if err := j.remove(s.number); err != nil {
		j.log.Error("a segment whose clicks are all stored could not be deleted", "error", err)
	}
	return true
}

// fill reads a part of a segment and takes out the visits, at most a batch.
func (r *reader) fill(s *segment) error {
	if r.in == nil {
		in, err := os.Open(r.j.path(s.number, segmentSuffix))
		if err != nil {
			return err
		}
		r.in = in
	}
	size := s.size.Load()
	want := min(size-r.at.offset, chunkSize)
	if r.chunk == nil {
		r.chunk = make([]byte, chunkSize)
	}
	data := r.chunk[:want]
	n, err := r.in.ReadAt(data, r.at.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	data = data[:n]
	last := r.at.offset+int64(n) >= size || n < len(data)
	from := r.at.offset
	for at := 0; len(r.visits) < batchSize; {
		found, ok := next(data[at:], last)
		if !ok {
			if at == 0 { // no record at all: what is here will never be one
				r.at.offset = from + int64(max(found.end, 1))
				r.damaged(s, found.gap && !last, r.at.offset)
			}
			if last && len(r.visits) == 0 {
				r.at.offset = size
			}
			return nil
		}
		at += found.end
		r.damaged(s, found.gap, from+int64(at)-1)
		if v, ok := unseal(s, found.sealed); ok {
			r.visits, r.ends = append(r.visits, v), append(r.ends, from+int64(at))
		} else {
			r.damaged(s, true, from+int64(at))
			if len(r.visits) == 0 {
				r.at.offset = from + int64(at)
			}
		}
	}
	return nil
}

// damaged counts a record before the offset that cannot be read, unless it did so
// before.
func (r *reader) damaged(s *segment, is bool, before int64) {
	if is && (s.number > r.judged.segment || before > r.judged.offset) {
		r.judged = position{s.number, before}
		r.j.tally.Refused(1)
		r.j.log.Error("a damaged click was passed over in the journal", "segment", s.number)
	}
}

// unseal opens a sealed visit of a segment.
func unseal(s *segment, sealed []byte) (clicks.Visit, bool) {
	if s.sealer == nil {
		return clicks.Visit{}, false
	}
	v, err := s.sealer.Open(sealed)
	return v, err == nil
}

// close closes the segment that is being read.
func (r *reader) close() {
	if r.in != nil {
		_ = r.in.Close() // it was only read
		r.in = nil
	}
}

// oldest returns the first segment, or nil.
func (j *Journal) oldest() *segment {
	j.files.Lock()
	defer j.files.Unlock()
	if len(j.segments) == 0 {
		return nil
	}
	return j.segments[0]
}

// count counts the records of a segment from an offset on.
func (j *Journal) count(s *segment, from int64) error {
	data, err := os.ReadFile(j.path(s.number, segmentSuffix))
	if err != nil {
		return err
	}
	data = data[min(int64(len(data)), max(from, int64(len(header)))):]
	for {
		found, ok := next(data, true)
		if !ok {
			break
		}
		s.records.Add(1)
		data = data[found.end:]
	}
	j.waiting.Add(s.records.Load())
	return nil
}
