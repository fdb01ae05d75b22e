package statsql_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files")
	flag.Parse()
	os.Exit(m.Run())
}

func update() bool { return flag.Lookup("update").Value.String() == "true" }

// recorder writes down every query and answers each with no rows, but for that
// for the zone of the totals.
type recorder struct {
	text strings.Builder
	zone string // of the totals, "" where there are none
}

func (r *recorder) snapshot(ctx context.Context, fn func(context.Context, statsql.Querier) error) error {
	return fn(ctx, r)
}

func (r *recorder) Query(_ context.Context, sql string, args ...any) (statsql.Rows, error) {
	for _, word := range []string{"FROM", "WHERE", "GROUP BY", "ORDER BY", "LEFT JOIN", "AND", "sums AS", "happened AS", "page AS", "UNION ALL", "SELECT id,"} {
		sql = strings.ReplaceAll(sql, " "+word+" ", "\n  "+word+" ")
	}
	if strings.HasPrefix(sql, "SELECT zone\n") && r.zone != "" {
		return &zoneRow{zone: r.zone}, nil
	}
	r.text.WriteString(sql + ";\n")
	for i, a := range args {
		fmt.Fprintf(&r.text, "-- %d %T %v\n", i+1, a, a)
	}
	r.text.WriteString("\n")
	return noRows{}, nil
}

type noRows struct{}

func (noRows) Next() bool        { return false }
func (noRows) Scan(...any) error { return nil }
func (noRows) Err() error        { return nil }
func (noRows) Close() error      { return nil }

// oneRow answers one row.
type oneRow struct {
	noRows
	done bool
}

func (r *oneRow) Next() bool { r.done = !r.done; return r.done }

// zoneRow answers the zone of the totals.
type zoneRow struct {
	oneRow
	zone string
}

func (r *zoneRow) Scan(dest ...any) error {
	*dest[0].(*string) = r.zone
	return nil
}

