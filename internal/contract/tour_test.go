package contract_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

func encoded(t testing.TB, x any) string {
	t.Helper()
	text, err := json.Marshal(x)
	require.NoError(t, err)
	return string(text)
}

// tour calls every operation, in the right way and in every wrong one that it
// can go, and counts what was answered. The transport judges each answer.
type tour struct {
	*world
	covered map[string]map[int]int
}

func (x *tour) take(w *world) {
	for id, statuses := range w.http.Transport.(*checker).seen {
		if x.covered[id] == nil {
			x.covered[id] = map[int]int{}
		}
		for status, n := range statuses {
			x.covered[id][status] += n
		}
	}
}

// expect calls an operation after a change of its recipe.
func (x *tour) expect(status int, id string, change func(r *request)) answer {
	x.t.Helper()
	r := x.recipeOf(id)
	if change != nil {
		change(&r)
	}
	got := x.call(r)
	require.Equal(x.t, status, got.status, "%s: %s", id, got.body)
	return got
}

func TestTour_EveryAnswerIsInTheDocument(t *testing.T) {
	x := &tour{world: newWorld(t), covered: map[string]map[int]int{}}
	d := loadDocument(t)
	for _, op := range d.operations {
		x.rightWays(op)
		x.strangers(op)
		x.wrongWays(op)
	}
	x.conflicts()
	x.oddities()
	x.take(x.world)
	x.take(limitedTour(t))
	x.take(slowTour(t))
	x.take(brokenTour(t))
	for _, op := range d.operations {
		var missed []string
		for _, status := range slices.Sorted(maps.Keys(op.responses)) {
			var n int
			_, _ = fmt.Sscan(status, &n)
			if x.covered[op.id][n] > 0 {
				continue
			}
			missed = append(missed, status)
		}
		for _, status := range missed {
			if !slices.Contains(unreached(op), status) {
				t.Errorf("%s was never seen to answer %s", op.id, status)
			}
		}
	}
}

// unreached lists the statuses that this tour does not meet: changes of which
// another one is faster cannot be staged from outside.
func unreached(op docOperation) []string {
	if op.method == http.MethodPatch || op.method == http.MethodDelete {
		return []string{"409"}
	}
	if patient(op) {
		return []string{"504"}
	}
	return nil
}

// rightWays calls an operation in every way that is right.
func (x *tour) rightWays(op docOperation) {
	r := x.recipeOf(op.id)
	got := x.call(r)
	require.Less(x.t, got.status, http.StatusBadRequest, "%s: %s", op.id, got.body)
	if op.id == "redeemExport" || op.id == "exportEvents" {
		require.Equal(x.t, fmt.Sprint(strings.Count(got.body, "\r\n")-1), got.trailer.Get("X-Superher-Rows"), op.id)
	}
	if r.credential == "" {
		return
	}
	if op.audience == string(server.Callers) {
		r = x.recipeOf(op.id)
		r.credential = x.admin.token
		got = x.call(r)
		require.Less(x.t, got.status, http.StatusBadRequest, "%s as admin: %s", op.id, got.body)
	}
	if op.method == http.MethodPost {
		r = x.recipeOf(op.id)
		r.headers = map[string]string{"Idempotency-Key": "tour-" + op.id}
		first, second := x.call(r), x.call(r)
		require.Equal(x.t, first.status, second.status, op.id)
		require.Equal(x.t, "true", second.header.Get("Idempotency-Replayed"), op.id)
		if op.id != "createKey" && op.id != "rotateKey" {
			require.Equal(x.t, first.body, second.body, op.id)
		}
		got := x.callWith(r, encoded(x.t, r.body)+" ") // other bytes are another request
		require.Equal(x.t, http.StatusConflict, got.status, "%s: %s", op.id, got.body)
	}
}

