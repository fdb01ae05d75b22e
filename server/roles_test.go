package server_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

// fill puts an id of nothing into every parameter of a path.
func fill(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = nobody
		}
	}
	return strings.Join(segments, "/")
}

func TestRoles_WhoIsNotActiveIsRefusedEverywhereButMe(t *testing.T) {
	w := newWorld(t, unlimited())
	w.a.scene("JESSICA20")
	people := map[string]string{
		"pending":   w.someone("new", tenant.UserChange{}),
		"suspended": w.someone("gone", tenant.UserChange{Status: new(tenant.UserSuspended), Role: new(tenant.RoleAdvertiser), Advertiser: &w.a.id}),
		"fallen":    w.someone("fallen", tenant.UserChange{Status: new(tenant.UserSuspended), Role: new(tenant.RoleAdmin)}),
		"role-less": w.someone("empty", tenant.UserChange{Status: new(tenant.UserSuspended)}),
		"ready":     w.someone("ready", tenant.UserChange{Role: new(tenant.RoleAdmin)}), // a role alone is no approval
	}
	before := w.state(w.a)
	tried := 0
	for name, token := range people {
		for _, op := range server.Operations() {
			if op.Audience == server.Anyone || op.Audience == server.Identified {
				continue
			}
			body := ""
			if op.Method == post || op.Method == patch {
				body = `{}`
			}
			for _, query := range []string{"", "?advertiser_id=" + w.a.id.String(), "?advertiser_id=" + nobody} {
				got := w.do(op.Method, fill(op.Path)+query, token, body, ifMatch, "*")
				require.Equal(t, http.StatusForbidden, got.status, "%s %s %s", name, op.Method, op.Path)
				require.Equal(t, "user-not-active", got.object().str("reason"))
				require.NotContains(t, got.body, w.a.id.String())
				tried++
			}
		}
		me := w.ok(get, "/me", token, "")
		require.Equal(t, "user", me.str("kind"))
		require.Nil(t, me["advertiser"])
		require.Nil(t, me["api_key"])
		require.Empty(t, me["scopes"])
	}
	require.Greater(t, tried, 500)
	require.Equal(t, before, w.state(w.a))
	require.Equal(t, "pending", w.ok(get, "/me", people["pending"], "").sub("user").str("status"))
	require.Equal(t, "suspended", w.ok(get, "/me", people["suspended"], "").sub("user").str("status"))
	require.Equal(t, "new@example.com", w.ok(get, "/me", people["pending"], "").sub("user").str("email"))
}

func TestMe_SaysWhoCalls(t *testing.T) {
	w := newWorld(t)
	admin := w.ok(get, "/me", w.admin(), "")
	require.Equal(t, "admin", admin.sub("user").str("role"))
	require.Equal(t, []any{"*"}, admin["scopes"])
	require.Nil(t, admin["advertiser"])
	person := w.ok(get, "/me", w.a.person("jess"), "")
	require.Equal(t, w.a.id.String(), person.sub("advertiser").str("id"))
	require.Equal(t, w.a.id.String(), person.sub("user").str("advertiser_id"))
	key := w.ok(get, "/me?advertiser_id="+w.b.id.String(), w.a.keyFor(tenant.EventsWrite, tenant.LinksRead), "")
	require.Equal(t, "api_key", key.str("kind"))
	require.Equal(t, []any{"events:write", "links:read"}, key["scopes"])
	require.Equal(t, w.a.id.String(), key.sub("advertiser").str("id"))
	require.Nil(t, key["user"])
	w.refused(http.StatusUnauthorized, "invalid-credential", get, "/me", "", "")
}

