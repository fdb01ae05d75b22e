package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
)

// raw sends bytes over a connection of their own and returns it with what
// reads the answer.
func (w *world) raw(text string) (net.Conn, *bufio.Reader) {
	w.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.Listener.Addr().String())
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, text)
	require.NoError(w.t, err)
	return conn, bufio.NewReader(conn)
}

// answered reads the answer of a raw request to its end.
func (w *world) answered(r *bufio.Reader) answer {
	w.t.Helper()
	resp, err := http.ReadResponse(r, nil)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answer{w.t, resp.StatusCode, resp.Header, resp.Trailer, string(text)}
}

func TestExport_OldHTTPIsRefusedBeforeTheFirstByte(t *testing.T) {
	w := newWorld(t)
	ask := func(version string) answer {
		_, r := w.raw("GET /api/v1/exports/events.csv " + version + "\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + w.a.key + "\r\n\r\n")
		return w.answered(r)
	}
	got := ask("HTTP/1.0")
	require.Equal(t, http.StatusHTTPVersionNotSupported, got.status, "without chunks a cut looks like the end")
	require.Equal(t, "http-version", got.object().str("reason"))
	require.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
	require.NotContains(t, w.log.String(), "request failed", "a caller's mistake is none of ours")
	require.Equal(t, http.StatusOK, ask("HTTP/1.1").status)
}

func TestExport_LastsLongerThanTheTimeToReadARequest(t *testing.T) {
	w := newWorld(t, func(_ *server.Config, store *storage.Store) {
		*store = stream{*store, func(ctx context.Context) iter.Seq2[attribution.Event, error] {
			return func(yield func(attribution.Event, error) bool) {
				select {
				case <-ctx.Done():
					yield(attribution.Event{}, ctx.Err())
				case <-time.After(300 * time.Millisecond):
					yield(attribution.Event{Submission: attribution.Submission{Type: "lead"}}, nil)
				}
			}
		}}
	})
	impatient := httptest.NewUnstartedServer(w.Config.Handler)
	impatient.Config.ReadTimeout = 100 * time.Millisecond
	impatient.Start()
	t.Cleanup(impatient.Close)
	w.Server = impatient
	got := w.do(http.MethodGet, "/api/v1/exports/events.csv", w.a.key, "")
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, "1", got.trailer.Get("X-Superher-Rows"))
}

func TestBatch_ABadTextOrNestingFailsItsItemAlone(t *testing.T) {
	w := newWorld(t)
	nested := func(levels int) string {
		return `{"action":"lead","metadata":` + strings.Repeat(`[`, levels-1) + strings.Repeat(`]`, levels-1) + `}`
	}
	for item, reason := range map[string]string{
		`{"action":"lead","customer_id":"\ud800"}`:              "malformed-json",
		"{\"action\":\"lead\",\"customer_id\":\"\xff\"}":        "malformed-json",
		"{\"action\":\"lead\",\"\xff\":\"x\"}":                  "malformed-json",
		`{"action":"lead","metadata":{"\udc00":"x"}}`:           "malformed-json",
		`{"action":"lead","action":"lead"}`:                     "duplicate-member",
		nested(server.MaxDepth):                                 "wrong-type",
		nested(server.MaxDepth + 1):                             "nested-too-deep",
		nested(server.MaxBatchDepth - 2):                        "nested-too-deep",
		`{"action":"lead","occurred_at":"` + yearTen + `"}`:     "out-of-range",
		`{"action":"lead","metadata":{"k":["` + "\xff" + `"]}}`: "malformed-json",
	} {
		got := w.do(http.MethodPost, "/api/v1/events/batch", w.a.key, `{"events":[{"action":"lead"},`+item+`,{"action":"lead"}]}`)
		require.Equal(t, http.StatusOK, got.status, "%q\n%s", item, got.body)
		results := got.object().list("results")
		require.Equal(t, "stored", results[0].str("status"))
		require.Equal(t, "refused", results[1].str("status"))
		require.Equal(t, reason, results[1].sub("error").str("reason"), "%q", item)
		require.Equal(t, "stored", results[2].str("status"))
	}
}