// strangers calls an operation as those who may not.
func (x *tour) strangers(op docOperation) {
	if op.audience == string(server.Anyone) {
		return
	}
	refused := func(credential string, status int) {
		r := x.recipeOf(op.id)
		r.credential = credential
		got := x.call(r)
		require.Equal(x.t, status, got.status, "%s: %s", op.id, got.body)
	}
	refused("", http.StatusUnauthorized)
	refused("sk_live_nonsense", http.StatusUnauthorized)
	refused(keysDown+"x", http.StatusServiceUnavailable)
	if op.audience != string(server.Identified) {
		refused(x.pending.token, http.StatusForbidden)
		refused(x.suspended.token, http.StatusForbidden)
	}
	if op.audience == string(server.Admins) {
		refused(x.a.key, http.StatusForbidden)
		refused(x.a.person.token, http.StatusForbidden)
	}
	if op.scope != "none" {
		for scope, key := range x.a.keys {
			if string(scope) != op.scope && scope != "*" {
				refused(key, http.StatusForbidden)
				break
			}
		}
	}
}

// expectSent calls an operation after a change of what is sent for its recipe.
func (x *tour) expectSent(status int, op docOperation, change func(r *http.Request)) {
	x.t.Helper()
	r := x.recipeOf(op.id)
	text := ""
	if r.body != nil {
		text = encoded(x.t, r.body)
	}
	headers := []string{}
	for name, value := range r.headers {
		headers = append(headers, name, value)
	}
	req := x.request(op.method, r.target(), r.credential, text, headers...)
	change(req)
	got := x.send(req)
	require.Equal(x.t, status, got.status, "%s: %s", op.id, got.body)
}

// wrongWays calls an operation in every way that HTTP or its parameters can be
// wrong.
func (x *tour) wrongWays(op docOperation) {
	x.wrongQueries(op)
	x.wrongPaths(op)
	if op.body != "" {
		x.wrongBodies(op)
	}
	if op.body != "" || op.method == http.MethodDelete {
		x.wrongHeaders(op)
	}
}

func (x *tour) wrongQueries(op docOperation) {
	_, asksQuery := op.responses["400"]
	if asksQuery {
		x.expectSent(http.StatusBadRequest, op, func(r *http.Request) { r.URL.RawQuery = "a=%zz" })
		x.expectSent(http.StatusUnprocessableEntity, op, func(r *http.Request) { r.URL.RawQuery = "no_such_parameter=1" })
	}
	if op.audience == string(server.Callers) {
		r := x.recipeOf(op.id)
		delete(r.body, "advertiser_id")
		r.credential, r.query = x.admin.token, url.Values{"advertiser_id": {unknownID}}
		got := x.call(r)
		require.Contains(x.t, []int{http.StatusOK, http.StatusNotFound}, got.status, "%s: %s", op.id, got.body)
		if op.method != http.MethodGet {
			r.credential, r.query = x.a.key, url.Values{"advertiser_id": {x.b.id}}
			got = x.call(r)
			require.Equal(x.t, http.StatusNotFound, got.status, "%s: %s", op.id, got.body)
		}
	}
}

func (x *tour) wrongPaths(op docOperation) {
	for name, value := range x.recipeOf(op.id).path {
		if name == "code" || name == "asset" || name == "ticket" {
			x.expectSent(http.StatusNotFound, op, func(r *http.Request) { r.URL.Path = strings.ReplaceAll(op.path, "{"+name+"}", "unknown0") })
			continue
		}
		r := x.recipeOf(op.id)
		for _, other := range []string{unknownID, "no-id", value + "0"} {
			r.path[name] = other
			got := x.call(r)
			require.Equal(x.t, http.StatusNotFound, got.status, "%s %s: %s", op.id, other, got.body)
		}
	}
}

