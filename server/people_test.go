package server_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	remove = http.MethodDelete
	api    = "/api/v1"
)

// people vouches for everybody: the token "user.jess" is that of jess.
type people struct{}

// Verify implements [auth.Verifier].
func (people) Verify(_ context.Context, token string) (auth.Identity, error) {
	name, ok := strings.CutPrefix(token, "user.")
	if !ok {
		return auth.Identity{}, auth.InvalidCredential(nil)
	}
	return auth.Identity{
		Issuer: "https://id.example", Subject: name, Email: name + "@example.com", EmailVerified: true,
		ExpiresAt: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}, nil
}

// someone signs somebody in and gives rights; the zero change leaves them pending.
func (w *world) someone(name string, change tenant.UserChange) (token string) {
	w.t.Helper()
	identity, err := people{}.Verify(context.Background(), "user."+name)
	require.NoError(w.t, err)
	user, err := w.client.SignIn(context.Background(), identity)
	require.NoError(w.t, err)
	if change != (tenant.UserChange{}) {
		_, err = w.client.ChangeUser(context.Background(), user.ID, change)
		require.NoError(w.t, err)
	}
	return "user." + name
}

func (w *world) admin() string {
	return w.someone("root", tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdmin)})
}

// person is an active person of the brand.
func (b brand) person(name string) string {
	return b.w.someone(name, tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdvertiser), Advertiser: &b.id})
}

// change alters somebody's rights.
func (w *world) change(token string, change tenant.UserChange) {
	w.t.Helper()
	identity, err := people{}.Verify(context.Background(), token)
	require.NoError(w.t, err)
	user, err := w.client.SignIn(context.Background(), identity)
	require.NoError(w.t, err)
	_, err = w.client.ChangeUser(context.Background(), user.ID, change)
	require.NoError(w.t, err)
}

// timepiece is a clock that only moves when told to.
type timepiece struct {
	mu  sync.Mutex
	now time.Time
}

func newTimepiece() *timepiece { return &timepiece{now: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)} }

func (c *timepiece) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *timepiece) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// runs makes it the clock of a world.
func (c *timepiece) runs() func(*server.Config, *storage.Store) {
	return func(config *server.Config, _ *storage.Store) { config.Now = c.Now }
}

// onStores runs a test on the stores that need nothing around them.
func onStores(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(t *testing.T) storage.Store{
		"memory": func(*testing.T) storage.Store { return memory.New() },
		"sqlite": func(t *testing.T) storage.Store {
			store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db")})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			test(t, newWorld(t, unlimited(), func(_ *server.Config, store *storage.Store) { *store = open(t) }))
		})
	}
}

// call sends a request to the API proper.
func (w *world) call(method, path, token, body string, headers ...string) answer {
	w.t.Helper()
	return w.do(method, api+path, token, body, headers...)
}

// ok is call for a request that must succeed.
func (w *world) ok(method, path, token, body string, headers ...string) object {
	w.t.Helper()
	got := w.call(method, path, token, body, headers...)
	require.Less(w.t, got.status, 300, "%s %s\n%s", method, path, got.body)
	return got.object()
}

// refused is call for a request that must be refused.
func (w *world) refused(status int, reason, method, path, token, body string, headers ...string) answer {
	w.t.Helper()
	got := w.call(method, path, token, body, headers...)
	require.Equal(w.t, status, got.status, "%s %s %s\n%s", method, path, body, got.body)
	require.Equal(w.t, reason, got.object().str("reason"), "%s %s %s\n%s", method, path, body, got.body)
	require.Equal(w.t, "application/problem+json", got.header.Get("Content-Type"))
	return got
}

// together runs n calls at once and returns their answers. The calls must not
// end the test; what is wrong is said afterwards.
func together(n int, call func(i int) answer) []answer {
	answers := make([]answer, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			answers[i] = call(i)
		})
	}
	done.Wait()
	return answers
}

// count says how many of the answers have a status.
func count(answers []answer, status int) (n int) {
	for _, a := range answers {
		if a.status == status {
			n++
		}
	}
	return n
}

// same is a body without its request id.
func same(a answer) string { return requestID.ReplaceAllString(a.body, "") }

// unlimited lets everybody ask as often as they like.
func unlimited() func(*server.Config, *storage.Store) { return limited(server.Rates{}) }
