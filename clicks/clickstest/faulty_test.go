package clickstest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/clicks/clickstest"
	"github.com/superher/superher/fault"
)

// diary is the simplest recorder that keeps visits: a file of sealed ones,
// written anew whenever some were delivered. It has one fault, or none.
type diary struct {
	fault  string
	folder string
	limit  int
	sealer *clicks.Sealer
	tally  clicks.Tally

	mu      sync.Mutex
	waiting []clicks.Visit
	full    int           // visits that were kept at all, for a fault
	some    chan struct{} // has one element while something may wait
	ended   bool
}

func (d *diary) file() string { return filepath.Join(d.folder, "diary") }

func newDiary(t *testing.T, fault string, limit int) *diary {
	sealer, err := clicks.NewSealer(make([]byte, clicks.KeySize))
	require.NoError(t, err)
	return &diary{fault: fault, folder: t.TempDir(), limit: limit, sealer: sealer, some: make(chan struct{}, 1)}
}

// reopen returns the diary of the next process.
func (d *diary) reopen(t *testing.T, torn int) *diary {
	d.mu.Lock()
	content, err := os.ReadFile(d.file())
	d.mu.Unlock()
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	next := newDiary(t, d.fault, d.limit)
	content = content[:len(content)-min(torn, len(content))]
	rest := content
	for len(rest) >= 4 {
		size := int(binary.BigEndian.Uint32(rest))
		if size > len(rest)-4 {
			break
		}
		v, err := next.sealer.Open(rest[4 : 4+size])
		require.NoError(t, err)
		next.waiting = append(next.waiting, v)
		rest = rest[4+size:]
	}
	switch {
	case d.fault == "a-crash-loses-all" || d.fault == "a-torn-record-loses-all" && len(rest) > 0:
		next.waiting = nil
	case d.fault == "writes-behind-a-torn-record":
		require.NoError(t, os.WriteFile(next.file(), content, 0o600))
		return next
	}
	require.NoError(t, next.write())
	return next
}

// write writes the diary anew. The lock is held.
func (d *diary) write() error {
	var content []byte
	for _, v := range d.waiting {
		content = append(content, d.frame(v)...)
	}
	return os.WriteFile(d.file(), content, 0o600)
}

func (d *diary) frame(v clicks.Visit) []byte {
	frame := d.sealer.Seal(make([]byte, 4), v)
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	if d.fault == "keeps-addresses-in-clear" {
		frame = append(frame, v.Hit.Address.String()...)
	}
	return frame
}

func (d *diary) Record(ctx context.Context, v clicks.Visit) error {
	if d.fault == "forgets-the-referrer" {
		v.Hit.Referrer = ""
	}
	if d.fault == "record-waits-for-the-store" {
		for d.Stats().Waiting > 0 && ctx.Err() == nil {
			<-time.After(time.Millisecond)
		}
		if ctx.Err() != nil {
			return fault.Of(ctx.Err())
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting := len(d.waiting)
	if d.fault == "room-never-comes-back" {
		waiting = d.full
	}
	switch {
	case d.ended && d.fault == "forgets-what-comes-late":
		d.tally.Recorded(1)
		return nil
	case waiting >= d.limit && d.fault != "has-no-bounds":
		return d.shed()
	}
	file, err := os.OpenFile(d.file(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "journal-unwritable", "the diary cannot be written")
	}
	defer file.Close()
	if _, err := file.Write(d.frame(v)); err != nil {
		return fault.Wrap(err, fault.Unavailable, "journal-unwritable", "the diary cannot be written")
	}
	d.waiting = append(d.waiting, v)
	d.full++
	d.tally.Recorded(1)
	select {
	case d.some <- struct{}{}:
	default:
	}
	return nil
}

func (d *diary) shed() error {
	switch d.fault {
	case "sheds-in-silence":
		d.tally.Recorded(1)
		return nil
	case "sheds-uncounted":
		return clicks.NoRoom()
	}
	d.tally.Shed(1)
	if d.fault == "sheds-with-a-plain-error" {
		return errors.New("full")
	}
	return clicks.NoRoom()
}

func (d *diary) Stats() clicks.Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault == "does-not-say-what-waits" {
		return d.tally.Stats(0, 0)
	}
	return d.tally.Stats(int64(len(d.waiting)), 0)
}

func (d *diary) Run(ctx context.Context, sink clicks.Sink) error {
	for ctx.Err() == nil {
		d.deliverAll(ctx, sink)
		select {
		case <-d.some:
		case <-ctx.Done():
		}
	}
	if d.fault != "ends-at-once" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clicks.FlushTime)
		if d.fault == "goes-on-for-ever" {
			ctx = context.WithoutCancel(ctx)
		}
		defer cancel()
		d.deliverAll(ctx, sink)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	return nil
}

