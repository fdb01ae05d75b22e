//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

const (
	faultDeadline  = 3 * time.Second // --timeout of the server
	faultSlack     = time.Second     // by which an answer may be late
	goroutineSlack = 25              // what comes and goes by itself
)

// fault is something that Toxiproxy does to a connection; without a kind the
// proxy is down.
type fault struct {
	name, kind string
	attributes map[string]any
}

func kinds() []fault {
	return []fault{
		{"latency 2 s", "latency", map[string]any{"latency": 2000}},
		{"black hole", "timeout", map[string]any{"timeout": 0}},
		{"timeout 1 s", "timeout", map[string]any{"timeout": 1000}},
		{"reset", "reset_peer", map[string]any{"timeout": 0}},
		{"cut after 8 KB", "limit_data", map[string]any{"bytes": 8192}},
		{"down", "", nil},
	}
}

// faults puts Toxiproxy between the server and Postgres.
func faults(ctx context.Context, l *lab) error {
	if l.toxiproxy == "" {
		l.lack("faults", "no --toxiproxy; go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0 builds one")
		return nil
	}
	pg, err := l.Postgres(ctx)
	if err != nil {
		return err
	}
	proxy, err := l.startProxy(ctx, pg.Port())
	if err != nil {
		return err
	}
	defer proxy.stop()
	var failed error
	for _, f := range kinds() {
		spec := rig.Spec{Database: rig.PostgreSQL, Proxy: proxy.port, Settings: []string{"--timeout", faultDeadline.String()}}
		failed = errors.Join(failed, l.at(ctx, "fault: "+f.name, spec, func(ctx context.Context, p *rig.Place, o *outcome) error {
			return l.suffer(ctx, p, o, proxy, f)
		}))
	}
	return failed
}

// slowest is the longest time any answer took, and what has no place among the
// answers.
type slowest struct {
	took   atomic.Int64
	silent atomic.Int64
}

func (s *slowest) done(_, _, status int, _ []byte, took time.Duration) {
	if status == 0 {
		s.silent.Add(1)
	}
	for old := s.took.Load(); int64(took) > old && !s.took.CompareAndSwap(old, int64(took)); old = s.took.Load() {
	}
}

func (l *lab) suffer(ctx context.Context, p *rig.Place, o *outcome, proxy *toxiproxy, f fault) error {
	// The pool has grown and every link is known before anything is measured.
	warm := newTraffic(p, o, "warm")
	o.answered(warm.events(ctx, load.Plan{Count: 500, Workers: 64}))
	o.answered(warm.redirects(ctx, load.Plan{Count: 10 * len(p.World.Links), Workers: 16}))
	load.Run(ctx, overviews(p, load.Plan{Count: 200, Workers: 32}))
	before, err := l.footprint(ctx, p)
	if err != nil {
		return err
	}
	visits, sales := newTraffic(p, o, "visit"), newTraffic(p, o, "sale")
	var slow slowest
	var wait sync.WaitGroup
	var clicks, events, reports *load.Result
	span := l.scale.fault + 2*time.Second
	plan := load.Plan{Timeout: 4 * faultDeadline, Workers: 256, Done: slow.done}
	at := func(rate float64, tries int) load.Plan {
		next := plan
		next.Rate, next.Count, next.Tries = rate, int(rate*span.Seconds()), tries
		return next
	}
	wait.Go(func() { clicks = visits.redirects(ctx, at(100, 1)) })
	wait.Go(func() { events = sales.events(ctx, at(50, everyTry)) })
	wait.Go(func() {
		reports = load.Run(ctx, overviews(p, at(5, 1)))
	})
	load.Wait(ctx, time.Second)
	err = proxy.inflict(ctx, f)
	o.disturbed++
	load.Wait(ctx, l.scale.fault)
	err = errors.Join(err, proxy.heal(ctx, f))
	wait.Wait()
	if err != nil {
		return err
	}
	o.p99 = clicks.Answers.Quantile(0.99)
	worst := time.Duration(slow.took.Load())
	o.notef("redirects %v, events %v, overview %v; the slowest answer took %.2f s, %d had none",
		clicks.Statuses, events.Statuses, reports.Statuses, worst.Seconds(), slow.silent.Load())
	o.holdf(worst <= faultDeadline+faultSlack, "an answer took %.2f s, %.0f s are the deadline", worst.Seconds(), faultDeadline.Seconds())
	o.holdf(slow.silent.Load() == 0, "%d requests had no answer at all", slow.silent.Load())
	o.answered(clicks)
	o.answered(events)
	for status := range joined(clicks.Statuses, events.Statuses, reports.Statuses) {
		o.holdf(status < 500 || status == 503 || status == 504, "some answers are %d", status)
	}
	if err := l.calm(ctx, p, o, before); err != nil {
		return err
	}
	err = errors.Join(visits.compareClicks(ctx, o, l.scale.settle), sales.compareEvents(ctx, o, l.scale.settle), agree(ctx, p, o))
	o.nothingLost()
	return err
}

