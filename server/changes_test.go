package server_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

const ifMatch = "If-Match"

// revision is a change with another one of the same thing.
type revision struct{ path, token, body, other string }

// patches returns a change of every thing that can be changed, and where it is,
// by the path of the operation.
func (w *world) patches(s scene) map[string]revision {
	w.t.Helper()
	admin := w.admin()
	w.someone("pat", tenant.UserChange{})
	var pat string
	for _, u := range w.ok(get, "/users?status=pending", admin, "").list("data") {
		pat = u.str("id")
	}
	return map[string]revision{
		"/advertisers/{id}":    {"/advertisers/" + w.a.id.String(), w.a.key, `{"name":"Renamed"}`, `{"name":"Renamed again"}`},
		"/campaigns/{id}":      {"/campaigns/" + s.campaign, w.a.key, `{"name":"Renamed"}`, `{"name":"Renamed again"}`},
		"/influencers/{id}":    {"/influencers/" + s.influencer, w.a.key, `{"name":"Renamed"}`, `{"name":"Renamed again"}`},
		"/coupons/{id}":        {"/coupons/" + s.coupon, w.a.key, `{"valid_from":"2026-01-01T00:00:00Z"}`, `{"valid_from":null}`},
		"/tracking-links/{id}": {"/tracking-links/" + s.link, w.a.key, `{"title":"Renamed"}`, `{"title":"Renamed again"}`},
		"/users/{id}":          {"/users/" + pat, admin, `{"status":"suspended"}`, `{"role":"admin"}`},
	}
}

func version(o object) string {
	n, _ := o["version"].(float64)
	return `"` + strconv.Itoa(int(n)) + `"`
}

func TestPatch_NeedsTheVersionItIsMeantFor(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		patches := w.patches(w.a.scene("JESSICA20"))
		for _, op := range server.Operations() {
			require.Equal(t, op.Method == patch || op.Method == remove, op.Versioned, op.Path)
			if op.Method != patch {
				continue
			}
			o, known := patches[strings.TrimPrefix(op.Path, api)]
			require.True(t, known, "no row for PATCH %s", op.Path)
			t.Run(op.Path, func(t *testing.T) { w.versioned(t, o) })
			delete(patches, strings.TrimPrefix(op.Path, api))
		}
		require.Empty(t, patches)
	})
}

func (w *world) versioned(t *testing.T, o revision) {
	t.Helper()
	before := w.call(get, o.path, o.token, "")
	require.Equal(t, version(before.object()), before.header.Get("ETag"))
	w.refused(http.StatusPreconditionRequired, "if-match-required", patch, o.path, o.token, o.body)
	for _, malformed := range []string{"", "1", `W/"1"`, `"01"`, `"+1"`, `"-1"`, `"0"`, `"1", "2"`, `"x"`, `""`, `"1`, `**`, `"9223372036854775808"`, `"1"x`} {
		w.refused(http.StatusBadRequest, "malformed-if-match", patch, o.path, o.token, o.body, ifMatch, malformed)
	}
	w.refused(http.StatusPreconditionFailed, "changed-meanwhile", patch, o.path, o.token, o.body, ifMatch, `"7"`)
	require.Equal(t, before.body, w.call(get, o.path, o.token, "").body, "nothing changed")

	changed := w.call(patch, o.path, o.token, o.body, ifMatch, before.header.Get("ETag"))
	require.Equal(t, http.StatusOK, changed.status, changed.body)
	require.Equal(t, version(changed.object()), changed.header.Get("ETag"))
	require.NotEqual(t, before.header.Get("ETag"), changed.header.Get("ETag"))
	read := w.call(get, o.path, o.token, "")
	require.Equal(t, read.body, changed.body, "a change reads as it was answered")
	require.Equal(t, read.header.Get("ETag"), changed.header.Get("ETag"))
	w.refused(http.StatusPreconditionFailed, "changed-meanwhile", patch, o.path, o.token, o.body, ifMatch, before.header.Get("ETag"))
	again := w.call(patch, o.path, o.token, o.body, ifMatch, "*")
	require.Equal(t, http.StatusOK, again.status)
	require.Equal(t, read.body, again.body, "what changes nothing is no new version")

	current := w.call(get, o.path, o.token, "").header.Get("ETag")
	answers := together(20, func(int) answer { return w.call(patch, o.path, o.token, o.other, ifMatch, current) })
	require.Equal(t, 1, count(answers, http.StatusOK))
	require.Equal(t, 19, count(answers, http.StatusPreconditionFailed))
}

