package contract_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

const (
	api          = "/api/v1"
	issuer       = "https://login.example"
	personPrefix = "person." // of the token of somebody who signs in
	keysDown     = "down."   // a token that cannot be judged
	metricsToken = "token-of-the-metrics"
	unknownID    = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f" // names nothing
)

// worldBegan is when the clock of a world starts.
func worldBegan() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) }

// world is a server on a store of its own, reached over HTTP, with two brands
// and people of every kind. Unless told otherwise it has no rate limits.
type world struct {
	t      testing.TB
	url    string
	http   *http.Client // follows no redirects; checks every answer against the document
	store  storage.Store
	client *superher.Client

	a, b                      brand
	admin, pending, suspended person
}

// person is somebody who signed in.
type person struct {
	id    string // of the user
	token string
}

// brand is an advertiser with a person, a key that may do everything, a key for
// each scope, and something of every kind.
type brand struct {
	id     string
	person person
	key    string                       // may do everything
	keys   map[tenant.Permission]string // a key with that scope alone
	scene
}

// scene names what a brand has. Everything belongs to the campaign.
type scene struct {
	campaign, influencer, coupon, link, event, keyID string // ids; the influencer is assigned, with terms
	couponCode, linkCode                             string
	externalID                                       string // of the event
}

// tokens is a verifier of the tokens that a test writes itself.
type tokens struct{}

// Verify implements [auth.Verifier].
func (tokens) Verify(_ context.Context, token string) (auth.Identity, error) {
	if strings.HasPrefix(token, keysDown) {
		return auth.Identity{}, fault.New(fault.Unavailable, "keys-unreachable", "the keys of the issuer cannot be had")
	}
	subject, ok := strings.CutPrefix(token, personPrefix)
	if !ok || subject == "" {
		return auth.Identity{}, auth.InvalidCredential(nil)
	}
	return identityOf(subject), nil
}

func identityOf(subject string) auth.Identity {
	return auth.Identity{
		Issuer: issuer, Subject: subject, Email: subject + "@example.com", EmailVerified: true,
		ExpiresAt: worldBegan().AddDate(1, 0, 0),
	}
}

// instantly stores each visit before the redirect is answered, so that a test can
// count on it.
type instantly struct{ client **superher.Client }

// Record implements [server.ClickRecorder].
func (c instantly) Record(ctx context.Context, v clicks.Visit) error {
	return (*c.client).RecordClicks(context.WithoutCancel(ctx), []clicks.Visit{v})
}

// option changes how a world is set up.
type option func(*server.Config, *storage.Store)

// onSQLite puts the world on a SQLite file instead of memory.
func onSQLite(t testing.TB) option {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return func(_ *server.Config, s *storage.Store) { *s = store }
}

// newWorld starts a server. Its clock stands at worldBegan, and moves on by a
// microsecond each time it is looked at.
func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w := &world{t: t, store: memory.New()}
	var ticks atomic.Int64
	config := server.Config{
		Clicks: instantly{&w.client}, BaseURL: "https://go.example.com", Verifier: tokens{}, Rates: &server.Rates{},
		SignIn:       server.SignIn{Issuer: issuer, ClientID: "dashboard"},
		Metrics:      http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeMetrics(w) }),
		MetricsToken: metricsToken,
		Now:          func() time.Time { return worldBegan().Add(time.Duration(ticks.Add(1)) * time.Microsecond) },
	}
	for _, o := range options {
		o(&config, &w.store)
	}
	var err error
	w.client, err = superher.New(superher.Config{Store: w.store, Now: config.Now})
	require.NoError(t, err)
	config.Client = w.client
	handler, err := server.New(config)
	require.NoError(t, err)
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	w.url, w.http = s.URL, s.Client()
	w.http.Transport = checked(t, w.http.Transport)
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	w.populate()
	return w
}

func writeMetrics(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = io.WriteString(w, "# TYPE up gauge\nup 1\n")
}

// populate makes the people and the brands.
func (w *world) populate() {
	w.t.Helper()
	w.admin = w.person("admin", tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdmin)})
	w.a, w.b = w.brand("A", "Asia/Kolkata", "INR"), w.brand("B", "Europe/Berlin", "EUR")
	w.pending = w.person("pending", tenant.UserChange{})
	advertiser, err := identOf[tenant.Advertiser](w.a.id)
	require.NoError(w.t, err)
	w.suspended = w.person("suspended", tenant.UserChange{
		Status: new(tenant.UserSuspended), Role: new(tenant.RoleAdvertiser), Advertiser: &advertiser,
	})
}

// person lets somebody sign in and gives the rights that change says.
func (w *world) person(subject string, change tenant.UserChange) person {
	w.t.Helper()
	user, err := w.client.SignIn(w.t.Context(), identityOf(subject))
	require.NoError(w.t, err)
	if change != (tenant.UserChange{}) {
		user, err = w.client.ChangeUser(w.t.Context(), user.ID, change)
		require.NoError(w.t, err)
	}
	return person{user.ID.String(), personPrefix + subject}
}

