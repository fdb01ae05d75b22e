//go:build linux

package main

import (
	"context"
	"time"

	"github.com/superher/superher/bench/internal/rig"
)

const (
	recovery   = 5 * time.Second        // after the cause is gone, until all is taken again
	keptWindow = 500 * time.Millisecond // without a click that is given up, and with some that are kept
)

// kept is what the server says of its clicks. It counts from its start, and no
// scenario that asks restarts it.
type kept struct{ recorded, shed, waiting int }

func keptBy(ctx context.Context, p *rig.Place) (kept, error) {
	metrics, err := p.Server.Metrics(ctx)
	return kept{
		int(metrics["superher_clicks_recorded_total"]), int(metrics["superher_clicks_shed_total"]), int(metrics["superher_clicks_waiting"]),
	}, err
}

// keptAgain waits, under load, until clicks are kept again and none is given up,
// and returns how long that took; ok is false where it took too long.
func keptAgain(ctx context.Context, p *rig.Place) (took time.Duration, ok bool) {
	began := time.Now()
	before, err := keptBy(ctx, p)
	ok = rig.Until(ctx, recovery+keptWindow, keptWindow, func() bool {
		last, failed := before, err
		before, err = keptBy(ctx, p)
		return err == nil && failed == nil && before.shed == last.shed && before.recorded > last.recorded
	})
	return max(0, time.Since(began)-keptWindow), ok
}

// shed compares the clicks that are missing with those that the server says it
// had to give up: a redirect is never refused, so some may have to go, but none
// unnoticed, and none is spoken of that is there. The two are equal since each
// visit had its 302 and is either kept or counted before that, and since all that
// waited is stored by the time they are compared. Only of visits whose answer was
// cut off on its way back does the server not know whether they are kept: so many
// may be doubtful, counted and there all the same.
func (l *lab) shed(ctx context.Context, p *rig.Place, o *outcome, visits *traffic, settle time.Duration, doubtful int) error {
	clicks := &outcome{}
	var told kept
	var err error
	rig.Until(ctx, settle, 250*time.Millisecond, func() bool {
		// First what waits, then what is stored: what leaves the one is in the other.
		if told, err = keptBy(ctx, p); err != nil || told.waiting > 0 {
			return false
		}
		clicks = &outcome{}
		err = visits.compareClicks(ctx, clicks, 0)
		return err == nil && clicks.lost <= told.shed
	})
	if err == nil && told.waiting > 0 {
		o.wrongf("%d clicks still wait", told.waiting)
		clicks = &outcome{}
		err = visits.compareClicks(ctx, clicks, 0)
	}
	if err != nil {
		return err
	}
	o.notef("clicks: %d acknowledged, %d not stored, %d counted as shed by the server", clicks.acknowledged, clicks.lost, told.shed)
	o.agrees(clicks, told.shed, doubtful)
	return nil
}

// agrees checks what is missing against what was told.
func (o *outcome) agrees(clicks *outcome, told, doubtful int) {
	o.holdf(clicks.twice == 0 && clicks.unsent == 0, "clicks: %d stored twice, %d never sent", clicks.twice, clicks.unsent)
	o.holdf(told > 0, "no click was given up: there was room for all, and this run has shown nothing")
	o.holdf(clicks.lost <= told, "%d clicks are missing, and the server speaks of %d", clicks.lost, told)
	o.holdf(told <= clicks.lost+doubtful, "the server speaks of %d clicks that are lost, and %d are missing; up to %d may be doubtful",
		told, clicks.lost, doubtful)
}