func TestPost_AnswersWithTheTagOfWhatItMade(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for path, body := range map[string]string{
		"/campaigns": `{"name":"x"}`, "/influencers": `{"name":"x"}`, "/coupons": `{"campaign_id":"` + s.campaign + `"}`,
		"/tracking-links": `{"campaign_id":"` + s.campaign + `","destination":"https://x.example"}`, "/api-keys": `{"name":"x","scopes":["*"]}`,
	} {
		made := w.call(post, path, w.a.key, body)
		require.Equal(t, `"1"`, made.header.Get("ETag"), path)
		read := w.do(get, made.header.Get("Location"), w.a.key, "")
		require.Equal(t, http.StatusOK, read.status, path)
		require.Equal(t, `"1"`, read.header.Get("ETag"), path)
	}
	made := w.call(post, "/advertisers", w.admin(), `{"name":"C","time_zone":"UTC","currency":"EUR"}`)
	require.Equal(t, `"1"`, made.header.Get("ETag"))
	require.Equal(t, made.body, w.do(get, made.header.Get("Location"), w.admin(), "").body)
}

func TestPatch_NullClearsAndAbsentLeaves(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for _, c := range []struct {
		path, all string
		clear     map[string]string // member to what is read afterwards
		required  []string          // what null is refused for
	}{
		{
			"/campaigns/" + s.campaign,
			`{"starts_at":"2026-01-01T00:00:00Z","ends_at":"2027-01-01T00:00:00Z","budget":{"amount":"5","currency":"INR"},"generic_coupon":"wins"}`,
			map[string]string{"starts_at": "null", "ends_at": "null", "budget": "null", "generic_coupon": "null"},
			[]string{"name", "status"},
		},
		{
			"/influencers/" + s.influencer,
			`{"email":"j@example.com","handle":"@j","platforms":["tiktok"],"country":"IN","external_id":"7"}`,
			map[string]string{"email": "null", "handle": "null", "platforms": "[]", "country": "null", "external_id": "null"},
			[]string{"name"},
		},
		{
			"/coupons/" + s.coupon,
			`{"valid_from":"2026-01-01T00:00:00Z","valid_to":"2027-01-01T00:00:00Z","discount":{"percent":"5"}}`,
			map[string]string{"valid_from": "null", "valid_to": "null", "discount": "null"},
			[]string{"status"},
		},
		{
			"/tracking-links/" + s.link,
			`{"title":"T","utm":{"source":"s","medium":"m"}}`,
			map[string]string{"title": "null", "utm": `{"source":null,"medium":null,"campaign":null,"term":null,"content":null}`},
			[]string{"destination", "status"},
		},
		{"/advertisers/" + w.a.id.String(), `{"name":"N"}`, nil, []string{"name", "currency"}},
	} {
		full := w.call(patch, c.path, w.a.key, c.all, ifMatch, "*")
		require.Equal(t, http.StatusOK, full.status, full.body)
		left := w.call(patch, c.path, w.a.key, `{}`, ifMatch, "*")
		require.Equal(t, without(full.object(), "version"), without(left.object(), "version"), "absent leaves")
		for name, cleared := range c.clear {
			require.NotContains(t, left.body, `"`+name+`":`+cleared, c.path)
			got := w.call(patch, c.path, w.a.key, `{"`+name+`":null}`, ifMatch, "*")
			require.Equal(t, http.StatusOK, got.status, name+got.body)
			require.Contains(t, got.body, `"`+name+`":`+cleared, c.path)
			require.Equal(t, without(left.object(), "version", name), without(got.object(), "version", name), "nothing else")
			w.ok(patch, c.path, w.a.key, c.all, ifMatch, "*")
		}
		before := w.call(get, c.path, w.a.key, "").body
		for _, name := range c.required {
			got := w.call(patch, c.path, w.a.key, `{"`+name+`":null}`, ifMatch, "*")
			require.Equal(t, http.StatusUnprocessableEntity, got.status, name)
			require.Equal(t, []string{name}, fieldsOf(got))
		}
		require.Equal(t, before, w.call(get, c.path, w.a.key, "").body)
	}
}

func without(o object, names ...string) object {
	for _, name := range names {
		delete(o, name)
	}
	return o
}

