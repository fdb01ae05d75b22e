package server_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

const (
	idempotencyKey = "Idempotency-Key"
	replayed       = "Idempotency-Replayed"
)

// order is a request that can be carried out.
type order struct{ path, token, body string }

// orders returns one request of every POST that there is, as the brand's own
// key makes it, or the admin where it is for admins only.
func (w *world) orders(b brand, couponCode string) map[string]order {
	w.t.Helper()
	s := b.scene(couponCode)
	fresh := b.post("/influencers", `{"name":"Ravi"}`).str("id")
	spare := b.post("/api-keys", `{"name":"spare","scopes":["events:write"]}`).str("id")
	b.post("/events", `{"action":"purchase","value":"100","currency":"INR","coupon_code":"`+couponCode+`"}`)
	b.post("/campaigns/"+s.campaign+"/influencers/"+s.influencer+"/terms", `{"share_type":"percentage","rate":"20","effective_from":"2026-01-01T00:00:00Z"}`)
	period := `"from":"2026-01-01T00:00:00Z","to":"2026-12-31T00:00:00Z"`
	digest := b.post("/campaigns/"+s.campaign+"/rerate/preview", "{"+period+"}").str("digest")
	campaign := `{"campaign_id":"` + s.campaign + `"`
	return map[string]order{
		"/events":                        {"/events", b.key, `{"action":"lead"}`},
		"/events/batch":                  {"/events/batch", b.key, `{"events":[{"action":"lead"},{"action":"NO","customer_id":"a<b>&\u2028"}]}`},
		"/campaigns":                     {"/campaigns", b.key, `{"name":"Winter <&> \u2028 é"}`},
		"/influencers":                   {"/influencers", b.key, `{"name":"Mira"}`},
		"/coupons":                       {"/coupons", b.key, campaign + `}`},
		"/coupons/bulk":                  {"/coupons/bulk", b.key, campaign + `,"count":3}`},
		"/exports":                       {"/exports", b.key, `{}`},
		"/api-keys":                      {"/api-keys", b.key, `{"name":"shop","scopes":["events:write"]}`},
		"/advertisers":                   {"/advertisers", w.admin(), `{"name":"C","time_zone":"UTC","currency":"EUR"}`},
		"/campaigns/{id}/rerate/preview": {"/campaigns/" + s.campaign + "/rerate/preview", b.key, "{" + period + "}"},
		"/campaigns/{id}/rerate/apply":   {"/campaigns/" + s.campaign + "/rerate/apply", b.key, "{" + period + `,"digest":"` + digest + `"}`},
		"/campaigns/{id}/influencers/{influencer_id}/terms": {"/campaigns/" + s.campaign + "/influencers/" + s.influencer + "/terms", b.key, `{"share_type":"percentage","rate":"3","effective_from":"2027-01-01T00:00:00Z"}`},
		"/influencers/{id}/assign":                          {"/influencers/" + fresh + "/assign", b.key, campaign + `}`},
		"/tracking-links":                                   {"/tracking-links", b.key, campaign + `,"destination":"https://shop.example/?a=1&b=2"}`},
		"/api-keys/{id}/rotate":                             {"/api-keys/" + spare + "/rotate", b.key, `{"overlap_seconds":60}`},
	}
}

// state stands for everything there is of the brand and of the platform.
func (w *world) state(b brand) string {
	w.t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"/campaigns?limit=500", "/influencers?limit=500", "/coupons?limit=500", "/tracking-links?limit=500", "/api-keys?limit=500",
		"/events?limit=500", "/stats/overview", "/stats/influencers", "/payouts/estimate",
	} {
		got := w.call(get, path, b.key, "")
		require.Equal(w.t, http.StatusOK, got.status, got.body)
		all.WriteString(got.body)
	}
	for _, c := range b.get("/campaigns").list("data") {
		all.WriteString(w.call(get, "/campaigns/"+c.str("id")+"/assignments", b.key, "").body)
	}
	all.WriteString(w.call(get, "/advertisers?limit=500", w.admin(), "").body)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(lastUse.ReplaceAllString(all.String(), ""))))
}

// lastUse is what even a refused request changes: its key was used.
var lastUse = regexp.MustCompile(`"last_used_at":[^,]*,`)

