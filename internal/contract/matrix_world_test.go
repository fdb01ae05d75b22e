package contract_test

import (
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/server"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// matrixWorld is a world with all that the rows of the matrix name.
type matrixWorld struct {
	*world
	credentials map[string]string            // by the name of the principal
	things      map[string]map[string]string // by the advertiser's id, then by name
	secrets     []string                     // what only A and its people know
}

// newMatrixWorld makes one. Its clock is past the life of A's expired key.
func newMatrixWorld(t testing.TB, options ...option) *matrixWorld {
	t.Helper()
	var ahead atomic.Int64
	w := &matrixWorld{things: map[string]map[string]string{}}
	w.world = newWorld(t, append(options, func(c *server.Config, _ *storage.Store) {
		now := c.Now
		c.Now = func() time.Time { return now().Add(time.Duration(ahead.Load())) }
	})...)
	expired := w.made(w.a.key, "/api-keys", `{"name":"expired","scopes":["*"],"expires_at":"2026-06-15T13:00:00Z"}`)
	revoked := w.made(w.a.key, "/api-keys", `{"name":"revoked","scopes":["*"]}`)
	require.Equal(t, http.StatusOK, w.do(http.MethodDelete, api+"/api-keys/"+revoked.str("id"), w.a.key, "").status)
	ahead.Store(int64(2 * time.Hour))
	w.credentials = map[string]string{
		"admin": w.admin.token, "person of A": w.a.person.token, "person of B": w.b.person.token, "key of B": w.b.key,
		"pending": w.pending.token, "suspended": w.suspended.token, "nobody": "", "garbage key": "sk_live_garbage", "garbage token": "garbage",
		"expired key of A": expired.str("key"), "revoked key of A": revoked.str("key"),
	}
	for scope, key := range w.a.keys {
		w.credentials["key of A for "+string(scope)] = key
	}
	for _, x := range []struct {
		brand
		name, currency string
	}{{w.a, "Alpha", "INR"}, {w.b, "Beta", "EUR"}} {
		w.things[x.id] = w.furnish(x.brand, x.name, x.currency)
	}
	return w
}

// furnish gives a brand the rest of what the rows name, a second thing of each
// kind so that lists have pages, and texts that nobody else has.
func (w *matrixWorld) furnish(b brand, name, currency string) map[string]string {
	w.t.Helper()
	key := w.made(b.key, "/api-keys", `{"name":"spare of `+name+`","scopes":["keys:write"]}`)
	free := w.made(b.key, "/influencers", `{"name":"Ravi of `+name+`","email":"ravi@`+name+`.example"}`).str("id")
	draft := w.made(b.key, "/campaigns", `{"name":"Draft of `+name+`"}`).str("id")
	second := w.scene(b.key, currency, name)
	w.made(b.key, "/influencers/"+second.influencer+"/assign", `{"campaign_id":"`+b.campaign+`"}`)
	w.made(b.key, "/events", `{"action":"lead","coupon_code":"`+second.couponCode+`"}`)
	for path, body := range map[string]string{
		"/advertisers/" + b.id:         `{"name":"House of ` + name + `"}`,
		"/influencers/" + b.influencer: `{"email":"jessica@` + name + `.example","handle":"@jessica_of_` + name + `"}`,
	} {
		got := w.do(http.MethodPatch, api+path, b.key, body, "If-Match", "*")
		require.Equal(w.t, http.StatusOK, got.status, got.body)
	}
	// Terms that were agreed late, so that a re-rate has something to do.
	w.made(b.key, "/campaigns/"+b.campaign+"/influencers/"+b.influencer+"/terms", `{"share_type":"percentage","rate":"20","effective_from":"2026-01-01T00:00:00Z"}`)
	preview := w.do(http.MethodPost, api+"/campaigns/"+b.campaign+"/rerate/preview", b.key, `{"from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z"}`)
	require.Equal(w.t, http.StatusOK, preview.status, preview.body)
	return map[string]string{
		"advertiser": b.id, "campaign": b.campaign, "ended_campaign": draft, "influencer": b.influencer, "free_influencer": free,
		"coupon": b.coupon, "link": b.link, "event": b.event, "key": key.str("id"), "raw_key": key.str("key"), "link_code": b.linkCode,
		"digest": preview.object().str("digest"), "user": w.pending.id, "asset": "swagger-ui.css", "external_id": b.externalID,
	}
}

// of returns what stands for the names of things where they are a brand's.
func (w *matrixWorld) of(b brand) func(name string) string {
	return func(name string) string {
		w.t.Helper()
		if name == "ticket" { // which can be used once
			return strings.TrimPrefix(w.made(b.key, "/exports", `{}`).str("url"), api+"/exports/")
		}
		value := w.things[b.id][name]
		require.NotEmpty(w.t, value, name)
		return value
	}
}

// missing returns the same with ids of nothing in the place of a brand's own,
// and of people.
func (w *matrixWorld) missing(b brand) func(name string) string {
	there := w.of(b)
	return func(name string) string {
		if name == "user" || slices.Contains(ownThings(), name) {
			return unknownID
		}
		return there(name)
	}
}

// learn collects what only A knows: every text that its answers have, those of
// B do not have, and the document does not speak of.
func (w *matrixWorld) learn() []string {
	w.t.Helper()
	if w.secrets != nil {
		return w.secrets
	}
	own, others := map[string]bool{}, map[string]bool{}
	for _, b := range []struct {
		brand
		into map[string]bool
	}{{w.a, own}, {w.b, others}} {
		for _, path := range []string{
			"/campaigns", "/influencers", "/coupons", "/tracking-links", "/api-keys", "/advertisers", "/me", "/campaigns/" + b.campaign + "/assignments",
			"/events?from=2026-01-01&to=2027-01-01", "/payouts/estimate?from=2026-01-01&to=2027-01-01",
		} {
			got := w.do(http.MethodGet, api+path, b.key, "")
			require.Equal(w.t, http.StatusOK, got.status, got.body)
			texts(map[string]any(got.object()), b.into)
		}
		texts(map[string]any(w.do(http.MethodGet, api+"/me", b.person.token, "").object()), b.into)
		for _, raw := range b.keys {
			b.into[raw] = true
		}
		for _, thing := range append(ownThings(), "raw_key", "link_code", "digest") {
			b.into[w.things[b.id][thing]] = true
		}
	}
	own[w.credentials["expired key of A"]], own[w.credentials["revoked key of A"]] = true, true
	document := w.do(http.MethodGet, "/openapi.yaml", "", "").body
	for _, text := range slices.Sorted(maps.Keys(own)) {
		if !others[text] && !strings.Contains(document, text) {
			w.secrets = append(w.secrets, text)
		}
	}
	for _, thing := range append(ownThings(), "raw_key", "link_code", "digest", "external_id") {
		require.Contains(w.t, w.secrets, w.things[w.a.id][thing], thing)
	}
	require.Subset(w.t, w.secrets, []string{"House of Alpha", "jessica@Alpha.example", "@jessica_of_Alpha", "SUMMER-A", "crm-Alpha", "brand-a@example.com", w.a.person.id, w.a.key})
	return w.secrets
}

// texts collects the texts of a JSON value that are long enough to be told from
// chance, and no moments.
func texts(value any, into map[string]bool) {
	switch x := value.(type) {
	case map[string]any:
		for _, member := range x {
			texts(member, into)
		}
	case []any:
		for _, item := range x {
			texts(item, into)
		}
	case string:
		if _, err := time.Parse(time.RFC3339, x); err != nil && len(x) >= 5 {
			into[x] = true
		}
	}
}

// betrayed returns the secrets of A that an answer holds.
func (w *matrixWorld) betrayed(got answer) []string {
	var all strings.Builder
	_ = got.header.Write(&all)
	_ = got.trailer.Write(&all)
	all.WriteString(got.body)
	text := all.String()
	var found []string
	for _, secret := range w.learn() {
		if strings.Contains(text, secret) {
			found = append(found, secret)
		}
	}
	return found
}

// state returns all that a view shows, read from the store itself. When a key
// was last used is left out: even a call that is refused uses its key.
func (w *matrixWorld) state(view tenant.View) string {
	w.t.Helper()
	var all strings.Builder
	encode := json.NewEncoder(&all)
	put := func(x any) { require.NoError(w.t, encode.Encode(x)) }
	r, ctx := w.store.Read(view), w.t.Context()
	period := stats.Filter{From: worldBegan().AddDate(-1, 0, 0), To: worldBegan().AddDate(1, 0, 0), Zone: time.UTC}
	for a := range every(w.t, func(p storage.Page) (storage.List[tenant.Advertiser], error) { return r.Advertisers(ctx, p) }) {
		put(a)
	}
	for k := range every(w.t, func(p storage.Page) (storage.List[tenant.APIKey], error) { return r.APIKeys(ctx, p) }) {
		k.LastUsedAt = time.Time{}
		put(k)
	}
	for c := range every(w.t, func(p storage.Page) (storage.List[campaigns.Campaign], error) { return r.Campaigns(ctx, p) }) {
		put(c)
		for a := range every(w.t, func(p storage.Page) (storage.List[campaigns.Assignment], error) { return r.Assignments(ctx, c.ID, p) }) {
			put(a)
		}
	}
	for i := range every(w.t, func(p storage.Page) (storage.List[campaigns.Influencer], error) {
		return r.Influencers(ctx, campaigns.ID{}, p)
	}) {
		put(i)
	}
	for l := range every(w.t, func(p storage.Page) (storage.List[links.Link], error) { return r.Links(ctx, storage.Of{}, p) }) {
		put(l)
	}
	for c := range every(w.t, func(p storage.Page) (storage.List[coupons.Coupon], error) { return r.Coupons(ctx, storage.Of{}, p) }) {
		put(c)
	}
	for e, err := range r.EachEvent(ctx, period) {
		require.NoError(w.t, err)
		put(e)
	}
	overview, err := r.Stats().Overview(ctx, period)
	require.NoError(w.t, err)
	put(overview)
	if view.IsEveryone() {
		for u := range every(w.t, func(p storage.Page) (storage.List[tenant.User], error) { return w.store.System().Users(ctx, "", p) }) {
			put(u)
		}
	}
	return all.String()
}

// everything is the state of all there is.
func (w *matrixWorld) everything() string { return w.state(tenant.Everyone()) }

// stateOf is what a brand has.
func (w *matrixWorld) stateOf(b brand) string {
	w.t.Helper()
	id, err := identOf[tenant.Advertiser](b.id)
	require.NoError(w.t, err)
	return w.state(tenant.For(id).View())
}

// every yields the items of all pages of a list.
func every[T any](t testing.TB, load func(storage.Page) (storage.List[T], error)) iter.Seq[T] {
	return func(yield func(T) bool) {
		page := storage.Page{Limit: storage.MaxPage}
		for {
			list, err := load(page)
			require.NoError(t, err)
			for _, item := range list.Items {
				if !yield(item) {
					return
				}
			}
			if page.Cursor = list.Next; page.Cursor == "" {
				return
			}
		}
	}
}

// The state must see a change, or it proves nothing.
func TestMatrixState_SeesEveryKindOfChange(t *testing.T) {
	w := newMatrixWorld(t)
	before := w.everything()
	require.Contains(t, before, w.a.event)
	require.Contains(t, before, string(attribution.ByCoupon))
	for _, change := range []struct{ method, path, body string }{
		{http.MethodGet, "/r/" + w.a.linkCode, ""},
		{http.MethodPost, "/events", `{"action":"lead"}`},
		{http.MethodPatch, "/tracking-links/" + w.a.link, `{"title":"x"}`},
		{http.MethodPatch, "/coupons/" + w.a.coupon, `{"valid_to":"2030-01-01T00:00:00Z"}`},
		{http.MethodDelete, "/api-keys/" + w.things[w.a.id]["key"], ""},
	} {
		other := w.stateOf(w.b)
		require.Less(t, w.do(change.method, api+change.path, w.a.key, change.body, "If-Match", "*").status, 400)
		after := w.everything()
		require.NotEqual(t, before, after, "%s %s", change.method, change.path)
		require.Equal(t, other, w.stateOf(w.b))
		before = after
	}
	w.person("another", tenant.UserChange{})
	require.NotEqual(t, before, w.everything())
}