func TestPatch_IllegalStatusChangeIsAConflict(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for path, body := range map[string]string{"/campaigns/" + s.campaign: `{"status":"draft"}`} {
		for _, tag := range []string{"*", `"1"`} {
			w.refused(http.StatusConflict, "illegal-status-change", patch, path, w.a.key, body, ifMatch, tag)
		}
	}
	w.refused(422, "unknown-status", patch, "/campaigns/"+s.campaign, w.a.key, `{"status":"gone"}`, ifMatch, "*")
	w.refused(422, "unknown-status", patch, "/coupons/"+s.coupon, w.a.key, `{"status":"gone"}`, ifMatch, "*")
	w.refused(422, "unknown-status", patch, "/tracking-links/"+s.link, w.a.key, `{"status":"gone"}`, ifMatch, "*")
}

// serverOwned are names that the server alone may fill, and names of an inside
// that a caller could guess. Where an operation does take one, it says so here.
func serverOwned() map[string][]string {
	user := "PATCH /users/{id}"
	return map[string][]string{
		"id": nil, "version": nil, "created_at": nil, "updated_at": nil, "uses": nil, "clicks": nil, "key": nil, "hash": nil, "prefix": {"POST /coupons", "POST /coupons/bulk"},
		"last_four": nil, "last_used_at": nil, "revoked_at": nil, "short_url": nil, "received_at": nil, "conversion": nil, "attribution": nil,
		"commission": nil, "repeat": nil, "role": {user}, "issuer": nil, "subject": nil, "method": nil, "source": nil, "recorded_at": nil, "creator": nil,
		"tenant_id": nil, "is_admin": nil, "key_id": nil, "visits": nil, "__proto__": nil, "ID": nil, "Version": nil, "advertiserId": nil,
		"status": {user, "PATCH /campaigns/{id}", "PATCH /coupons/{id}", "PATCH /tracking-links/{id}", "POST /campaigns"},
		"scopes": {"POST /api-keys"}, "code": {"POST /coupons", "POST /tracking-links"}, "advertiser": nil,
	}
}

func TestMassAssignment_ServerOwnedMembersAreRefusedEverywhere(t *testing.T) {
	w := newWorld(t, unlimited())
	rows := map[string]order{}
	for name, o := range w.orders(w.a, "JESSICA20") {
		rows["POST "+name] = o
	}
	for name, o := range w.patches(w.a.scene("RAVI20")) {
		rows["PATCH "+name] = order{o.path, o.token, o.body}
	}
	before, tried := w.state(w.a), 0
	for name, o := range rows {
		method, _, _ := strings.Cut(name, " ")
		for member, takers := range serverOwned() {
			if slices.Contains(takers, name) {
				continue
			}
			for _, value := range []string{`"` + nobody + `"`, `7`, `null`} {
				body := o.body[:len(o.body)-1] + `,"` + member + `":` + value + `}`
				if o.body == "{}" {
					body = `{"` + member + `":` + value + `}`
				}
				got := w.refused(422, "unknown-member", method, o.path, o.token, body, ifMatch, "*")
				require.Equal(t, []string{member}, fieldsOf(got), name)
				tried++
			}
		}
	}
	require.Greater(t, tried, 1500)
	require.Equal(t, before, w.state(w.a), "nothing changed")
	inItem := w.ok(post, "/events/batch", w.a.key, `{"events":[{"action":"lead","id":"`+nobody+`"},{"action":"lead","commission":{"amount":{"amount":"9","currency":"INR"}}}]}`)
	for _, result := range inItem.list("results") {
		require.Equal(t, "unknown-member", result.sub("error").str("reason"))
	}
	w.refused(422, "unknown-member", post, "/influencers/"+nobody+"/assign", w.a.key, `{"campaign_id":"`+nobody+`","terms":{"share_type":"flat","version":3}}`)
}

