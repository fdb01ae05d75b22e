//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher/bench/internal/rig"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/tenant"
)

// filler writes rows into a database, around the program and its checks.
type filler interface {
	// write adds the rows that each tells, in the order of the columns.
	write(ctx context.Context, table string, columns []string, each func(row func(...any) error) error) error
	// moment, reference and truth are how a time, an id or none, and a yes are stored.
	moment(at time.Time) any
	reference(one id) any
	truth(yes bool) any
	// prepare makes room for a part of history; settle makes the database ready for reading.
	prepare(ctx context.Context, s span) error
	settle(ctx context.Context) error
	close() error
}

func eventColumns() []string {
	return strings.Fields(`advertiser_id id event_type value_minor currency coupon_code ref_code landing_url external_id customer_id metadata
		occurred_at received_at fingerprint method source campaign_id influencer_id coupon_id link_id candidates conversion
		commission_minor commission_currency commission_reason commission_terms`)
}

func clickColumns() []string {
	return strings.Fields("advertiser_id id link_id campaign_id influencer_id occurred_at visitor agent referrer country class reason")
}

// fillSpan writes what happened in a part of history.
func (d *dataset) fillSpan(ctx context.Context, f filler, s span) error {
	ref := func(list []id, n int) any {
		if n == nothing {
			return nil
		}
		return f.reference(list[n])
	}
	if err := f.prepare(ctx, s); err != nil {
		return err
	}
	fingerprint := make([]byte, 32)
	err := f.write(ctx, "customer_events", eventColumns(), func(row func(...any) error) error {
		return d.eachEvent(s, func(e event) error {
			return row(f.reference(e.of.id), f.reference(e.id), e.kind, e.value, e.currency, "", "", "", "", "", "{}",
				f.moment(e.at), f.moment(e.at), fingerprint, e.method, e.source, ref(e.of.campaigns, e.campaign), ref(e.of.influencers, e.influencer),
				ref(e.of.coupons, e.coupon), ref(e.of.links, e.link), "[]", f.truth(e.conversion),
				e.commission, e.commissionIn, e.commReason, "{}")
		})
	})
	if err != nil {
		return err
	}
	return f.write(ctx, "click_events", clickColumns(), func(row func(...any) error) error {
		return d.eachClick(s, func(c click) error {
			p := c.of.linkOf[c.link]
			return row(f.reference(c.of.id), f.reference(c.id), f.reference(c.of.links[c.link]), f.reference(c.of.campaigns[p.campaign]),
				ref(c.of.influencers, p.influencer), f.moment(c.at), c.visitor[:], "Instagram", "", "", c.class, c.why)
		})
	})
}

