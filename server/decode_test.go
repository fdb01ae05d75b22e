package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

func TestJSON_PublicParsingSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedData(t, "json/test_parsing"), "*.json"))
	require.NoError(t, err)
	w := newWorld(t)
	refused := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		if len(body) == 0 { // no body at all is sent as an empty one
			body = []byte(" ")
		}
		for _, path := range []string{"/api/v1/events", "/api/v1/events/batch"} {
			got := w.do(http.MethodPost, path, w.a.key, string(body))
			require.Less(t, got.status, 500, file)
			require.Equal(t, "application/problem+json", got.header.Get("Content-Type"), file)
			if strings.HasPrefix(filepath.Base(file), "n_") {
				want := http.StatusBadRequest
				if len(body) > server.MaxBody && !strings.HasSuffix(path, "/batch") {
					want = http.StatusRequestEntityTooLarge
				}
				require.Equal(t, want, got.status, file+"\n"+got.body)
				refused++
			}
		}
	}
	require.Equal(t, 2*188, refused)
}

func TestJSON_StrictMembers(t *testing.T) {
	w := newWorld(t)
	for body, status := range map[string]int{
		`{"action":"lead"}`:                                           201,
		` {"action" : "lead"} ` + "\n":                                201,
		`{"action":"lead","action":"lead"}`:                           400,
		`{"action":"lead","metadata":{"a":"x","\u0061":"y"}}`:         400,
		`{"ACTION":"lead"}`:                                           422,
		`{"action":"lead","Action":"lead"}`:                           422,
		`{"action":"lead","extra":null}`:                              422,
		"{\"action\":\"lead\",\"customer_id\":\"\xff\"}":              400,
		`{"action":"lead","customer_id":"\ud800"}`:                    400,
		`{"action":"lead"}{}`:                                         400,
		`{"action":"lead"},`:                                          400,
		`{"action":"lead",}`:                                          400,
		`{"extra":1,"action":]`:                                       400,
		`null`:                                                        422,
		`"lead"`:                                                      422,
		`{"action":null}`:                                             422,
		`{"action":"lead","ref_code":null,"metadata":null}`:           201,
		`{"action":"lead","metadata":{"a":1}}`:                        422,
		`{"action":"lead","metadata":{"a":{"b":"c"}}}`:                422,
		`{"action":"lead","occurred_at":"2026-01-01"}`:                422,
		`{"action":"lead","occurred_at":"0001-01-01T00:00:00Z"}`:      422,
		`{"action":"lead","occurred_at":null}`:                        201,
		`{"action":"lead","occurred_at":1}`:                           422,
		`{"action":"lead","advertiser_id":"` + w.a.id.String() + `"}`: 201,
		`{"action":"lead","advertiser_id":"x"}`:                       422,
		`{"action":"lead","advertiser_id":"00000000-0000-0000-0000-000000000000"}`: 422,
	} {
		require.Equal(t, status, w.do(http.MethodPost, "/api/v1/events", w.a.key, body).status, body)
	}
}

func TestValue_NeverThroughAFloat(t *testing.T) {
	w := newWorld(t)
	for value, want := range map[string]string{
		`1`: "1.00", `"1"`: "1.00", `0`: "0.00", `0.1`: "0.10", `"0.10"`: "0.10", `99999999999.99`: "99999999999.99", `90071992547409.93`: "", `1499.00`: "1499.00",
		`1e308`: "", `1e400`: "", `1E2`: "", `"1e2"`: "", `-1`: "", `"-1"`: "", `-0`: "", `1.234`: "", `""`: "", `"1,5"`: "", `" 1"`: "", `"+1"`: "", `"0x1"`: "", `"NaN"`: "",
		`true`: "", `[]`: "", `{}`: "", `[1]`: "", `"١"`: "", `100000000000000000000000000000000000000000`: "", `"1.00000000000000000000000000000000000"`: "",
	} {
		got := w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"purchase","currency":"INR","value":`+value+`}`)
		if want == "" {
			require.Equal(t, 422, got.status, value)
			require.Equal(t, []string{"value"}, fieldsOf(got), value)
			continue
		}
		require.Equal(t, 201, got.status, value)
		require.Equal(t, want, got.object().sub("value").str("amount"), value)
	}
	none := w.a.post("/events", `{"action":"signup","value":null,"currency":"INR"}`)
	require.Nil(t, none["value"])
	require.Equal(t, 422, w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"signup","currency":"inr"}`).status)
}

