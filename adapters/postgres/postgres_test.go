package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/postgres"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

const variable = "SUPERHER_TEST_DATABASE_URL"

// cluster is a server to test on: a migrated template, and a role that is
// neither owner nor superuser.
type cluster struct {
	once     sync.Once
	err      error
	admin    string // URL of a role that may create databases and roles
	template string
	role     string
	made     atomic.Int64
	mu       sync.Mutex
	all      []string // migrated databases
	free     []string // those of them that are empty
}

var shared cluster

func TestMain(m *testing.M) {
	code := m.Run()
	shared.drop()
	os.Exit(code)
}

func (c *cluster) prepare(ctx context.Context) error {
	if err := c.run(ctx, "CREATE DATABASE "+c.template+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return err
	}
	if err := c.run(ctx, "CREATE ROLE "+c.role+" LOGIN PASSWORD 'test'"); err != nil {
		return err
	}
	_, err := postgres.Migrate(ctx, c.url(c.template, false), postgres.MigrateConfig{GrantTo: c.role, MonthsAhead: 3})
	return err
}

func (c *cluster) drop() {
	if c.admin == "" {
		return
	}
	for _, name := range c.all {
		_ = c.run(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	_ = c.run(context.Background(), "DROP DATABASE IF EXISTS "+c.template+" WITH (FORCE)")
	_ = c.run(context.Background(), "DROP ROLE IF EXISTS "+c.role)
}

// run runs one statement as the role of the environment.
func (c *cluster) run(ctx context.Context, text string) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, text)
	return err
}

// url returns the URL of a database, for the application's role or the admin.
func (c *cluster) url(database string, app bool) string {
	u, err := url.Parse(c.admin)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + database
	if app {
		u.User = url.UserPassword(c.role, "test")
	}
	return u.String()
}

// server returns the cluster, or skips the test.
func server(t testing.TB) *cluster {
	t.Helper()
	// Asked within a test, so that the test cache knows what the result depends on.
	admin := os.Getenv(variable)
	if admin == "" {
		t.Skip("set " + variable + " to the URL of a PostgreSQL role that may create databases and roles")
	}
	shared.once.Do(func() {
		shared.admin = admin
		shared.template = fmt.Sprintf("superher_template_%d", rand.Uint32())
		shared.role = shared.template + "_app"
		shared.err = shared.prepare(context.Background())
	})
	require.NoError(t, shared.err)
	return &shared
}

// database creates a database, migrated or empty, and returns its name.
func (c *cluster) database(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("%s_%d", c.template, c.made.Add(1))
	require.NoError(t, c.run(context.Background(), "CREATE DATABASE "+name+" TEMPLATE "+template))
	t.Cleanup(func() { _ = c.run(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return name
}

// clean returns an empty migrated database. It is emptied after the test and
// used again: that takes a tenth of the time of another copy of the template.
func (c *cluster) clean(t testing.TB) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		name := fmt.Sprintf("%s_%d", c.template, c.made.Add(1))
		require.NoError(t, c.run(context.Background(), "CREATE DATABASE "+name+" TEMPLATE "+c.template))
		c.all, c.free = append(c.all, name), append(c.free, name)
	}
	name := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	t.Cleanup(func() {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, c.url(name, false))
		require.NoError(t, err)
		defer func() { _ = conn.Close(ctx) }()
		_, err = conn.Exec(ctx, "TRUNCATE advertisers, influencers, link_codes, api_key_hashes, requests, tickets, "+
			"event_changes, event_types, event_paths, event_pairs, event_coupons, event_links, click_days, click_visitors CASCADE")
		require.NoError(t, err)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.free = append(c.free, name)
	})
	return name
}

// fresh returns an empty store in a database of its own, as the application's
// role.
func fresh(t testing.TB) (*postgres.Store, string) {
	t.Helper()
	c := server(t)
	name := c.clean(t)
	store, err := postgres.Open(context.Background(), postgres.Config{URL: c.url(name, true), MaxConns: 20})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store, name
}

func TestContract(t *testing.T) {
	server(t)
	storagetest.Run(t, storagetest.Harness{New: func(t *testing.T) storage.Store {
		store, _ := fresh(t)
		return store
	}})
}

func TestContract_InTx(t *testing.T) {
	server(t)
	storagetest.Run(t, storagetest.Harness{New: func(t *testing.T) storage.Store {
		return postgres.NewHosted(pool(t, shared.url(shared.clean(t), true)))
	}})
}

func pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(context.Background(), url)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}
