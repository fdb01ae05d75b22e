//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

const (
	senders      = 64 // clients of single events
	batchSenders = 4  // clients of batches: as many as one advertiser may send at once
	batchSize    = 1000
	leastPgbench = 2 // seconds; its clients take a while to connect
)

// stream is one kind of ingest with what it is compared to.
type stream struct {
	name    string
	path    string
	clients int
	each    int // events in a request
}

func streams() []stream {
	return []stream{
		{"single events, 64 clients", "/events", senders, 1},
		{"batches of 1,000, 4 clients", "/events/batch", batchSenders, batchSize},
	}
}

func ingest(ctx context.Context, b *bench) error {
	bare, err := b.startBare(ctx)
	if err != nil {
		return err
	}
	defer bare.stop()
	var failed error
	for _, database := range []string{rig.PostgreSQL, rig.SQLite} {
		p, err := b.Open(ctx, rig.Spec{Database: database})
		if err == nil {
			err = b.ingestAt(ctx, p, bare)
		}
		if p != nil {
			failed = errors.Join(failed, p.Close())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (b *bench) ingestAt(ctx context.Context, p *rig.Place, bare *bareServer) error {
	var accepted int64
	for _, s := range streams() {
		var inserts func(context.Context) (float64, error)
		turn := 0
		send := func(addr string, within time.Duration) *load.Result {
			turn++
			ids := fmt.Sprintf("%d-%d-", s.each, turn)
			r := load.Run(ctx, load.Plan{
				Addrs: []string{addr}, Workers: s.clients, Within: within,
				Build: func(buf []byte, n, _ int) []byte {
					if s.each == 1 {
						return p.World.Post(buf, s.path, p.World.Event(nil, n, ids+strconv.Itoa(n)))
					}
					return p.World.Post(buf, s.path, p.World.Batch(make([]byte, 0, s.each*220), n*s.each, s.each, ids))
				},
			})
			if addr == p.Server.Addr {
				accepted += r.Accepted * int64(s.each)
			}
			return r
		}
		send(bare.addr, b.sizes.span/2)
		send(p.Server.Addr, b.sizes.span/2)
		if p.Postgres != nil {
			var err error
			if inserts, err = b.pgbench(ctx, p, s); err != nil {
				return err
			}
		}
		var got, null, inserted, tail []float64
		var refused int64
		for range b.sizes.rounds {
			null = append(null, send(bare.addr, b.sizes.span).PerSecond()*float64(s.each))
			if inserts != nil {
				rate, err := inserts(ctx)
				if err != nil {
					return err
				}
				inserted = append(inserted, rate)
			}
			r := send(p.Server.Addr, b.sizes.span)
			refused += r.Refused
			got, tail = append(got, r.PerSecond()*float64(s.each)), append(tail, milliseconds(r.Answers.Quantile(0.99)))
		}
		stored, err := p.Stored.Number(ctx, "SELECT count(*) FROM customer_events")
		if err != nil {
			return err
		}
		lost := strconv.FormatInt(accepted-stored, 10)
		if refused > 0 {
			lost += fmt.Sprintf(", %d refused", refused)
		}
		b.tellIngest(p, s, got, null, inserted, tail, lost)
	}
	return nil
}

func (b *bench) tellIngest(p *rig.Place, s stream, got, null, inserted, tail []float64, lost string) {
	what := p.Database + ", " + s.name
	decoding := line{section: "ingest", what: what, unit: "1/s", got: median(got), against: "null handler", limit: median(null), lost: lost}
	if s.each == 1 {
		decoding.least = 0.3
	}
	b.table.add(decoding)
	if p.Postgres != nil {
		l := line{section: "ingest", what: what, unit: "1/s", got: median(got), against: "pgbench, one row each", limit: median(inserted), least: 1.5, lost: lost}
		if s.each > 1 {
			l.against, l.least = "pgbench, 1,000 rows each", 0.4
		}
		b.table.add(l)
	}
	b.table.add(line{section: "ingest", what: what + ": p99", unit: "ms", got: median(tail)})
}

// perSecond is in what pgbench says at its end.
var perSecond = regexp.MustCompile(`(?m)^tps = ([0-9.]+) `)

// pgbench returns a run of it that inserts copies of a stored event, with the
// same number of clients, into a table with the same indexes and foreign keys.
// The result is in rows a second.
func (b *bench) pgbench(ctx context.Context, p *rig.Place, s stream) (func(context.Context) (float64, error), error) {
	program, err := rig.PostgresProgram("pgbench")
	if err != nil {
		return nil, err
	}
	statement, err := insertion(ctx, p, s.each)
	if err != nil {
		return nil, err
	}
	script := filepath.Join(p.Folder, fmt.Sprintf("insert-%d.sql", s.each))
	if err := os.WriteFile(script, []byte(statement+"\n"), 0o600); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (float64, error) {
		run := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-c", strconv.Itoa(s.clients), "-j", "2",
			"-T", strconv.Itoa(max(leastPgbench, int(b.sizes.span.Seconds()))), "-f", script, "-h", "127.0.0.1", "-p", strconv.Itoa(p.Postgres.Port()), "-U", rig.Owner, p.Name)
		out, err := run.CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("pgbench: %w: %s", err, bytes.TrimSpace(out))
		}
		found := perSecond.FindSubmatch(out)
		if bytes.Contains(out, []byte("actually processed: 0")) {
			return 0, nil // a machine that is busy otherwise, and a short turn
		}
		if found == nil {
			return 0, fmt.Errorf("pgbench does not say how fast it was: %s", out)
		}
		rate, err := strconv.ParseFloat(string(found[1]), 64)
		return rate * float64(s.each), err
	}, nil
}

// freshID is an id in order of time, like those of the program.
const freshID = `(substr(t.ms, 1, 8) || '-' || substr(t.ms, 9, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid`

// insertion makes the table and returns the statement that fills it with copies
// of one stored event, each under ids of its own.
func insertion(ctx context.Context, p *rig.Place, rows int) (string, error) {
	conn, err := pgx.Connect(ctx, p.Postgres.URL(rig.Owner, p.Name))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	table := fmt.Sprintf("bench_events_%d", rows)
	_, err = conn.Exec(ctx, `CREATE TABLE `+table+` (LIKE customer_events INCLUDING ALL);
		DO $$ DECLARE key record; BEGIN
			FOR key IN SELECT conname, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conrelid = 'customer_events'::regclass AND contype = 'f' LOOP
				EXECUTE format('ALTER TABLE `+table+` ADD CONSTRAINT %I %s', key.conname, key.text);
			END LOOP;
		END $$`)
	if err != nil {
		return "", err
	}
	found, err := conn.Query(ctx, `SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
		WHERE attrelid = 'customer_events'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`)
	if err != nil {
		return "", err
	}
	type column struct{ Name, Type string }
	columns, err := pgx.CollectRows(found, pgx.RowToStructByPos[column])
	if err != nil {
		return "", err
	}
	var names, values []string
	for _, c := range columns {
		names = append(names, c.Name)
		switch c.Name {
		case "id":
			values = append(values, freshID)
			continue
		case "external_id":
			values = append(values, "gen_random_uuid()::text")
			continue
		}
		var literal string
		// One event with a coupon and a link: all its references are looked up.
		err := conn.QueryRow(ctx, "SELECT coalesce(quote_literal("+c.Name+"::text), 'NULL') FROM customer_events "+
			"WHERE coupon_id IS NOT NULL AND link_id IS NOT NULL ORDER BY id LIMIT 1").Scan(&literal)
		if err != nil {
			return "", err
		}
		values = append(values, literal+"::"+c.Type)
	}
	source := `(SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS ms) t`
	if rows > 1 {
		source = fmt.Sprintf(`(SELECT lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS ms FROM generate_series(1, %d)) t`, rows)
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + source + ";", nil
}
