//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

const (
	shoppers  = 32 // connections at the same time
	drainTime = 15 * time.Minute
	megabyte  = 1 << 20
)

// bareServer is the program of the limits while it runs.
type bareServer struct {
	addr string
	run  *exec.Cmd
}

func (b *bench) startBare(ctx context.Context) (*bareServer, error) {
	port, err := rig.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &bareServer{addr: "127.0.0.1:" + strconv.Itoa(port)}
	s.run = exec.CommandContext(context.WithoutCancel(ctx), b.bare, "--addr", s.addr)
	s.run.Stderr = os.Stderr
	s.run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.run.Start(); err != nil {
		return nil, err
	}
	probe := load.Conn{Addr: s.addr, Timeout: time.Second}
	defer probe.Close()
	answers := rig.Until(ctx, 10*time.Second, 5*time.Millisecond, func() bool {
		status, _, err := probe.Do([]byte("GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n"))
		return err == nil && status == 200
	})
	if !answers {
		s.stop()
		return nil, errors.New("the bare server does not answer")
	}
	return s, nil
}

func (s *bareServer) stop() {
	_ = s.run.Process.Kill()
	_ = s.run.Wait()
}

func redirects(ctx context.Context, b *bench) error {
	bare, err := b.startBare(ctx)
	if err != nil {
		return err
	}
	defer bare.stop()
	var failed error
	for _, database := range []string{rig.SQLite, rig.PostgreSQL} {
		for _, recorder := range []string{rig.Journal, rig.JetStream, rig.Memory} {
			if !b.Has(ctx, recorder) {
				fmt.Fprintf(os.Stderr, "not measured: the program has no recorder %s\n", recorder)
				continue
			}
			p, err := b.Open(ctx, rig.Spec{Database: database, Recorder: recorder})
			if err == nil {
				err = b.redirect(ctx, p, bare, recorder == rig.Journal)
			}
			if err == nil && database == rig.SQLite {
				err = b.startTime(ctx, p)
			}
			if p != nil {
				failed = errors.Join(failed, p.Close())
			}
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// shopping is what visitors do on one place, every request from another visitor.
type shopping struct {
	*bench

	p                 *rig.Place
	visits            int
	accepted, refused int64 // by the server, so far
}

// follow sends visitors to links of a world for a while.
func (s *shopping) follow(ctx context.Context, addr string, world *rig.World, within time.Duration) *load.Result {
	first := s.visits
	r := load.Run(ctx, load.Plan{
		Addrs: []string{addr}, Workers: shoppers, Within: within,
		Build: func(buf []byte, n, _ int) []byte { return world.Visit(buf, first+n, "") },
	})
	s.visits += int(r.Tries)
	return r
}

// visit sends them to the server and keeps count.
func (s *shopping) visit(ctx context.Context, world *rig.World, within time.Duration) *load.Result {
	r := s.follow(ctx, s.p.Server.Addr, world, within)
	s.accepted += r.Accepted
	s.refused += r.Refused
	return r
}

// settle waits until every click is stored and returns how long that took and how
// many are missing.
func (s *shopping) settle(ctx context.Context) (took time.Duration, missing int64, err error) {
	began := time.Now()
	missing, err = s.stored(ctx, s.p, "click_events", s.accepted)
	return time.Since(began), missing, err
}

// lost is what is missing, as the table says it.
func (s *shopping) lost(missing int64) string {
	if s.refused > 0 {
		return fmt.Sprintf("%d, %d refused", missing, s.refused)
	}
	return strconv.FormatInt(missing, 10)
}

// rounds are the figures of several turns, of the server and of the bare one.
type rounds struct {
	served, least, tail, leastTail, drained []float64
	missing                                 int64
}

// turns measures the server and the bare one in turn.
func (s *shopping) turns(ctx context.Context, bare *bareServer, world *rig.World) (r rounds, err error) {
	s.follow(ctx, bare.addr, world, s.sizes.span/2)
	s.visit(ctx, world, s.sizes.span/2)
	if _, _, err := s.settle(ctx); err != nil {
		return r, err
	}
	for range s.sizes.rounds {
		limit := s.follow(ctx, bare.addr, world, s.sizes.span)
		r.least, r.leastTail = append(r.least, limit.PerSecond()), append(r.leastTail, milliseconds(limit.Answers.Quantile(0.99)))
		got := s.visit(ctx, world, s.sizes.span)
		r.served, r.tail = append(r.served, got.PerSecond()), append(r.tail, milliseconds(got.Answers.Quantile(0.99)))
		var took time.Duration
		if took, r.missing, err = s.settle(ctx); err != nil {
			return r, err
		}
		r.drained = append(r.drained, took.Seconds())
	}
	return r, nil
}

// redirect compares a server with the bare one; in full also on many links and
// for long.
func (b *bench) redirect(ctx context.Context, p *rig.Place, bare *bareServer, full bool) error {
	s := &shopping{bench: b, p: p}
	r, err := s.turns(ctx, bare, p.World)
	if err != nil {
		return err
	}
	_, peak, err := rig.Resident(p.Server.Pid())
	if err != nil {
		return err
	}
	promise := map[string]float64{rig.Journal: 0.6, rig.JetStream: 0.35}[p.Recorder]
	name := p.Database + ", " + p.Recorder
	b.table.add(line{
		section: "redirect", what: name, unit: "1/s", got: median(r.served), against: "bare router", limit: median(r.least), least: promise,
		lost: s.lost(r.missing),
	})
	tails := line{section: "redirect", what: name + ": p99", unit: "ms", got: median(r.tail), against: "bare router", limit: median(r.leastTail)}
	if p.Recorder == rig.Journal {
		tails.most = 2
	}
	b.table.add(tails)
	memory := line{section: "redirect", what: name + ": memory, at most", unit: "MB", got: float64(peak) / megabyte}
	if p.Recorder == rig.Journal {
		memory.most = 60
	}
	b.table.add(memory)
	b.table.add(line{section: "redirect", what: name + ": clicks stored after a turn in", unit: "s", got: median(r.drained)})
	if !full {
		return nil
	}
	if err := s.spread(ctx, bare); err != nil || p.Database != rig.PostgreSQL {
		return err
	}
	return s.endure(ctx)
}

// spread follows far more links than are asked for all the time, each in its turn.
func (s *shopping) spread(ctx context.Context, bare *bareServer) error {
	codes, err := s.fillLinks(ctx, s.p, s.sizes.links)
	if err != nil {
		return err
	}
	many := *s.p.World
	many.Links = codes
	r, err := s.turns(ctx, bare, &many)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s, %s, over %d links", s.p.Database, s.p.Recorder, len(codes))
	s.table.add(line{
		section: "redirect", what: name, unit: "1/s", got: median(r.served), against: "bare router", limit: median(r.least), lost: s.lost(r.missing),
	})
	s.table.add(line{section: "redirect", what: name + ": p99", unit: "ms", got: median(r.tail), against: "bare router", limit: median(r.leastTail)})
	return nil
}

// endure follows links for so long that storing the clicks goes on beside it.
func (s *shopping) endure(ctx context.Context) error {
	before := s.accepted
	got := s.visit(ctx, s.p.World, s.sizes.long)
	now, err := s.p.Stored.Number(ctx, "SELECT count(*) FROM click_events")
	if err != nil {
		return err
	}
	took, missing, err := s.settle(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s, %s, for %s", s.p.Database, s.p.Recorder, s.sizes.long)
	whole := got.Took + took
	s.table.add(line{section: "redirect", what: name, unit: "1/s", got: got.PerSecond(), lost: s.lost(missing)})
	s.table.add(line{section: "redirect", what: name + ": clicks stored meanwhile", unit: "1/s", got: float64(now-before) / got.Took.Seconds()})
	s.table.add(line{section: "redirect", what: name + ": sustained, to the last click stored", unit: "1/s", got: float64(got.Accepted) / whole.Seconds()})
	return nil
}

// stored waits until a table holds at least so many rows, or until it has not
// grown for a while, and returns how many are missing.
func (b *bench) stored(ctx context.Context, p *rig.Place, table string, want int64) (missing int64, err error) {
	var last int64
	grown := time.Now()
	rig.Until(ctx, drainTime, 100*time.Millisecond, func() bool {
		var n int64
		if n, err = p.Stored.Number(ctx, "SELECT count(*) FROM "+table); err != nil {
			return true
		}
		if n > last {
			last, grown = n, time.Now()
		}
		return n >= want || time.Since(grown) > 20*time.Second
	})
	return want - last, err
}

// startTime measures from the start of the process to the first redirect.
func (b *bench) startTime(ctx context.Context, p *rig.Place) error {
	var took []float64
	probe := load.Conn{Addr: p.Server.Addr, Timeout: time.Second}
	defer probe.Close()
	request := p.World.Visit(nil, 0, "")
	for range b.sizes.rounds {
		if err := p.Server.Stop(); err != nil {
			return err
		}
		probe.Close()
		began := time.Now()
		if err := p.Server.Launch(); err != nil {
			return err
		}
		answers := rig.Until(ctx, 10*time.Second, time.Millisecond, func() bool {
			status, _, err := probe.Do(request)
			return err == nil && status == 302
		})
		took = append(took, milliseconds(time.Since(began)))
		if !answers {
			return errors.New("no redirect after ten seconds: " + p.Server.Log())
		}
	}
	b.table.add(line{section: "redirect", what: p.Database + ", " + p.Recorder + ": from start to first 302", unit: "ms", got: median(took), most: 100})
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
