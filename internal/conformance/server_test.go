package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	officialImage = "postgres:18-alpine"
	startTimeout  = 3 * time.Minute
	adminUser     = "superher"
	adminPassword = "superher"
)

// A test server keeps nothing, so it need not survive a crash.
var serverSettings = []string{
	"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
	"-c", "max_connections=400", "-c", "shared_buffers=128MB",
	"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off",
}

// server is the Postgres of this test process: one, started by the first test
// that needs it.
type server struct {
	once    sync.Once
	admin   *url.URL // of a user who may create databases and roles
	origin  string
	err     error
	closers []func(context.Context) error // in the order of making
}

var shared server

// errOff is not a lack but a wish.
var errOff = errors.New("switched off by SUPERHER_TEST_POSTGRES=off")

// need returns the server, skips the test loudly, or fails it in CI.
func (s *server) need(t testing.TB) *server {
	t.Helper()
	s.once.Do(func() {
		s.err = s.start(t)
		if s.err != nil && !inCI() {
			announce("the storage suite on Postgres: " + oneLine(s.err))
		}
	})
	if s.err == nil {
		return s
	}
	if inCI() {
		require.NoError(t, s.err, "CI=true, and there is no Postgres to test on")
	}
	t.Skip("needs Postgres: ", oneLine(s.err))
	return nil
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func (s *server) start(t testing.TB) error {
	if os.Getenv("SUPERHER_TEST_POSTGRES") == "off" {
		return errOff
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if address := os.Getenv("SUPERHER_TEST_DATABASE_URL"); address != "" {
		// Whoever names a server wants that one and no other.
		return s.accept(ctx, t, "SUPERHER_TEST_DATABASE_URL", address)
	}
	address, contained := s.startContainer(ctx)
	if contained == nil {
		contained = s.accept(ctx, t, "a container", address)
	}
	if contained == nil {
		return nil
	}
	address, local := s.startBinary(ctx)
	if local == nil {
		local = s.accept(ctx, t, "the local postgres program", address)
	}
	if local == nil {
		return nil
	}
	return fmt.Errorf("SUPERHER_TEST_DATABASE_URL is not set\nno container: %w\nno local server: %w", contained, local)
}

// accept waits until the server answers.
func (s *server) accept(ctx context.Context, t testing.TB, origin, address string) error {
	admin, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("the address is no URL: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			var version string
			err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
			_ = conn.Close(ctx)
			if err == nil {
				t.Logf("Postgres %s from %s", version, origin)
				s.admin, s.origin = admin, origin
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", origin, err)
		case <-tick.C:
		}
	}
}

// startContainer starts Postgres in a container. The library panics where it
// finds no engine at all.
func (s *server) startContainer(ctx context.Context) (address string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("no container engine: %v", r)
		}
	}()
	image := os.Getenv("SUPERHER_TEST_POSTGRES_IMAGE")
	if image == "" {
		image = officialImage
	}
	container, err := testcontainers.Run(ctx, image,
		testcontainers.WithEnv(map[string]string{"POSTGRES_USER": adminUser, "POSTGRES_PASSWORD": adminPassword, "POSTGRES_DB": "postgres"}),
		testcontainers.WithExposedPorts("5432/tcp"),
		testcontainers.WithCmd(append([]string{"postgres"}, serverSettings...)...),
		// The entry point starts the server twice: to set it up, and for good.
		testcontainers.WithWaitStrategyAndDeadline(startTimeout,
			wait.ForLog("database system is ready to accept connections").WithOccurrence(2)),
	)
	if container != nil {
		s.closers = append(s.closers, func(ctx context.Context) error { return container.Terminate(ctx) })
	}
	if err != nil {
		return "", err
	}
	endpoint, err := container.PortEndpoint(ctx, "5432/tcp", "")
	if err != nil {
		return "", err
	}
	return serverURL(endpoint, adminPassword), nil
}

func serverURL(endpoint, password string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(adminUser, password), Host: endpoint,
		Path: "postgres", RawQuery: "sslmode=disable",
	}).String()
}

// stop tears down in the opposite order of making.
func (s *server) stop(ctx context.Context) error {
	var errs []error
	for _, closer := range slices.Backward(s.closers) {
		errs = append(errs, closer(ctx))
	}
	return errors.Join(errs...)
}