func TestRoles_AChangeCountsFromTheNextRequest(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		admin := w.admin()
		token := w.someone("jess", tenant.UserChange{})
		id := w.ok(get, "/me", token, "").sub("user").str("id")
		status := func(path string) int { return w.call(get, path, token, "").status }
		require.Equal(t, http.StatusForbidden, status("/campaigns"))
		w.ok(patch, "/users/"+id, admin, `{"status":"active","role":"advertiser","advertiser_id":"`+w.a.id.String()+`"}`, ifMatch, "*")
		require.Equal(t, http.StatusOK, status("/campaigns"))
		require.Equal(t, http.StatusForbidden, status("/users"))
		require.Equal(t, w.a.id.String(), w.ok(get, "/advertisers", token, "").list("data")[0].str("id"))
		w.ok(patch, "/users/"+id, admin, `{"advertiser_id":"`+w.b.id.String()+`"}`, ifMatch, "*")
		require.Equal(t, w.b.id.String(), w.ok(get, "/advertisers", token, "").list("data")[0].str("id"))
		w.ok(patch, "/users/"+id, admin, `{"role":"admin","advertiser_id":null}`, ifMatch, "*")
		require.Equal(t, http.StatusOK, status("/users"))
		require.Len(t, w.ok(get, "/advertisers", token, "").list("data"), 2)
		w.ok(patch, "/users/"+id, admin, `{"status":"suspended"}`, ifMatch, "*")
		require.Equal(t, http.StatusForbidden, status("/users"))
		require.Equal(t, http.StatusOK, status("/me"))
		w.refused(http.StatusConflict, "illegal-status-change", patch, "/users/"+id, admin, `{"status":"pending"}`, ifMatch, "*")
		w.refused(422, "not-for-role", patch, "/users/"+id, admin, `{"advertiser_id":"`+w.a.id.String()+`"}`, ifMatch, "*")
		w.refused(404, "not-found", patch, "/users/"+id, admin, `{"role":"advertiser","advertiser_id":"`+nobody+`"}`, ifMatch, "*")
		w.refused(404, "not-found", patch, "/users/"+nobody, admin, `{"role":"admin"}`, ifMatch, "*")
	})
}

func TestRoles_AnAdminCannotChangeTheOwnAccount(t *testing.T) {
	w := newWorld(t)
	admin := w.admin()
	id := w.ok(get, "/me", admin, "").sub("user").str("id")
	for _, body := range []string{`{"status":"suspended"}`, `{"role":null}`, `{}`} {
		w.refused(http.StatusConflict, "own-account", patch, "/users/"+id, admin, body, ifMatch, "*")
	}
	require.Equal(t, "active", w.ok(get, "/users/"+id, admin, "").str("status"))
}

func TestUsers_ListedByStatusInPages(t *testing.T) {
	w := newWorld(t)
	admin := w.admin()
	for _, name := range []string{"a", "b", "c"} {
		w.someone(name, tenant.UserChange{})
	}
	w.a.person("jess")
	require.Len(t, w.ok(get, "/users", admin, "").list("data"), 5)
	require.Len(t, w.ok(get, "/users?status=active", admin, "").list("data"), 2)
	first := w.ok(get, "/users?status=pending&limit=2", admin, "")
	require.Len(t, first.list("data"), 2)
	second := w.ok(get, "/users?status=pending&limit=2&cursor="+first.str("next_cursor"), admin, "")
	require.Len(t, second.list("data"), 1)
	require.Nil(t, second["next_cursor"])
	w.refused(422, "unknown-status", get, "/users?status=gone", admin, "")
	w.refused(422, "unknown-status", get, "/users?status=", admin, "")
}

func TestUsers_SeenForTheFirstTimeByManyRequestsAtOnceIsOne(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		answers := together(20, func(int) answer { return w.call(get, "/me", "user.fresh", "") })
		require.Equal(t, 20, count(answers, http.StatusOK))
		ids := map[string]bool{}
		for _, a := range answers {
			ids[a.object().sub("user").str("id")] = true
			require.Equal(t, "pending", a.object().sub("user").str("status"))
		}
		require.Len(t, ids, 1)
	})
}

func TestBrandUser_SeesOnlyItsOwnWhateverItAsksFor(t *testing.T) {
	w := newWorld(t, unlimited())
	s := w.a.scene("JESSICA20")
	b := w.b.scene("BRANDB20")
	event := w.b.post("/events", `{"action":"purchase","value":"9","currency":"EUR","coupon_code":"BRANDB20"}`).str("id")
	w.a.post("/events", `{"action":"purchase","value":"9","currency":"INR","coupon_code":"JESSICA20"}`)
	jess := w.a.person("jess")
	for _, op := range server.Operations() {
		if op.Method != get || op.Audience != server.Callers || strings.Contains(op.Path, "{") {
			continue
		}
		own := w.do(get, op.Path, jess, "")
		require.Equal(t, http.StatusOK, own.status, op.Path)
		for _, asked := range []string{w.b.id.String(), nobody, "x", ""} {
			got := w.do(get, op.Path+"?advertiser_id="+asked, jess, "")
			require.Equal(t, own.body, got.body, op.Path+" "+asked)
			for _, secret := range []string{b.campaign, b.influencer, b.coupon, b.link, b.linkCode, event, w.b.id.String()} {
				require.NotContains(t, got.body, secret, op.Path)
			}
		}
		require.Equal(t, http.StatusOK, w.do(get, op.Path+"?advertiser_id="+w.b.id.String(), w.a.key, "").status)
	}
	require.Equal(t, s.campaign, w.ok(get, "/campaigns/"+s.campaign+"?advertiser_id="+w.b.id.String(), jess, "").str("id"))
}