// overviews makes a plan one of asking for a report.
func overviews(p *rig.Place, plan load.Plan) load.Plan {
	plan.Addrs = []string{p.Server.Addr}
	plan.Build = func(buf []byte, _, _ int) []byte { return p.World.Get(buf, "/stats/overview") }
	return plan
}

func joined(all ...map[int]int64) map[int]int64 {
	out := map[int]int64{}
	for _, one := range all {
		maps.Copy(out, one)
	}
	return out
}

// footprint is what a server holds on to.
type footprint struct{ goroutines, connections int64 }

func (l *lab) footprint(ctx context.Context, p *rig.Place) (footprint, error) {
	metrics, err := p.Server.Metrics(ctx)
	if err != nil {
		return footprint{}, err
	}
	connections, err := p.Stored.Number(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND datname = $2", rig.App, p.Name)
	return footprint{int64(metrics["go_goroutines"]), connections}, err
}

// calm waits until the server holds no more than before.
func (l *lab) calm(ctx context.Context, p *rig.Place, o *outcome, before footprint) error {
	var after footprint
	var err error
	calm := rig.Until(ctx, l.scale.settle, 200*time.Millisecond, func() bool {
		after, err = l.footprint(ctx, p)
		return err == nil && after.goroutines <= before.goroutines+goroutineSlack && after.connections <= before.connections
	})
	o.holdf(calm || err != nil, "%d goroutines and %d connections before, %d and %d after",
		before.goroutines, before.connections, after.goroutines, after.connections)
	return err
}

// toxiproxy is its server with one proxy, in front of Postgres.
type toxiproxy struct {
	api  string
	port int
	run  *exec.Cmd
}

func (l *lab) startProxy(ctx context.Context, upstream int) (*toxiproxy, error) {
	control, err := rig.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	port, err := rig.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	t := &toxiproxy{api: "http://127.0.0.1:" + strconv.Itoa(control), port: port}
	log, err := os.Create(filepath.Join(l.Folder, "toxiproxy.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	t.run = exec.CommandContext(context.WithoutCancel(ctx), l.toxiproxy, "-host", "127.0.0.1", "-port", strconv.Itoa(control))
	t.run.Stdout, t.run.Stderr = log, log
	t.run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := t.run.Start(); err != nil {
		return nil, err
	}
	rig.Until(ctx, 10*time.Second, 20*time.Millisecond, func() bool {
		err = t.call(ctx, http.MethodPost, "/proxies", map[string]any{
			"name": "postgres", "listen": "127.0.0.1:" + strconv.Itoa(port), "upstream": "127.0.0.1:" + strconv.Itoa(upstream), "enabled": true,
		})
		return err == nil
	})
	if err != nil {
		t.stop()
		return nil, fmt.Errorf("the proxy does not start: %w", err)
	}
	return t, nil
}

func (t *toxiproxy) stop() {
	_ = t.run.Process.Kill()
	_ = t.run.Wait()
}

func (t *toxiproxy) inflict(ctx context.Context, f fault) error {
	if f.kind == "" {
		return t.call(ctx, http.MethodPost, "/proxies/postgres", map[string]any{"enabled": false})
	}
	return t.call(ctx, http.MethodPost, "/proxies/postgres/toxics", map[string]any{
		"name": "fault", "type": f.kind, "stream": "downstream", "toxicity": 1.0, "attributes": f.attributes,
	})
}

func (t *toxiproxy) heal(ctx context.Context, f fault) error {
	if f.kind == "" {
		return t.call(ctx, http.MethodPost, "/proxies/postgres", map[string]any{"enabled": true})
	}
	return t.call(ctx, http.MethodDelete, "/proxies/postgres/toxics/fault", nil)
}

func (t *toxiproxy) call(ctx context.Context, method, path string, in map[string]any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, t.api+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode > 299 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	return err
}
