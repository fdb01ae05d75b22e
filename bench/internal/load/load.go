package load

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of a [Plan].
const (
	DefaultWorkers = 64
	DefaultTimeout = 20 * time.Second
	DefaultPause   = 20 * time.Millisecond
)

// Plan says what is sent, and how. Addrs and Build are required, and Count,
// Within or Enough bounds it.
type Plan struct {
	Addrs   []string      // host:port of this machine; a retry goes to the next one
	Workers int           // connections at the same time; 0 means DefaultWorkers
	Rate    float64       // requests due in a second; 0 is a closed loop
	Count   int           // requests in all; 0: until Within has passed
	Within  time.Duration // after this no further request begins; 0: until Count are done
	Timeout time.Duration // of one try; 0 means DefaultTimeout
	// Enough, once closed, lets no further request begin; nil says nothing. What is
	// under way is carried on until it is accepted.
	Enough <-chan struct{}

	// Build appends the bytes of try number try, from 0, of request n to buf. It is
	// called by several workers at a time.
	Build func(buf []byte, n, try int) []byte
	// Accept says whether a status is the answer that was wanted; nil: any 2xx or 3xx.
	Accept func(status int) bool
	// Done, if set, is told of every try, and how long it took from being sent;
	// status is 0 where there was no answer. body is valid during the call. It is
	// called by several workers at a time.
	Done func(n, try, status int, body []byte, took time.Duration)
	// Tries is how often a request is sent at most until its answer is accepted;
	// 0 means once.
	Tries int
	// Pause is how long a worker waits before the next try; 0 means DefaultPause.
	Pause time.Duration
}

// Result is what came of a plan.
type Result struct {
	Accepted int64         // requests with the wanted answer
	Refused  int64         // requests that never had one
	Tries    int64         // all that was sent
	Silent   int64         // tries without an answer
	Statuses map[int]int64 // answers by status
	Took     time.Duration // of the whole
	Answers  Histogram     // of each try that was answered; the first one of a request counts from when it was due
	Overall  Histogram     // of each accepted request, from when it was due
}

// PerSecond returns the accepted requests per second.
func (r *Result) PerSecond() float64 { return float64(r.Accepted) / r.Took.Seconds() }

// Run carries a plan out. It ends early, without an error, when ctx does.
func Run(ctx context.Context, p Plan) *Result {
	p.Workers = cmp.Or(p.Workers, DefaultWorkers)
	p.Timeout = cmp.Or(p.Timeout, DefaultTimeout)
	p.Tries = cmp.Or(p.Tries, 1)
	p.Pause = cmp.Or(p.Pause, DefaultPause)
	if p.Accept == nil {
		p.Accept = func(status int) bool { return status >= 200 && status < 400 }
	}
	run := &run{Plan: p, began: time.Now()}
	results := make([]*Result, p.Workers)
	var wait sync.WaitGroup
	for i := range results {
		results[i] = &Result{Statuses: map[int]int64{}}
		wait.Go(func() { run.work(ctx, i, results[i]) })
	}
	wait.Wait()
	sum := results[0]
	for _, r := range results[1:] {
		sum.merge(r)
	}
	sum.Took = time.Since(run.began)
	return sum
}

func (r *Result) merge(other *Result) {
	r.Accepted += other.Accepted
	r.Refused += other.Refused
	r.Tries += other.Tries
	r.Silent += other.Silent
	for status, n := range other.Statuses {
		r.Statuses[status] += n
	}
	r.Answers.Merge(&other.Answers)
	r.Overall.Merge(&other.Overall)
}

type run struct {
	Plan

	began time.Time
	next  atomic.Int64
}

// work sends requests until there are none left.
func (p *run) work(ctx context.Context, worker int, out *Result) {
	conns := make([]*Conn, len(p.Addrs))
	for i, addr := range p.Addrs {
		conns[i] = &Conn{Addr: addr, Timeout: p.Timeout}
	}
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	var buf []byte
	for {
		n := int(p.next.Add(1) - 1)
		if p.Count > 0 && n >= p.Count {
			return
		}
		due := time.Now()
		if p.Rate > 0 {
			due = p.began.Add(time.Duration(float64(n) / p.Rate * float64(time.Second)))
		}
		if p.Within > 0 && due.Sub(p.began) >= p.Within || !Wait(ctx, time.Until(due)) || closed(p.Enough) {
			return
		}
		buf = p.request(ctx, conns[(worker+n)%len(conns):], conns, n, due, buf, out)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// request sends one request until its answer is accepted.
func (p *run) request(ctx context.Context, first, all []*Conn, n int, due time.Time, buf []byte, out *Result) []byte {
	conn, since := first[0], due
	for try := range p.Tries {
		if try > 0 {
			conn = all[(len(all)-len(first)+try)%len(all)]
			if !Wait(ctx, p.Pause) {
				break
			}
			since = time.Now()
		}
		buf = p.Build(buf[:0], n, try)
		sent := time.Now()
		status, body, err := conn.Do(buf)
		end := time.Now()
		out.Tries++
		if err != nil {
			status = 0
			out.Silent++
		} else {
			out.Statuses[status]++
			out.Answers.Add(end.Sub(since))
		}
		if p.Done != nil {
			p.Done(n, try, status, body, end.Sub(sent))
		}
		if status != 0 && p.Accept(status) {
			out.Accepted++
			out.Overall.Add(end.Sub(due))
			return buf
		}
	}
	out.Refused++
	return buf
}

// Wait waits, and reports whether the time passed before ctx ended.
func Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
