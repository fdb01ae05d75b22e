package journal

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// Sizes of a journal, in bytes.
const (
	DefaultLimit = 1 << 30 // about four million visits
	MinLimit     = 1 << 20
	segmentSize  = 8 << 20 // after which the next segment is begun; of a small limit a part
)

// Config is what a journal is opened with.
type Config struct {
	Dir   string        // Required. Made where there is none; for this process alone.
	Fsync time.Duration // How often what is written is forced to the disk; 0: before Record returns.
	Limit int64         // Bytes that may wait; 0 means DefaultLimit, MinLimit is the least.
	Log   *slog.Logger  // nil is silent
}

// Journal is a [clicks.Recorder] on disk. It is safe for concurrent use.
type Journal struct {
	config Config
	log    *slog.Logger
	create func(path string) (file, error)
	locked *os.File
	noted  *os.File // of the position
	tally  clicks.Tally

	mu      sync.Mutex
	writing bool   // somebody leads
	pending *group // what waits for the leader; nil: nothing
	closed  bool
	idle    chan struct{} // closed when nobody writes any more; nil: nobody asks

	syncs    sync.Mutex // whoever syncs
	files    sync.Mutex // the state of files, which a leader and Run change in turns
	segments []*segment // the oldest first; the last one may be active
	active   *segment   // nil: the next write begins one
	retired  []*segment // still to be synced and closed
	newest   uint64     // number of the last segment there was
	scratch  []byte

	bytes   atomic.Int64 // of all segments
	waiting atomic.Int64 // visits in them
	more    chan struct{}

	stop   chan struct{} // ends the syncing
	synced sync.WaitGroup
}

// segment is one file of the journal.
type segment struct {
	number  uint64
	begun   time.Time
	sealer  *clicks.Sealer
	out     file         // nil: nobody writes to it any more
	size    atomic.Int64 // bytes that count; behind them there may be a rest of a failed write
	dirty   atomic.Bool  // some are not synced
	fresh   atomic.Bool  // nor is its key
	stored  atomic.Bool  // the store has it all
	records atomic.Int64 // that are not settled yet
	spoiled bool         // a failed write could not be taken back
}

// group is visits that are written together.
type group struct {
	visits []clicks.Visit
	lead   chan struct{} // one of them is to write
	done   chan struct{} // written, or err says why not
	err    error
}

var _ clicks.Recorder = (*Journal)(nil)

// Open opens the journal of a directory, with the visits that earlier processes
// left there. The error is fault.Invalid for a bad setting; fault.Unavailable
// "journal-in-use" where another process has it, "journal-failed" where the disk
// fails; fault.Unsupported on a platform without file locks.
func Open(config Config) (*Journal, error) { return open(config, create) }