// Whoever is no admin: another advertiser in a write, in the body or in the
// query, is answered as one that does not exist.
func TestWrites_NamingAnotherAdvertiserIsNotFound(t *testing.T) {
	w := newWorld(t, unlimited())
	rows := map[string]order{}
	for name, o := range w.orders(w.a, "JESSICA20") {
		rows["POST "+name] = o
	}
	for name, o := range w.patches(w.a.scene("RAVI20")) {
		rows["PATCH "+name] = order{o.path, o.token, o.body}
	}
	before := [2]string{w.state(w.a), w.state(w.b)}
	for name, o := range rows {
		method, path, _ := strings.Cut(name, " ")
		if path == "/advertisers" || path == "/users/{id}" {
			continue
		}
		for _, token := range []string{w.a.key, w.a.person("jess")} {
			var bodies, queries []string
			for _, id := range []string{w.b.id.String(), nobody} {
				named := strings.Replace(o.body, "{", `{"advertiser_id":"`+id+`",`, 1)
				named = strings.Replace(named, ",}", "}", 1)
				if path != "/advertisers/{id}" { // which takes none in its body
					bodies = append(bodies, same(w.refused(404, "not-found", method, o.path, token, named, ifMatch, "*")))
				}
				queries = append(queries, same(w.refused(404, "not-found", method, o.path+"?advertiser_id="+id, token, o.body, ifMatch, "*")))
			}
			require.Equal(t, queries[0], queries[1], name)
			if len(bodies) > 0 {
				require.Equal(t, bodies, queries, name)
			}
		}
	}
	after := [2]string{w.state(w.a), w.state(w.b)}
	require.Equal(t, before, after)
}

func TestAdmin_ReadsAllOrOneAdvertiser(t *testing.T) {
	w := newWorld(t)
	a, b := w.a.scene("JESSICA20"), w.b.scene("BRANDB20")
	w.a.post("/events", `{"action":"purchase","value":"7","currency":"INR","coupon_code":"JESSICA20"}`)
	w.b.post("/events", `{"action":"purchase","value":"9","currency":"EUR","coupon_code":"BRANDB20"}`)
	admin := w.admin()
	for _, path := range []string{"/campaigns", "/influencers", "/coupons", "/tracking-links", "/api-keys", "/events", "/stats/campaigns", "/stats/coupons", "/payouts/estimate"} {
		require.Len(t, w.ok(get, path, admin, "").list("data"), 2, path)
		require.Len(t, w.ok(get, path+"?advertiser_id="+w.b.id.String(), admin, "").list("data"), 1, path)
		for _, bad := range []string{"x", "", "00000000-0000-0000-0000-000000000000"} {
			require.Equal(t, 422, w.call(get, path+"?advertiser_id="+bad, admin, "").status, path+bad)
		}
		w.refused(422, "repeated", get, path+"?advertiser_id="+w.b.id.String()+"&advertiser_id="+w.b.id.String(), admin, "")
	}
	require.Len(t, w.ok(get, "/stats/overview", admin, "")["revenue"], 2, "currencies never add up")
	require.Equal(t, "UTC", w.ok(get, "/stats/overview", admin, "").str("time_zone"))
	require.Equal(t, "Asia/Kolkata", w.ok(get, "/stats/overview?advertiser_id="+w.a.id.String(), admin, "").str("time_zone"))
	require.Equal(t, true, w.ok(get, "/stats/reconcile", admin, "")["agrees"])
	w.refused(422, "required", get, "/stats/campaigns?sort=revenue", admin, "")
	require.Equal(t, 200, w.call(get, "/stats/campaigns?sort=revenue&currency=EUR", admin, "").status)
	require.Equal(t, w.b.id.String(), w.ok(get, "/campaigns/"+b.campaign, admin, "").str("advertiser_id"))
	w.refused(404, "not-found", get, "/campaigns/"+b.campaign+"?advertiser_id="+w.a.id.String(), admin, "")
	require.Equal(t, "crm-7", w.ok(get, "/influencers/"+a.influencer, admin, "").str("external_id"))
}

