package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	crowd = 300 // connections of each of the three great crowds
	group = 20  // of the others
	drip  = time.Second
)

// crowds keep many connections busy for as long as they are let.
func crowds() []kind {
	const line = "GET /healthz HTTP/1.1\r\n"
	big := strings.Repeat("GET /openapi.yaml HTTP/1.1\r\nHost: superher.test\r\n\r\n", 1000)
	waiting := func(x target, path string) string { return x.posting(path, "Content-Length: 1000") }
	return []kind{
		lingers("300 silent connections", crowd, func(target) (string, string) { return "", "" }),
		lingers("300 slow headers", crowd, func(target) (string, string) { return line, "X-Slow: 1\r\n" }, 408),
		lingers("300 slow bodies", crowd, func(x target) (string, string) { return waiting(x, events), " " }, 408),
		lingers("a first line letter by letter", group, func(target) (string, string) { return "G", "E" }, 400),
		lingers("slow chunks", group, func(x target) (string, string) { return x.posting(events, chunked), "1\r\n \r\n" }, 408),
		lingers("a chunk size digit by digit", group, func(x target) (string, string) { return x.posting(events, chunked), "0" }, 408),
		lingers("slow trailers", group, func(x target) (string, string) {
			return x.posting(events, chunked) + chunk(x.event()) + "0\r\n", "X-Slow: 1\r\n"
		}, 400),
		lingers("a body that is asked for and never sent", group, func(x target) (string, string) {
			return x.posting(events, "Content-Length: 1000", "Expect: 100-continue"), ""
		}, 100, 408),
		lingers("a slow batch", group, func(x target) (string, string) { return waiting(x, events+"/batch") + `{"events":[`, " " }, 408),
		lingers("20 great batches that do not end", group, func(x target) (string, string) {
			return x.posting(events+"/batch", fmt.Sprintf("Content-Length: %d", 8<<20)) + `{"events":[],"x":"` + strings.Repeat("a", 8<<20-100), "a"
		}, 408),
		lingers("a slow body of a stranger", group, func(x target) (string, string) {
			return waiting(target{key: "sk_live_nobody"}, events), " "
		}, 401),
		lingers("a slow body for no route", group, func(x target) (string, string) { return waiting(x, "/api/v1/nothing"), " " }, 404),
		lingers("a slow body for another method", group, func(x target) (string, string) { return waiting(x, "/healthz"), " " }, 405),
		lingers("a slow body for a short code", group, func(x target) (string, string) {
			return x.head(http.MethodGet, "/r/unknown", "Content-Length: 1000"), " "
		}, 404),
		lingers("a slow body for no short code", group, func(x target) (string, string) { return waiting(x, "/r/un/known"), " " }, 404),
		lingers("a slow body of a read", group, func(x target) (string, string) {
			return x.head(http.MethodGet, "/api/v1/campaigns", "Content-Length: 1000"), " "
		}, 200),
		lingers("slow headers of a second request", group, func(x target) (string, string) {
			return "GET /healthz HTTP/1.1\r\nHost: superher.test\r\n\r\n" + line, "X-Slow: 1\r\n"
		}, 200, 408),
		{name: "answers that nobody reads", slow: true, try: func(ctx context.Context, x target) error {
			return each(group, func() error { return x.unread(ctx, big) })
		}},
		{name: "answers that are read byte by byte", slow: true, try: func(ctx context.Context, x target) error {
			return each(group, func() error { return x.sip(ctx, big) })
		}},
	}
}

// lingers is a kind that begins a request on each of some connections and drips
// on, one drop a second, until the server closes them all in time. It may hear
// these statuses first, or nothing, or that it asks for too much.
func lingers(name string, connections int, text func(x target) (first, drop string), allowed ...int) kind {
	return kind{name: name, slow: true, try: func(ctx context.Context, x target) error {
		first, drop := text(x)
		return each(connections, func() error { return x.linger(ctx, first, drop, allowed) })
	}}
}

// each does something so many times at once.
func each(n int, do func() error) error {
	failures := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { failures[i] = do() })
	}
	all.Wait()
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	if len(failures) > 0 {
		return fmt.Errorf("%d of %d connections: %w", len(failures), n, failures[0])
	}
	return nil
}

func (x target) linger(ctx context.Context, first, drop string, allowed []int) error {
	conn, err := x.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(closedWithin + slack)); err != nil {
		return err
	}
	gone := make(chan struct{})
	var dripping sync.WaitGroup
	dripping.Go(func() {
		if _, err := io.WriteString(conn, first); err == nil { // else it is closed already
			dribble(conn, drop, gone)
		}
	})
	got, err := listen(conn)
	_ = conn.Close()
	close(gone)
	dripping.Wait()
	if err != nil {
		return fmt.Errorf("%w after %v", err, got.statuses)
	}
	n := len(got.statuses)
	if n <= len(allowed) && slices.Equal(got.statuses, allowed[:n]) || n == 1 && got.statuses[0] == http.StatusTooManyRequests {
		return nil
	}
	return got.expect(nil, allowed)
}

