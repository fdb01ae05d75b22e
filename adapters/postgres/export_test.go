package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats/statsql"
	"github.com/superher/superher/storage"
)

// Translate lets tests look at the meaning of an error.
func Translate(ctx context.Context, err error) error { return translate(ctx, err) }

// Patiently lets tests look at how the owner of the tables waits, and at most
// OwnerAttempts times.
func Patiently(ctx context.Context, try func() error) error { return patiently(ctx, try) }

// OwnerAttempts is how often the owner of the tables tries.
const OwnerAttempts = ownerAttempts

// StreamChunk is how many rows a cursor fetches at a time.
const StreamChunk = streamChunk

// SetExportWait sets how long an export waits for its turn.
func SetExportWait(s *Store, wait time.Duration) { s.exports.Wait = wait }

// PoolSize returns how many connections the store may have.
func PoolSize(s *Store) int32 { return s.pool.Config().MaxConns }

// MigrateTo makes the tables of an earlier version.
func MigrateTo(ctx context.Context, db *sql.DB, version int64) error {
	provider, err := newProvider(db)
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// NewHosted returns a store whose every call runs inside a transaction of a
// host that commits when the call went well, and tries again when it was told
// that the store is busy.
func NewHosted(pool *pgxpool.Pool) storage.Store { return sqlstore.New(hosted{pool}) }

type hosted struct{ pool *pgxpool.Pool }

func (h hosted) Dialect() statsql.Dialect { return statsql.Postgres }

func (h hosted) Run(ctx context.Context, work sqlstore.Work, fn func(context.Context, sqlstore.Querier) error) error {
	for {
		err := h.once(ctx, work, fn)
		if !fault.HasReason(err, "store-busy") {
			return err
		}
	}
}

func (h hosted) once(ctx context.Context, work sqlstore.Work, fn func(context.Context, sqlstore.Querier) error) error {
	level := pgx.RepeatableRead // so that the reads of a transaction agree, see InTx
	if work.Kind == sqlstore.Turn {
		level = pgx.ReadCommitted
	}
	tx, err := h.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: level})
	if err != nil {
		return translate(ctx, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := (&txEngine{tx: tx}).Run(ctx, work, fn); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return translate(ctx, err)
	}
	return nil
}
