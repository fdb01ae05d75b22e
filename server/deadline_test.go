package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// hanging is a store that takes a while to find a key, and then hangs.
type hanging struct {
	storage.Store
	key time.Duration
}

func (h hanging) System() storage.System { return hangingSystem{h.Store.System(), h.key} }

func (h hanging) Write(ctx context.Context, _ tenant.Scope, _ func(context.Context, storage.Tx) error) error {
	<-ctx.Done()
	return fault.Of(ctx.Err())
}

type hangingSystem struct {
	storage.System
	key time.Duration
}

func (h hangingSystem) APIKeyByHash(ctx context.Context, hash [32]byte) (tenant.APIKey, error) {
	<-time.After(h.key) // of the test's own clock
	return h.System.APIKeyByHash(ctx, hash)
}

func TestTimeout_OfAnAnswerIncludesFindingOutWhoCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 3 * time.Second
		store := memory.New()
		first, err := superher.New(superher.Config{Store: store})
		require.NoError(t, err)
		made, err := first.CreateAdvertiser(t.Context(), newAdvertiser("A", "UTC", "EUR"))
		require.NoError(t, err)
		key, err := first.For(tenant.For(made.ID)).CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "key", Scopes: []tenant.Permission{tenant.EverythingAllowed}})
		require.NoError(t, err)
		client, err := superher.New(superher.Config{Store: hanging{store, 2 * time.Second}})
		require.NoError(t, err)
		h, err := server.New(server.Config{Client: client, Clicks: &visits{}, BaseURL: "https://go.example.com", Timeout: timeout})
		require.NoError(t, err)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/events", strings.NewReader(`{"action": "purchase"}`))
		r.Header.Set("Authorization", "Bearer "+key.Raw)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		began := time.Now()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusGatewayTimeout, w.Code, w.Body)
		require.Equal(t, timeout, time.Since(began))
	})
}
