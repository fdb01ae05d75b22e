package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const requestIDHeader = "X-Request-ID"

// visits is a recorder that keeps what it is given.
type visits struct {
	mu   sync.Mutex
	list []clicks.Visit
}

func (v *visits) Record(_ context.Context, visit clicks.Visit) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = append(v.list, visit)
	return nil
}

func (v *visits) all() []clicks.Visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]clicks.Visit(nil), v.list...)
}

// world is a running server on the memory adapter with two brands.
type world struct {
	*httptest.Server
	t      *testing.T
	store  storage.Store
	client *superher.Client
	clicks *visits
	log    *syncBuffer
	a, b   brand
}

// brand is an advertiser with a key that may do everything.
type brand struct {
	w   *world
	id  tenant.ID
	key string
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newWorld starts a server; change may alter its configuration and store.
func newWorld(t *testing.T, change ...func(*server.Config, *storage.Store)) *world {
	t.Helper()
	w := &world{t: t, store: memory.New(), clicks: &visits{}, log: &syncBuffer{}}
	now := func() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) }
	config := server.Config{Now: now, Clicks: w.clicks, BaseURL: "https://go.example.com/", Log: newLog(w.log), Verifier: people{}}
	for _, c := range change {
		c(&config, &w.store)
	}
	var err error
	w.client, err = superher.New(superher.Config{Store: w.store, Now: config.Now})
	require.NoError(t, err)
	config.Client = w.client
	h, err := server.New(config)
	require.NoError(t, err)
	w.Server = httptest.NewUnstartedServer(h)
	limits := server.Limits(h, "")
	w.Config.ReadHeaderTimeout, w.Config.MaxHeaderBytes, w.Config.WriteTimeout = limits.ReadHeaderTimeout, limits.MaxHeaderBytes, limits.WriteTimeout
	w.Start()
	t.Cleanup(w.Close)
	w.a, w.b = w.brand("A", "Asia/Kolkata", "INR"), w.brand("B", "UTC", "EUR")
	return w
}

func (w *world) brand(name, zone, currency string) brand {
	w.t.Helper()
	made, err := w.client.CreateAdvertiser(context.Background(), newAdvertiser(name, zone, currency))
	require.NoError(w.t, err)
	b := brand{w: w, id: made.ID}
	b.key = b.keyFor(tenant.EverythingAllowed)
	return b
}

// keyFor makes a key with the given permissions.
func (b brand) keyFor(scopes ...tenant.Permission) string {
	b.w.t.Helper()
	made, err := b.w.client.For(tenant.For(b.id)).CreateAPIKey(context.Background(), tenant.NewAPIKey{Name: "key", Scopes: scopes})
	require.NoError(b.w.t, err)
	return made.Raw
}

// answer is a response that was read to its end.
type answer struct {
	t       *testing.T
	status  int
	header  http.Header
	trailer http.Header
	body    string
}

// object returns the body as an object.
func (a answer) object() object {
	a.t.Helper()
	var o object
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &o), a.body)
	return o
}

type object map[string]any

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

// do sends a request with a key, none if empty.
func (w *world) do(method, path, key, body string, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return w.send(req)
}

func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	client := *w.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answer{w.t, resp.StatusCode, resp.Header, resp.Trailer, string(text)}
}

// get and post expect a success.
func (b brand) get(path string) object {
	b.w.t.Helper()
	a := b.w.do(http.MethodGet, "/api/v1"+path, b.key, "")
	require.Equal(b.w.t, http.StatusOK, a.status, a.body)
	return a.object()
}

func (b brand) post(path, body string) object {
	b.w.t.Helper()
	a := b.w.do(http.MethodPost, "/api/v1"+path, b.key, body)
	require.Contains(b.w.t, []int{http.StatusOK, http.StatusCreated}, a.status, a.body)
	return a.object()
}

// scene is a campaign with an influencer, terms, a coupon and a link.
type scene struct{ campaign, influencer, coupon, link, linkCode, couponCode string }

func (b brand) scene(couponCode string) scene {
	b.w.t.Helper()
	s := scene{couponCode: couponCode}
	s.campaign = b.post("/campaigns", `{"name":"Summer","status":"active"}`).str("id")
	s.influencer = b.post("/influencers", `{"name":"Jessica","external_id":"crm-7"}`).str("id")
	b.post("/influencers/"+s.influencer+"/assign", `{"campaign_id":"`+s.campaign+
		`","terms":{"share_type":"percentage","rate":"10","effective_from":"2020-01-01T00:00:00Z"}}`)
	s.coupon = b.post("/coupons", `{"campaign_id":"`+s.campaign+`","influencer_id":"`+s.influencer+`","code":"`+couponCode+`"}`).str("id")
	link := b.post("/tracking-links", `{"campaign_id":"`+s.campaign+`","influencer_id":"`+s.influencer+`","destination":"https://shop.example/p?a=1#top"}`)
	s.link, s.linkCode = link.str("id"), link.str("code")
	return s
}

// sharedData returns a folder of the public test data, or skips.
func sharedData(t testing.TB, name string) string {
	t.Helper()
	folder := "../../shared/data/" + name // this package is one level below the root of the module
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("the public test data %s is not beside the repository: %v", name, err)
	}
	return folder
}
