package server_test

import (
	"encoding/json"
	"fmt"

	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
)

// lines are the records of a log, each of which must be one line of JSON.
func lines(t *testing.T, log string) []object {
	t.Helper()
	var records []object
	for line := range strings.Lines(log) {
		var record object
		require.NoError(t, json.Unmarshal([]byte(line), &record), "%q", line)
		records = append(records, record)
	}
	return records
}

func TestLog_HoldsNoSecretOfAnybody(t *testing.T) {
	w := newWorld(t, unlimited(), func(c *server.Config, _ *storage.Store) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.Metrics, c.MetricsToken = http.NotFoundHandler(), "planted-metrics-token"
	})
	s := w.a.scene("PLANTEDCODE20")
	jess := w.a.person("planted-person")
	made := w.a.post("/api-keys", `{"name":"x","scopes":["*"]}`).str("key")
	url := w.ticket(made, `{}`)
	planted := []string{
		w.a.key, made, jess, "planted-person", "planted-person@example.com", url[strings.LastIndex(url, "/")+1:], "planted-query", "planted-body", "planted-agent",
		"planted-idempotency", "planted-referrer", "203.0.113.77", "2001:db8:77::77", "127.0.0.1", s.linkCode, "PLANTEDCODE20", "planted-forged", "planted-method", "planted-path",
	}
	before := len(lines(t, w.log.String()))
	n := 0
	for _, op := range server.Operations() {
		path := strings.Replace(fill(op.Path), nobody, "planted-path", 1)
		for _, token := range []string{made, jess, "planted-forged", "sk_live_planted-forged", ""} {
			for _, target := range []string{path, path + "?advertiser_id=planted-query&planted-query=1", fill(op.Path) + "?%zz=planted-query"} {
				body := ""
				if op.Method == post || op.Method == patch {
					body = `{"name":"planted-body","customer_id":"planted-body","action":"planted-body"}`
				}
				w.do(op.Method, target, token, body, "X-Forwarded-For", "203.0.113.77, 2001:db8:77::77", "User-Agent", "planted-agent", "Referer", "https://planted-referrer.example",
					idempotencyKey, "planted-idempotency", ifMatch, "*", "Cookie", "planted-query", requestIDHeader, "planted-query", "Forwarded", "for=203.0.113.77")
				n++
			}
		}
	}
	w.do("PLANTED-METHOD", "/planted-path", "", "")
	w.do(get, "/r/"+s.linkCode+"?planted-query", "", "", "X-Forwarded-For", "203.0.113.77")
	w.do(get, url, "", "")
	w.do(get, "/r/planted-path", "", "")
	log := w.log.String()
	for _, secret := range planted {
		require.NotContains(t, strings.ToLower(log), strings.ToLower(secret))
	}
	records := lines(t, log)
	require.Len(t, records, before+n+4, "one record for each request")
}

func TestLog_OneLineForEachRecordWhateverIsSent(t *testing.T) {
	w := newWorld(t, failing(func() error {
		return fault.Wrap(fmt.Errorf("line one\r\n{\"level\":\"INFO\",\"msg\":\"forged\"}\nthree"), fault.Internal, "x", "y")
	}))
	before := len(lines(t, w.log.String()))
	for _, target := range []string{"/api/v1/campaigns/a%0d%0a%7b%22msg%22%3a%22forged%22%7d", "/%0d%0aforged", "/r/a%0aforged", "/api/v1/stats/overview?from=%0d%0aforged"} {
		w.do(get, target, w.a.key, "", "X-Forwarded-For", "forged\tx")
	}
	w.do(post, "/api/v1/influencers", w.a.key, `{"name":"a\r\nforged"}`)
	w.do(get, "/api/v1/events/"+nobody, w.a.key, "")
	for _, record := range lines(t, w.log.String())[before:] {
		require.Contains(t, []string{"request", "request failed"}, record.str("msg"))
	}
	require.Len(t, lines(t, w.log.String()), before+7, "the failed one has two")
	require.Contains(t, w.log.String(), `line one\r\n`)
}

func TestLog_NamesTheCallerByItsID(t *testing.T) {
	w := newWorld(t)
	jess := w.a.person("jess")
	id := w.ok(get, "/me", jess, "").sub("user").str("id")
	key := w.a.get("/api-keys").list("data")[0].str("id")
	w.call(get, "/campaigns", "", "")
	callers := map[string]bool{}
	for _, record := range lines(t, w.log.String()) {
		callers[record.str("caller")] = true
	}
	require.Equal(t, map[string]bool{"user " + id: true, "key " + key: true, "": true}, callers)
}