// brand makes an advertiser with all that belongs to one.
func (w *world) brand(name, zone, currency string) brand {
	w.t.Helper()
	made, err := w.client.CreateAdvertiser(w.t.Context(), tenant.NewAdvertiser{Name: name, Zone: zone, Currency: money.Currency(currency)})
	require.NoError(w.t, err)
	b := brand{id: made.ID.String(), keys: map[tenant.Permission]string{}}
	for _, scope := range tenant.Permissions() {
		key, err := w.client.For(tenant.For(made.ID)).CreateAPIKey(w.t.Context(), tenant.NewAPIKey{
			Name: "key for " + string(scope), Scopes: []tenant.Permission{scope},
		})
		require.NoError(w.t, err)
		b.keys[scope] = key.Raw
		if scope == tenant.EverythingAllowed {
			b.key, b.keyID = key.Raw, key.ID.String()
		}
	}
	b.person = w.person("brand-"+strings.ToLower(name), tenant.UserChange{
		Status: new(tenant.UserActive), Role: new(tenant.RoleAdvertiser), Advertiser: &made.ID,
	})
	keyID := b.keyID
	b.scene = w.scene(b.key, currency, name)
	b.keyID = keyID
	return b
}

// scene makes one of everything with a key. The name tells codes and external
// ids of one scene from those of another of the same brand.
func (w *world) scene(key, currency, name string) scene {
	w.t.Helper()
	s := scene{couponCode: "SUMMER-" + strings.ToUpper(name), externalID: "order-" + name}
	s.campaign = w.made(key, "/campaigns", `{"name":"Summer of `+name+`","status":"active","budget":{"amount":"1000","currency":"`+currency+`"}}`).str("id")
	s.influencer = w.made(key, "/influencers", `{"name":"Jessica of `+name+`","email":"jessica@example.com","handle":"@jessica","platforms":["instagram"],"country":"IN","external_id":"crm-`+name+`"}`).str("id")
	w.made(key, "/influencers/"+s.influencer+"/assign", `{"campaign_id":"`+s.campaign+
		`","terms":{"share_type":"percentage","rate":"10","effective_from":"2020-01-01T00:00:00Z"}}`)
	s.coupon = w.made(key, "/coupons", `{"campaign_id":"`+s.campaign+`","influencer_id":"`+s.influencer+`","code":"`+s.couponCode+`"}`).str("id")
	link := w.made(key, "/tracking-links", `{"campaign_id":"`+s.campaign+`","influencer_id":"`+s.influencer+`","destination":"https://shop.example/p?a=1#top"}`)
	s.link, s.linkCode = link.str("id"), link.str("code")
	s.event = w.made(key, "/events", `{"action":"purchase","value":"100","currency":"`+currency+`","coupon_code":"`+s.couponCode+
		`","ref_code":"`+s.linkCode+`","external_id":"`+s.externalID+`"}`).str("id")
	return s
}

// made posts a body and expects that something is made of it.
func (w *world) made(credential, path, body string) object {
	w.t.Helper()
	got := w.do(http.MethodPost, api+path, credential, body)
	require.Equal(w.t, http.StatusCreated, got.status, "POST %s %s: %s", path, body, got.body)
	return got.object()
}

// answer is a response that was read to its end.
type answer struct {
	t       testing.TB
	status  int
	header  http.Header
	trailer http.Header
	body    string
}

// do sends a request: with a credential, none if empty, with a JSON body, none
// if empty, and with headers, each a name and a value.
func (w *world) do(method, path, credential, body string, headers ...string) answer {
	w.t.Helper()
	return w.send(w.request(method, path, credential, body, headers...))
}

func (w *world) request(method, path, credential, body string, headers ...string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if credential != "" {
		req.Header.Set("Authorization", "Bearer "+credential)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	resp, err := w.http.Do(req)
	require.NoError(w.t, err, "%s %s", req.Method, req.URL)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err, "%s %s", req.Method, req.URL)
	return answer{w.t, resp.StatusCode, resp.Header, resp.Trailer, string(text)}
}

// object is a JSON object with short ways to its members.
type object map[string]any

// object returns the body as an object.
func (a answer) object() object {
	a.t.Helper()
	var o object
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &o), a.body)
	return o
}

func (o object) str(name string) string { s, _ := o[name].(string); return s }

func (o object) sub(name string) object { s, _ := o[name].(map[string]any); return s }

func (o object) list(name string) []object {
	items, _ := o[name].([]any)
	out := make([]object, len(items))
	for i, item := range items {
		out[i], _ = item.(map[string]any)
	}
	return out
}
