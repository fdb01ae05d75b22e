//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/superher/superher/bench/internal/load"
)

// outcome is what one run has shown.
type outcome struct {
	scenario, database, recorder string
	disturbed                    int // times that something was broken
	sent, acknowledged           int
	lost                         int // acknowledged, and not stored
	twice                        int // stored more than once
	unsent                       int // stored, and never sent
	p99                          time.Duration
	notes, bad                   []string

	patience time.Duration           // of clients that try again
	end      context.CancelCauseFunc // ends the run, from any goroutine
}

const header = "scenario                     database  clicks     broken    sent  acknowl.    lost   twice  unsent   p99 ms\n"

// String is the line of the outcome in the summary, and what is wrong below it.
func (o *outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %-9s %-9s %7d %7d  %8d %7d %7d %7d %8.1f\n", o.scenario, o.database, o.recorder,
		o.disturbed, o.sent, o.acknowledged, o.lost, o.twice, o.unsent, milliseconds(o.p99))
	for _, note := range o.notes {
		fmt.Fprintln(&b, "      "+note)
	}
	for _, wrong := range o.bad {
		fmt.Fprintln(&b, "FAIL  "+wrong)
	}
	return b.String()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (o *outcome) wrongf(format string, args ...any) {
	o.bad = append(o.bad, fmt.Sprintf(format, args...))
}

func (o *outcome) notef(format string, args ...any) {
	o.notes = append(o.notes, fmt.Sprintf(format, args...))
}

// holdf notes what does not hold.
func (o *outcome) holdf(holds bool, format string, args ...any) {
	if !holds {
		o.wrongf(format, args...)
	}
}

// answered checks that every request had its answer in the end.
func (o *outcome) answered(r *load.Result) {
	o.holdf(r.Refused == 0, "%d requests were never answered as they should; all answers: %v, none: %d", r.Refused, r.Statuses, r.Silent)
}

// nothingLost checks the counts of a ledger.
func (o *outcome) nothingLost() {
	o.holdf(o.acknowledged > 0, "nothing was acknowledged: this run has shown nothing")
	o.holdf(o.lost == 0, "%d were acknowledged and lost", o.lost)
	o.holdf(o.twice == 0, "%d were stored twice", o.twice)
	o.holdf(o.unsent == 0, "%d were stored and never sent", o.unsent)
}
