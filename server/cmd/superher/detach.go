package main

import (
	"context"
	"fmt"

	"github.com/superher/superher/adapters/postgres"
)

// detachClicks is the command that takes old clicks out of the store.
func (p program) detachClicks(s settings) func(context.Context) error {
	d := s.database()
	keep := s.Int("keep-months", 0, fmt.Sprintf("how many whole `months` (UTC) before the present one stay, from %d to %d; required",
		postgres.LeastMonthsKept, postgres.MostMonthsKept))
	drop := s.Bool("drop", false, "delete what is taken out; otherwise it stays as tables for the owner to archive")
	force := s.Bool("force", false, "also take out clicks that the totals of reports do not hold, which no report counts any more")
	return func(ctx context.Context) error {
		if err := d.choose(); err != nil {
			return err
		}
		if *d.url == "" {
			return s.wrong("database-url", "is required: only PostgreSQL keeps clicks by month")
		}
		if *keep < postgres.LeastMonthsKept || *keep > postgres.MostMonthsKept {
			return s.wrong("keep-months", fmt.Sprintf("must be from %d to %d", postgres.LeastMonthsKept, postgres.MostMonthsKept))
		}
		tables, err := postgres.DetachClicks(ctx, *d.url, postgres.DetachConfig{KeepMonths: *keep, Drop: *drop, Force: *force})
		done := "detached"
		if *drop {
			done = "deleted"
		}
		for _, table := range tables {
			fmt.Fprintf(p.stdout, "%s %s\n", done, table)
		}
		if err != nil {
			return d.explain("database-url", err)
		}
		_, err = fmt.Fprintf(p.stdout, "%s has no clicks of before the last %d months\n", d, *keep)
		return err
	}
}