func open(config Config, create func(string) (file, error)) (*Journal, error) {
	if config.Limit == 0 {
		config.Limit = DefaultLimit
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	var checks fault.Checks
	checks.That(config.Dir != "", "Dir", "required", "Config.Dir must name a directory")
	checks.That(config.Fsync >= 0, "Fsync", "out-of-range", "Config.Fsync must not be negative")
	checks.That(config.Limit >= MinLimit, "Limit", "out-of-range", "Config.Limit must be at least a megabyte")
	if err := checks.Err(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(config.Dir, privateFolder); err != nil {
		return nil, failed(err, "be made")
	}
	locked, err := lock(config.Dir)
	if err != nil {
		return nil, err
	}
	j := &Journal{config: config, log: config.Log, create: create, locked: locked, more: make(chan struct{}, 1), stop: make(chan struct{})}
	if err := j.load(); err != nil {
		_ = locked.Close()
		return nil, err
	}
	j.synced.Go(j.syncing)
	return j, nil
}

// load finds what earlier processes left.
func (j *Journal) load() error {
	at, err := j.readPosition()
	if err != nil {
		return failed(err, "be read")
	}
	list, err := numbers(j.config.Dir, segmentSuffix)
	if err != nil {
		return failed(err, "be read")
	}
	keys, err := numbers(j.config.Dir, keySuffix)
	if err != nil {
		return failed(err, "be read")
	}
	j.newest = at.segment
	for _, n := range append(keys, list...) {
		j.newest = max(j.newest, n)
	}
	for _, n := range list {
		if n < at.segment {
			continue
		}
		s := &segment{number: n}
		s.sealer, err = j.readKey(n)
		if err != nil && !lostKey(err) { // it may be readable in a moment, and is needed until then
			return failed(err, "be read")
		}
		if err != nil {
			j.log.Error("the key of a segment is missing; the clicks in it cannot be read", "segment", n, "error", err)
		}
		info, err := os.Stat(j.path(n, segmentSuffix))
		if err != nil {
			return failed(err, "be read")
		}
		s.size.Store(info.Size())
		j.bytes.Add(info.Size())
		from := int64(len(header))
		if n == at.segment {
			from = at.offset
		}
		if err := j.count(s, from); err != nil {
			return failed(err, "be read")
		}
		j.segments = append(j.segments, s)
	}
	for _, n := range append(keys, list...) { // what a crash left of stored or never begun segments
		if !j.has(n) {
			if err := j.remove(n); err != nil {
				return failed(err, "be tidied")
			}
		}
	}
	j.noted, err = os.OpenFile(filepath.Join(j.config.Dir, positionName), os.O_RDWR|os.O_CREATE, private)
	if err != nil {
		return failed(err, "be opened")
	}
	return nil
}

func (j *Journal) has(number uint64) bool {
	for _, s := range j.segments {
		if s.number == number {
			return true
		}
	}
	return false
}

// Record implements [clicks.Recorder]: when it returns nil, the visit is in a
// file. It waits for a write, and with Config.Fsync 0 for the disk.
func (j *Journal) Record(_ context.Context, v clicks.Visit) error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		j.tally.Shed(1)
		return clicks.Ended()
	}
	if !j.writing {
		j.writing = true
		j.mu.Unlock()
		one := [1]clicks.Visit{v}
		err := j.write(one[:])
		j.handOn()
		return err
	}
	if j.pending == nil {
		j.pending = &group{lead: make(chan struct{}, 1), done: make(chan struct{})}
	}
	g := j.pending
	g.visits = append(g.visits, v)
	j.mu.Unlock()
	select {
	case <-g.done:
		return g.err
	case <-g.lead:
	}
	g.err = j.write(g.visits)
	close(g.done)
	j.handOn()
	return g.err
}

// leads is how many times somebody who has written writes for others: nobody has to
// be woken up for that. Then one of them is, and at once where a write waits for
// the disk: nobody is to wait for the disk on behalf of others.
const leads = 4

// handOn writes what came meanwhile, and at last lets one of those who wait write
// for all of them.
func (j *Journal) handOn() {
	times := leads
	if j.config.Fsync == 0 {
		times = 0
	}
	for range times {
		j.mu.Lock()
		g := j.pending
		j.pending = nil
		j.mu.Unlock()
		if g == nil {
			break
		}
		g.err = j.write(g.visits)
		close(g.done)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.pending == nil {
		j.writing = false
		if j.idle != nil {
			close(j.idle)
		}
		return
	}
	j.pending.lead <- struct{}{}
	j.pending = nil
}

// Stats implements [clicks.Recorder].
func (j *Journal) Stats() clicks.Stats {
	return j.tally.Stats(max(0, j.waiting.Load()), j.bytes.Load())
}

// Close forces what is written to the disk and gives the directory back. It is
// called once, after Run has ended; visits that wait are handed over by the next
// process.
func (j *Journal) Close() error {
	j.mu.Lock()
	j.closed = true
	if j.writing {
		j.idle = make(chan struct{})
		j.mu.Unlock()
		<-j.idle
	} else {
		j.mu.Unlock()
	}
	close(j.stop)
	j.synced.Wait()
	j.files.Lock()
	j.retire()
	j.files.Unlock()
	return errors.Join(j.sync(), j.noted.Close(), j.locked.Close())
}
