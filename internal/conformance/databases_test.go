package conformance_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// databases makes migrated, empty databases on the shared server: one template,
// and a clone of it for each store. The template belongs to a role that is not
// a superuser; a second role owns nothing and works in the database, as a
// service in production should.
type databases struct {
	server             *server
	owner, application *url.URL // of the template
	template           string
}

var (
	templateOnce sync.Once
	template     *databases
)

// needDatabases returns the databases of this process; it skips or fails the
// test where there is no server.
func needDatabases(t testing.TB) *databases {
	t.Helper()
	s := shared.need(t)
	templateOnce.Do(func() { template = makeTemplate(t, s) })
	require.NotNil(t, template, "the template database was not made, see the first test that needed it")
	return template
}

func makeTemplate(t testing.TB, s *server) *databases {
	t.Helper()
	// Roles belong to the server, not to a database: a second run on the same
	// server must not meet them.
	mark := strings.ToLower(rand.Text()[:10])
	owner, application, name := "superher_owner_"+mark, "superher_app_"+mark, "superher_template_"+mark
	secret := rand.Text()
	s.closers = append(s.closers, func(ctx context.Context) error {
		return s.execute(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", "DROP ROLE IF EXISTS "+application, "DROP ROLE IF EXISTS "+owner)
	})
	require.NoError(t, s.execute(t.Context(),
		fmt.Sprintf("CREATE ROLE %s LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '%s'", owner, secret),
		fmt.Sprintf("CREATE ROLE %s LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '%s'", application, secret),
		// A server whose administrator is not a superuser must be a member to give away.
		fmt.Sprintf("GRANT %s TO CURRENT_USER", owner),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", name, owner),
	))
	d := &databases{server: s, template: name, owner: s.as(owner, secret, name), application: s.as(application, secret, name)}
	migrate(t, d.owner.String(), application)
	return d
}

// clone makes an empty database and returns its address for the owner or for
// the application; it is dropped after the test.
func (d *databases) clone(t testing.TB, role *url.URL) string {
	t.Helper()
	name := "superher_" + strings.ToLower(rand.Text()[:16])
	require.NoError(t, d.server.execute(t.Context(),
		fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s OWNER %s", name, d.template, d.owner.User.Username())))
	after := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		require.NoError(t, d.server.execute(after, "DROP DATABASE "+name+" WITH (FORCE)"))
	})
	address := *role
	address.Path = name
	return address.String()
}

// as is the address of a database for another user.
func (s *server) as(user, password, database string) *url.URL {
	address := *s.admin
	address.User = url.UserPassword(user, password)
	address.Path = database
	return &address
}

// execute runs statements that need the administrator and no transaction.
func (s *server) execute(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.admin.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.SplitN(statement, " PASSWORD ", 2)[0], err)
		}
	}
	return nil
}
