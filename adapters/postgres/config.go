package postgres

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/superher/superher/adapters/internal/sqlstore"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
)

// Defaults of a Config.
const (
	DefaultTimeout     = 10 * time.Second
	DefaultLockTimeout = 5 * time.Second
	DefaultAttempts    = 10
	// DefaultMaxConns is the least that Config.MaxConns is if nobody sets it: an
	// export keeps a connection for as long as its consumer takes, so there are
	// to be more than processors.
	DefaultMaxConns = 8
	// LinkConns is the size of the pool that Open makes beside, for nothing but
	// System.LinkByCode, on which redirects wait: reports and exports may have all
	// of the other.
	LinkConns = 2
)

// Config is how the database is used. The zero Config is complete for [New];
// [Open] needs the URL.
type Config struct {
	// URL is the connection string, for Open. Parameters of the pool and of the
	// server may be part of it.
	URL string
	// MaxConns is the size of the pool that Open makes, without the LinkConns and
	// the one of WatchLinks; 0 leaves it to
	// pool_max_conns of the URL, and without that it is twice the number of
	// processors, at least DefaultMaxConns. At most half of the pool, but at
	// least one connection, serves EachEvent at the same time; a further call
	// waits two seconds for its turn and is then fault.Unavailable "store-busy".
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
	pool    *pgxpool.Pool
	links   *pgxpool.Pool // for link lookups; with New the same as pool
	lookup  storage.System
	exports *sqlstore.Exports
	owned   bool
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

// maxConns returns the size of the pool, given what pgx makes of the URL.
func (c Config) maxConns(parsed int32) (int32, error) {
	if c.MaxConns > 0 {
		return c.MaxConns, nil
	}
	// The pool's own parser does not tell a size that is set from its default.
	raw, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return 0, fault.Bad("url", "malformed-url", "Config.URL is not a connection string of PostgreSQL")
	}
	if _, set := raw.RuntimeParams["pool_max_conns"]; set {
		return parsed, nil
	}
	return int32(max(DefaultMaxConns, min(2*runtime.NumCPU(), math.MaxInt32))), nil
}

// Open connects to the database of Config.URL with pools of its own and checks
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
	if poolConfig.MaxConns, err = config.maxConns(poolConfig.MaxConns); err != nil {
		return nil, err
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
	poolConfig = poolConfig.Copy()
	poolConfig.MaxConns, poolConfig.MinConns, poolConfig.MinIdleConns = LinkConns, 0, 0
	few, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		pool.Close()
		return nil, translate(ctx, err)
	}
	store.links, store.owned = few, true
	store.lookup = sqlstore.New(&poolEngine{pool: few, config: checked, exports: store.exports}).System()
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
	exports := sqlstore.NewExports(int(pool.Config().MaxConns))
	s := &Store{Store: sqlstore.New(&poolEngine{pool: pool, config: config, exports: exports}), pool: pool, links: pool, exports: exports}
	s.lookup = s.Store.System()
	ctx, cancel := context.WithTimeout(ctx, config.Timeout)
	defer cancel()
	if err := s.Check(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// System implements storage.Store.
func (s *Store) System() storage.System { return system{s.Store.System(), s.lookup} }

// system looks links up with connections of their own.
type system struct {
	storage.System

	lookup storage.System
}

// LinkByCode implements storage.System.
func (s system) LinkByCode(ctx context.Context, code links.Code) (links.Link, error) {
	return s.lookup.LinkByCode(ctx, code)
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
// While the host goes through EachEvent it may use tx, and the store, as it
// likes: what it writes in the loop stays, and is not yielded.
//
// Consistency is that of the host's transaction. In one that is REPEATABLE READ
// or SERIALIZABLE every call sees the same state. In a READ COMMITTED one each
// statement sees what others have committed by then, so a method that runs
// several statements, as the reports, the lists of assignments and any Write
// with more than one call do, may see several states: numbers of one answer
// need not add up. EachEvent is one statement and sees one state in either.
//
// AppendClicks needs a READ COMMITTED transaction, since it has to see what
// others committed while it waited for its turn; a stricter one is fault.Invalid
// "isolation-too-strict". Check the tables at start-up with [New] or [Open].
func InTx(tx pgx.Tx) storage.Store { return sqlstore.New(&txEngine{tx: tx}) }

// Check reports whether the database answers and has the tables of this version
// of superher: fault.Unavailable "schema-older" when migrations are missing,
// "schema-newer" when a later version has migrated it, "store-unreachable"
// when it does not answer.
func (s *Store) Check(ctx context.Context) error { return checkVersion(ctx, s.pool) }

// SkipsRowSecurity reports whether the role that the store works as is above row
// security, as a superuser is. The store's own conditions then are the only thing
// that keeps tenants apart.
func (s *Store) SkipsRowSecurity(ctx context.Context) (bool, error) {
	var skips bool
	err := s.pool.QueryRow(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&skips)
	if err != nil {
		return false, translate(ctx, err)
	}
	return skips, nil
}

// Close closes the pools if [Open] made them, waiting for their connections to
// come back. It never fails.
func (s *Store) Close() error {
	if s.owned {
		s.links.Close()
		s.pool.Close()
	}
	return nil
}
