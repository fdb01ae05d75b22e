//go:build linux

package rig

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Stored looks into the database of a server, behind its back.
type Stored struct{ db *sql.DB }

// InSQLite looks into a file.
func InSQLite(path string) (*Stored, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=query_only(1)&_pragma=busy_timeout(10000)")
	return &Stored{db}, err
}

// InPostgres looks as the owner, who is above row security.
func InPostgres(p *Postgres, database string) (*Stored, error) {
	db, err := sql.Open("pgx", p.URL(Owner, database))
	return &Stored{db}, err
}

// Close ends it.
func (s *Stored) Close() error { return s.db.Close() }

// Marks returns how often each mark of a visit is stored, of those that begin so.
func (s *Stored) Marks(ctx context.Context, beginning string) (map[string]int, error) {
	return s.counts(ctx, "SELECT referrer, count(*) FROM click_events WHERE referrer LIKE $1 GROUP BY 1", beginning+"%")
}

// ExternalIDs returns how often each id of an event is stored, of those that
// begin so.
func (s *Stored) ExternalIDs(ctx context.Context, beginning string) (map[string]int, error) {
	return s.counts(ctx, "SELECT external_id, count(*) FROM customer_events WHERE external_id LIKE $1 GROUP BY 1", beginning+"%")
}

// Number returns what a query for one number says.
func (s *Stored) Number(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var n int64
	err := s.db.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

func (s *Stored) counts(ctx context.Context, query string, args ...any) (out map[string]int, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		out[name] += n
	}
	return out, rows.Err()
}
