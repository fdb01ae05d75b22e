package postgres

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// Defaults of a Config.
const (
	DefaultTimeout     = 10 * time.Second
	DefaultLockTimeout = 5 * time.Second
	DefaultAttempts    = 10
)

// Config is how the database is used. The zero Config is complete for [New];
// [Open] needs the URL.
type Config struct {
	// URL is the connection string, for Open. Parameters of the pool and of the
	// server may be part of it.
	URL string
	// MaxConns is the size of the pool that Open makes; 0 leaves it to the URL.
	MaxConns int32
	// Timeout ends a call whose context has no deadline, and any one statement;
	// 0 means DefaultTimeout. Only EachEvent, which lasts as long as its
	// consumer, has no end of its own.
	Timeout time.Duration
	// LockTimeout is how long a statement waits for another transaction; 0
	// means DefaultLockTimeout.
	LockTimeout time.Duration
	// Attempts is how often a write is tried while it collides with others; 0
	// means DefaultAttempts.
	Attempts int
}

// Store is a storage.Store in PostgreSQL. It is safe for concurrent use.
type Store struct {
	storage.Store
	pool  *pgxpool.Pool
	owned bool
}

func (c Config) withDefaults() (Config, error) {
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.LockTimeout = cmp.Or(c.LockTimeout, DefaultLockTimeout)
	c.Attempts = cmp.Or(c.Attempts, DefaultAttempts)
	var checks fault.Checks
	checks.That(c.Timeout >= time.Millisecond, "timeout", "out-of-range", "Config.Timeout must be at least a millisecond")
	checks.That(c.LockTimeout >= time.Millisecond, "lock_timeout", "out-of-range", "Config.LockTimeout must be at least a millisecond")
	checks.That(c.Attempts >= 1, "attempts", "out-of-range", "Config.Attempts must not be negative")
	checks.That(c.MaxConns >= 0, "max_conns", "out-of-range", "Config.MaxConns must not be negative")
	return c, checks.Err()
}

// Open connects to the database of Config.URL with a pool of its own and checks
// its tables, with the errors of [Store.Check]. A bad config is fault.Invalid
// and names the setting.
func Open(ctx context.Context, config Config) (*Store, error) {
	checked, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if config.URL == "" {
		return nil, fault.Bad("url", "required", "Config.URL must name the database")
	}
	poolConfig, err := pgxpool.ParseConfig(config.URL)
	if err != nil {
		// The cause is left out: it would repeat the URL, and the password in it.
		return nil, fault.Bad("url", "malformed-url", "Config.URL is not a connection string of PostgreSQL")
	}
	if config.MaxConns > 0 {
		poolConfig.MaxConns = config.MaxConns
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, translate(ctx, err)
	}
	store, err := New(ctx, pool, checked)
	if err != nil {
		pool.Close()
		return nil, err
	}
	store.owned = true
	return store, nil
}

// New returns a store on the caller's own pool, which stays the caller's to
// close, and checks the tables, with the errors of [Store.Check].
func New(ctx context.Context, pool *pgxpool.Pool, config Config) (*Store, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if pool == nil {
		return nil, fault.Bad("pool", "required", "New needs a pool")
	}
	s := &Store{Store: sqlstore.New(&poolEngine{pool: pool, config: config}), pool: pool}
	ctx, cancel := context.WithTimeout(ctx, config.Timeout)
	defer cancel()
	if err := s.Check(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// InTx returns the store inside a transaction of the host. Everything it does
// becomes lasting when the host commits and is undone when the host rolls back.
//
// Each call works within a savepoint: one that fails leaves the transaction as
// it was before, and the host may go on. Nothing is repeated after a collision,
// which is fault.Unavailable "store-busy": rolling back and trying again is the
// host's part. Row security settings are put back after each call. The store is
// no more safe for concurrent use than tx is, ends with it, and has no timeouts
// but those of the contexts and the host's settings.
//
// AppendClicks needs a READ COMMITTED transaction to tell repeated visits in
// batches that come at the same time; in a stricter one it takes turns with
// the others, but sees only what was there when the transaction began. Check
// the tables at start-up with [New] or [Open].
func InTx(tx pgx.Tx) storage.Store { return sqlstore.New(&txEngine{tx: tx}) }

// Check reports whether the database answers and has the tables of this version
// of superher: fault.Unavailable "schema-older" when migrations are missing,
// "schema-newer" when a later version has migrated it, "store-unreachable"
// when it does not answer.
func (s *Store) Check(ctx context.Context) error { return checkVersion(ctx, s.pool) }

// Close closes the pool if [Open] made it, waiting for its connections to come
// back. It never fails.
func (s *Store) Close() error {
	if s.owned {
		s.pool.Close()
	}
	return nil
}
