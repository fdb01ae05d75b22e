//go:build linux

// Command measure prints what the server does in a second beside what is
// possible on the same machine in the same minutes: each figure and its limit
// are measured in turn, and medians of the turns are compared. It also counts
// what is missing after each load. It puts up all it needs in a scratch folder
// and sends nothing but to this machine.
//
//	go run ./bench/measure                    everything, at full size
//	go run ./bench/measure redirect reports   some sections
//	go run ./bench/measure --short            small sizes: it shows that this works, and no figure worth having
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
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

// section measures one kind of work.
type section struct {
	name, does string
	run        func(context.Context, *bench) error
}

func sections() []section {
	return []section{
		{"redirect", "links followed, against a bare router", redirects},
		{"ingest", "events, against decoding them and against pgbench", ingest},
		{"export", "all events as CSV, against COPY", exports},
		{"reports", "every report, against adding the events up", reports},
	}
}

// bench is the rig with the sizes of the run and its results.
type bench struct {
	*rig.Lab

	sizes sizes
	bare  string // the program of the limits
	table table
}

func run(ctx context.Context) int {
	short := flag.Bool("short", false, "small sizes")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "measure [flags] [section ...]")
		for _, s := range sections() {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-10s %s\n", s.name, s.does)
		}
		flag.PrintDefaults()
		fmt.Fprint(flag.CommandLine.Output(), "\nSizes come from the environment:\n", sizesHelp)
	}
	flag.Parse()
	for _, name := range flag.Args() {
		if !slices.ContainsFunc(sections(), func(s section) bool { return s.name == name }) {
			fmt.Fprintf(os.Stderr, "measure: there is no section %q\n", name)
			return 2
		}
	}
	sizes, err := chosen(*short, os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		return 2
	}
	lab, err := rig.NewLab(ctx, sizes.postgres()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		return 1
	}
	b := &bench{Lab: lab, sizes: sizes, table: table{loose: *short}}
	code := b.all(ctx, flag.Args())
	if err := lab.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
	}
	return code
}

// all measures the sections that are asked for, or all of them, and prints the
// table.
func (b *bench) all(ctx context.Context, asked []string) (code int) {
	var err error
	if b.bare, err = rig.Build(ctx, b.Folder, "./bench/bare"); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		return 1
	}
	began := time.Now()
	for _, s := range sections() {
		if len(asked) > 0 && !slices.Contains(asked, s.name) || ctx.Err() != nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s …\n", s.name, s.does)
		if err := s.run(ctx, b); err != nil {
			fmt.Fprintf(os.Stderr, "measure: %s: %v\n", s.name, err)
			code = 1
		}
	}
	fmt.Printf("%s, %d cores, %s; medians of %d turns; %d seconds in all\n\n",
		runtime.Version(), runtime.NumCPU(), time.Now().UTC().Format("2006-01-02"), b.sizes.rounds, int(time.Since(began).Seconds()))
	fmt.Print(b.table.String())
	if b.table.broken() > 0 {
		return 1
	}
	return code
}
