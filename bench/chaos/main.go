//go:build linux

// Command chaos breaks a running server, its database and its NATS on purpose, under
// load, and counts what was acknowledged and is not there afterwards, or is there
// twice. It puts up all it needs in a scratch folder, sends nothing but to this
// machine, and exits with 1 when anything was lost.
//
//	go run ./bench/chaos                 the full form of every scenario, half an hour or so
//	go run ./bench/chaos --short         seconds of each, as .ci/run does
//	go run ./bench/chaos kill outage     some of them
//
// It needs Linux, Go and Postgres; for faults Toxiproxy, which --toxiproxy names,
// and for disk root. What cannot be run is named; with --strict it fails, but for
// what needs root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/superher/superher/bench/internal/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx)
	stop()
	os.Exit(code)
}

// scenario is one way to break things. It tells of each run that it made.
type scenario struct {
	name, does string
	run        func(context.Context, *lab) error
}

func scenarios() []scenario {
	return []scenario{
		{"kill-events", "kill -9 of the server while events come in", killEvents},
		{"kill-redirects", "kill -9 of the server while links are followed", killRedirects},
		{"self-test", "the same with clicks in memory, which must be found to lose some", selfTest},
		{"outage", "the database frozen, then stopped, and NATS killed, while links are followed", outages},
		{"faults", "a network to the database that delays, cuts and swallows", faults},
		{"disk", "a full disk below the database and the clicks that wait", fullDisk},
		{"rolling", "SIGTERM, again and again, behind a client that retries", rolling},
	}
}

// lab is the rig with what the scenarios have found.
type lab struct {
	*rig.Lab

	scale     scale
	toxiproxy string
	outcomes  []*outcome
	skipped   []string
	lacking   int // of those, for want of something that could be there
	short     bool
}

func run(ctx context.Context) int {
	short := flag.Bool("short", false, "seconds of each scenario instead of minutes")
	strict := flag.Bool("strict", false, "fail when a scenario cannot be run here, unless only root could")
	toxiproxy := flag.String("toxiproxy", "", "`program` of the Toxiproxy server, for faults")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "chaos [flags] [scenario ...]: a name, or the beginning of one")
		for _, s := range scenarios() {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-15s %s\n", s.name, s.does)
		}
		flag.PrintDefaults()
	}
	flag.Parse()
	made, err := rig.NewLab(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 1
	}
	l := &lab{Lab: made, scale: full(), toxiproxy: *toxiproxy, short: *short}
	if *short {
		l.scale = brief()
	}
	began := time.Now()
	for _, s := range scenarios() {
		wanted := func(name string) bool { return strings.HasPrefix(s.name, name) }
		if flag.NArg() > 0 && !slices.ContainsFunc(flag.Args(), wanted) || ctx.Err() != nil {
			continue
		}
		if err := s.run(ctx, l); err != nil {
			l.failed(s.name, err)
		}
	}
	l.KeepLogs = slices.ContainsFunc(l.outcomes, func(o *outcome) bool { return len(o.bad) > 0 })
	if err := l.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	return l.verdict(time.Since(began), *strict, ctx.Err())
}

// verdict prints the summary and returns the exit code.
func (l *lab) verdict(took time.Duration, strict bool, interrupted error) int {
	fmt.Print("\n", header)
	bad := 0
	for _, o := range l.outcomes {
		fmt.Print(o)
		if len(o.bad) > 0 {
			bad++
		}
	}
	for _, s := range l.skipped {
		fmt.Println("NOT RUN  " + s)
	}
	if l.KeepLogs {
		fmt.Println("The logs are kept in " + l.Folder)
	}
	if interrupted != nil {
		fmt.Println("interrupted")
		return 1
	}
	fmt.Printf("chaos: %d runs, %d with losses or broken promises, %d not run, %d seconds\n",
		len(l.outcomes), bad, len(l.skipped), int(took.Seconds()))
	if bad > 0 || len(l.outcomes) == 0 || strict && l.lacking > 0 {
		return 1
	}
	return 0
}

// lack notes what cannot be run for want of something.
func (l *lab) lack(what, why string) {
	l.lacking++
	l.skip(what, why)
}

// skip notes what cannot be run here.
func (l *lab) skip(what, why string) {
	l.skipped = append(l.skipped, what+": "+why)
	fmt.Println("NOT RUN  " + what + ": " + why)
}

// failed notes a run that came to no end.
func (l *lab) failed(name string, err error) {
	o := &outcome{scenario: name}
	o.wrongf("%v", err)
	l.tell(o)
}

func (l *lab) tell(o *outcome) {
	l.outcomes = append(l.outcomes, o)
	fmt.Print(o)
}

// at opens a place for one run and closes it afterwards. What goes wrong on the
// way is part of the outcome. The context of the run ends when its time is over
// and when a client has waited for too long, and everything that waits in it then.
func (l *lab) at(outer context.Context, name string, spec rig.Spec, fn func(context.Context, *rig.Place, *outcome) error) error {
	ctx, over := context.WithTimeoutCause(outer, l.scale.longest, fmt.Errorf("the run was not done after %v", l.scale.longest))
	defer over()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if !l.Has(outer, spec.Recorder) {
		l.lack(name+" on "+spec.Database+" with "+spec.Recorder, "the program has no such recorder of clicks")
		return nil
	}
	o := &outcome{scenario: name, database: spec.Database, recorder: spec.Recorder, patience: l.scale.patience, end: end}
	p, err := l.Open(ctx, spec)
	if err == nil {
		err = fn(ctx, p, o)
	}
	if outer.Err() == nil {
		switch {
		case ctx.Err() != nil: // all else that went wrong comes of it
			o.wrongf("%v", context.Cause(ctx))
		case err != nil:
			o.wrongf("%v", err)
		}
	}
	err = nil // it is part of the outcome now
	if p != nil {
		if len(o.bad) > 0 && p.Server != nil {
			fmt.Printf("The server's log, %s, ends:\n%s\n", p.Server.LogFile(), p.Server.Log())
		}
		err = p.Close()
	}
	l.tell(o)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
