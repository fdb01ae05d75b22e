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
	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/server/cmd/superher/internal/demo"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// demo is the command.
func (p program) demo(s settings) func(context.Context) error {
	show := show{
		program: p, settings: s,
		file:     s.String("db", "", "SQLite `file` to create (default: one that is deleted at the end)"),
		seed:     s.Uint64("seed", 1, "`number` of the story; the same one tells the same"),
		until:    s.String("now", "", "`time` at which the story ends, like 2026-06-17T15:00:00Z (default: now)"),
		fillOnly: s.Bool("fill-only", false, "write the file given with --db, and end"),
	}
	o := p.hosting(s, slog.LevelWarn)
	return func(ctx context.Context) (err error) {
		end := time.Now()
		if *show.until != "" {
			if end, err = time.Parse(time.RFC3339, *show.until); err != nil {
				return s.wrong("now", "must be a time like 2026-06-17T15:00:00Z")
			}
		}
		if *show.fillOnly && *show.file == "" {
			return s.wrong("fill-only", "needs --db: the other file would be deleted at once")
		}
		if *show.fillOnly {
			return show.on(ctx, nil, end)
		}
		h, err := o.open(ctx) // first: who finds the port taken should not have waited
		if err != nil {
			return err
		}
		defer func() { _ = h.listener.Close() }() // a second time where the server did it already
		return show.on(ctx, h, end)
	}
}

// show is one demonstration.
type show struct {
	program

	settings    settings
	file, until *string
	seed        *uint64
	fillOnly    *bool
}

// on writes the story, and serves it where there is a host.
func (d show) on(ctx context.Context, h *host, end time.Time) (err error) {
	path, remove, err := scratch(d.settings, *d.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	opened, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()

	d.settings.summary(d.stdout, false)
	fmt.Fprintf(d.stdout, "Writing %d days of three invented brands to %s …\n", demo.Days, path)
	began := time.Now()
	story, err := demo.Fill(ctx, demo.Config{Store: opened, End: end, Seed: *d.seed})
	if ctx.Err() != nil && *d.file == "" {
		return nil // somebody who stops it here wants just that
	}
	if ctx.Err() != nil {
		return d.settings.wrongNow("db", "stopped before the end; "+path+" is not complete")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(d.stdout, "%d clicks and %d events in %.1f s (seed %d)\n\n", story.Clicks, story.Events, time.Since(began).Seconds(), *d.seed)
	tour := tour{program: d.program, story: story}
	if h == nil {
		client, err := superher.New(superher.Config{Store: opened})
		if err != nil {
			return err
		}
		return tour.keys(ctx, client)
	}
	tour.base = "http://" + h.reachable()
	if h.dev {
		if h.issuer, err = h.develop("", cast(story)); err != nil {
			return err
		}
		tour.issuer = h.issuer
	}
	if h.clicks, err = openJournal(journal.Config{Dir: path + clicksSuffix, Fsync: time.Second, Log: h.log}); err != nil {
		return err
	}
	err = h.run(ctx, opened, func(client *superher.Client) error { return tour.welcome(ctx, client) })
	return errors.Join(err, h.clicks.tidy())
}

// cast is who may be tried out: somebody in every position that a person can
// be in.
func cast(story demo.Story) []role {
	list := []role{admin()}
	for i, b := range story.Brands {
		list = append(list, role{
			Person: somebody(fmt.Sprintf("brand-%d", i+1), "Brand "+b.Advertiser.Name, "brand: "+b.Advertiser.Name),
			status: tenant.UserActive, may: tenant.RoleAdvertiser, advertiser: b.Advertiser.ID,
		})
	}
	return append(list, pending(), role{
		Person: somebody("suspended", "Sam Suspended", "suspended: was shut out"), status: tenant.UserSuspended,
	})
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

	issuer *development // nil: there is none
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
	fmt.Fprintf(t.stdout, `
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
`, b.Advertiser.Name, t.first, t.base, b.Influencer.Name, sale, b.Link.Code, event)
	if err := t.people(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.stdout, `
The API, to read and to try:  %[1]s/explorer

superher is ready on %[1]s
Stop it with Ctrl-C.
`, t.base)
	return err
}

// people prints how to be a person.
func (t *tour) people() error {
	if t.issuer == nil {
		return nil
	}
	token, err := t.issuer.Token(devAdmin)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stdout, `
Or as a person, admin here (the token is good for an hour):

  TOKEN=%[1]s

  # who that is
  curl -s -H "Authorization: Bearer $TOKEN" '%[2]s/api/v1/me'

  # what happens at all brands together
  curl -s -H "Authorization: Bearer $TOKEN" '%[2]s/api/v1/stats/overview'

Sign-in page for clients of OpenID Connect: %[3]s (client %[4]s)
`, token, t.base, t.issuer.Issuer.Issuer(), devClient)
	for _, r := range t.issuer.cast {
		fmt.Fprintf(t.stdout, "  %-10s  %s\n", r.Subject, r.Note)
	}
	return nil
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
