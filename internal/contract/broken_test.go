package contract_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// limitedTour asks until nothing is left.
func limitedTour(t *testing.T) *world {
	t.Helper()
	lavish := server.Rate{PerSecond: 1_000_000, Burst: 1_000_000}
	w := newWorld(t, func(c *server.Config, _ *storage.Store) {
		c.Rates = &server.Rates{Caller: lavish, Tenant: lavish, Address: server.Rate{PerSecond: 1, Burst: 1}}
	})
	require.Equal(t, http.StatusUnauthorized, w.do(http.MethodGet, "/metrics", "", "").status)
	for _, op := range loadDocument(t).operations {
		if _, limited := op.responses["429"]; !limited {
			continue
		}
		r := w.recipeOf(op.id)
		r.credential = "wrong"
		if _, coded := r.path["code"]; coded {
			r.path["code"] = "unknown0"
		}
		if _, ticketed := r.path["ticket"]; ticketed {
			r.path["ticket"] = "unknown0"
		}
		w.call(r)
		require.Equal(t, http.StatusTooManyRequests, w.call(r).status, op.id)
		r = w.recipeOf(op.id)
		if op.audience != string(server.Anyone) && op.id != "me" {
			require.NotEmpty(t, w.call(r).header.Get("RateLimit"), op.id)
		}
	}
	return w
}

// slowTour sends bodies that do not arrive in time.
func slowTour(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, func(c *server.Config, _ *storage.Store) { c.BodyTimeout, c.Metrics = 20*time.Millisecond, nil })
	require.Equal(t, http.StatusNotFound, w.do(http.MethodGet, "/metrics", "", "").status)
	for _, op := range loadDocument(t).operations {
		if op.body == "" {
			continue
		}
		r := w.recipeOf(op.id)
		body, sender := io.Pipe()
		req := w.request(op.method, r.target(), r.credential, "")
		req.Body, req.ContentLength = body, 100
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("If-Match", "*")
		got := w.send(req)
		require.Equal(t, http.StatusRequestTimeout, got.status, "%s: %s", op.id, got.body)
		require.NoError(t, sender.Close())
	}
	return w
}

// faulty is a store that can be made to break.
type faulty struct {
	storage.Store
	state *atomic.Int32
}

// The states of a faulty store.
const (
	sound int32 = iota
	away        // out of reach
	late        // does not answer in time
	buggy       // panics
)

// System implements [storage.Store].
func (f faulty) System() storage.System {
	if f.state.Load() == sound {
		return f.Store.System()
	}
	return brokenSystem{f.Store.System(), f.state}
}

type brokenSystem struct {
	storage.System
	state *atomic.Int32
}

func (b brokenSystem) fail(ctx context.Context) error {
	switch b.state.Load() {
	case away:
		return fault.New(fault.Unavailable, "store-unreachable", "the database cannot be reached")
	case late:
		<-ctx.Done()
		return fault.Wrap(ctx.Err(), fault.Unavailable, "deadline-exceeded", "the operation did not finish in time")
	default:
		panic("a defect")
	}
}

// Ready implements [storage.System].
func (b brokenSystem) Ready(ctx context.Context) error { return b.fail(ctx) }

// APIKeyByHash implements [storage.System].
func (b brokenSystem) APIKeyByHash(ctx context.Context, _ [32]byte) (tenant.APIKey, error) {
	return tenant.APIKey{}, b.fail(ctx)
}

// UserByIdentity implements [storage.System].
func (b brokenSystem) UserByIdentity(ctx context.Context, _, _ string) (tenant.User, error) {
	return tenant.User{}, b.fail(ctx)
}

// LinkByCode implements [storage.System].
func (b brokenSystem) LinkByCode(ctx context.Context, _ links.Code) (links.Link, error) {
	return links.Link{}, b.fail(ctx)
}

// TakeTicket implements [storage.System].
func (b brokenSystem) TakeTicket(ctx context.Context, _ [32]byte) (storage.Ticket, error) {
	return storage.Ticket{}, b.fail(ctx)
}

// brokenTour asks while the store is away, late or has a defect.
func brokenTour(t *testing.T) *world {
	t.Helper()
	var state atomic.Int32
	w := newWorld(t, func(c *server.Config, s *storage.Store) {
		c.Timeout, *s = 100*time.Millisecond, faulty{*s, &state}
	})
	w.http.Transport.(*checker).broken = true
	for _, op := range loadDocument(t).operations {
		if _, fails := op.responses["503"]; !fails {
			continue
		}
		for broken, status := range map[int32]int{away: http.StatusServiceUnavailable, late: http.StatusGatewayTimeout, buggy: http.StatusInternalServerError} {
			if _, late504 := op.responses["504"]; broken == late && (patient(op) || !late504 && !r503(op)) {
				continue
			}
			if broken == late && r503(op) {
				status = http.StatusServiceUnavailable
			}
			state.Store(sound)
			r := w.recipeOf(op.id)
			if r.credential != "" {
				r.credential = w.admin.token // the store is asked for people each time, while keys are remembered
			}
			state.Store(broken)
			got := w.call(r)
			require.Equal(t, status, got.status, "%s: %s", op.id, got.body)
		}
	}
	state.Store(sound)
	return w
}

// patient reports whether an operation has minutes for its answer.
func patient(op docOperation) bool {
	return slices.Contains([]string{"statsReconcile", "exportEvents", "redeemExport"}, op.id)
}

// r503 reports whether an operation answers lateness with a page for people.
func r503(op docOperation) bool { return strings.HasSuffix(op.path, "{code}") }
