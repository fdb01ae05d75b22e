package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/superher/superher"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// whose adds the setting that says whose totals a command is about.
func (s settings) whose() *string {
	return s.String("advertiser", "all", "`id` of the brand, or all")
}

// rebuildRollup is the command that makes totals anew.
func (p program) rebuildRollup(s settings) func(context.Context) error {
	d, advertiser := s.database(), s.whose()
	return func(ctx context.Context) error {
		return d.eachAdvertiser(ctx, *advertiser, func(client *superher.Client, a tenant.Advertiser) error {
			began := time.Now()
			made, err := client.RebuildTotals(ctx, a.ID)
			if err != nil {
				return err
			}
			lost := ""
			if made.Lost > 0 {
				lost = fmt.Sprintf("; %d clicks that are no longer stored are lost with the days of another time zone", made.Lost)
			}
			_, err = fmt.Fprintf(p.stdout, "%s  made anew in %.1f s%s\n", a.ID, time.Since(began).Seconds(), lost)
			return err
		})
	}
}

// verifyRollup is the command that compares totals with what they are made of.
func (p program) verifyRollup(s settings) func(context.Context) error {
	d, advertiser := s.database(), s.whose()
	return func(ctx context.Context) error {
		return d.eachAdvertiser(ctx, *advertiser, func(client *superher.Client, a tenant.Advertiser) error {
			check, err := client.VerifyTotals(ctx, a.ID)
			switch {
			case err != nil:
				return err
			case check.Zone == "":
				_, err = fmt.Fprintf(p.stdout, "%s  has no totals yet\n", a.ID)
				return err
			case len(check.Differences) == 0:
				_, err = fmt.Fprintf(p.stdout, "%s  is right\n", a.ID)
				return err
			}
			for _, difference := range check.Differences {
				fmt.Fprintf(p.stdout, "%s  %s: %s is off by %d\n", a.ID, difference.Cell, difference.Figure, difference.Off)
			}
			more := ""
			if len(check.Differences) == storage.MaxTotalsDifferences {
				more = " or more"
			}
			return fmt.Errorf("%d%s totals are wrong; superher rollup rebuild --advertiser %s makes them anew", len(check.Differences), more, a.ID)
		})
	}
}

// eachAdvertiser calls fn for one advertiser or for all. What fails for one
// leaves the others their turn.
func (d database) eachAdvertiser(ctx context.Context, whose string, fn func(*superher.Client, tenant.Advertiser) error) error {
	var id tenant.ID
	if whose != "all" {
		var err error
		if id, err = ident.Parse[tenant.Advertiser](whose); err != nil {
			return d.settings.wrong("advertiser", "must be the id of an advertiser, or all")
		}
	}
	return d.existing(ctx, func(client *superher.Client, opened storage.Store) error {
		everyone := opened.Read(tenant.Everyone())
		if whose != "all" {
			a, err := everyone.Advertiser(ctx, id)
			if err != nil {
				return fmt.Errorf("%s: %w", d.settings.named("advertiser"), err)
			}
			return fn(client, a)
		}
		var failed []error
		for page := (storage.Page{Limit: storage.MaxPage}); ; {
			list, err := everyone.Advertisers(ctx, page)
			if err != nil {
				return errors.Join(append(failed, err)...)
			}
			for _, a := range list.Items {
				if err := fn(client, a); err != nil {
					failed = append(failed, fmt.Errorf("%s: %w", a.ID, err))
				}
				if ctx.Err() != nil { // told to end: the others would fail for that alone
					return errors.Join(append(failed, ctx.Err())...)
				}
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				return errors.Join(failed...)
			}
		}
	})
}

// totalsSettings are how often totals are looked after.
type totalsSettings struct{ every, verify *time.Duration }

func (s settings) totals() totalsSettings {
	return totalsSettings{
		every: s.span("totals-every", superher.DefaultTotalsEvery, 50*time.Millisecond, time.Hour,
			"`time` between two looks for what is to be added to the totals of reports"),
		verify: s.span("totals-verify", superher.DefaultTotalsVerify, time.Second, 24*time.Hour,
			"`time` between two comparisons of a brand's totals with its events and clicks"),
	}
}

// keeper returns what keeps the totals, and tells of it.
func (h *host) keeper(client *superher.Client) (*superher.TotalsKeeper, error) {
	keeper := client.NewTotalsKeeper(superher.TotalsConfig{Every: *h.totals.every, Verify: *h.totals.verify, Log: h.log})
	meter := h.telemetry.meters.Meter("github.com/superher/superher")
	for _, counter := range []struct {
		name, about string
		of          func(superher.TotalsStats) int64
	}{
		{"superher.totals.folded", "changes of events added to totals", func(s superher.TotalsStats) int64 { return s.Folded }},
		{"superher.totals.rebuilt", "advertisers whose totals were made anew", func(s superher.TotalsStats) int64 { return s.Rebuilt }},
		{"superher.totals.verified", "comparisons of an advertiser's totals with its events and clicks", func(s superher.TotalsStats) int64 { return s.Verified }},
		{"superher.totals.differences", "wrong totals that comparisons found", func(s superher.TotalsStats) int64 { return s.Differences }},
		{"superher.totals.failures", "steps of keeping totals that failed", func(s superher.TotalsStats) int64 { return s.Failed }},
	} {
		if _, err := meter.Int64ObservableCounter(counter.name, metric.WithDescription(counter.about), observed(keeper, counter.of)); err != nil {
			return nil, err
		}
	}
	waiting := observed(keeper, func(s superher.TotalsStats) int64 { return s.Waiting })
	_, err := meter.Int64ObservableGauge("superher.totals.waiting", metric.WithDescription("changes of events that the last look found not in totals yet"), waiting)
	return keeper, err
}

func observed(keeper *superher.TotalsKeeper, of func(superher.TotalsStats) int64) metric.Int64ObservableOption {
	return metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(of(keeper.Stats()))
		return nil
	})
}
