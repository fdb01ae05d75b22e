package statsql_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/tenant"
)

func everyone(s statsql.Snapshot) stats.Source {
	return statsql.New(statsql.Postgres, tenant.Everyone(), s)
}

var _ statsql.Querier = (*failing)(nil)

// failing fails at one of the places where a query can.
type failing struct {
	query, scan, end, closing error
	more                      bool
}

func (f *failing) Query(context.Context, string, ...any) (statsql.Rows, error) { return f, f.query }
func (f *failing) Next() bool                                                  { f.more = !f.more && f.scan != nil; return f.more }
func (f *failing) Scan(...any) error                                           { return f.scan }
func (f *failing) Err() error                                                  { return f.end }
func (f *failing) Close() error                                                { return f.closing }

func TestSource_ReturnsEveryErrorAndNoAnswer(t *testing.T) {
	gone := errors.New("gone")
	for name, q := range map[string]*failing{
		"query": {query: gone}, "scan": {scan: gone}, "end": {end: gone}, "close": {closing: gone},
	} {
		for report, call := range reports() {
			q.more = false
			src := everyone(func(ctx context.Context, fn func(context.Context, statsql.Querier) error) error { return fn(ctx, q) })
			require.ErrorIs(t, call(context.Background(), src, minimal(t)), gone, "%s %s", name, report)
		}
	}
	for report, call := range reports() {
		src := everyone(func(context.Context, func(context.Context, statsql.Querier) error) error { return gone })
		require.ErrorIs(t, call(context.Background(), src, minimal(t)), gone, report)
	}
}

// counts answers every query with one row of ones.
type counts struct {
	noRows
	more bool
}

func (c *counts) Query(context.Context, string, ...any) (statsql.Rows, error) { return c, nil }
func (c *counts) Next() bool                                                  { c.more = !c.more; return c.more }

func (c *counts) Scan(dest ...any) error {
	for _, d := range dest {
		switch v := d.(type) {
		case *int64:
			*v = 1
		case *string:
			*v = "EUR"
		}
	}
	return nil
}

func TestSource_ASnapshotMayRepeatItsFunction(t *testing.T) {
	var times int
	once := func(ctx context.Context, fn func(context.Context, statsql.Querier) error) error {
		return fn(ctx, &counts{})
	}
	thrice := func(ctx context.Context, fn func(context.Context, statsql.Querier) error) error {
		for range 3 {
			times++
			if err := fn(ctx, &counts{}); err != nil {
				return err
			}
		}
		return nil
	}
	ctx, f := context.Background(), minimal(t)
	f.From = f.From.AddDate(0, 0, -7) // so that number 1 is a bucket in every unit
	for _, tt := range []func(s stats.Source) (any, error){
		func(s stats.Source) (any, error) { return s.Overview(ctx, f) },
		func(s stats.Source) (any, error) { return s.Breakdown(ctx, f) },
		func(s stats.Source) (any, error) { return s.Journey(ctx, f) },
		func(s stats.Source) (any, error) { return s.Chart(ctx, f, stats.Week) },
		func(s stats.Source) (any, error) { return s.Table(ctx, stats.ByLink, f, stats.TableQuery{}) },
		func(s stats.Source) (any, error) { return s.Payouts(ctx, f, stats.PayoutQuery{}) },
	} {
		want, err := tt(everyone(once))
		require.NoError(t, err)
		got, err := tt(everyone(thrice))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Equal(t, 18, times)
}

// pairs answers with as many pairs, newest first.
type pairs struct {
	noRows
	left int
}

func (p *pairs) Query(context.Context, string, ...any) (statsql.Rows, error) { return p, nil }

func (p *pairs) Next() bool { p.left--; return p.left >= 0 }

func (p *pairs) Scan(dest ...any) error {
	*dest[1].(*campaigns.ID) = campaigns.ID{9}
	*dest[2].(*campaigns.InfluencerID) = campaigns.InfluencerID{byte(p.left + 1)}
	return nil
}

func TestPayouts_AFullPageHasANextOneOnlyIfARowIsBehindIt(t *testing.T) {
	for found, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 2} {
		q := &pairs{left: found}
		src := everyone(func(ctx context.Context, fn func(context.Context, statsql.Querier) error) error { return fn(ctx, q) })
		out, err := src.Payouts(context.Background(), minimal(t), stats.PayoutQuery{Limit: 2})
		require.NoError(t, err)
		require.Len(t, out.Rows, want)
		require.Equal(t, found > 2, out.Next != "")
		if out.Next != "" {
			require.Equal(t, stats.PayoutQuery{}.After(out.Rows[1]), out.Next)
		}
	}
}

func TestSource_RefusesWhatFoldRefuses(t *testing.T) {
	never := func(context.Context, func(context.Context, statsql.Querier) error) error {
		t.Error("no query should be made")
		return nil
	}
	src, fold, ctx := everyone(never), stats.Fold(stats.Data{}), context.Background()
	for _, call := range []func(s stats.Source) error{
		func(s stats.Source) error { _, err := s.Overview(ctx, stats.Filter{}); return err },
		func(s stats.Source) error { _, err := s.Breakdown(ctx, stats.Filter{}); return err },
		func(s stats.Source) error { _, err := s.Journey(ctx, stats.Filter{}); return err },
		func(s stats.Source) error { _, err := s.Chart(ctx, stats.Filter{}, stats.Day); return err },
		func(s stats.Source) error { _, err := s.Chart(ctx, minimal(t), "year"); return err },
		func(s stats.Source) error {
			_, err := s.Table(ctx, "people", minimal(t), stats.TableQuery{})
			return err
		},
		func(s stats.Source) error {
			_, err := s.Table(ctx, stats.ByLink, minimal(t), stats.TableQuery{Limit: -1})
			return err
		},
		func(s stats.Source) error { _, err := s.Payouts(ctx, stats.Filter{}, stats.PayoutQuery{}); return err },
		func(s stats.Source) error {
			_, err := s.Payouts(ctx, minimal(t), stats.PayoutQuery{Limit: -1})
			return err
		},
		func(s stats.Source) error {
			_, err := s.Payouts(ctx, minimal(t), stats.PayoutQuery{Cursor: "?"})
			return err
		},
		func(s stats.Source) error {
			f := minimal(t)
			f.To = f.From.AddDate(1, 0, 0)
			_, err := s.Chart(ctx, f, stats.Hour)
			return err
		},
	} {
		want, got := call(fold), call(src)
		require.ErrorIs(t, want, fault.Invalid)
		require.Equal(t, want, got)
	}
}

func TestEventsIn_RoundsThePeriodUpToTheGrainOfTheStore(t *testing.T) {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		at   time.Time
		want int64
	}{
		{from, from.UnixMicro()}, {from.Add(1), from.UnixMicro() + 1}, {from.Add(999), from.UnixMicro() + 1}, {from.Add(1000), from.UnixMicro() + 1},
	} {
		_, args, err := statsql.EventsIn(tenant.Everyone(), statsql.SQLite, stats.Filter{From: tt.at, To: tt.at}).ToSql()
		require.NoError(t, err)
		require.Equal(t, []any{tt.want, tt.want}, args)
	}
}