func TestAdmin_AWriteNeedsAnAdvertiser(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		admin := w.admin()
		for path, body := range map[string]string{
			"/campaigns": `{"name":"x"}`, "/influencers": `{"name":"x"}`, "/events": `{"action":"lead"}`, "/events/batch": `{"events":[{"action":"lead"}]}`,
			"/api-keys": `{"name":"x","scopes":["events:write"]}`, "/coupons": `{}`, "/coupons/bulk": `{"count":2}`, "/tracking-links": `{"destination":"https://x.example"}`,
		} {
			got := w.refused(422, "required", post, path, admin, body)
			require.Equal(t, []string{"advertiser_id"}, fieldsOf(got))
			if path == "/coupons" || path == "/coupons/bulk" || path == "/tracking-links" {
				continue
			}
			made := w.call(post, path+"?advertiser_id="+w.a.id.String(), admin, body)
			require.Contains(t, []int{200, 201}, made.status, path+made.body)
			require.Contains(t, made.body, w.a.id.String())
			named := strings.Replace(body, "{", `{"advertiser_id":"`+w.a.id.String()+`",`, 1)
			require.Contains(t, w.call(post, path, admin, named).body, w.a.id.String())
			both := w.refused(404, "not-found", post, path+"?advertiser_id="+w.b.id.String(), admin, named)
			require.Equal(t, same(both), same(w.refused(404, "not-found", post, path+"?advertiser_id="+nobody, admin, body)), path)
			w.refused(404, "not-found", post, path, admin, strings.Replace(named, w.a.id.String(), nobody, 1))
		}
		w.refused(404, "not-found", post, "/exports?advertiser_id="+nobody, admin, `{}`)
		w.refused(404, "not-found", post, "/exports?advertiser_id="+nobody, admin, `{"time_zone":"UTC"}`)
		w.refused(404, "not-found", post, "/campaigns?advertiser_id="+nobody, admin, `{"name":"x"}`, idempotencyKey, "k")
		for path, body := range map[string]string{
			"/coupons": `{"campaign_id":"` + s.campaign + `"}`, "/coupons/bulk": `{"campaign_id":"` + s.campaign + `","count":2}`,
			"/tracking-links": `{"campaign_id":"` + s.campaign + `","destination":"https://x.example"}`,
		} {
			made := w.call(post, path, admin, body)
			require.Equal(t, 201, made.status, made.body)
			require.Contains(t, made.body, w.a.id.String())
			require.NotContains(t, made.body, w.b.id.String())
			w.refused(404, "not-found", post, path+"?advertiser_id="+w.b.id.String(), admin, body)
		}
		w.refused(404, "not-found", post, "/campaigns/"+s.campaign+"/rerate/preview?advertiser_id="+w.b.id.String(), admin, `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}`)
		w.ok(post, "/campaigns/"+s.campaign+"/rerate/preview", admin, `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}`)
	})
}

func TestAdmin_PatchAndDeleteFindTheOwner(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		spare := w.a.post("/api-keys", `{"name":"spare","scopes":["events:write"]}`).str("id")
		admin := w.admin()
		for path, body := range map[string]string{
			"/advertisers/" + w.a.id.String(): `{"name":"R"}`, "/campaigns/" + s.campaign: `{"name":"R","status":"ended"}`, "/influencers/" + s.influencer: `{"name":"R"}`,
			"/coupons/" + s.coupon: `{"valid_to":"2030-01-01T00:00:00Z"}`, "/tracking-links/" + s.link: `{"title":"R"}`,
		} {
			w.refused(404, "not-found", patch, path+"?advertiser_id="+w.b.id.String(), admin, body, ifMatch, "*")
			require.Equal(t, w.ok(patch, path, admin, body, ifMatch, "*"), w.ok(get, path, admin, ""), path)
		}
		w.refused(404, "not-found", patch, "/campaigns/"+nobody, admin, `{}`, ifMatch, "*")
		w.ok(post, "/api-keys/"+spare+"/rotate", admin, `{"overlap_seconds":5}`)
		for _, path := range []string{"/campaigns/" + s.campaign, "/influencers/" + s.influencer, "/coupons/" + s.coupon, "/tracking-links/" + s.link, "/api-keys/" + spare} {
			w.refused(404, "not-found", remove, path+"?advertiser_id="+w.b.id.String(), admin, "")
			w.ok(remove, path, admin, "")
		}
	})
}

