//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/superher/superher/bench/internal/load"
	"github.com/superher/superher/bench/internal/rig"
)

// exports compares a whole export with COPY of the same columns.
func exports(ctx context.Context, b *bench) error {
	var failed error
	for _, database := range []string{rig.PostgreSQL, rig.SQLite} {
		p, err := b.Open(ctx, rig.Spec{Database: database, Settings: []string{"--timeout", "1m"}})
		if err == nil {
			err = b.exportAt(ctx, p)
		}
		if p != nil {
			failed = errors.Join(failed, p.Close())
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (b *bench) exportAt(ctx context.Context, p *rig.Place) error {
	rows := int64(b.sizes.exportRows/batchSize) * batchSize
	filled := load.Run(ctx, load.Plan{
		Addrs: []string{p.Server.Addr}, Workers: batchSenders, Count: int(rows / batchSize), Timeout: time.Minute, Tries: 10,
		Build: func(buf []byte, n, _ int) []byte {
			return p.World.Post(buf, "/events/batch", p.World.Batch(make([]byte, 0, batchSize*220), n*batchSize, batchSize, "export-"))
		},
	})
	if filled.Refused > 0 {
		return fmt.Errorf("the events could not be stored: %v", filled.Statuses)
	}
	// Anew, so that what ingest has left in memory is not taken for idle.
	if err := p.Server.Stop(); err != nil {
		return err
	}
	if err := p.Server.Start(ctx); err != nil {
		return err
	}
	if _, _, err := download(ctx, p, 1000); err != nil {
		return err
	}
	idle, _, err := rig.Resident(p.Server.Pid())
	if err != nil {
		return err
	}
	var got, copied []float64
	var missing int64
	for range b.sizes.rounds {
		if p.Postgres != nil {
			began := time.Now()
			n, err := copyOut(ctx, p)
			if err != nil {
				return err
			}
			copied = append(copied, float64(n)/time.Since(began).Seconds())
		}
		began := time.Now()
		n, told, err := download(ctx, p, 0)
		if err != nil {
			return err
		}
		if n != told {
			return fmt.Errorf("the export says it has %d rows, and %d came", told, n)
		}
		got = append(got, float64(n)/time.Since(began).Seconds())
		missing += rows - n
	}
	_, peak, err := rig.Resident(p.Server.Pid())
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s, %d rows", p.Database, rows)
	l := line{section: "export", what: what, unit: "1/s", got: median(got), lost: strconv.FormatInt(missing, 10)}
	if p.Postgres != nil {
		l.against, l.limit, l.least = "COPY TO STDOUT CSV", median(copied), 0.35
	}
	b.table.add(l)
	b.table.add(line{section: "export", what: what + ": memory above idle", unit: "MB", got: float64(peak-idle) / megabyte, most: 64})
	return nil
}

// download reads an export and counts its rows, the head not among them; most
// ends it early, for a rehearsal.
func download(ctx context.Context, p *rig.Place, most int64) (rows, told int64, err error) {
	path := "http://" + p.Server.Addr + "/api/v1/exports/events.csv?from=" + time.Now().AddDate(0, 0, -2).UTC().Format(time.RFC3339) +
		"&to=" + time.Now().AddDate(0, 0, 2).UTC().Format(time.RFC3339)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		return 0, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+p.World.Key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return 0, 0, fmt.Errorf("export: %s: %s", answer.Status, text)
	}
	lines := bufio.NewReaderSize(answer.Body, 1<<16)
	for {
		// No text of these events has a line break in it.
		_, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, 0, err
		}
		rows++
		if most > 0 && rows > most {
			return rows - 1, rows - 1, nil
		}
	}
	told, err = strconv.ParseInt(answer.Trailer.Get("X-Superher-Rows"), 10, 64)
	return rows - 1, told, err
}

// exported are the columns of the table that an export shows.
const exported = `id, occurred_at, received_at, event_type, conversion, value_minor, currency, method, source, campaign_id, influencer_id,
	coupon_id, coupon_code, link_id, ref_code, landing_url, external_id, customer_id, commission_minor, commission_currency, commission_reason, metadata`

// lineCounter counts line breaks.
type lineCounter struct{ n int64 }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.n += int64(strings.Count(string(p), "\n"))
	return len(p), nil
}

// copyOut has Postgres write the same events as CSV, in whatever order it likes.
func copyOut(ctx context.Context, p *rig.Place) (int64, error) {
	conn, err := pgx.Connect(ctx, p.Postgres.URL(rig.Owner, p.Name))
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var lines lineCounter
	_, err = conn.PgConn().CopyTo(ctx, &lines, "COPY (SELECT "+exported+" FROM customer_events) TO STDOUT CSV")
	return lines.n, err
}