func TestDelete_EndsWithoutForgetting(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		w.a.post("/events", `{"action":"purchase","value":"100","currency":"INR","coupon_code":"JESSICA20"}`)
		spare := w.a.post("/api-keys", `{"name":"spare","scopes":["events:write"]}`)
		figures := func() string {
			return w.call(get, "/stats/overview", w.a.key, "").body + w.call(get, "/stats/campaigns", w.a.key, "").body + w.call(get, "/stats/coupons", w.a.key, "").body +
				w.call(get, "/stats/tracking-links", w.a.key, "").body
		}
		earned := func() any { return w.a.get("/payouts/estimate").list("data")[0]["payout"] }
		before, earnings := figures(), earned()

		w.refused(http.StatusConflict, "illegal-status-change", remove, "/campaigns/"+s.campaign, w.a.key, "")
		w.ok(patch, "/campaigns/"+s.campaign, w.a.key, `{"status":"ended"}`, ifMatch, "*")
		for _, c := range []struct{ path, member, want string }{
			{"/campaigns/" + s.campaign, "status", "archived"},
			{"/coupons/" + s.coupon, "status", "disabled"},
			{"/tracking-links/" + s.link, "status", "disabled"},
			{"/influencers/" + s.influencer, "name", "Erased"},
			{"/api-keys/" + spare.str("id"), "revoked_at", "2026-06-15T12:00:00Z"},
		} {
			w.refused(http.StatusPreconditionFailed, "changed-meanwhile", remove, c.path, w.a.key, "", ifMatch, `"99"`)
			w.refused(http.StatusBadRequest, "malformed-if-match", remove, c.path, w.a.key, "", ifMatch, "99")
			current := w.call(get, c.path, w.a.key, "").header.Get("ETag")
			first := w.call(remove, c.path, w.a.key, "", ifMatch, current)
			require.Equal(t, http.StatusOK, first.status, c.path+first.body)
			require.Equal(t, c.want, first.object().str(c.member))
			require.Equal(t, first.body, w.call(get, c.path, w.a.key, "").body, c.path)
			again := w.call(remove, c.path, w.a.key, "")
			require.Equal(t, http.StatusOK, again.status, again.body)
			require.Equal(t, first.body, again.body, "once more changes nothing")
		}
		require.Equal(t, before, figures(), "the figures stay")
		require.Equal(t, earnings, earned(), "what was earned stays")
		require.Equal(t, http.StatusNotFound, w.do(get, "/r/"+s.linkCode, "", "").status)
		w.refused(http.StatusConflict, "coupon-code-taken", post, "/coupons", w.a.key, `{"campaign_id":"`+w.a.post("/campaigns", `{"name":"y"}`).str("id")+`","code":"JESSICA20"}`)
		w.refused(http.StatusUnauthorized, "invalid-credential", post, "/events", spare.str("key"), `{"action":"lead"}`)
		require.NotContains(t, w.call(get, "/influencers", w.a.key, "").body+w.call(get, "/stats/influencers", w.a.key, "").body, "Jessica")
		for _, path := range []string{"/campaigns/", "/coupons/", "/tracking-links/", "/influencers/", "/api-keys/"} {
			for _, id := range []string{nobody, "x"} {
				w.refused(http.StatusNotFound, "not-found", remove, path+id, w.a.key, "")
			}
			w.refused(422, "unknown-parameter", remove, path+nobody+"?force=1", w.a.key, "")
		}
	})
}

func TestDelete_AndPatchOfForeignThingsAreNotFound(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		key := w.a.get("/api-keys").list("data")[0].str("id")
		before := w.state(w.a)
		for path, id := range map[string]string{
			"/campaigns/": s.campaign, "/coupons/": s.coupon, "/tracking-links/": s.link, "/influencers/": s.influencer, "/api-keys/": key, "/advertisers/": w.a.id.String(),
		} {
			for _, who := range []string{w.b.key, w.b.person("boris")} {
				if path != "/advertisers/" {
					require.Equal(t, same(w.call(remove, path+nobody, who, "")), same(w.refused(404, "not-found", remove, path+id, who, "")), path)
				}
				if path != "/api-keys/" {
					require.Equal(t, same(w.call(patch, path+nobody, who, `{}`, ifMatch, "*")), same(w.refused(404, "not-found", patch, path+id, who, `{}`, ifMatch, "*")), path)
				}
			}
		}
		id, err := parseInfluencer(s.influencer)
		require.NoError(t, err)
		require.NoError(t, w.client.ShareInfluencer(t.Context(), w.b.id, id))
		w.refused(403, "not-the-creator", remove, "/influencers/"+s.influencer, w.b.key, "")
		w.refused(403, "not-the-creator", patch, "/influencers/"+s.influencer, w.b.key, `{"name":"x"}`, ifMatch, "*")
		require.Equal(t, before, w.state(w.a), "nothing changed")
	})
}
