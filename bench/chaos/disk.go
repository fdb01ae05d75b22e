//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

// recovery is how soon after there is space events are taken again.
const recovery = 5 * time.Second

// fullDisk puts the file of SQLite and the journal on a small disk, and on
// Postgres the journal alone.
func fullDisk(ctx context.Context, l *lab) error {
	if os.Getuid() != 0 {
		l.skip("disk", "a small disk can be mounted by root only")
		return nil
	}
	var failed error
	for _, database := range []string{rig.SQLite, rig.PostgreSQL} {
		if database == rig.PostgreSQL && !l.Has(ctx, rig.Journal) {
			l.lack("disk on Postgres", "the program has no journal")
			continue
		}
		disk := filepath.Join(l.Folder, "disk-"+database)
		if err := os.Mkdir(disk, 0o700); err != nil {
			return err
		}
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", l.scale.disk)); err != nil {
			l.skip("disk on "+database, "mount: "+err.Error())
			continue
		}
		failed = errors.Join(failed, l.at(ctx, "full disk", rig.Spec{Database: database, Folder: disk}, func(p *rig.Place, o *outcome) error {
			return l.fillUp(ctx, p, o, disk)
		}), unmount(ctx, disk))
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
	ballast := filepath.Join(disk, "ballast")
	if err := occupy(disk, ballast, l.scale.leave); err != nil {
		return err
	}
	visits, sales := newTraffic(p, "visit"), newTraffic(p, "sale")
	ended := make(chan struct{})
	var wait sync.WaitGroup
	var clicks, events *load.Result
	wait.Go(func() {
		clicks = visits.redirects(ctx, load.Plan{Rate: l.scale.redirectRate, Within: time.Hour, Enough: ended})
	})
	wait.Go(func() {
		events = sales.events(ctx, load.Plan{Rate: l.scale.rate(p.Database), Within: time.Hour, Enough: ended})
	})
	load.Wait(ctx, time.Second)
	// The rest goes at once: nobody need wait until the load itself has filled it.
	err := occupy(disk, ballast+"-2", 0)
	o.disturbed++
	load.Wait(ctx, l.scale.full)
	err = errors.Join(err, os.Remove(ballast), os.Remove(ballast+"-2"))
	began := time.Now()
	again := newTraffic(p, "again")
	back := again.events(ctx, load.Plan{Count: 1, Tries: everyTry, Timeout: recovery})
	took := time.Since(began)
	load.Wait(ctx, time.Second)
	close(ended)
	wait.Wait()
	if err != nil {
		return err
	}
	o.p99 = clicks.Answers.Quantile(0.99)
	o.answered(clicks)
	o.answered(back)
	o.holdf(took < recovery, "an event was taken %.1f s after there was space, of at most %.0f", took.Seconds(), recovery.Seconds())
	o.notef("events: %v, the first one %.2f s after there was space; no answer: %d", events.Statuses, took.Seconds(), events.Silent)
	if p.Database == rig.SQLite {
		o.holdf(events.Refused > 0, "no event was refused: the disk was not full")
	}
	if err := sales.compareEvents(ctx, o, l.scale.settle); err != nil {
		return err
	}
	o.nothingLost()
	return l.shed(ctx, p, o, visits)
}

// shed compares the clicks that are missing with those that the server says it
// had to give up: a redirect is never refused, so some may have to go, but none
// unnoticed.
func (l *lab) shed(ctx context.Context, p *rig.Place, o *outcome, visits *traffic) error {
	told := 0
	metrics, err := p.Server.Metrics(ctx)
	if err != nil {
		return err
	}
	for name, value := range metrics {
		if strings.Contains(name, "clicks_shed") {
			told += int(value)
		}
	}
	clicks := &outcome{}
	if err := visits.compareClicks(ctx, clicks, l.scale.settle); err != nil {
		return err
	}
	o.notef("clicks: %d acknowledged, %d not stored, %d counted as shed by the server", clicks.acknowledged, clicks.lost, told)
	o.holdf(clicks.twice == 0 && clicks.unsent == 0, "clicks: %d stored twice, %d never sent", clicks.twice, clicks.unsent)
	o.holdf(clicks.lost <= told, "%d clicks are missing, and the server speaks of %d", clicks.lost, told)
	return nil
}

// occupy writes a file that leaves so many bytes of the disk free.
func occupy(disk, path string, leave int64) error {
	var at syscall.Statfs_t
	if err := syscall.Statfs(disk, &at); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	block := make([]byte, 1<<16)
	for left := int64(at.Bavail)*at.Bsize - leave; left > 0; left -= int64(len(block)) {
		_, err := file.Write(block[:min(left, int64(len(block)))])
		if errors.Is(err, syscall.ENOSPC) {
			return nil // somebody else was faster
		}
		if err != nil {
			return err
		}
	}
	return nil
}
