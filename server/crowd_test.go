package server_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

// However many keys a brand has, its batches that do not end keep only itself
// waiting.
func TestBatches_OfOneAdvertiserLeaveRoomForTheOthers(t *testing.T) {
	w := newWorld(t, unlimited())
	const batch = `{"events":[{"action":"lead"}]}`
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	for i := range server.MaxTenantBatches {
		key := w.a.key
		if i%2 == 0 {
			key = w.a.keyFor(tenant.EventsWrite)
		}
		body, pour := io.Pipe()
		context.AfterFunc(ctx, func() { _ = pour.CloseWithError(io.ErrClosedPipe) })
		req, err := http.NewRequestWithContext(ctx, post, w.URL+api+"/events/batch", body)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+key)
		req.Header.Set("Content-Type", "application/json")
		go func() {
			if answer, err := w.Client().Do(req); err == nil {
				_ = answer.Body.Close()
			}
			ended <- struct{}{}
		}()
		_, err = pour.Write([]byte(`{"events":[`))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { // once all of them have arrived
		got := w.call(post, "/events/batch", w.a.key, batch)
		return got.status == http.StatusTooManyRequests && got.object().str("reason") == "too-many-at-once"
	}, time.Minute, time.Millisecond)
	require.Equal(t, http.StatusOK, w.call(post, "/events/batch", w.b.key, batch).status, "another brand has places of its own")
	require.Equal(t, http.StatusCreated, w.call(post, "/events", w.a.key, `{"action":"lead"}`).status, "single events are no batches")
	cancel()
	for range server.MaxTenantBatches {
		<-ended
	}
	require.Equal(t, http.StatusOK, w.call(post, "/events/batch", w.a.key, batch).status, "places come back")
}