func TestEvent_RepeatIs200AndSaysSo(t *testing.T) {
	w := newWorld(t)
	body := `{"action":"purchase","external_id":"o-1","value":"5","currency":"INR"}`
	first := w.do(http.MethodPost, "/api/v1/events", w.a.key, body)
	require.Equal(t, http.StatusCreated, first.status)
	require.Equal(t, "/api/v1/events/"+first.object().str("id"), first.header.Get("Location"))
	again := w.do(http.MethodPost, "/api/v1/events", w.a.key, strings.Replace(body, `"5"`, `5.00`, 1))
	require.Equal(t, http.StatusOK, again.status)
	require.Equal(t, true, again.object()["repeat"])
	require.Equal(t, first.object().str("id"), again.object().str("id"))
}

func TestBatch_EachItemHasItsOwnFate(t *testing.T) {
	w := newWorld(t)
	got := w.a.post("/events/batch", `{"advertiser_id":"`+w.a.id.String()+`","events":[
		{"action":"purchase","external_id":"o-1"}, {"action":"lead","extra":1}, {"action":7}, 7, null,
		{"action":"purchase","external_id":"o-1"}, {"action":"purchase","external_id":"o-1","customer_id":"x"},
		{"action":"lead","advertiser_id":"`+w.b.id.String()+`"}, {"action":"lead","action":"lead"}, {"action":"lead"}]}`)
	var statuses, reasons []string
	for _, r := range got.list("results") {
		statuses, reasons = append(statuses, r.str("status")), append(reasons, r.sub("error").str("reason"))
		require.Equal(t, r.str("status") == "refused", r["event"] == nil)
	}
	require.Equal(t, []string{"stored", "refused", "refused", "refused", "refused", "repeat", "refused", "refused", "refused", "stored"}, statuses)
	require.Equal(t, []string{"", "unknown-member", "wrong-type", "not-an-object", "not-an-object", "", "event-differs", "not-found", "duplicate-member", ""}, reasons)
}

func TestBatch_EnvelopeIsStrict(t *testing.T) {
	w := newWorld(t)
	for body, status := range map[string]int{
		`{"events":[{"action":"lead"}],"events":[]}`: 400,
		`{"events":[{"action":"lead"}],"more":1}`:    422,
		`{"events":{"action":"lead"}}`:               422,
		`{"events":null}`:                            422,
		`{}`:                                         422,
		`{"events":[{"action":"lead"},]}`:            400,
		"{\"events\":[{\"action\":\"\xff\"}]}":       200,
		`[{"action":"lead"}]`:                        422,
		`{"events":[{"action":"lead"}],"advertiser_id":"` + w.b.id.String() + `"}`: 404,
		batchOf(attribution.MaxBatch):     200,
		batchOf(attribution.MaxBatch + 1): 422,
	} {
		require.Equal(t, status, w.do(http.MethodPost, "/api/v1/events/batch", w.a.key, body).status, body[:min(80, len(body))])
	}
}