func TestAdmin_AssigningAForeignInfluencerSharesIt(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		a, b := w.a.scene("JESSICA20"), w.b.scene("BRANDB20")
		admin := w.admin()
		body := `{"campaign_id":"` + a.campaign + `","terms":{"share_type":"percentage","rate":"5"}}`
		w.refused(404, "not-found", post, "/influencers/"+b.influencer+"/assign", w.a.key, body)
		w.refused(404, "not-found", post, "/influencers/"+nobody+"/assign", admin, body)
		w.refused(404, "not-found", post, "/influencers/"+b.influencer+"/assign", admin, `{"campaign_id":"`+nobody+`"}`)
		w.refused(404, "not-found", get, "/influencers/"+b.influencer, w.a.key, "")
		made := w.call(post, "/influencers/"+b.influencer+"/assign", admin, body, idempotencyKey, "k")
		require.Equal(t, 201, made.status, made.body)
		require.Equal(t, made.body, w.call(post, "/influencers/"+b.influencer+"/assign", admin, body, idempotencyKey, "k").body)
		shared := w.a.get("/influencers/" + b.influencer)
		require.Nil(t, shared["external_id"])
		require.Nil(t, shared["advertiser_id"])
		require.Len(t, w.a.get("/campaigns/" + a.campaign + "/assignments")["data"], 2)
		require.Len(t, w.b.get("/campaigns/" + b.campaign + "/assignments")["data"], 1)
	})
}

// A refused assignment must leave no trace: neither a bad key nor a reused one
// may make a person visible to another brand.
func TestAdmin_ARefusedAssignmentSharesNobody(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		a, b := w.a.scene("JESSICA20"), w.b.scene("BRANDB20")
		admin := w.admin()
		assign := "/influencers/" + b.influencer + "/assign"
		body := `{"campaign_id":"` + a.campaign + `"}`
		w.ok(post, "/campaigns?advertiser_id="+w.a.id.String(), admin, `{"name":"x"}`, idempotencyKey, "used")
		w.refused(422, "malformed-idempotency-key", post, assign, admin, body, idempotencyKey, "a b")
		w.refused(404, "not-found", get, "/influencers/"+b.influencer, w.a.key, "")
		w.refused(409, "idempotency-key-reused", post, assign, admin, body, idempotencyKey, "used")
		w.refused(404, "not-found", get, "/influencers/"+b.influencer, w.a.key, "")
	})
}

// What is taken away is gone for every request that begins afterwards, however
// many are on their way.
func TestRoles_NothingSucceedsAfterASuspensionUnderLoad(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		admin, jess := w.admin(), w.a.person("jess")
		id := w.ok(get, "/me", jess, "").sub("user").str("id")
		made := w.a.post("/api-keys", `{"name":"x","scopes":["*"]}`)
		var suspended, revoked atomic.Bool
		var late atomic.Int32
		stop := make(chan struct{})
		var load sync.WaitGroup
		for _, c := range []struct {
			token string
			over  *atomic.Bool
		}{{jess, &suspended}, {made.str("key"), &revoked}, {jess, &suspended}, {made.str("key"), &revoked}} {
			load.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					over := c.over.Load()
					if w.call(get, "/campaigns", c.token, "").status == http.StatusOK && over {
						late.Add(1)
					}
				}
			})
		}
		w.ok(patch, "/users/"+id, admin, `{"status":"suspended"}`, ifMatch, "*")
		suspended.Store(true)
		w.ok(remove, "/api-keys/"+made.str("id"), w.a.key, "")
		revoked.Store(true)
		for range 50 {
			require.Equal(t, http.StatusForbidden, w.call(get, "/campaigns", jess, "").status)
			require.Equal(t, http.StatusUnauthorized, w.call(get, "/campaigns", made.str("key"), "").status)
		}
		close(stop)
		load.Wait()
		require.Zero(t, late.Load())
	})
}
