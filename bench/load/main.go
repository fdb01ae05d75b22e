// Command load sends one request again and again to a server on this machine and
// prints what came back as JSON: how many a second, and percentiles of the time
// they took. With --rate it keeps a fixed rate and counts from when a request was
// due; without it sends as fast as it gets answers. {n} in the path, a header or
// the body is the number of the request.
//
//	load --addr 127.0.0.1:8080 --path /r/abc1234 --header 'X-Forwarded-For: 10.0.{n}' --seconds 5
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/superher/superher/bench/internal/load"
)

// longest bounds a run, and mostWorkers its connections.
const (
	longest     = 10 * time.Minute
	mostWorkers = 1024
)

// report is what is printed.
type report struct {
	Accepted  int64            `json:"accepted"` // answers with 2xx or 3xx
	Refused   int64            `json:"refused"`
	Silent    int64            `json:"silent"` // no answer at all
	Statuses  map[string]int64 `json:"statuses"`
	Seconds   float64          `json:"seconds"`
	PerSecond float64          `json:"per_second"`
	P50       float64          `json:"p50_ms"`
	P90       float64          `json:"p90_ms"`
	P99       float64          `json:"p99_ms"`
	P999      float64          `json:"p999_ms"`
	Max       float64          `json:"max_ms"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` of the server, of this machine")
	method := flag.String("method", "GET", "HTTP `method`")
	path := flag.String("path", "/", "`path` with query")
	body := flag.String("body", "", "`JSON` to send")
	workers := flag.Int("workers", load.DefaultWorkers, "connections at the same `number`")
	rate := flag.Float64("rate", 0, "requests a `second`; 0: as fast as answers come")
	seconds := flag.Float64("seconds", 5, "`length` of the run")
	var headers []string
	flag.Func("header", "`line` of the head, like 'Authorization: Bearer …'; may be repeated", func(line string) error {
		headers = append(headers, line+"\r\n")
		return nil
	})
	flag.Parse()
	span := time.Duration(*seconds * float64(time.Second))
	at, err := netip.ParseAddrPort(*addr)
	switch {
	case err != nil || !at.Addr().IsLoopback():
		return errors.New("--addr must be a loopback address with a port: nothing is sent elsewhere")
	case span <= 0 || span > longest || *workers < 1 || *workers > mostWorkers || *rate < 0:
		return fmt.Errorf("--seconds up to %.0f, --workers from 1 to %d, --rate from 0", longest.Seconds(), mostWorkers)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := load.Run(ctx, load.Plan{
		Addrs: []string{*addr}, Workers: *workers, Rate: *rate, Within: span,
		Build: builder(*method, *path, strings.Join(headers, ""), *body),
	})
	return json.NewEncoder(os.Stdout).Encode(reportOf(r))
}

// builder returns what makes the bytes of a request.
func builder(method, path, headers, body string) func(buf []byte, n, try int) []byte {
	head := method + " " + path + " HTTP/1.1\r\nHost: bench\r\n" + headers
	return func(buf []byte, n, _ int) []byte {
		number := []byte(strconv.Itoa(n))
		content := bytes.ReplaceAll([]byte(body), []byte("{n}"), number)
		buf = append(buf, bytes.ReplaceAll([]byte(head), []byte("{n}"), number)...)
		if len(content) > 0 {
			buf = fmt.Appendf(buf, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(content))
		}
		return append(append(buf, "\r\n"...), content...)
	}
}

func reportOf(r *load.Result) report {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	out := report{
		Accepted: r.Accepted, Refused: r.Refused, Silent: r.Silent, Statuses: map[string]int64{}, Seconds: r.Took.Seconds(), PerSecond: r.PerSecond(),
		P50: ms(r.Answers.Quantile(0.5)), P90: ms(r.Answers.Quantile(0.9)), P99: ms(r.Answers.Quantile(0.99)),
		P999: ms(r.Answers.Quantile(0.999)), Max: ms(r.Answers.Max()),
	}
	for status, n := range r.Statuses {
		out.Statuses[strconv.Itoa(status)] = n
	}
	return out
}
