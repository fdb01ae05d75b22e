//go:build linux

package main

import (
	"context"
	"errors"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

const aroundOutage = time.Second // of load before and after

// outages takes the database away from redirects in both ways: one that hangs,
// and one that refuses.
func outages(ctx context.Context, l *lab) error {
	var failed error
	for i, way := range []struct {
		name       string
		take, give func(*rig.Postgres) error
	}{
		{"outage: SIGSTOP", (*rig.Postgres).Freeze, (*rig.Postgres).Thaw},
		{"outage: pg_ctl stop", (*rig.Postgres).Stop, func(p *rig.Postgres) error { return p.Start(ctx) }},
	} {
		for _, recorder := range []string{rig.Journal, rig.JetStream} {
			if l.short && recorder == rig.JetStream && i == 0 {
				continue // every day one way is enough
			}
			failed = errors.Join(failed, l.at(ctx, way.name, rig.Spec{Database: rig.PostgreSQL, Recorder: recorder}, func(ctx context.Context, p *rig.Place, o *outcome) error {
				return l.outage(ctx, p, o, way.take, way.give)
			}))
		}
	}
	return errors.Join(failed, natsOutage(ctx, l))
}

func (l *lab) outage(ctx context.Context, p *rig.Place, o *outcome, take, give func(*rig.Postgres) error) error {
	if !l.warm(ctx, p, o) {
		return nil
	}
	t := newTraffic(p, o, "outage")
	span := l.scale.outage + 2*aroundOutage
	plan := load.Plan{Rate: l.scale.redirectRate, Count: int(l.scale.redirectRate * span.Seconds())}
	r, err := meanwhile(ctx, func(ctx context.Context) *load.Result { return t.redirects(ctx, plan) }, func() error {
		load.Wait(ctx, aroundOutage)
		err := take(p.Postgres)
		o.disturbed++
		load.Wait(ctx, l.scale.outage)
		return errors.Join(err, give(p.Postgres))
	})
	if err != nil {
		return err
	}
	o.p99 = r.Answers.Quantile(0.99)
	o.answered(r)
	o.holdf(l.scale.p99 == 0 || o.p99 < l.scale.p99, "p99 is %.1f ms, of at most %.0f", milliseconds(o.p99), milliseconds(l.scale.p99))
	if err := errors.Join(t.compareClicks(ctx, o, l.scale.settle), agree(ctx, p, o)); err != nil {
		return err
	}
	o.nothingLost()
	return nil
}

// warm follows each link: shoppers come through links that are in use.
func (l *lab) warm(ctx context.Context, p *rig.Place, o *outcome) bool {
	r := newTraffic(p, o, "warm").redirects(ctx, load.Plan{Count: 10 * len(p.World.Links), Workers: 4})
	o.answered(r)
	return r.Refused == 0
}

// meanwhile runs a load beside what breaks things, which ends the load where it
// fails.
func meanwhile(ctx context.Context, run func(context.Context) *load.Result, fn func() error) (*load.Result, error) {
	loading, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan *load.Result, 1)
	go func() { done <- run(loading) }()
	err := fn()
	if err != nil {
		cancel()
	}
	r := <-done
	return r, errors.Join(err, ctx.Err())
}

// What is known of clicks on their way to a stream that is away.
const (
	streamTime   = 2 * time.Second  // for which one is offered to it
	streamSlack  = time.Second      // by which an answer may be later
	streamResend = 30 * time.Second // after which what nobody has acknowledged is handed out again
	inMessage    = 500              // visits at most; there is one message on its way at a time
)

// patientWorkers are as many clients as may have to wait at a time.
func (s scale) patientWorkers() int {
	return int(s.redirectRate * (streamTime + streamSlack).Seconds())
}

// bounded checks that redirects wait for a stream for as long as they may.
func (o *outcome) bounded() {
	o.holdf(o.p99 <= streamTime+streamSlack, "p99 is %.1f ms, of at most %.0f", milliseconds(o.p99), milliseconds(streamTime+streamSlack))
}

// natsOutage kills a NATS server that is a process of its own, and starts it
// again after a while.
func natsOutage(ctx context.Context, l *lab) error {
	if !l.Has(ctx, rig.JetStream) {
		l.lack("outage of NATS", "the program has no such recorder of clicks")
		return nil
	}
	nats, err := l.StartNATS(ctx)
	if err != nil {
		return err
	}
	spec := rig.Spec{Database: rig.PostgreSQL, Recorder: rig.JetStream, NATS: nats.URL()}
	err = l.at(ctx, "outage: NATS, kill -9", spec, func(ctx context.Context, p *rig.Place, o *outcome) error {
		return l.withoutNATS(ctx, p, o, nats)
	})
	return errors.Join(err, nats.Kill())
}

// withoutNATS looks at redirects while clicks cannot be kept: they go on, and the
// clicks are counted.
func (l *lab) withoutNATS(ctx context.Context, p *rig.Place, o *outcome, nats *rig.NATS) error {
	if !l.warm(ctx, p, o) {
		return nil
	}
	t := newTraffic(p, o, "outage")
	span := l.scale.outage + 2*aroundOutage + recovery
	plan := load.Plan{
		Rate: l.scale.redirectRate, Count: int(l.scale.redirectRate * span.Seconds()),
		Workers: l.scale.patientWorkers(),
	}
	var took time.Duration
	var again bool
	r, err := meanwhile(ctx, func(ctx context.Context) *load.Result { return t.redirects(ctx, plan) }, func() error {
		load.Wait(ctx, aroundOutage)
		err := nats.Kill()
		o.disturbed++
		load.Wait(ctx, l.scale.outage)
		if err := errors.Join(err, nats.Start(ctx)); err != nil {
			return err
		}
		took, again = keptAgain(ctx, p)
		return nil
	})
	if err != nil {
		return err
	}
	o.sent, o.acknowledged, o.p99 = len(t.sent), len(t.acked), r.Answers.Quantile(0.99)
	o.answered(r)
	o.bounded()
	o.holdf(again, "clicks are not kept again %.0f s after NATS is back", recovery.Seconds())
	o.notef("clicks: kept again %.2f s after NATS was back: %t", took.Seconds(), again)
	// The message that was on its way when NATS went may be in its files, and nobody
	// was told.
	if err := l.shed(ctx, p, o, t, l.scale.settle+streamResend, inMessage); err != nil {
		return err
	}
	return agree(ctx, p, o)
}
