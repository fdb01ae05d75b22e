package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Masterminds/squirrel"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// foldPortion is how many changes are folded at a time: so few that others who
// write to the same file wait for a moment only.
const foldPortion = 2000

// beginTotals gives a new advertiser its totals, which are complete while they
// are empty. They have to be in days of a zone that there is.
func beginTotals(ctx context.Context, q Querier, d statsql.Dialect, a tenant.Advertiser) error {
	if _, err := tenant.LoadZone(a.Zone); err != nil {
		return nil //nolint:nilerr // such an advertiser's reports read the events themselves
	}
	_, err := exec(ctx, q, d.Builder().Insert("totals").Columns("advertiser_id", "zone", "rebuilt_at").
		Values(a.ID, a.Zone, d.Moment(a.CreatedAt)))
	return err
}

// DueTotals implements storage.TotalsStore.
func (s system) DueTotals(ctx context.Context, after tenant.ID) (storage.DueTotals, error) {
	const waiting = "EXISTS (SELECT 1 FROM event_changes c WHERE c.advertiser_id = a.id)"
	const other = "(t.zone IS NULL OR t.zone <> a.time_zone)"
	counted := fmt.Sprintf("(SELECT count(*) FROM (SELECT 1 FROM event_changes c WHERE c.advertiser_id = a.id LIMIT %d) counted)", storage.MaxWaiting)
	query := s.engine.Dialect().Builder().Select("a.id", counted, other).From("advertisers a").
		LeftJoin("totals t ON t.advertiser_id = a.id").Where("(" + waiting + " OR " + other + ")").OrderBy("a.id").Limit(1)
	if !after.IsZero() {
		query = query.Where("a.id > ?", after)
	}
	var due storage.DueTotals
	err := s.engine.Run(ctx, Work{Kind: Snapshot, Reach: Reach{System: true}}, func(ctx context.Context, q Querier) (err error) {
		due, err = one(ctx, q, query, scanDue)
		return err
	})
	if errors.Is(err, fault.NotFound) {
		return storage.DueTotals{}, nil
	}
	return due, err
}

func scanDue(r row) (storage.DueTotals, error) {
	var due storage.DueTotals
	err := r.Scan(&due.Advertiser, &due.Waiting, &due.Rebuild)
	return due, err
}

// totals works on the totals of one advertiser, alone.
type totals struct {
	dialect    statsql.Dialect
	advertiser tenant.ID
	view       tenant.View
	q          Querier
}

// keepTotals runs fn while nobody else changes the totals of the advertiser.
func (s system) keepTotals(ctx context.Context, work Work, advertiser tenant.ID, fn func(ctx context.Context, t totals) error) error {
	if advertiser.IsZero() {
		return storage.NotFound()
	}
	work.Reach = Reach{Advertiser: advertiser}
	return s.engine.Run(ctx, work, func(ctx context.Context, q Querier) error {
		return fn(ctx, totals{s.engine.Dialect(), advertiser, tenant.For(advertiser).View(), q})
	})
}

// kept is what the totals of an advertiser are in.
type kept struct {
	zone   string // "" where there are none
	wanted string // the reporting time zone
}

// kept reports fault.NotFound for an unknown advertiser.
func (t totals) kept(ctx context.Context) (kept, error) {
	return one(ctx, t.q, t.dialect.Builder().Select("coalesce(t.zone, '')", "a.time_zone").From("advertisers a").
		LeftJoin("totals t ON t.advertiser_id = a.id").Where(statsql.Tenant(t.view, "a.id")).Where("a.id = ?", t.advertiser),
		func(r row) (kept, error) {
			var k kept
			err := r.Scan(&k.zone, &k.wanted)
			return k, err
		})
}

// own returns the condition that limits a table to the advertiser's rows.
func (t totals) own() squirrel.Sqlizer { return statsql.Tenant(t.view, "advertiser_id") }

// FoldTotals implements storage.TotalsStore.
func (s system) FoldTotals(ctx context.Context, advertiser tenant.ID) (storage.Folded, error) {
	var folded storage.Folded
	err := s.keepTotals(ctx, Work{Kind: Turn, Totals: advertiser}, advertiser, func(ctx context.Context, t totals) error {
		folded = storage.Folded{}
		is, err := t.kept(ctx)
		if err != nil || is.zone == "" {
			return err
		}
		zone, err := tenant.LoadZone(is.zone)
		if err != nil {
			return err
		}
		changes, err := t.take(ctx)
		if err != nil || len(changes) == 0 {
			return err
		}
		cells, err := cellsOf(changes, zone)
		if err != nil {
			return err
		}
		for _, table := range sumTables() {
			if err := t.add(ctx, table, cells[table.name]); err != nil {
				return err
			}
		}
		folded = storage.Folded{Changes: int64(len(changes)), More: len(changes) == foldPortion}
		return nil
	})
	return folded, err
}

// take takes some of the changes that wait, whichever. That one statement reads
// and deletes them makes sure that they are the same ones: others with lower
// numbers may be committed at any time.
func (t totals) take(ctx context.Context) ([]change, error) {
	// By their place in the table: about a queue, which is empty as often as not,
	// Postgres knows too little to look for thousands of numbers by an index.
	place, among := "seq", "seq IN (?)"
	if t.dialect == statsql.Postgres {
		place, among = "ctid", "ctid = ANY (ARRAY(?))"
	}
	some := squirrel.Select(place).From("event_changes").Where(t.own()).Limit(foldPortion)
	return collect(ctx, t.q, t.dialect.Builder().Delete("event_changes").Where(t.own()).Where(squirrel.Expr(among, some)).
		Suffix("RETURNING occurred_at, event_type, currency, commission_currency, method, source, "+
			"campaign_id, influencer_id, coupon_id, link_id, "+figureColumns), scanChange)
}

func scanChange(r row) (change, error) {
	var c change
	err := r.Scan(append([]any{moment{&c.at}, &c.kind, &c.currency, &c.commission, &c.method, &c.source,
		&c.campaign, &c.influencer, &c.coupon, &c.link}, c.targets()...)...)
	return c, err
}

// add adds the cells, which are sorted, to a table.
func (t totals) add(ctx context.Context, table sumTable, cells []sumCell) error {
	width := table.width()
	for chunk := range chunks(cells, min(maxList, maxVariables/width)) {
		args := make([]any, 0, len(chunk)*width)
		for _, c := range chunk {
			args = append(args, t.advertiser)
			args = append(args, table.values(c)...)
		}
		text := insertText(t.dialect, table.name, table.columns(), width, len(chunk), table.onConflict())
		if _, err := t.q.Exec(ctx, text, args...); err != nil {
			return err
		}
	}
	return nil
}

const secondsPerDay = 24 * 60 * 60

// dateNumber returns the number of the date of a moment in a zone, counted from
// 1970-01-01, and that of the first day of its month.
func dateNumber(at time.Time, zone *time.Location) (day, month int64) {
	y, m, d := at.In(zone).Date()
	month = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
	return month + int64(d) - 1, month
}