// Every POST of the API, by the list of operations itself, so that a new one
// without a row fails.
func TestIdempotency_EveryPostIsCarriedOutOnce(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		orders := w.orders(w.a, "JESSICA20")
		n := 0
		for _, op := range server.Operations() {
			require.Equal(t, op.Method == post, op.Idempotent, op.Path)
			if !op.Idempotent {
				continue
			}
			n++
			name := strings.TrimPrefix(op.Path, api)
			o, known := orders[name]
			require.True(t, known, "no row for POST %s", op.Path)
			t.Run(name, func(t *testing.T) { w.sameAgain(t, o, "order-"+strconv.Itoa(n)) })
		}
		require.Len(t, orders, n)
	})
}

func (w *world) sameAgain(t *testing.T, o order, key string) {
	t.Helper()
	first := w.call(post, o.path, o.token, o.body, idempotencyKey, key)
	require.Less(t, first.status, 300, first.body)
	require.Empty(t, first.header.Get(replayed))
	after := w.state(w.a)
	for range 2 {
		again := w.call(post, o.path, o.token, o.body, idempotencyKey, key)
		require.Equal(t, "true", again.header.Get(replayed))
		require.Equal(t, first.status, again.status)
		for _, header := range []string{"Location", "ETag", "Content-Type"} {
			require.Equal(t, first.header.Get(header), again.header.Get(header), header)
		}
		if raw := first.object().str("key"); raw != "" {
			require.Contains(t, again.object(), "key")
			require.Nil(t, again.object()["key"], "a key is shown once")
			require.Equal(t, strings.Replace(first.body, `"`+raw+`"`, "null", 1), again.body)
		} else {
			require.Equal(t, first.body, again.body)
		}
	}
	w.refused(http.StatusConflict, "idempotency-key-reused", post, o.path, o.token, o.body+" ", idempotencyKey, key)
	elsewhere := order{"/influencers", o.token, `{"name":"x"}`}
	switch o.path {
	case "/influencers":
		elsewhere.path = "/campaigns"
	case "/advertisers":
		elsewhere = order{"/exports", o.token, `{}`}
	}
	w.refused(http.StatusConflict, "idempotency-key-reused", post, elsewhere.path, elsewhere.token, elsewhere.body, idempotencyKey, key)
	require.Equal(t, after, w.state(w.a), "one effect")
}

func TestIdempotency_KeysOfOthersHaveNothingToDoWithEachOther(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		admin := w.admin()
		a := w.call(post, "/campaigns", w.a.key, `{"name":"x"}`, idempotencyKey, "k")
		b := w.call(post, "/campaigns", w.b.key, `{"name":"y"}`, idempotencyKey, "k")
		platform := w.call(post, "/advertisers", admin, `{"name":"C","time_zone":"UTC","currency":"EUR"}`, idempotencyKey, "k")
		for _, got := range []answer{a, b, platform} {
			require.Equal(t, http.StatusCreated, got.status, got.body)
			require.Empty(t, got.header.Get(replayed))
		}
		asAdmin := w.call(post, "/campaigns?advertiser_id="+w.a.id.String(), admin, `{"name":"x"}`, idempotencyKey, "k")
		require.Equal(t, http.StatusConflict, asAdmin.status, "what an admin does for a brand is under the keys of the brand")
		colleague := w.call(post, "/campaigns", w.a.person("jess"), `{"name":"x"}`, idempotencyKey, "k")
		require.Equal(t, http.StatusConflict, colleague.status, "what one caller was answered is not for another, who may do less")
	})
}

func TestIdempotency_ARefusedRequestKeepsNothing(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		for i, bad := range []struct {
			status            int
			path, token, body string
		}{
			{422, "/campaigns", w.a.key, `{"name":""}`},
			{422, "/campaigns", w.a.key, `{"what":1}`},
			{400, "/campaigns", w.a.key, `{`},
			{404, "/coupons", w.a.key, `{"campaign_id":"` + nobody + `"}`},
			{404, "/api-keys/" + nobody + "/rotate", w.a.key, `{}`},
			{403, "/campaigns", w.a.keyFor(tenant.EventsWrite), `{"name":"x"}`},
			{403, "/api-keys", w.a.keyFor(tenant.KeysWrite), `{"name":"x","scopes":["*"]}`},
			{409, "/coupons", w.a.key, `{"campaign_id":"` + s.campaign + `","code":"JESSICA20"}`},
			{401, "/campaigns", "sk_live_x", `{"name":"x"}`},
		} {
			key := "bad-" + strconv.Itoa(i)
			before := w.state(w.a)
			for range 2 {
				got := w.call(post, bad.path, bad.token, bad.body, idempotencyKey, key)
				require.Equal(t, bad.status, got.status, bad.path+got.body)
				require.Empty(t, got.header.Get(replayed))
			}
			require.Equal(t, before, w.state(w.a), bad.path)
			mended := w.call(post, "/campaigns", w.a.key, `{"name":"mended"}`, idempotencyKey, key)
			require.Equal(t, http.StatusCreated, mended.status, "the key is free: %s", mended.body)
		}
	})
}