// fillBrands writes the advertisers with all they have.
func (d *dataset) fillBrands(ctx context.Context, f filler) error {
	born := f.moment(d.end.AddDate(-2, 0, 0))
	tell := func(table, columns string, each func(b *brand, row func(...any) error) error) error {
		return f.write(ctx, table, strings.Fields(columns), func(row func(...any) error) error {
			for i := range d.brands {
				if err := each(&d.brands[i], row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	all := func(list []id, fn func(i int, one id) error) (err error) {
		for i, one := range list {
			err = errors.Join(err, fn(i, one))
		}
		return err
	}
	code := func(kind string, b *brand, i int) string { return fmt.Sprintf("%s%03d%04d", kind, b.number, i) }
	return errors.Join(
		tell("advertisers", "id name time_zone currency created_at version", func(b *brand, row func(...any) error) error {
			return row(f.reference(b.id), fmt.Sprint("Brand ", b.number+1), reportZone, "INR", born, int64(1))
		}),
		tell("campaigns", "advertiser_id id name status budget_minor budget_currency conversion_types generic_coupon created_at version",
			func(b *brand, row func(...any) error) error {
				return all(b.campaigns, func(i int, one id) error {
					return row(f.reference(b.id), f.reference(one), fmt.Sprint("Campaign ", i), "active", int64(0), "", `["purchase"]`, "wins", born, int64(1))
				})
			}),
		tell("influencers", "id creator_id name email handle platforms country external_id created_at version", func(b *brand, row func(...any) error) error {
			return all(b.influencers, func(i int, one id) error {
				return row(f.reference(one), f.reference(b.id), fmt.Sprint("Influencer ", i), "", "", "[]", "", "", born, int64(1))
			})
		}),
		tell("influencer_access", "advertiser_id influencer_id", func(b *brand, row func(...any) error) error {
			return all(b.influencers, func(_ int, one id) error { return row(f.reference(b.id), f.reference(one)) })
		}),
		tell("coupons", "advertiser_id id campaign_id influencer_id code status discount_percent discount_minor discount_currency created_at version",
			func(b *brand, row func(...any) error) error {
				return all(b.coupons, func(i int, one id) error {
					var influencer any
					if n := b.couponOf[i].influencer; n != nothing {
						influencer = f.reference(b.influencers[n])
					}
					return row(f.reference(b.id), f.reference(one), f.reference(b.campaigns[b.couponOf[i].campaign]), influencer,
						code("C", b, i), "active", int64(0), int64(0), "", born, int64(1))
				})
			}),
		tell("tracking_links", `advertiser_id id campaign_id influencer_id code destination title utm_source utm_medium utm_campaign utm_term
			utm_content status created_at version`, func(b *brand, row func(...any) error) error {
			return all(b.links, func(i int, one id) error {
				p := b.linkOf[i]
				return row(f.reference(b.id), f.reference(one), f.reference(b.campaigns[p.campaign]), f.reference(b.influencers[p.influencer]),
					code("l", b, i), "https://shop.example/", "", "", "", "", "", "", "active", born, int64(1))
			})
		}),
		tell("link_codes", "code advertiser_id link_id", func(b *brand, row func(...any) error) error {
			return all(b.links, func(i int, one id) error { return row(code("l", b, i), f.reference(b.id), f.reference(one)) })
		}),
	)
}

// fillLinks writes links of the world of a place, and returns their codes.
func (b *bench) fillLinks(ctx context.Context, p *rig.Place, n int) (codes []string, err error) {
	fill := func() (filler, error) { return fillSQLite(p) }
	if p.Database == rig.PostgreSQL {
		fill = func() (filler, error) { return fillPostgres(ctx, p) }
	}
	f, err := fill()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	brand, err := ident.Parse[tenant.Advertiser](p.World.Advertiser)
	if err != nil {
		return nil, err
	}
	campaign, err := ident.Parse[campaigns.Campaign](p.World.Campaigns[0])
	if err != nil {
		return nil, err
	}
	born := time.Now()
	for i := range n {
		codes = append(codes, fmt.Sprintf("many%06d", i))
	}
	each := func(tell func(link id, code string, row func(...any) error) error) func(func(...any) error) error {
		return func(row func(...any) error) error {
			for i, code := range codes {
				if err := tell(idOf(kindLink, 0, uint64(i), born), code, row); err != nil {
					return err
				}
			}
			return nil
		}
	}
	columns := strings.Fields("advertiser_id id campaign_id influencer_id code destination title utm_source utm_medium utm_campaign utm_term " +
		"utm_content status created_at version")
	err = f.write(ctx, "tracking_links", columns, each(func(link id, code string, row func(...any) error) error {
		return row(f.reference(id(brand)), f.reference(link), f.reference(id(campaign)), nil, code,
			"https://shop.example/summer?size=m", "", "instagram", "", "", "", "", "active", f.moment(born), int64(1))
	}))
	if err != nil {
		return nil, err
	}
	return codes, f.write(ctx, "link_codes", []string{"code", "advertiser_id", "link_id"}, each(func(link id, code string, row func(...any) error) error {
		return row(code, f.reference(id(brand)), f.reference(link))
	}))
}

// intoPostgres copies, without the triggers of foreign keys: what it writes
// keeps them by the way it is made.
type intoPostgres struct{ conn *pgx.Conn }

func fillPostgres(ctx context.Context, p *rig.Place) (filler, error) {
	conn, err := pgx.Connect(ctx, p.Postgres.URL(rig.Owner, p.Name))
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "SET session_replication_role = replica; SET synchronous_commit = off")
	return intoPostgres{conn}, err
}

// copySource hands rows over from one goroutine to the other.
type copySource struct {
	rows chan []any
	done chan error
	row  []any
	err  error
}

func (s *copySource) Next() bool {
	row, more := <-s.rows
	if !more {
		s.err = <-s.done
		return false
	}
	s.row = row
	return true
}

func (s *copySource) Values() ([]any, error) { return s.row, nil }
func (s *copySource) Err() error             { return s.err }

func (f intoPostgres) write(ctx context.Context, table string, columns []string, each func(func(...any) error) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	source := &copySource{rows: make(chan []any, 1024), done: make(chan error, 1)}
	go func() {
		defer close(source.rows)
		source.done <- each(func(values ...any) error {
			select {
			case source.rows <- values:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	_, err := f.conn.CopyFrom(ctx, pgx.Identifier{table}, columns, source)
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return nil
}

// prepare makes the months of clicks that lie in a part of history, where they
// are kept by month: a server makes those to come, and each has had its turn.
func (f intoPostgres) prepare(ctx context.Context, s span) error {
	var kind string
	err := f.conn.QueryRow(ctx, "SELECT relkind::text FROM pg_class WHERE oid = 'click_events'::regclass").Scan(&kind)
	if err != nil || kind != "p" {
		return err
	}
	for month := time.Date(s.from.Year(), s.from.Month(), 1, 0, 0, 0, 0, time.UTC); month.Before(s.to); month = month.AddDate(0, 1, 0) {
		name := "click_events_" + month.Format("2006_01")
		_, err := f.conn.Exec(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s PARTITION OF click_events FOR VALUES FROM ('%s') TO ('%s');
			ALTER TABLE %[1]s ENABLE ROW LEVEL SECURITY; ALTER TABLE %[1]s FORCE ROW LEVEL SECURITY`,
			name, month.Format(time.RFC3339), month.AddDate(0, 1, 0).Format(time.RFC3339)))
		if err != nil {
			return err
		}
	}
	return nil
}

func (f intoPostgres) moment(t time.Time) any { return t }
func (f intoPostgres) reference(one id) any   { return one }
func (f intoPostgres) truth(yes bool) any     { return yes }

func (f intoPostgres) settle(ctx context.Context) error {
	_, err := f.conn.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

func (f intoPostgres) close() error { return f.conn.Close(context.Background()) }

// intoSQLite inserts, without waiting for the disk.
type intoSQLite struct{ db *sql.DB }

func fillSQLite(p *rig.Place) (filler, error) {
	db, err := sql.Open("sqlite", "file:"+p.File()+"?_pragma=synchronous(0)&_pragma=busy_timeout(10000)&_pragma=cache_size(-200000)")
	return intoSQLite{db}, err
}

func (f intoSQLite) write(ctx context.Context, table string, columns []string, each func(func(...any) error) error) (err error) {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", table, err), tx.Rollback())
		}
	}()
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	err = each(func(values ...any) error {
		_, err := insert.ExecContext(ctx, values...)
		return err
	})
	if err != nil {
		return err
	}
	return tx.Commit()
}

func (f intoSQLite) prepare(context.Context, span) error { return nil }

func (f intoSQLite) moment(t time.Time) any { return t.UnixMicro() }
func (f intoSQLite) reference(one id) any   { return one[:] }

func (f intoSQLite) truth(yes bool) any {
	if yes {
		return int64(1)
	}
	return int64(0)
}

func (f intoSQLite) settle(ctx context.Context) error {
	_, err := f.db.ExecContext(ctx, "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (f intoSQLite) close() error { return f.db.Close() }
