package server_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestIdempotency_TheLargestAnswersAreReplayedWhole(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		metadata := `{"k":"` + strings.Repeat("é<>&", 50) + `"}`
		for path, body := range map[string]string{
			"/coupons/bulk": `{"campaign_id":"` + s.campaign + `","count":1000,"length":8}`,
			"/events/batch": `{"events":[` + strings.Repeat(`{"action":"lead","metadata":`+metadata+`},`, 999) + `{"action":"NO"}]}`,
		} {
			first := w.call(post, path, w.a.key, body, idempotencyKey, path)
			require.Less(t, first.status, 300, first.body[:min(300, len(first.body))])
			again := w.call(post, path, w.a.key, body, idempotencyKey, path)
			require.Equal(t, "true", again.header.Get(replayed))
			require.Equal(t, first.body, again.body, path)
		}
		require.EqualValues(t, 999, w.a.get("/stats/overview")["events"])
	})
}

// Whoever reads the file of the database must not find a key that opens anything.
func TestKeys_AreNowhereInTheDatabase(t *testing.T) {
	folder := t.TempDir()
	w := newWorld(t, func(_ *server.Config, store *storage.Store) {
		opened, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(folder, "superher.db")})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, opened.Close()) })
		*store = opened
	})
	made := w.ok(post, "/api-keys", w.a.key, `{"name":"findme","scopes":["*"]}`, idempotencyKey, "k1")
	rotated := w.ok(post, "/api-keys/"+made.str("id")+"/rotate", w.a.key, `{}`, idempotencyKey, "k2")
	ticket := w.ticket(w.a.key, `{}`)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	var all []byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		all = append(all, content...)
	}
	require.True(t, bytes.Contains(all, []byte("findme")), "this is the right place to look")
	for _, secret := range []string{made.str("key"), rotated.str("key"), w.a.key, ticket[strings.LastIndex(ticket, "/")+1:]} {
		require.Len(t, secret[:min(20, len(secret))], 20)
		require.False(t, bytes.Contains(all, []byte(secret)))
		require.False(t, bytes.Contains(all, []byte(secret[20:])), "nor its secret part")
	}
}

func TestCursor_OfAnotherTenantShowsNothingOfIt(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		for _, b := range []brand{w.a, w.b} {
			for _, name := range []string{"one", "two", "three"} {
				b.post("/campaigns", `{"name":"`+name+`"}`)
				b.post("/influencers", `{"name":"`+name+`"}`)
				b.post("/events", `{"action":"lead"}`)
				b.post("/api-keys", `{"name":"x","scopes":["*"]}`)
			}
		}
		for _, path := range []string{"/campaigns", "/influencers", "/events", "/api-keys", "/stats/campaigns", "/stats/influencers"} {
			cursor := w.b.get(path + "?limit=1").str("next_cursor")
			require.NotEmpty(t, cursor, path)
			own := map[string]bool{}
			for _, id := range idsOf(w.a.get(path)) {
				own[id] = true
			}
			got := w.call(get, path+"?cursor="+cursor, w.a.key, "")
			require.Contains(t, []int{200, 422}, got.status, path)
			for _, id := range idsOf(got.object()) {
				require.True(t, own[id], path)
			}
		}
	})
}

func TestPatch_IsReadAsStrictlyAsAPost(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	paths := map[string]string{}
	for _, o := range w.patches(s) {
		paths[o.path] = o.token
	}
	for path, token := range paths {
		before := w.call(get, path, token, "").body
		for body, status := range map[string]int{
			`{"Status":"active"}`: 422, `{"NAME":"x"}`: 422, `{"name":"x","name":"y"}`: 400, `{"version":1}`: 422, `{"title":"x","title":"x"}`: 400,
			`[]`: 422, `null`: 422, `"x"`: 422, ``: 415, ` `: 400, `{`: 400, `{}{}`: 400, `{"status":7}`: 422, `{"status":{}}`: 422, "{\"status\":\"\xff\"}": 400,
			`[{"op":"replace","path":"/name","value":"x"}]`: 422, strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40): 400,
		} {
			got := w.call(patch, path, token, body, ifMatch, "*")
			if strings.Contains(body, `"name":"y"`) || strings.Contains(body, `"title":"x","title"`) {
				require.Contains(t, []int{400, 422}, got.status, path+body)
				continue
			}
			require.Equal(t, status, got.status, "%s %s %s", path, body, got.body)
		}
		require.Equal(t, before, w.call(get, path, token, "").body)
		got := w.call(patch, path, token, `{}`, ifMatch, "*", "Content-Type", "application/merge-patch+json")
		require.Equal(t, http.StatusUnsupportedMediaType, got.status)
		require.Equal(t, http.StatusUnsupportedMediaType, w.call(patch, path, token, `{}`, ifMatch, "*", "Content-Encoding", "gzip").status)
		require.Equal(t, 413, w.call(patch, path, token, `{"name":"`+strings.Repeat("x", server.MaxBody)+`"}`, ifMatch, "*").status)
	}
}

func TestIdempotency_ARequestThatRanOutOfTimeMayBeMadeAgain(t *testing.T) {
	w := newWorld(t)
	ctxDone := superherTimeout(t, w)
	require.Equal(t, http.StatusGatewayTimeout, ctxDone.status, ctxDone.body)
	require.Empty(t, w.a.get("/campaigns")["data"], "undone")
	again := w.call(post, "/campaigns", w.a.key, `{"name":"x"}`, idempotencyKey, "k")
	require.Equal(t, http.StatusCreated, again.status)
	require.Empty(t, again.header.Get(replayed))
}

// superherTimeout makes a request under the key "k" of which the effect fails
// for want of time, on a second server over the same store.
func superherTimeout(t *testing.T, w *world) answer {
	t.Helper()
	late := newWorld(t, func(c *server.Config, store *storage.Store) {
		c.Timeout = 50 * time.Millisecond
		*store = lingering{w.store}
	})
	return late.call(post, "/campaigns", w.a.key, `{"name":"x"}`, idempotencyKey, "k")
}

// lingering is a store that commits only when it is too late.
type lingering struct{ storage.Store }

// Write implements [storage.Store].
func (l lingering) Write(ctx context.Context, scope tenant.Scope, fn func(context.Context, storage.Tx) error) error {
	return l.Store.Write(ctx, scope, func(ctx context.Context, tx storage.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < time.Second {
			<-ctx.Done()
			return fault.Of(ctx.Err())
		}
		return nil
	})
}

func TestIdempotency_TheSameBodyElsewhereIsAnotherRequest(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		w.ok(post, "/campaigns", w.a.key, `{"name":"x"}`, idempotencyKey, "k")
		w.refused(http.StatusConflict, "idempotency-key-reused", post, "/influencers", w.a.key, `{"name":"x"}`, idempotencyKey, "k")
		w.refused(http.StatusConflict, "idempotency-key-reused", post, "/campaigns?advertiser_id="+w.a.id.String(), w.a.key, `{"name":"x"}`, idempotencyKey, "k")
		first, second := w.a.scene("JESSICA20"), w.a.scene("RAVI20")
		period := `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}`
		w.ok(post, "/campaigns/"+first.campaign+"/rerate/preview", w.a.key, period, idempotencyKey, "p")
		w.refused(http.StatusConflict, "idempotency-key-reused", post, "/campaigns/"+second.campaign+"/rerate/preview", w.a.key, period, idempotencyKey, "p")
		require.Len(t, w.a.get("/influencers")["data"], 2)
	})
}