func TestIdempotency_KeyMustBeOnePrintableWord(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"", "a b", "ä", "a\tb", strings.Repeat("x", superher.MaxRequestKey+1)} {
		got := w.refused(http.StatusUnprocessableEntity, "malformed-idempotency-key", post, "/influencers", w.a.key, `{"name":"x"}`, idempotencyKey, key)
		require.Equal(t, []string{idempotencyKey}, fieldsOf(got))
		w.refused(http.StatusUnprocessableEntity, "malformed-idempotency-key", post, "/advertisers", w.admin(), `{"name":"C","time_zone":"UTC","currency":"EUR"}`, idempotencyKey, key)
	}
	req, err := http.NewRequestWithContext(t.Context(), post, w.URL+api+"/influencers", strings.NewReader(`{"name":"x"}`))
	require.NoError(t, err)
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + w.a.key}, idempotencyKey: {"one", "one"}}
	twice := w.send(req)
	require.Equal(t, http.StatusUnprocessableEntity, twice.status)
	require.Equal(t, "repeated", twice.object().str("reason"))
	require.Empty(t, w.a.get("/influencers")["data"])
	require.Equal(t, http.StatusCreated, w.call(post, "/influencers", w.a.key, `{"name":"x"}`, idempotencyKey, strings.Repeat("~", superher.MaxRequestKey)).status)
	require.Equal(t, http.StatusOK, w.call(get, "/influencers", w.a.key, "", idempotencyKey, "a b").status, "a read is repeatable anyway")
}

func TestIdempotency_ThirtyAtOnceAreOne(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		orders := w.orders(w.a, "JESSICA20")
		for _, name := range []string{"/events", "/events/batch", "/coupons", "/exports", "/advertisers", "/api-keys/{id}/rotate"} {
			o := orders[name]
			answers := together(30, func(int) answer {
				return w.call(post, o.path, o.token, o.body, idempotencyKey, "once"+strings.Trim(name, "{}"))
			})
			bodies, fresh := map[string]bool{}, 0
			for _, a := range answers {
				require.Contains(t, []int{http.StatusOK, http.StatusCreated}, a.status, a.body)
				body := a.body
				if raw := a.object().str("key"); raw != "" {
					body = strings.Replace(body, `"`+raw+`"`, "null", 1)
				}
				bodies[body] = true
				if a.header.Get(replayed) == "" {
					fresh++
				}
			}
			require.Len(t, bodies, 1, name)
			require.Equal(t, 1, fresh, name)
		}
	})
}

func TestIdempotency_AnAnswerIsForgottenAfterItsLife(t *testing.T) {
	clock := newTimepiece()
	w := newWorld(t, clock.runs())
	ask := func() answer { return w.call(post, "/influencers", w.a.key, `{"name":"x"}`, idempotencyKey, "k") }
	first := ask()
	clock.advance(superher.RequestLife)
	require.NoError(t, w.client.Sweep(t.Context()))
	require.Equal(t, first.body, ask().body, "remembered for all of its life")
	clock.advance(time.Microsecond)
	require.NoError(t, w.client.Sweep(t.Context()))
	again := ask()
	require.Equal(t, http.StatusCreated, again.status)
	require.Empty(t, again.header.Get(replayed))
	require.NotEqual(t, first.object().str("id"), again.object().str("id"))
	require.Len(t, w.a.get("/influencers")["data"], 2)
}

func TestIdempotency_ARepeatNeedsTheRightToAskAtAll(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, http.StatusCreated, w.call(post, "/campaigns", w.a.key, `{"name":"x"}`, idempotencyKey, "k").status)
	w.refused(http.StatusForbidden, "scope-insufficient", post, "/campaigns", w.a.keyFor(tenant.EventsWrite), `{"name":"x"}`, idempotencyKey, "k")
	w.refused(http.StatusUnauthorized, "invalid-credential", post, "/campaigns", "", `{"name":"x"}`, idempotencyKey, "k")
}