func batchOf(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"action":"lead","external_id":"l-%d"}`, i)
	}
	return `{"events":[` + strings.Join(items, ",") + `]}`
}

func TestBody_LimitsOnBothSides(t *testing.T) {
	w := newWorld(t)
	padded := func(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }
	for _, c := range []struct {
		path, body string
		limit      int
	}{
		{"/api/v1/events", `{"action":"lead"}`, server.MaxBody}, {"/api/v1/events/batch", `{"events":[{"action":"lead"}]}`, server.MaxBatchBody},
	} {
		require.Less(t, w.do(http.MethodPost, c.path, w.a.key, padded(c.body, c.limit)).status, 300)
		over := w.do(http.MethodPost, c.path, w.a.key, padded(c.body, c.limit+1))
		require.Equal(t, http.StatusRequestEntityTooLarge, over.status)
		require.Equal(t, "body-too-large", over.object().str("reason"))

		chunked, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+c.path, struct{ *strings.Reader }{strings.NewReader(padded(c.body, c.limit+1))})
		require.NoError(t, err)
		chunked.ContentLength = -1
		chunked.Header.Set("Content-Type", "application/json")
		chunked.Header.Set("Authorization", "Bearer "+w.a.key)
		require.Equal(t, http.StatusRequestEntityTooLarge, w.send(chunked).status)
	}
}

func TestBody_DepthOnBothSides(t *testing.T) {
	w := newWorld(t)
	for levels, reason := range map[int]string{server.MaxDepth: "wrong-type", server.MaxDepth + 1: "nested-too-deep", 60_000: "nested-too-deep"} {
		body := `{"action":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + `}`
		require.Equal(t, reason, w.do(http.MethodPost, "/api/v1/events", w.a.key, body).object().str("reason"), levels)
	}
	text, err := json.Marshal(strings.Repeat("[{", 40) + `\"`)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"lead","customer_id":`+string(text)+`}`).status, "brackets in a text nest nothing")
}

func TestMedia_OnlyPlainJSON(t *testing.T) {
	w := newWorld(t)
	for media, status := range map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, "Application/JSON;charset=UTF-8": 201,
		"application/json; charset=latin1": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "": 415, "json": 415,
		"application/problem+json": 415, "application/json, text/plain": 415,
	} {
		got := w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"lead"}`, "Content-Type", media)
		require.Equal(t, status, got.status, media)
	}
	require.Equal(t, 415, w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"lead"}`, "Content-Encoding", "gzip").status)
}

// FuzzEventRequest holds that no body makes the server fail, and that what is
// stored reads back as it was answered.
func FuzzEventRequest(f *testing.F) {
	for _, seed := range []string{
		`{"action":"purchase","value":"1.00","currency":"INR","coupon_code":"X","metadata":{"a":"b"},"occurred_at":"2026-01-01T00:00:00.5Z"}`,
		`{"action":"lead","value":1e400,"currency":"JPY"}`, `{"action":"lead","landing_url":"https://x/?ref_code=abc#y"}`, `[[[[`, `{"a":`, "{\"action\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	client, err := superher.New(superher.Config{Store: memory.New()})
	require.NoError(f, err)
	handler, err := server.New(server.Config{Client: client, Clicks: &visits{}, BaseURL: "https://go.example.com", Rates: &server.Rates{}})
	require.NoError(f, err)
	brand, err := client.CreateAdvertiser(context.Background(), newAdvertiser("A", "UTC", "INR"))
	require.NoError(f, err)
	key, err := client.For(tenant.For(brand.ID)).CreateAPIKey(context.Background(), tenant.NewAPIKey{Name: "key", Scopes: []tenant.Permission{"*"}})
	require.NoError(f, err)
	ask := func(t *testing.T, method, path string, body []byte) answer {
		t.Helper()
		r := httptest.NewRequest(method, path, bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+key.Raw)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return answer{t: t, status: w.Code, body: w.Body.String()}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := ask(t, http.MethodPost, "/api/v1/events", body)
		require.Contains(t, []int{200, 201, 400, 409, 422}, got.status, got.body)
		if got.status == http.StatusCreated {
			stored := got.object()
			delete(stored, "repeat")
			require.Equal(t, stored, ask(t, http.MethodGet, "/api/v1/events/"+stored.str("id"), nil).object())
		}
	})
}
