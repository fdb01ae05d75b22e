//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

// everyTry is how often a client tries that does not give up; the patience of the
// run bounds it.
const everyTry = 1 << 20

// The self-test kills often enough that to lose nothing each time would be a
// wonder: there are a few clicks in memory at almost every moment.
const (
	selfTestKills = 6
	selfTestEvery = 700 * time.Millisecond
	selfTestRate  = 1000.0
)

func killEvents(ctx context.Context, l *lab) error {
	var failed error
	for _, database := range []string{rig.SQLite, rig.PostgreSQL} {
		failed = errors.Join(failed, l.at(ctx, "kill -9, events", rig.Spec{Database: database}, func(ctx context.Context, p *rig.Place, o *outcome) error {
			t := newTraffic(p, o, "kill")
			plan := load.Plan{Rate: l.scale.rate(database), Count: l.scale.events, Tries: everyTry}
			if err := l.underKills(ctx, p.Server, o, func(ctx context.Context) *load.Result { return t.events(ctx, plan) }); err != nil {
				return err
			}
			if err := errors.Join(t.compareEvents(ctx, o, l.scale.settle), agree(ctx, p, o)); err != nil {
				return err
			}
			o.nothingLost()
			return nil
		}))
	}
	return failed
}

func killRedirects(ctx context.Context, l *lab) error {
	var failed error
	for _, database := range []string{rig.SQLite, rig.PostgreSQL} {
		for _, recorder := range []string{rig.Journal, rig.JetStream} {
			failed = errors.Join(failed, l.at(ctx, "kill -9, redirects", rig.Spec{Database: database, Recorder: recorder}, func(ctx context.Context, p *rig.Place, o *outcome) error {
				t := newTraffic(p, o, "kill")
				plan := load.Plan{Rate: l.scale.redirectRate, Count: l.scale.redirects, Tries: everyTry}
				if err := l.underKills(ctx, p.Server, o, func(ctx context.Context) *load.Result { return t.redirects(ctx, plan) }); err != nil {
					return err
				}
				if err := errors.Join(t.compareClicks(ctx, o, l.scale.settle), agree(ctx, p, o)); err != nil {
					return err
				}
				o.nothingLost()
				return nil
			}))
		}
	}
	return failed
}

// selfTest shows that the count of what is lost can be other than zero: clicks
// in memory do not survive.
func selfTest(ctx context.Context, l *lab) error {
	return l.at(ctx, "self-test: kill -9, memory", rig.Spec{Database: rig.SQLite, Recorder: rig.Memory}, func(ctx context.Context, p *rig.Place, o *outcome) error {
		t := newTraffic(p, o, "self")
		few := *l
		few.scale.kills, few.scale.killEvery = selfTestKills, selfTestEvery
		span := selfTestEvery * (selfTestKills + 1)
		plan := load.Plan{Rate: selfTestRate, Count: int(selfTestRate * span.Seconds()), Tries: everyTry}
		if err := few.underKills(ctx, p.Server, o, func(ctx context.Context) *load.Result { return t.redirects(ctx, plan) }); err != nil {
			return err
		}
		if err := t.compareClicks(ctx, o, 3*time.Second); err != nil {
			return err
		}
		if o.lost > 0 {
			o.notef("the check can fail: it found the %d clicks that were lost from memory", o.lost)
		} else {
			o.wrongf("clicks in memory were killed %d times and none is missed: this check cannot fail", o.disturbed)
		}
		return nil
	})
}

// underKills kills the server again and again while fn runs, and leaves it
// running. Where the server does not come back the context of fn ends.
func (l *lab) underKills(ctx context.Context, s *rig.Server, o *outcome, fn func(context.Context) *load.Result) error {
	stop, done := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		err := l.kill(ctx, s, stop, &o.disturbed)
		if err != nil {
			cancel()
		}
		done <- err
	}()
	r := fn(ctx)
	close(stop)
	if err := <-done; err != nil {
		return err
	}
	o.p99 = r.Answers.Quantile(0.99)
	o.answered(r)
	o.holdf(o.disturbed >= l.scale.kills, "only %d kills, of at least %d", o.disturbed, l.scale.kills)
	o.notef("%d requests, the slowest done %.1f s after it was due, every try of it counted", r.Accepted, r.Overall.Max().Seconds())
	return nil
}

// kill ends a server and starts it anew until told to stop.
func (l *lab) kill(ctx context.Context, s *rig.Server, stop <-chan struct{}, kills *int) error {
	next := time.NewTicker(l.scale.killEvery)
	defer next.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		}
		if err := s.Kill(); err != nil {
			return fmt.Errorf("before kill %d the server had ended by itself, see %s: %w", *kills+1, s.LogFile(), err)
		}
		*kills++
		if err := s.Start(ctx); err != nil {
			return fmt.Errorf("after kill %d: %w", *kills, err)
		}
		select { // where the start took as long as that, the server has a while of its own first
		case <-next.C:
		default:
		}
	}
}