func (x *tour) wrongBodies(op docOperation) {
	x.expectSent(http.StatusUnsupportedMediaType, op, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") })
	x.expectSent(http.StatusUnsupportedMediaType, op, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
	r := x.recipeOf(op.id)
	most := server.MaxBody
	if op.id == "recordEvents" {
		most = server.MaxBatchBody
	}
	for body, status := range map[string]int{
		"{":                                http.StatusBadRequest,
		`{"a":1,"a":2}`:                    http.StatusBadRequest,
		"[]":                               http.StatusUnprocessableEntity,
		`{"no_such_member":1}`:             http.StatusUnprocessableEntity,
		strings.Repeat(" ", most-2) + "{}": 0,
		strings.Repeat(" ", most+1):        http.StatusRequestEntityTooLarge,
		strings.Repeat("[", 1001) + strings.Repeat("]", 1001): http.StatusBadRequest,
	} {
		got := x.callWith(r, body)
		if op.id == "recordEvents" && strings.HasPrefix(body, `{"a"`) {
			status = http.StatusUnprocessableEntity // names are looked at one event at a time
		}
		if status != 0 {
			require.Equal(x.t, status, got.status, "%s %.40s: %s", op.id, body, got.body)
		} else {
			require.NotEqual(x.t, http.StatusRequestEntityTooLarge, got.status, op.id)
		}
	}
}

func (x *tour) wrongHeaders(op docOperation) {
	if op.method == http.MethodPost {
		for key, status := range map[string]int{strings.Repeat("k", 256): http.StatusUnprocessableEntity, "a b": http.StatusUnprocessableEntity, "": http.StatusUnprocessableEntity} {
			x.expect(status, op.id, func(r *request) { r.headers = map[string]string{"Idempotency-Key": key} })
		}
		return
	}
	if op.method == http.MethodPatch {
		x.expect(http.StatusPreconditionRequired, op.id, func(r *request) { r.headers = nil })
	}
	for _, version := range []string{"3", `"0"`, `W/"3"`, `"3","4"`, `"9223372036854775808"`, ""} {
		x.expect(http.StatusBadRequest, op.id, func(r *request) { r.headers["If-Match"] = version })
	}
	x.expect(http.StatusPreconditionFailed, op.id, func(r *request) { r.headers["If-Match"] = `"9223372036854775807"` })
}

// conflicts collides with what is stored.
func (x *tour) conflicts() {
	for id, change := range map[string]func(r *request){
		"createCoupon":     func(r *request) { r.body["code"] = x.a.couponCode },
		"createLink":       func(r *request) { r.body["code"] = x.b.linkCode },
		"recordEvent":      func(r *request) { r.body["external_id"] = x.a.externalID },
		"assignInfluencer": func(r *request) { r.path["id"] = x.a.influencer },
		"archiveCampaign":  func(r *request) { r.path["id"] = x.a.campaign },
		"changeCampaign":   func(r *request) { r.body["status"] = "draft" },
		"changeUser":       func(r *request) { r.path["id"] = x.admin.id },
		"applyRerate":      func(r *request) { r.body["digest"] = "0" },
	} {
		got := x.expect(http.StatusConflict, id, change)
		require.Equal(x.t, "conflict", got.object().str("code"), id)
	}
	revoked := x.newKey()
	x.expect(http.StatusOK, "revokeKey", func(r *request) { r.path["id"] = revoked })
	x.expect(http.StatusConflict, "rotateKey", func(r *request) { r.path["id"] = revoked })
	shared := x.made(x.b.key, "/influencers", `{"name":"Shared"}`).str("id")
	x.expect(http.StatusCreated, "assignInfluencer", func(r *request) { r.path["id"], r.credential = shared, x.admin.token })
	x.expect(http.StatusForbidden, "changeInfluencer", func(r *request) { r.path["id"] = shared })
	x.expect(http.StatusForbidden, "eraseInfluencer", func(r *request) { r.path["id"] = shared })
	got := x.expect(http.StatusOK, "getInfluencer", func(r *request) { r.path["id"] = shared }).object()
	require.Nil(x.t, got["advertiser_id"], "who made the entry is of no concern to others")
	same := newEvent(x.world)
	x.expect(http.StatusCreated, "recordEvent", func(r *request) { r.body = same })
	got = x.expect(http.StatusOK, "recordEvent", func(r *request) { r.body = same }).object()
	require.Equal(x.t, true, got["repeat"])
}

// oddities are ways that are right and rare: every kind of filter and sort,
// pages, people of every kind, events of every fate.
func (x *tour) oddities() {
	for _, credential := range []string{x.admin.token, x.a.person.token, x.a.key, x.suspended.token} {
		x.expect(http.StatusOK, "me", func(r *request) { r.credential = credential })
	}
	x.lostRights()
	x.overOldHTTP()
	generic := x.made(x.a.key, "/coupons", `{"campaign_id":"`+x.a.campaign+`","code":"GENERIC"}`).str("id")
	for _, body := range []string{
		`{"action":"lead"}`, `{"action":"signup","ref_code":"` + x.a.linkCode + `"}`, `{"action":"purchase","coupon_code":"GENERIC","value":5,"currency":"JPY"}`,
		`{"action":"purchase","coupon_code":"no such","ref_code":"???","landing_url":"https://x.example/?ref_code=` + x.b.linkCode + `"}`,
	} {
		event := x.made(x.a.key, "/events", body).str("id")
		x.expect(http.StatusOK, "explainEvent", func(r *request) { r.path["id"] = event })
	}
	x.expect(http.StatusOK, "getCoupon", func(r *request) { r.path["id"] = generic })
	fixed := `{"share_type":"flat","fee":{"amount":"50","currency":"INR"}}`
	require.Equal(x.t, http.StatusCreated, x.do(http.MethodPost, api+"/campaigns/"+x.a.campaign+"/influencers/"+x.a.influencer+"/terms", x.a.key, fixed).status)
	for _, unit := range []string{"hour", "day", "week", "month"} {
		x.expect(http.StatusOK, "statsChart", func(r *request) { r.query = map[string][]string{"unit": {unit}} })
	}
	x.expect(http.StatusUnprocessableEntity, "statsChart", func(r *request) {
		r.query = map[string][]string{"unit": {"hour"}, "from": {"2020-01-01"}}
	})
	for _, column := range []string{"name", "clicks", "all_clicks", "visitors", "events", "conversions", "revenue", "payout"} {
		for _, order := range []string{"asc", "desc"} {
			x.expect(http.StatusOK, "statsLinks", func(r *request) {
				r.query = map[string][]string{"sort": {column}, "order": {order}, "search": {"a"}}
			})
		}
	}
	for _, id := range []string{"listCampaigns", "listCoupons", "listLinks", "listInfluencers", "listEvents", "listKeys", "listUsers", "listAdvertisers", "statsCoupons", "estimatePayouts"} {
		first := x.expect(http.StatusOK, id, func(r *request) { r.query = map[string][]string{"limit": {"1"}} }).object()
		if cursor := first.str("next_cursor"); cursor != "" {
			x.expect(http.StatusOK, id, func(r *request) { r.query = map[string][]string{"limit": {"1"}, "cursor": {cursor}} })
		}
	}
	for _, stray := range []string{"/", "/api", "/api/v1", "/api/v1/nothing", "/r", "/r/a/b", "/api/v1/campaigns/", "/explorer/"} {
		require.Equal(x.t, http.StatusNotFound, x.do(http.MethodGet, stray, x.a.key, "").status, stray)
	}
	require.Equal(x.t, http.StatusMethodNotAllowed, x.do(http.MethodPut, api+"/campaigns", x.a.key, "").status)
}

// lostRights redeems the tickets of those who lost the right meanwhile.
func (x *tour) lostRights() {
	key := x.made(x.a.key, "/api-keys", `{"name":"K","scopes":["events:read"]}`)
	ticket := x.made(key.str("key"), "/exports", `{}`).str("url")
	x.expect(http.StatusOK, "revokeKey", func(r *request) { r.path["id"] = key.str("id") })
	require.Equal(x.t, http.StatusUnauthorized, x.do(http.MethodGet, ticket, "", "").status)
	leaver := x.person("leaver", tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdmin)})
	ticket = x.made(leaver.token, "/exports", `{}`).str("url")
	x.expect(http.StatusOK, "changeUser", func(r *request) { r.path["id"], r.body = leaver.id, object{"status": "suspended"} })
	require.Equal(x.t, http.StatusForbidden, x.do(http.MethodGet, ticket, "", "").status)
}

// overOldHTTP asks for exports over HTTP/1.0, where a cut could not be told.
func (x *tour) overOldHTTP() {
	for _, r := range []request{x.recipeOf("exportEvents"), x.recipeOf("redeemExport")} {
		conn, err := (&net.Dialer{}).DialContext(x.t.Context(), "tcp", strings.TrimPrefix(x.url, "http://"))
		require.NoError(x.t, err)
		fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n", r.target(), r.credential)
		req := x.request(http.MethodGet, r.target(), r.credential, "")
		resp, err := http.ReadResponse(bufio.NewReader(conn), req)
		require.NoError(x.t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(x.t, err)
		require.NoError(x.t, resp.Body.Close())
		require.NoError(x.t, conn.Close())
		require.Equal(x.t, http.StatusHTTPVersionNotSupported, resp.StatusCode, r.op.id)
		require.Empty(x.t, x.http.Transport.(*checker).judge(req, resp, body))
	}
}
