//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

// ledger is what a client knows: what it has sent, and what was acknowledged.
type ledger struct {
	mu    sync.Mutex
	sent  map[string]bool
	acked map[string]bool
	value int64 // of what was acknowledged, in minor units
}

func newLedger() *ledger { return &ledger{sent: map[string]bool{}, acked: map[string]bool{}} }

func (l *ledger) send(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[id] = true
}

func (l *ledger) acknowledge(id string, value int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.acked[id] {
		l.acked[id] = true
		l.value += value
	}
}

// missing counts what was acknowledged and is not stored.
func (l *ledger) missing(stored map[string]int) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.acked {
		if stored[id] == 0 {
			n++
		}
	}
	return n
}

// compare waits until everything that was acknowledged is stored, or for long
// enough, and writes down what is not as it should be.
func (l *ledger) compare(ctx context.Context, o *outcome, settle time.Duration, read func(context.Context) (map[string]int, error)) error {
	var stored map[string]int
	var err error
	rig.Until(ctx, settle, 250*time.Millisecond, func() bool {
		stored, err = read(ctx)
		return err == nil && l.missing(stored) == 0
	})
	if err != nil {
		return err
	}
	o.sent += len(l.sent)
	o.acknowledged += len(l.acked)
	o.lost += l.missing(stored)
	for id, n := range stored {
		if n > 1 {
			o.twice++
		}
		if !l.sent[id] {
			o.unsent++
		}
	}
	return nil
}

// traffic is load on a place with its ledger. Pace, time and servers are the
// plan's; traffic of several kinds may run at once, each with a name of its own.
type traffic struct {
	place   *rig.Place
	outcome *outcome
	name    string // of letters; begins every id and mark
	*ledger
}

func newTraffic(p *rig.Place, o *outcome, name string) *traffic {
	return &traffic{p, o, name, newLedger()}
}

// redirects follows links. A try that fails is another visit, since nobody can
// tell whether the one before was taken down.
func (t *traffic) redirects(ctx context.Context, plan load.Plan) *load.Result {
	mark := func(n, try int) string { return fmt.Sprintf("%s%d-%d.example", t.name, n, try) }
	plan.Build = func(buf []byte, n, try int) []byte {
		t.send(mark(n, try))
		return t.place.World.Visit(buf, n, mark(n, try))
	}
	plan.Accept = func(status int) bool { return status == 302 }
	done := plan.Done
	plan.Done = func(n, try, status int, body []byte, took time.Duration) {
		if status == 302 {
			t.acknowledge(mark(n, try), 0)
		}
		if done != nil {
			done(n, try, status, body, took)
		}
	}
	return t.run(ctx, plan)
}

// events sends events, each under an external id that its tries share.
func (t *traffic) events(ctx context.Context, plan load.Plan) *load.Result {
	id := func(n int) string { return fmt.Sprintf("%s-%d", t.name, n) }
	plan.Build = func(buf []byte, n, _ int) []byte {
		t.send(id(n))
		return t.place.World.Post(buf, "/events", t.place.World.Event(nil, n, id(n)))
	}
	plan.Accept = func(status int) bool { return status == 200 || status == 201 }
	done := plan.Done
	plan.Done = func(n, try, status int, body []byte, took time.Duration) {
		if status == 200 || status == 201 {
			t.acknowledge(id(n), rig.Value(n))
		}
		if done != nil {
			done(n, try, status, body, took)
		}
	}
	return t.run(ctx, plan)
}

// run carries a plan out, and ends the whole run where no answer that is wanted
// comes for longer than its patience: clients that try again would do so for ever.
func (t *traffic) run(ctx context.Context, plan load.Plan) *load.Result {
	impatient := time.AfterFunc(t.outcome.patience, func() {
		t.outcome.end(fmt.Errorf("no request of %q had the answer that is wanted for %v; the server's log is %s",
			t.name, t.outcome.patience, t.place.Server.LogFile()))
	})
	defer impatient.Stop()
	done := plan.Done
	plan.Done = func(n, try, status int, body []byte, took time.Duration) {
		if status != 0 && plan.Accept(status) {
			impatient.Reset(t.outcome.patience)
		}
		done(n, try, status, body, took)
	}
	if plan.Addrs == nil {
		plan.Addrs = []string{t.place.Server.Addr}
	}
	if plan.Workers == 0 {
		plan.Workers = 128
	}
	return load.Run(ctx, plan)
}

// compareClicks and compareEvents look for what the ledger holds.
func (t *traffic) compareClicks(ctx context.Context, o *outcome, settle time.Duration) error {
	return t.compare(ctx, o, settle, func(ctx context.Context) (map[string]int, error) {
		return t.place.Stored.Marks(ctx, t.name)
	})
}

func (t *traffic) compareEvents(ctx context.Context, o *outcome, settle time.Duration) error {
	err := t.compare(ctx, o, settle, func(ctx context.Context) (map[string]int, error) {
		return t.place.Stored.ExternalIDs(ctx, t.name+"-")
	})
	if err != nil || o.acknowledged != o.sent {
		return err // what was stored without an acknowledgement has a value too
	}
	sum, err := t.place.Stored.Number(ctx, "SELECT coalesce(sum(value_minor), 0) FROM customer_events WHERE external_id LIKE $1", t.name+"-%")
	o.holdf(err != nil || sum == t.value, "%d minor units were acknowledged, and %d are stored", t.value, sum)
	return err
}

// agree compares the reports with the tables: what was counted is what is there.
func agree(ctx context.Context, p *rig.Place, o *outcome) error {
	var report struct {
		AllClicks int64 `json:"all_clicks"`
		Events    int64 `json:"events"`
	}
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	clicks, err := p.Stored.Number(ctx, "SELECT count(*) FROM click_events")
	if err != nil {
		return err
	}
	events, err := p.Stored.Number(ctx, "SELECT count(*) FROM customer_events")
	if err != nil {
		return err
	}
	if err := p.World.Call(ctx, p.Server, "GET", "/stats/overview", nil, &report); err != nil {
		return err
	}
	o.holdf(report.AllClicks == clicks && report.Events == events,
		"the overview counts %d clicks and %d events, the tables hold %d and %d", report.AllClicks, report.Events, clicks, events)
	return nil
}
