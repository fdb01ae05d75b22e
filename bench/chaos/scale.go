//go:build linux

package main

import (
	"time"

	"github.com/superher/superher/bench/internal/rig"
)

// scale is how much of each scenario is run.
type scale struct {
	events        int     // sent in all under kill -9
	eventRate     float64 // in a second, on Postgres
	eventRateFile float64 // the same on SQLite
	redirects     int
	redirectRate  float64
	killEvery     time.Duration
	kills         int // at least
	outage        time.Duration
	p99           time.Duration // of redirects meanwhile, at most; 0: not looked at, for a machine that is busy otherwise
	fault         time.Duration // of each kind
	full          time.Duration // that the disk stays full
	disk, leave   int64         // size of the disk, and of what is free on it at first
	restarts      int
	settle        time.Duration // for what waits to be stored
	patience      time.Duration // without a single answer that was wanted; after it a run has failed
	longest       time.Duration // that one run may take in all
}

// Bounds of both forms: what is late on a busy machine is not given up, and what
// never comes is not waited for all night.
const (
	patience = time.Minute
	longest  = 10 * time.Minute
)

// full is the form that the promises are made in.
func full() scale {
	return scale{
		events: 50_000, eventRate: 1000, eventRateFile: 500, redirects: 50_000, redirectRate: 500,
		killEvery: 4800 * time.Millisecond, kills: 10, outage: time.Minute, p99: 50 * time.Millisecond, fault: 30 * time.Second,
		full: 10 * time.Second, disk: 260 << 20, leave: 24 << 20, restarts: 20, settle: time.Minute,
		patience: patience, longest: longest,
	}
}

// brief is the form for every day: long enough to lose something.
func brief() scale {
	return scale{
		events: 2000, eventRate: 500, eventRateFile: 400, redirects: 2000, redirectRate: 500,
		killEvery: time.Second, kills: 3, outage: 5 * time.Second, fault: 3 * time.Second,
		full: 2 * time.Second, disk: 64 << 20, leave: 8 << 20, restarts: 4, settle: 20 * time.Second,
		patience: patience, longest: longest,
	}
}

// rate is how many events a second are sent to a database.
func (s scale) rate(database string) float64 {
	if database == rig.SQLite {
		return s.eventRateFile
	}
	return s.eventRate
}
