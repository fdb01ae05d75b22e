//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

// refill is how often the disk is filled up again: a journal that deletes what is
// stored, or a database that is vacuumed, makes room.
const refill = 10 * time.Millisecond

// fullDisk puts the file of SQLite and the clicks that wait on a small disk, and
// on Postgres these clicks alone.
func fullDisk(ctx context.Context, l *lab) error {
	if os.Getuid() != 0 {
		l.skip("disk", "a small disk can be mounted by root only")
		return nil
	}
	var failed error
	for _, recorder := range []string{rig.Journal, rig.JetStream} {
		for _, database := range []string{rig.SQLite, rig.PostgreSQL} {
			if l.short && recorder == rig.JetStream && database == rig.SQLite {
				continue // every day one database is enough
			}
			disk := filepath.Join(l.Folder, "disk-"+database+"-"+recorder)
			if err := os.Mkdir(disk, 0o700); err != nil {
				return err
			}
			if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", l.scale.disk)); err != nil {
				l.skip("disk on "+database, "mount: "+err.Error())
				continue
			}
			spec := rig.Spec{Database: database, Recorder: recorder, Folder: disk}
			failed = errors.Join(failed, l.at(ctx, "full disk", spec, func(ctx context.Context, p *rig.Place, o *outcome) error {
				return l.fillUp(ctx, p, o, disk)
			}), unmount(context.WithoutCancel(ctx), disk))
		}
	}
	return failed
}

// unmount may have to wait for the server that was killed.
func unmount(ctx context.Context, disk string) (err error) {
	rig.Until(ctx, 5*time.Second, 50*time.Millisecond, func() bool {
		err = syscall.Unmount(disk, 0)
		return err == nil
	})
	return err
}

func (l *lab) fillUp(ctx context.Context, p *rig.Place, o *outcome, disk string) error {
	b, err := newBallast(disk)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.fill(l.scale.leave); err != nil {
		return err
	}
	visits, sales := newTraffic(p, o, "visit"), newTraffic(p, o, "sale")
	ended := make(chan struct{})
	var wait sync.WaitGroup
	var clicks, events, back *load.Result
	var full atomic.Int64 // answers that say so
	sawFull := func(_, _, status int, body []byte, _ time.Duration) {
		if status == http.StatusServiceUnavailable && bytes.Contains(body, []byte(`"store-full"`)) {
			full.Add(1)
		}
	}
	wait.Go(func() {
		clicks = visits.redirects(ctx, load.Plan{
			Rate: l.scale.redirectRate, Within: l.scale.longest, Enough: ended, Workers: l.scale.patientWorkers(),
		})
	})
	wait.Go(func() {
		events = sales.events(ctx, load.Plan{Rate: l.scale.rate(p.Database), Within: l.scale.longest, Enough: ended, Done: sawFull})
	})
	load.Wait(ctx, time.Second)
	// The rest goes at once: nobody need wait until the load itself has filled it.
	err = b.keepFull(ctx, l.scale.full)
	o.disturbed++
	b.close()
	var eventsTook, clicksTook time.Duration
	var clicksBack bool
	var again sync.WaitGroup
	again.Go(func() {
		began := time.Now()
		trying, cancel := context.WithTimeout(ctx, 2*recovery)
		defer cancel()
		back = newTraffic(p, o, "again").events(trying, load.Plan{Count: 1, Tries: everyTry, Timeout: recovery})
		eventsTook = time.Since(began)
	})
	again.Go(func() { clicksTook, clicksBack = keptAgain(ctx, p) })
	again.Wait()
	load.Wait(ctx, time.Second)
	close(ended)
	wait.Wait()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	o.p99 = clicks.Answers.Quantile(0.99)
	o.answered(clicks)
	o.answered(back)
	if p.Recorder == rig.JetStream {
		o.bounded()
	}
	o.holdf(eventsTook < recovery, "an event was taken %.1f s after there was space, of at most %.0f", eventsTook.Seconds(), recovery.Seconds())
	o.holdf(clicksBack, "clicks are not kept again %.0f s after there was space", recovery.Seconds())
	o.notef("events: %v, the first one %.2f s after there was space; no answer: %d", events.Statuses, eventsTook.Seconds(), events.Silent)
	o.notef("clicks: kept again %.2f s after there was space: %t", clicksTook.Seconds(), clicksBack)
	if p.Database == rig.SQLite {
		o.holdf(full.Load() > 0, "no event was refused with 503 for want of space: the disk was not full")
	} else {
		o.answered(events) // they are on another disk
	}
	if err := sales.compareEvents(ctx, o, l.scale.settle); err != nil {
		return err
	}
	o.nothingLost()
	return l.shed(ctx, p, o, visits, l.scale.settle, 0)
}

// ballast is a file that takes the room of a disk.
type ballast struct {
	disk string
	file *os.File
}

func newBallast(disk string) (*ballast, error) {
	file, err := os.Create(filepath.Join(disk, "ballast"))
	return &ballast{disk, file}, err
}

// close gives the room back. A second time does nothing.
func (b *ballast) close() {
	_ = os.Remove(b.file.Name())
	_ = b.file.Close()
}

// fill leaves so many bytes of the disk free.
func (b *ballast) fill(leave int64) error {
	var at syscall.Statfs_t
	if err := syscall.Statfs(b.disk, &at); err != nil {
		return err
	}
	block := make([]byte, 1<<16)
	for left := int64(at.Bavail)*at.Bsize - leave; left > 0; left -= int64(len(block)) {
		if _, err := b.file.Write(block[:min(left, int64(len(block)))]); err != nil {
			return err
		}
	}
	return nil
}

// keepFull leaves nothing free for so long, whoever makes room. It fails where
// the disk did not say so itself.
func (b *ballast) keepFull(ctx context.Context, span time.Duration) error {
	block := make([]byte, 1<<16)
	for end := time.Now().Add(span); time.Now().Before(end); load.Wait(ctx, refill) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var err error
		for err == nil {
			_, err = b.file.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return fmt.Errorf("the disk does not say that it is full: %w", err)
		}
	}
	return nil
}
