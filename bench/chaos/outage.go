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
			failed = errors.Join(failed, l.at(ctx, way.name, rig.Spec{Database: rig.PostgreSQL, Recorder: recorder}, func(p *rig.Place, o *outcome) error {
				return l.outage(ctx, p, o, way.take, way.give)
			}))
		}
	}
	return failed
}

func (l *lab) outage(ctx context.Context, p *rig.Place, o *outcome, take, give func(*rig.Postgres) error) error {
	// Shoppers come through links that are in use: each has been followed before.
	warm := newTraffic(p, "warm")
	if r := warm.redirects(ctx, load.Plan{Count: 10 * len(p.World.Links), Workers: 4}); r.Refused > 0 {
		o.answered(r)
		return nil
	}
	t := newTraffic(p, "outage")
	span := l.scale.outage + 2*aroundOutage
	plan := load.Plan{Rate: l.scale.redirectRate, Count: int(l.scale.redirectRate * span.Seconds())}
	done := make(chan *load.Result, 1)
	go func() { done <- t.redirects(ctx, plan) }()
	load.Wait(ctx, aroundOutage)
	err := take(p.Postgres)
	o.disturbed++
	load.Wait(ctx, l.scale.outage)
	if err := errors.Join(err, give(p.Postgres)); err != nil {
		return err
	}
	r := <-done
	o.p99 = r.Answers.Quantile(0.99)
	o.answered(r)
	o.holdf(l.scale.p99 == 0 || o.p99 < l.scale.p99, "p99 is %.1f ms, of at most %.0f", milliseconds(o.p99), milliseconds(l.scale.p99))
	if err := errors.Join(t.compareClicks(ctx, o, l.scale.settle), agree(ctx, p, o)); err != nil {
		return err
	}
	o.nothingLost()
	return nil
}
