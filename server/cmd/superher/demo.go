package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/server/cmd/superher/internal/demo"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// demo is the command.
func (p program) demo(ctx context.Context, args []string) (err error) {
	s := p.settings("demo")
	file := s.String("db", "", "SQLite `file` to create (default: one that is deleted at the end)")
	seed := s.Uint64("seed", 1, "`number` of the story; the same one tells the same")
	until := s.String("now", "", "`time` at which the story ends, like 2026-06-17T15:00:00Z (default: now)")
	fillOnly := s.Bool("fill-only", false, "write the file given with --db, and end")
	listen := p.listening(s, slog.LevelWarn)
	if err := s.parse(args); err != nil {
		return err
	}
	end := time.Now()
	if *until != "" {
		if end, err = time.Parse(time.RFC3339, *until); err != nil {
			return s.wrong("now", "must be a time like 2026-06-17T15:00:00Z")
		}
	}
	if *fillOnly && *file == "" {
		return s.wrong("fill-only", "needs --db: the other file would be deleted at once")
	}
	var h *host
	if !*fillOnly { // listening comes first: who finds the port taken should not have waited
		if h, err = listen(ctx); err != nil {
			return err
		}
		defer func() { _ = h.listener.Close() }() // a second time where the server did it already
	}
	path, remove, err := scratch(s, *file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	opened, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()

	fmt.Fprintf(p.stdout, "Writing %d days of three invented brands to %s …\n", demo.Days, path)
	began := time.Now()
	story, err := demo.Fill(ctx, demo.Config{Store: opened, End: end, Seed: *seed})
	if ctx.Err() != nil && *file == "" {
		return nil // somebody who stops it here wants just that
	}
	if ctx.Err() != nil {
		return s.wrongNow("db", "stopped before the end; "+path+" is not complete")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d clicks and %d events in %.1f s (seed %d)\n\n", story.Clicks, story.Events, time.Since(began).Seconds(), *seed)
	tour := tour{program: p, story: story}
	if *fillOnly {
		client, err := superher.New(superher.Config{Store: opened})
		if err != nil {
			return err
		}
		return tour.keys(ctx, client)
	}
	tour.base = "http://" + h.reachable()
	return h.run(ctx, opened, func(client *superher.Client) error { return tour.welcome(ctx, client) })
}

// scratch returns the path of a file that does not exist yet, and what removes
// it in the end.
func scratch(s settings, file string) (path string, remove func() error, err error) {
	if file != "" {
		if _, err := os.Stat(file); err == nil {
			return "", nil, s.wrongNow("db", file+" exists already; the demonstration writes a new file only")
		}
		return file, func() error { return nil }, nil
	}
	folder, err := os.MkdirTemp("", "superher-demo-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(folder, "demo.db"), func() error { return os.RemoveAll(folder) }, nil
}

// tour shows a new user around.
type tour struct {
	program
	story demo.Story
	base  string
	first string // key of the first brand
}

// keys makes and prints a key of each brand. They come from the real source of
// chance and not from the seed: a key that can be computed is none.
func (t *tour) keys(ctx context.Context, client *superher.Client) error {
	for _, b := range t.story.Brands {
		key, err := firstKey(ctx, client, b.Advertiser.ID, true)
		if err != nil {
			return err
		}
		if t.first == "" {
			t.first = key.Raw
		}
		fmt.Fprintf(t.stdout, "%-14s  %-16s  %s  %s\n", b.Advertiser.Name, b.Advertiser.Zone, b.Advertiser.Currency, key.Raw)
	}
	return nil
}

// welcome prints what to try, and that it can be tried now.
func (t *tour) welcome(ctx context.Context, client *superher.Client) error {
	if err := t.keys(ctx, client); err != nil {
		return err
	}
	b := t.story.Brands[0]
	event, err := worthExplaining(ctx, client, b)
	if err != nil {
		return err
	}
	sale := fmt.Sprintf(`{"action": "purchase", "value": "1499.00", "currency": %q, "ref_code": %q, "coupon_code": %q, "external_id": "my-order-1"}`,
		b.Advertiser.Currency, b.Link.Code, b.Coupon)
	_, err = fmt.Fprintf(t.stdout, `
Try, as %[1]s (copy the lines as they are):

  KEY=%[2]s

  # the last 30 days
  curl -s -H "Authorization: Bearer $KEY" '%[3]s/api/v1/stats/overview'

  # a sale through the link of %[4]s, with a coupon as well
  curl -s -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '%[5]s' '%[3]s/api/v1/events'

  # why an earlier sale was credited as it was
  curl -s -H "Authorization: Bearer $KEY" '%[3]s/api/v1/events/%[7]s/explain'

  # the link itself: the Location carries ref_code
  curl -s -i '%[3]s/r/%[6]s'

  # the events of the last 30 days, as CSV
  curl -s -H "Authorization: Bearer $KEY" '%[3]s/api/v1/exports/events.csv'

superher is ready on %[3]s
Stop it with Ctrl-C.
`, b.Advertiser.Name, t.first, t.base, b.Influencer.Name, sale, b.Link.Code, event)
	return err
}

// worthExplaining finds a recent sale in which the coupon of one influencer
// beat the link of another.
func worthExplaining(ctx context.Context, client *superher.Client, b demo.Brand) (attribution.ID, error) {
	var found attribution.ID
	view := client.Across(tenant.For(b.Advertiser.ID).View())
	for e, err := range view.EachEvent(ctx, stats.Filter{From: b.To.AddDate(0, 0, -30), To: b.To}) {
		if err != nil {
			return found, err
		}
		decided := e.Decision
		if decided.Method != attribution.ByCoupon || decided.Influencer.IsZero() || len(decided.Candidates) < 2 {
			continue
		}
		found = e.ID // will do where there is no better one
		if other := decided.Candidates[1]; other.Verdict == attribution.Outranked && !other.Influencer.IsZero() && other.Influencer != decided.Influencer {
			break
		}
	}
	return found, nil
}
