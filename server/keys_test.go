package server_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestKeys_NeverReachWhatIsForAdmins(t *testing.T) {
	w := newWorld(t)
	for _, op := range server.Operations() {
		if op.Audience != server.Admins {
			continue
		}
		body := ""
		if op.Method != get {
			body = `{}`
		}
		for _, token := range []string{w.a.key, w.a.person("jess")} {
			got := w.do(op.Method, fill(op.Path), token, body, ifMatch, "*")
			require.Equal(t, http.StatusForbidden, got.status, op.Path)
			require.Equal(t, "role-insufficient", got.object().str("reason"))
		}
		require.Equal(t, http.StatusUnauthorized, w.do(op.Method, fill(op.Path), "", body).status)
		require.NotEqual(t, http.StatusForbidden, w.do(op.Method, fill(op.Path), w.admin(), body, ifMatch, "*").status, op.Path)
	}
}

// unreachable is a verifier that has no keys yet.
type unreachable struct{}

// Verify implements [auth.Verifier].
func (unreachable) Verify(context.Context, string) (auth.Identity, error) {
	return auth.Identity{}, fault.New(fault.Unavailable, "keys-unreachable", "the keys of the issuer cannot be had")
}

func TestTokens_OfPeopleNeedAVerifier(t *testing.T) {
	none := newWorld(t, func(c *server.Config, _ *storage.Store) { c.Verifier = nil })
	none.refused(http.StatusUnauthorized, "invalid-credential", get, "/me", "user.jess", "")
	down := newWorld(t, func(c *server.Config, _ *storage.Store) { c.Verifier = unreachable{} })
	got := down.refused(http.StatusServiceUnavailable, "keys-unreachable", get, "/me", "user.jess", "")
	require.NotEmpty(t, got.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, down.call(get, "/me", down.a.key, "").status, "keys need no issuer")
}

func TestKeys_MakeAndRotateKeysWithAtMostTheirOwnScopes(t *testing.T) {
	clock := newTimepiece()
	w := newWorld(t, clock.runs())
	maker := w.a.keyFor(tenant.KeysWrite, tenant.EventsWrite)
	strong := w.a.post("/api-keys", `{"name":"strong","scopes":["stats:read"]}`)
	whole := w.a.get("/api-keys").list("data")
	w.refused(403, "scope-insufficient", post, "/api-keys/"+strong.str("id")+"/rotate", maker, `{}`)
	for _, k := range whole {
		if len(k["scopes"].([]any)) == 1 && k["scopes"].([]any)[0] == "*" {
			w.refused(403, "scope-insufficient", post, "/api-keys/"+k.str("id")+"/rotate", maker, `{}`)
		}
	}
	weak := w.ok(post, "/api-keys", maker, `{"name":"weak","scopes":["events:write"],"test":true,"expires_at":"2026-09-01T00:00:00Z"}`)
	for _, bad := range []string{`{"overlap_seconds":-1}`, `{"overlap_seconds":2592001}`} {
		w.refused(422, "out-of-range", post, "/api-keys/"+weak.str("id")+"/rotate", maker, bad)
	}
	next := w.ok(post, "/api-keys/"+weak.str("id")+"/rotate", maker, `{"overlap_seconds":60}`)
	require.Equal(t, weak["scopes"], next["scopes"])
	require.Equal(t, weak["expires_at"], next["expires_at"])
	require.Equal(t, true, next["test"])
	works := func(k object) int { return w.call(post, "/events", k.str("key"), `{"action":"lead"}`).status }
	clock.advance(time.Minute - time.Microsecond)
	require.Equal(t, 201, works(weak))
	require.Equal(t, 201, works(next))
	clock.advance(time.Microsecond)
	require.Equal(t, 401, works(weak), "after the overlap only the new one")
	require.Equal(t, 201, works(next))
	w.refused(409, "key-not-usable", post, "/api-keys/"+weak.str("id")+"/rotate", maker, `{}`)
	atOnce := w.ok(post, "/api-keys/"+next.str("id")+"/rotate", w.a.key, `{}`)
	require.Equal(t, 401, works(next))
	require.Equal(t, 201, works(atOnce))
	w.ok(remove, "/api-keys/"+atOnce.str("id"), w.a.key, "")
	require.Equal(t, 401, works(atOnce))
	listing := w.call(get, "/api-keys", w.a.key, "").body + w.call(get, "/api-keys/"+atOnce.str("id"), w.a.key, "").body + w.call(get, "/api-keys", w.admin(), "").body
	for _, k := range []object{weak, next, atOnce} {
		require.NotContains(t, listing, k.str("key"))
		require.Contains(t, listing, k.str("prefix"))
		require.Contains(t, listing, k.str("last_four"))
	}
	require.NotContains(t, listing, `"hash"`)
	require.NotContains(t, listing, `"key":`)
	require.NotContains(t, w.log.String(), weak.str("key"))
}

func TestKeys_MakeNoneThatWorksLongerThanTheyDo(t *testing.T) {
	clock := newTimepiece()
	w := newWorld(t, clock.runs())
	ends := clock.Now().Add(time.Hour).UTC()
	at := func(end time.Time) string { return `,"expires_at":"` + end.Format(time.RFC3339Nano) + `"}` }
	maker := w.a.post("/api-keys", `{"name":"maker","scopes":["keys:write","events:write"]`+at(ends)).str("key")
	const worker = `{"name":"worker","scopes":["events:write"]`
	w.refused(403, "outlives-its-maker", post, "/api-keys", maker, worker+`}`)
	w.refused(403, "outlives-its-maker", post, "/api-keys", maker, worker+at(ends.Add(time.Microsecond)))
	w.ok(post, "/api-keys", maker, worker+at(ends))
	lasting := w.a.post("/api-keys", worker+`}`)
	w.refused(403, "outlives-its-maker", post, "/api-keys/"+lasting.str("id")+"/rotate", maker, `{}`)

	rotating := w.a.post("/api-keys", `{"name":"rotating","scopes":["keys:write","events:write"]}`)
	path := "/api-keys/" + rotating.str("id") + "/rotate"
	w.ok(post, path, w.a.key, `{"overlap_seconds":60}`)
	w.refused(403, "outlives-its-maker", post, "/api-keys", rotating.str("key"), worker+`}`)
	w.refused(409, "key-already-rotated", post, path, w.a.key, `{"overlap_seconds":60}`)
}
