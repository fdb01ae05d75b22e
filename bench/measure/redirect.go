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
	drainTime = 5 * time.Minute
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
				err = b.redirect(ctx, p, bare)
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

// redirect compares a server with the bare one, every request from another
// visitor.
func (b *bench) redirect(ctx context.Context, p *rig.Place, bare *bareServer) error {
	visits := 0
	follow := func(addr string, within time.Duration) *load.Result {
		first := visits
		r := load.Run(ctx, load.Plan{
			Addrs: []string{addr}, Workers: shoppers, Within: within,
			Build: func(buf []byte, n, _ int) []byte { return p.World.Visit(buf, first+n, "") },
		})
		visits += int(r.Tries)
		return r
	}
	var served, least, tail, leastTail, drained []float64
	var accepted, refused int64
	take := func(within time.Duration) *load.Result {
		r := follow(p.Server.Addr, within)
		accepted += r.Accepted
		refused += r.Refused
		return r
	}
	follow(bare.addr, b.sizes.span/2)
	take(b.sizes.span / 2)
	for range b.sizes.rounds {
		if _, err := b.stored(ctx, p, "click_events", accepted); err != nil {
			return err
		}
		limit := follow(bare.addr, b.sizes.span)
		least, leastTail = append(least, limit.PerSecond()), append(leastTail, milliseconds(limit.Answers.Quantile(0.99)))
		got := take(b.sizes.span)
		served, tail = append(served, got.PerSecond()), append(tail, milliseconds(got.Answers.Quantile(0.99)))
		began := time.Now()
		if _, err := b.stored(ctx, p, "click_events", accepted); err != nil {
			return err
		}
		drained = append(drained, time.Since(began).Seconds())
	}
	missing, err := b.stored(ctx, p, "click_events", accepted)
	if err != nil {
		return err
	}
	_, peak, err := rig.Resident(p.Server.Pid())
	if err != nil {
		return err
	}
	promise := map[string]float64{rig.Journal: 0.6, rig.JetStream: 0.35}[p.Recorder]
	name := p.Database + ", " + p.Recorder
	lost := strconv.FormatInt(missing, 10)
	if refused > 0 {
		lost += fmt.Sprintf(", %d refused", refused)
	}
	b.table.add(line{section: "redirect", what: name, unit: "1/s", got: median(served), against: "bare router", limit: median(least), least: promise, lost: lost})
	tails := line{section: "redirect", what: name + ": p99", unit: "ms", got: median(tail), against: "bare router", limit: median(leastTail)}
	if p.Recorder == rig.Journal {
		tails.most = 2
	}
	b.table.add(tails)
	memory := line{section: "redirect", what: name + ": memory, at most", unit: "MB", got: float64(peak) / megabyte}
	if p.Recorder == rig.Journal {
		memory.most = 60
	}
	b.table.add(memory)
	b.table.add(line{section: "redirect", what: name + ": clicks stored after a turn in", unit: "s", got: median(drained)})
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