// dribble writes a drop from time to time.
func dribble(conn net.Conn, drop string, gone <-chan struct{}) {
	tick := time.NewTicker(drip)
	defer tick.Stop()
	for drop != "" {
		select {
		case <-tick.C:
			if _, err := io.WriteString(conn, drop); err != nil {
				return
			}
		case <-gone:
			return
		}
	}
}

// unread asks for much more than the buffers on the way hold and reads nothing:
// that the server has given up shows when nothing more can be written.
func (x target) unread(ctx context.Context, text string) error {
	conn, err := x.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := errors.Join(conn.SetReadBuffer(4<<10), conn.SetDeadline(time.Now().Add(closedWithin+slack))); err != nil {
		return err
	}
	endlessly := &endless{text: text}
	if _, err := io.Copy(conn, endlessly); err != nil {
		return ended(err)
	}
	return nil
}

// sip reads one byte a second of what it asked for.
func (x target) sip(ctx context.Context, text string) error {
	conn, err := x.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := errors.Join(conn.SetReadBuffer(4<<10), conn.SetDeadline(time.Now().Add(closedWithin+slack))); err != nil {
		return err
	}
	sipping, stop := context.WithCancel(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		tick := time.NewTicker(drip)
		defer tick.Stop()
		for one := make([]byte, 1); ; {
			select {
			case <-tick.C:
				if _, err := conn.Read(one); err != nil {
					return
				}
			case <-sipping.Done():
				return
			}
		}
	})
	_, err = io.Copy(conn, &endless{text: text})
	stop()
	reading.Wait()
	return ended(err)
}

// vanishings are clients that go away in the middle of something.
func vanishings() []kind {
	return []kind{
		vanishes("gone before a word", "", 0, false),
		vanishes("gone in the middle of the headers", "headers", 0, false),
		vanishes("gone in the middle of a body", "body", 0, false),
		vanishes("reset in the middle of a body", "body", 0, true),
		vanishes("gone in the middle of a chunk", "chunk", 0, false),
		vanishes("gone in the middle of an answer", "answer", 1, false),
		vanishes("reset in the middle of an answer", "answer", 1, true),
		vanishes("reset before an answer", "answer", 0, true),
		vanishes("half closed in the middle of a body", "half", 0, false),
	}
}

// vanishes opens connections, says a part of something on each, reads so many
// bytes of the answer and goes away.
func vanishes(name, what string, read int64, reset bool) kind {
	return kind{name: name, try: func(ctx context.Context, x target) error {
		whole := x.post(events, x.event())
		text := map[string]string{
			"": "", "headers": whole[:len(whole)/2], "body": strings.TrimSuffix(whole, "}"), "half": strings.TrimSuffix(whole, "}"),
			"chunk":  x.posting(events, chunked) + "ff\r\n" + x.event(),
			"answer": strings.Repeat("GET /openapi.yaml HTTP/1.1\r\nHost: superher.test\r\n\r\n", 100),
		}[what]
		return each(group, func() error {
			conn, err := x.dial(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, text); err != nil {
				return err
			}
			if _, err := io.CopyN(io.Discard, conn, read); err != nil {
				return err
			}
			if what == "half" {
				return halfClosed(conn)
			}
			if reset {
				return errors.Join(conn.SetLinger(0), conn.Close())
			}
			return conn.Close()
		})
	}}
}

// halfClosed ends what is sent and expects to be refused or cut off.
func halfClosed(conn *net.TCPConn) error {
	if err := errors.Join(conn.CloseWrite(), conn.SetReadDeadline(time.Now().Add(patience))); err != nil {
		return err
	}
	got, err := listen(conn)
	if err == nil && len(got.statuses) == 0 {
		return nil
	}
	return got.expect(err, []int{400})
}

// pings are honest requests that go on all the time.
type pings struct {
	stop   context.CancelFunc
	done   chan struct{}
	took   []time.Duration
	failed []string
}

const pingEvery = 20 * time.Millisecond

// begin starts to ask, one after the other.
func begin(ctx context.Context, a api) *pings {
	ctx, stop := context.WithCancel(ctx)
	p := &pings{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		tick := time.NewTicker(pingEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			began := time.Now()
			status, answer, err := a.call(context.WithoutCancel(ctx), http.MethodGet, "/api/v1/campaigns", "")
			p.took = append(p.took, time.Since(began))
			if err != nil || status != http.StatusOK {
				p.failed = append(p.failed, fmt.Sprint(status, answer, err))
			}
		}
	}()
	return p
}

// end stops them and returns what most of them took at the most.
func (p *pings) end() (half, nearlyAll, worst time.Duration) {
	p.stop()
	<-p.done
	slices.Sort(p.took)
	n := len(p.took)
	if n == 0 {
		return 0, 0, 0
	}
	return p.took[n/2], p.took[n*99/100], p.took[n-1]
}