func berlin(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

func minimal(t *testing.T) stats.Filter {
	zone := berlin(t)
	return stats.Filter{From: time.Date(2026, 3, 29, 0, 0, 0, 0, zone), To: time.Date(2026, 3, 30, 0, 0, 0, 0, zone), Zone: zone}
}

func full(t *testing.T) stats.Filter {
	f := minimal(t)
	f.To = f.To.AddDate(1, 0, 0)
	f.Campaigns = []campaigns.ID{{1}, {2}}
	f.Influencers = []campaigns.InfluencerID{{3}, {4}}
	f.Links = []links.ID{{5}}
	f.Coupons = []coupons.ID{{6}}
	f.EventTypes = []campaigns.EventType{campaigns.Purchase, campaigns.Lead}
	return f
}

// months has days and months as a whole, and half a day at one end.
func months(t *testing.T) stats.Filter {
	f := minimal(t)
	f.From, f.To = f.From.AddDate(0, 0, -20).Add(12*time.Hour), f.To.AddDate(0, 2, 0)
	return f
}

// reports lists a call of every report.
func reports() map[string]func(context.Context, stats.Source, stats.Filter) error {
	out := map[string]func(context.Context, stats.Source, stats.Filter) error{
		"overview": func(ctx context.Context, s stats.Source, f stats.Filter) error {
			_, err := s.Overview(ctx, f)
			return err
		},
		"breakdown": func(ctx context.Context, s stats.Source, f stats.Filter) error {
			_, err := s.Breakdown(ctx, f)
			return err
		},
		"journey": func(ctx context.Context, s stats.Source, f stats.Filter) error {
			_, err := s.Journey(ctx, f)
			return err
		},
	}
	out["payouts"] = func(ctx context.Context, s stats.Source, f stats.Filter) error {
		q := stats.PayoutQuery{}
		if len(f.Campaigns) > 0 {
			q = stats.PayoutQuery{Limit: 3}
			q.Cursor = q.After(stats.PayoutRow{Campaign: campaigns.ID{2}, Influencer: campaigns.InfluencerID{4}})
		}
		_, err := s.Payouts(ctx, f, q)
		return err
	}
	for _, unit := range []stats.Unit{stats.Hour, stats.Day, stats.Week, stats.Month} {
		out["chart-"+string(unit)] = func(ctx context.Context, s stats.Source, f stats.Filter) error {
			if unit == stats.Hour {
				f.To = f.From.AddDate(0, 0, 30)
			}
			_, err := s.Chart(ctx, f, unit)
			return err
		}
	}
	for _, kind := range stats.Kinds() {
		out["table-"+string(kind)] = func(ctx context.Context, s stats.Source, f stats.Filter) error {
			q := stats.TableQuery{}
			if len(f.Campaigns) > 0 {
				q = stats.TableQuery{Sort: stats.SortRevenue, Currency: "EUR", Search: "Sp%", Reverse: true, Limit: 3}
				q.Cursor = q.After("12", [16]byte{7})
			}
			_, err := s.Table(ctx, kind, f, q)
			return err
		}
	}
	return out
}

func TestQueries_Golden(t *testing.T) {
	one := tenant.For(tenant.ID{0xad}).View()
	for _, d := range []statsql.Dialect{statsql.Postgres, statsql.SQLite} {
		for name, call := range reports() {
			for label, f := range map[string]stats.Filter{"minimal": minimal(t), "full": full(t)} {
				r := recorder{}
				require.NoError(t, call(context.Background(), statsql.New(d, one, r.snapshot), f))
				golden(t, fmt.Sprintf("%s-%s-%s.sql", name, label, d), r.text.String())
			}
		}
		for name, call := range reports() {
			r := recorder{zone: "Europe/Berlin"}
			if name == "chart-hour" {
				continue
			}
			require.NoError(t, call(context.Background(), statsql.New(d, one, r.snapshot), months(t)))
			golden(t, fmt.Sprintf("%s-totals-%s.sql", name, d), r.text.String())
		}
		for _, zone := range []string{"", "Europe/Berlin"} {
			r := recorder{zone: zone}
			_, err := statsql.CouponUses(context.Background(), &r, one, d, []coupons.ID{{1}, {2}})
			require.NoError(t, err)
			golden(t, fmt.Sprintf("coupon-uses%s-%s.sql", map[bool]string{true: "-totals"}[zone != ""], d), r.text.String())
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update() {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, name)
}

// Every statement limits every tenant table it reads to the view. The tables
// are counted in the text: each is followed by a condition on its advertiser.
func TestQueries_LimitEveryTenantTableToTheView(t *testing.T) {
	advertiser := tenant.ID{0xad}
	for _, d := range []statsql.Dialect{statsql.Postgres, statsql.SQLite} {
		for name, call := range reports() {
			for _, f := range []stats.Filter{minimal(t), full(t), months(t)} {
				r := &counting{advertiser: advertiser}
				require.NoError(t, call(context.Background(), statsql.New(d, tenant.For(advertiser).View(), r.snapshot), f))
				require.NotZero(t, r.queries, name)
				require.Empty(t, r.open, name)
			}
		}
	}
}

// counting compares, for each query, how often it reads a tenant table with how
// often it binds the advertiser.
type counting struct {
	advertiser tenant.ID
	queries    int
	open       []string
}

func (c *counting) snapshot(ctx context.Context, fn func(context.Context, statsql.Querier) error) error {
	return fn(ctx, c)
}

func (c *counting) Query(_ context.Context, sql string, args ...any) (statsql.Rows, error) {
	c.queries++
	tables, conditions := 0, strings.Count(sql, "advertiser_id = ")
	for _, table := range []string{
		"campaigns", "influencer_access", "assignments", "coupons", "tracking_links", "customer_events", "click_events",
		"totals", "event_changes", "event_types", "event_paths", "event_pairs", "event_coupons", "event_links", "click_days", "click_visitors",
	} {
		tables += strings.Count(sql+" ", "FROM "+table+" ")
	}
	bound := 0
	for _, a := range args {
		if a == c.advertiser {
			bound++
		}
	}
	if tables == 0 || tables != conditions || tables != bound {
		c.open = append(c.open, fmt.Sprintf("%d tables, %d conditions, %d times bound: %s", tables, conditions, bound, sql))
	}
	if strings.HasPrefix(sql, "SELECT zone ") {
		return &zoneRow{zone: "Europe/Berlin"}, nil
	}
	return noRows{}, nil
}

func TestNew_TheZeroViewIsRefusedBeforeAnyQuery(t *testing.T) {
	for name, call := range reports() {
		r := recorder{}
		err := call(context.Background(), statsql.New(statsql.SQLite, tenant.View{}, r.snapshot), minimal(t))
		require.Error(t, err, name)
		require.Empty(t, r.text.String(), name)
	}
}
