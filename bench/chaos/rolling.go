//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

const promisedStop = 15 * time.Second // from SIGTERM to the end

// rolling stops servers in order and starts them anew, one on SQLite, two in
// turn on Postgres.
func rolling(ctx context.Context, l *lab) error {
	var failed error
	for _, database := range []string{rig.SQLite, rig.PostgreSQL} {
		failed = errors.Join(failed, l.at(ctx, "rolling restarts", rig.Spec{Database: database}, func(ctx context.Context, p *rig.Place, o *outcome) error {
			servers := []*rig.Server{p.Server}
			if database == rig.PostgreSQL {
				second, err := p.NewServer(ctx)
				if err != nil {
					return err
				}
				if err := second.Start(ctx); err != nil {
					return err
				}
				defer func() { _ = second.Kill() }()
				servers = append(servers, second)
			}
			return l.roll(ctx, p, o, servers)
		}))
	}
	return failed
}

func (l *lab) roll(ctx context.Context, p *rig.Place, o *outcome, servers []*rig.Server) error {
	visits, sales := newTraffic(p, o, "visit"), newTraffic(p, o, "sale")
	loading, cancel := context.WithCancel(ctx)
	defer cancel()
	var addrs []string
	for _, s := range servers {
		addrs = append(addrs, s.Addr)
	}
	var wait sync.WaitGroup
	var clicks, events *load.Result
	ended := make(chan struct{})
	plan := load.Plan{Addrs: addrs, Rate: l.scale.redirectRate / 2, Within: time.Hour, Enough: ended, Tries: everyTry}
	wait.Go(func() { clicks = visits.redirects(loading, plan) })
	wait.Go(func() { events = sales.events(loading, plan) })
	var longest time.Duration
	err := func() error {
		defer close(ended)
		for i := range l.scale.restarts {
			if !load.Wait(ctx, 500*time.Millisecond) {
				return ctx.Err()
			}
			s := servers[i%len(servers)]
			began := time.Now()
			if err := s.Stop(); err != nil {
				return fmt.Errorf("restart %d: %w", i+1, err)
			}
			longest = max(longest, time.Since(began))
			o.disturbed++
			if err := s.Start(ctx); err != nil {
				return err
			}
		}
		load.Wait(ctx, 500*time.Millisecond)
		return nil
	}()
	if err != nil {
		cancel() // nobody is left to answer
	}
	wait.Wait()
	if err != nil {
		return err
	}
	o.p99 = clicks.Answers.Quantile(0.99)
	o.answered(clicks)
	o.answered(events)
	o.holdf(longest < promisedStop, "a stop took %.1f s", longest.Seconds())
	o.notef("the longest stop took %.1f s", longest.Seconds())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = errors.Join(visits.compareClicks(ctx, o, l.scale.settle), sales.compareEvents(ctx, o, l.scale.settle), agree(ctx, p, o))
	o.nothingLost()
	return err
}