func TestBatch_EnvelopeStaysBounded(t *testing.T) {
	w := newWorld(t)
	for body, reason := range map[string]string{
		`{"events":[{"action":` + strings.Repeat("[", server.MaxBatchDepth) + strings.Repeat("]", server.MaxBatchDepth) + `}]}`: "nested-too-deep",
		`{"events":[{"action":"lead"}],"\ud800":1}`:                       "unknown-member",
		"{\"events\":[{\"action\":\"lead\"}],\"\xff\":1}":                 "unknown-member",
		"{\"events\":[{\"action\":\"lead\"}],\"advertiser_id\":\"\xff\"}": "malformed-id",
		`{"events":[{"action":"lead"},{"action":]}`:                       "malformed-json",
	} {
		got := w.do(http.MethodPost, "/api/v1/events/batch", w.a.key, body)
		require.Contains(t, []int{400, 422}, got.status, body[:min(80, len(body))])
		require.Equal(t, reason, got.object().str("reason"), "%.80q", body)
	}
}

func TestWrite_AdvertiserInTheQueryIsHeldLikeOneInTheBody(t *testing.T) {
	w := newWorld(t)
	for query, status := range map[string]int{
		"advertiser_id=" + w.a.id.String(): 0, "advertiser_id=" + w.b.id.String(): 404, "advertiser_id=x": 422, "advertiser_id=": 422,
		"advertiser_id=" + w.a.id.String() + "&advertiser_id=" + w.a.id.String(): 422,
	} {
		for path, body := range map[string]string{
			"/events": `{"action":"lead"}`, "/events/batch": `{"events":[{"action":"lead"}]}`, "/influencers": `{"name":"Jessica"}`,
		} {
			got := w.do(http.MethodPost, "/api/v1"+path+"?"+query, w.a.key, body)
			if status == 0 {
				require.Less(t, got.status, 300, got.body)
				continue
			}
			require.Equal(t, status, got.status, path+"?"+query)
			if status == 422 {
				require.Contains(t, fieldsOf(got), "advertiser_id")
			}
		}
	}
	inBody := w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"lead","advertiser_id":"`+w.b.id.String()+`"}`)
	inQuery := w.do(http.MethodPost, "/api/v1/events?advertiser_id="+w.b.id.String(), w.a.key, `{"action":"lead"}`)
	require.Equal(t, requestID.ReplaceAllString(inBody.body, ""), requestID.ReplaceAllString(inQuery.body, ""))
}

// Moments whose own year is fine, but that lie in another one in UTC.
const (
	yearTen   = "9999-12-31T23:59:59-23:59"
	yearMinus = "0000-01-01T00:00:00+23:59"
)

func TestTimes_OnlyYearsThatAnswersCanShow(t *testing.T) {
	w := newWorld(t)
	outside := []string{yearTen, yearMinus, "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01"}
	for _, text := range outside {
		got := w.do(http.MethodPost, "/api/v1/campaigns", w.a.key, `{"name":"x","starts_at":"`+text+`"}`)
		require.Equal(t, 422, got.status, text+got.body)
		require.Equal(t, []string{"starts_at"}, fieldsOf(got), text)
		require.Equal(t, "out-of-range", got.object().str("reason"), text)
		for _, name := range []string{"from", "to"} {
			got = w.do(http.MethodGet, "/api/v1/stats/overview?"+name+"="+strings.ReplaceAll(text, "+", "%2B"), w.a.key, "")
			require.Equal(t, 422, got.status, text)
			require.Contains(t, got.object().list("errors"), object{"field": name, "reason": "out-of-range", "detail": got.object().list("errors")[0].str("detail")}, text)
		}
	}
	require.Equal(t, []string{"to"}, fieldsOf(w.do(http.MethodGet, "/api/v1/stats/overview?to=0000-01-01", w.a.key, "")))
	for _, text := range []string{"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:01"} {
		got := w.do(http.MethodPost, "/api/v1/campaigns", w.a.key, `{"name":"x","starts_at":"`+text+`"}`)
		require.Equal(t, http.StatusCreated, got.status, text+got.body)
	}
	require.Equal(t, 200, w.do(http.MethodGet, "/api/v1/stats/overview?from=1970-01-01T00:00:00Z&to=1970-01-02T00:00:00Z", w.a.key, "").status)
}

// posting is the beginning of a request whose body has some bytes.
func (w *world) posting(size int, key string) string {
	return fmt.Sprintf("POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", key, size)
}

func TestBody_TooSlowIs408(t *testing.T) {
	w := newWorld(t, func(c *server.Config, _ *storage.Store) { c.BodyTimeout = 50 * time.Millisecond })
	_, r := w.raw(w.posting(17, w.a.key) + `{"action"`)
	got := w.answered(r)
	require.Equal(t, http.StatusRequestTimeout, got.status)
	require.Equal(t, "body-too-slow", got.object().str("reason"))
	_, err := r.ReadByte()
	require.ErrorIs(t, err, io.EOF, "nobody waits for the rest")
}

func TestBody_ItsTimeIsNotThatOfTheAnswer(t *testing.T) {
	const answerIn = 200 * time.Millisecond
	w := newWorld(t, func(c *server.Config, _ *storage.Store) { c.Timeout = answerIn })
	conn, r := w.raw(w.posting(17, w.a.key) + `{"action"`)
	<-time.After(answerIn + 50*time.Millisecond) // longer than an answer may take
	_, err := io.WriteString(conn, `:"lead"}`)
	require.NoError(t, err)
	got := w.answered(r)
	require.Equal(t, http.StatusCreated, got.status, got.body)
}

func TestBody_OfAStrangerIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	_, r := w.raw(w.posting(17, "sk_live_nobody"))
	require.Equal(t, http.StatusUnauthorized, w.answered(r).status)
}

func TestAmountOverflow_IsNotWorthTryingAgain(t *testing.T) {
	w := newWorld(t, failing(func() error { return fault.New(fault.Invalid, "amount-overflow", "the sum does not fit") }))
	got := w.do("GET", "/api/v1/events/01890a5d-ac96-774b-bcce-b302099a8057", w.a.key, "")
	require.Equal(t, 422, got.status)
	require.Empty(t, got.header.Get("Retry-After"))
}

// What is long beyond all measure is refused with a short answer.
func TestAttacks_AnAnswerDoesNotGrowWithWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	members := func(n int, value string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"` + strconv.Itoa(i) + `":` + value)
		}
		return `{` + b.String()[1:] + `}`
	}
	for name, c := range map[string]struct{ path, body string }{
		"nulls in metadata":  {"/events", `{"action":"lead","metadata":` + members(9_000, "null") + `}`},
		"texts in metadata":  {"/events", `{"action":"lead","metadata":` + members(9_000, `""`) + `}`},
		"platforms":          {"/influencers", `{"name":"x","platforms":["` + strings.Repeat(`","`, 40_000) + `"]}`},
		"conversion types":   {"/campaigns", `{"name":"x","conversion_types":["` + strings.Repeat(`a","`, 30_000) + `"]}`},
		"scopes":             {"/api-keys", `{"name":"x","scopes":["` + strings.Repeat(`*","`, 30_000) + `"]}`},
		"campaigns":          {"/exports", `{"campaign_ids":[null` + strings.Repeat(`,null`, 25_000) + `]}`},
		"unknown parameters": {"/campaigns?" + strings.Repeat("a&", 10) + members(1, "x"), `{}`},
	} {
		got := w.call(post, c.path, w.a.key, c.body)
		require.Contains(t, []int{400, 422}, got.status, name)
		require.Less(t, len(got.body), 32<<10, name)
	}
	batch := `{"events":[{"metadata":` + members(600, "null") + `}` + strings.Repeat(`,{"metadata":`+members(600, "null")+`}`, 99) + `]}`
	got := w.call(post, "/events/batch", w.a.key, batch)
	require.Equal(t, http.StatusOK, got.status)
	require.Less(t, len(got.body), len(batch)*2, "the answer is of the order of the question")
	one := w.refused(422, "too-many", post, "/events", w.a.key, `{"action":"lead","metadata":`+members(21, `""`)+`}`)
	require.Equal(t, []string{"metadata"}, fieldsOf(one))
	w.ok(post, "/events", w.a.key, `{"action":"lead","metadata":`+members(20, `""`)+`}`)
	w.refused(400, "duplicate-member", post, "/events", w.a.key, `{"action":"lead","metadata":{"a":"1","a":"2"}}`)
	w.refused(422, "wrong-type", post, "/events", w.a.key, `{"action":"lead","metadata":{"a":1}}`)
	w.refused(422, "wrong-type", post, "/events", w.a.key, `{"action":"lead","metadata":[]}`)
	w.refused(422, "wrong-type", post, "/influencers", w.a.key, `{"name":"x","platforms":{"a":1}}`)
	w.refused(422, "wrong-type", post, "/influencers", w.a.key, `{"name":"x","platforms":[1]}`)
}
