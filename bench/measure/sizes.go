//go:build linux

package main

import (
	"fmt"
	"strconv"
	"time"
)

// sizes are how much is measured.
type sizes struct {
	rounds       int           // turns of each figure and its limit
	span         time.Duration // of one turn
	long         time.Duration // of the one turn in which clicks are stored beside it
	links        int           // of redirects over more than are asked for all the time
	exportRows   int
	events       int // of reports on Postgres; clicks are twice as many
	eventsFile   int // of reports on SQLite, and then the double
	advertisers  int
	sharedMemory string // of Postgres
}

const sizesHelp = `  SUPERHER_BENCH_ROUNDS        turns of each figure and its limit (5)
  SUPERHER_BENCH_SECONDS       length of a turn (5)
  SUPERHER_BENCH_LINKS         links of the redirects over many (100000)
  SUPERHER_BENCH_EXPORT_ROWS   events of the export (1000000)
  SUPERHER_BENCH_EVENTS        events of the reports on Postgres; clicks are twice as many (10000000)
  SUPERHER_BENCH_FILE_EVENTS   the same on SQLite, measured again with the double (1000000)
  SUPERHER_BENCH_ADVERTISERS   brands that share them, the largest about a sixth (200)
`

// chosen returns the full or the small sizes, with what the environment says.
func chosen(short bool, getenv func(string) string) (sizes, error) {
	s := sizes{
		rounds: 5, span: 5 * time.Second, long: 45 * time.Second, links: 100_000, exportRows: 1_000_000, events: 10_000_000, eventsFile: 1_000_000,
		advertisers: 200, sharedMemory: "2GB",
	}
	if short {
		s = sizes{
			rounds: 3, span: 300 * time.Millisecond, long: time.Second, links: 2_000, exportRows: 20_000, events: 20_000, eventsFile: 5_000,
			advertisers: 10, sharedMemory: "128MB",
		}
	}
	seconds := s.span.Seconds()
	var err error
	for name, to := range map[string]*int{
		"ROUNDS": &s.rounds, "LINKS": &s.links, "EXPORT_ROWS": &s.exportRows, "EVENTS": &s.events, "FILE_EVENTS": &s.eventsFile, "ADVERTISERS": &s.advertisers,
	} {
		if value := getenv("SUPERHER_BENCH_" + name); value != "" {
			if *to, err = strconv.Atoi(value); err != nil || *to < 1 {
				return s, fmt.Errorf("SUPERHER_BENCH_%s must be a number from 1 on", name)
			}
		}
	}
	if value := getenv("SUPERHER_BENCH_SECONDS"); value != "" {
		if seconds, err = strconv.ParseFloat(value, 64); err != nil || seconds <= 0 {
			return s, fmt.Errorf("SUPERHER_BENCH_SECONDS must be a number of seconds")
		}
	}
	s.span = time.Duration(seconds * float64(time.Second))
	return s, nil
}

// postgres are the settings of its server: those of a small production machine.
func (s sizes) postgres() []string {
	return []string{"shared_buffers=" + s.sharedMemory, "max_wal_size=4GB", "checkpoint_timeout=15min", "effective_cache_size=4GB", "maintenance_work_mem=512MB"}
}