func (d *diary) batch() []clicks.Visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := 500
	switch d.fault {
	case "one-at-a-time":
		size = 1
	case "offers-too-many":
		size = 1 << 20
	}
	batch := append([]clicks.Visit{}, d.waiting[:min(size, len(d.waiting))]...)
	if d.fault == "waits-for-a-full-batch" && len(batch) < 100 {
		return nil
	}
	return batch
}

func (d *diary) deliverAll(ctx context.Context, sink clicks.Sink) {
	for batch := d.batch(); len(batch) > 0; batch = d.batch() {
		n := len(batch)
		if d.fault == "takes-delivery-for-granted" {
			d.done(n)
		}
		left := d.deliver(ctx, sink, batch)
		if d.fault != "takes-delivery-for-granted" {
			d.done(n - len(left))
		}
		if len(left) > 0 {
			return
		}
	}
}

// done strikes out the first n visits.
func (d *diary) done(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = d.waiting[n:]
	if d.fault != "delivers-refused-ones-again" || d.tally.Stats(0, 0).Refused == 0 {
		_ = d.write()
	}
}

func (d *diary) deliver(ctx context.Context, sink clicks.Sink, batch []clicks.Visit) []clicks.Visit {
	offered := batch
	switch d.fault {
	case "drops-the-last-of-a-batch":
		offered = batch[:max(1, len(batch)-1)]
	case "gives-up-when-the-store-is-away":
		_ = sink(ctx, batch)
		d.tally.Stored(len(batch))
		return nil
	case "asks-without-a-pause":
		for sink(ctx, batch) != nil && ctx.Err() == nil {
		}
		d.tally.Stored(len(batch))
		return nil
	case "gives-up-what-a-broken-store-has":
		inner := sink
		sink = func(ctx context.Context, visits []clicks.Visit) error {
			err := inner(ctx, visits)
			if err != nil && fault.Of(err).Code == fault.Internal {
				return fault.New(fault.NotFound, "x", "x")
			}
			return err
		}
	case "gives-new-ids":
		inner := sink
		sink = func(ctx context.Context, visits []clicks.Visit) error {
			err := inner(ctx, visits)
			for i := range visits {
				visits[i].ID[1]++
			}
			return err
		}
	case "a-refused-one-takes-its-batch-along":
		inner := sink
		sink = func(ctx context.Context, visits []clicks.Visit) error {
			err := inner(ctx, visits)
			if errors.Is(err, fault.NotFound) {
				return nil
			}
			return err
		}
	case "a-refused-one-is-offered-for-ever":
		inner := sink
		sink = func(ctx context.Context, visits []clicks.Visit) error {
			if err := inner(ctx, visits); err != nil {
				return fault.New(fault.Unavailable, "x", "x")
			}
			return nil
		}
	}
	left := clicks.Deliver(ctx, sink, offered, &d.tally, nil)
	if d.fault == "counts-refused-ones-twice" {
		d.tally.Refused(int(d.tally.Stats(0, 0).Refused))
	}
	return left
}

// harness is that of a diary with a fault; a test that waits in vain for what
// the fault prevents need not be as patient as one on a busy machine.
func harness(fault string) clickstest.Harness {
	patience := time.Duration(0)
	if fault != "none" {
		patience = 4 * time.Second
	}
	return clickstest.Harness{
		Patience: patience,
		New:      func(t *testing.T) clicks.Recorder { return newDiary(t, fault, 20_000) },
		Small:    func(t *testing.T) clicks.Recorder { return newDiary(t, fault, 200) },
		Reopen:   func(t *testing.T, r clicks.Recorder, torn int) clicks.Recorder { return r.(*diary).reopen(t, torn) },
		Folder:   func(r clicks.Recorder) string { return r.(*diary).folder },
	}
}
