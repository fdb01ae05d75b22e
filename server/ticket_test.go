package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

// ticket asks for an export and returns where it is.
func (w *world) ticket(token, body string, headers ...string) string {
	w.t.Helper()
	made := w.call(post, "/exports", token, body, headers...)
	require.Equal(w.t, http.StatusCreated, made.status, made.body)
	require.Regexp(w.t, `^/api/v1/exports/[0-9A-Za-z]{43}$`, made.object().str("url"))
	return made.object().str("url")
}

func TestTicket_IsUsedOnce(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		w.a.post("/events", `{"action":"lead"}`)
		url := w.ticket(w.a.key, `{}`)
		answers := together(32, func(int) answer { return w.do(get, url, "", "") })
		require.Equal(t, 1, count(answers, http.StatusOK))
		require.Equal(t, 31, count(answers, http.StatusNotFound))
		for _, a := range answers {
			if a.status == http.StatusOK {
				require.Equal(t, "1", a.trailer.Get("X-Superher-Rows"))
				require.Equal(t, 2, strings.Count(a.body, "\n"))
			}
		}
	})
}

func TestTicket_IsGoodForAMinute(t *testing.T) {
	clock := newTimepiece()
	w := newWorld(t, clock.runs())
	made := w.call(post, "/exports", w.a.key, `{}`).object()
	require.Equal(t, "2026-06-15T12:01:00Z", made.str("expires_at"))
	inTime, late := w.ticket(w.a.key, `{}`), w.ticket(w.a.key, `{}`)
	clock.advance(server.TicketLife - time.Microsecond)
	require.Equal(t, http.StatusOK, w.do(get, inTime, "", "").status)
	clock.advance(time.Microsecond)
	require.Equal(t, http.StatusNotFound, w.do(get, late, "", "").status)
	require.NoError(t, w.client.Sweep(t.Context()))
	require.Equal(t, http.StatusNotFound, w.do(get, made.str("url"), "", "").status)
}

func TestTicket_UnknownUsedExpiredAndMalformedLookTheSame(t *testing.T) {
	clock := newTimepiece()
	w := newWorld(t, clock.runs())
	used, old := w.ticket(w.a.key, `{}`), w.ticket(w.a.key, `{}`)
	require.Equal(t, http.StatusOK, w.do(get, used, "", "").status)
	clock.advance(time.Hour)
	var bodies []string
	for _, path := range []string{
		used, old, api + "/exports/" + strings.Repeat("x", 43), api + "/exports/x", api + "/exports/" + strings.Repeat("x", 2000), api + "/exports/%00", api + "/exports/%ff",
		api + "/exports/events.tsv", api + "/exports/" + strings.Repeat("'", 43),
	} {
		got := w.do(get, path, "", "")
		if path == api+"/exports/%00" { // no route has a zero byte
			continue
		}
		require.Equal(t, http.StatusNotFound, got.status, path)
		bodies = append(bodies, same(got))
		require.Equal(t, bodies[0], same(got), path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, w.do(http.MethodHead, used, "", "").status, "what looks ahead uses up nothing")
	require.Equal(t, 422, w.do(get, w.ticket(w.a.key, `{}`)+"?x=1", "", "").status)
}

func TestTicket_IsNotUsedUpByWhatCannotBeAnswered(t *testing.T) {
	w := newWorld(t)
	url := w.ticket(w.a.key, `{}`)
	_, r := w.raw("GET " + url + " HTTP/1.0\r\nHost: x\r\n\r\n")
	require.Equal(t, http.StatusHTTPVersionNotSupported, w.answered(r).status)
	require.Equal(t, 422, w.do(get, url+"?x=1", "", "").status)
	require.Equal(t, 405, w.do(http.MethodHead, url, "", "").status)
	require.Equal(t, http.StatusOK, w.do(get, url, "", "").status)
}

func TestTicket_IsTheSameExportByteForByte(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		w.b.post("/events", `{"action":"lead"}`)
		w.a.post("/events", `{"action":"purchase","value":"7","currency":"INR","coupon_code":"JESSICA20","ref_code":"`+s.linkCode+`","customer_id":"=cmd()"}`)
		w.a.post("/events", `{"action":"signup","ref_code":"`+s.linkCode+`"}`)
		w.a.post("/events", `{"action":"lead","occurred_at":"2026-06-01T00:00:00Z"}`)
		for _, c := range []struct {
			query, body string
			rows        int
		}{
			{"", `{}`, 3},
			{"?from=2026-06-01T00:00:00Z&to=2026-06-01T00:00:00.000001Z", `{"from":"2026-06-01T00:00:00Z","to":"2026-06-01T00:00:00.000001Z"}`, 1},
			{"?from=2026-06-02T00:00:00%2B05:30&time_zone=America/New_York", `{"from":"2026-06-02T00:00:00+05:30","time_zone":"America/New_York"}`, 2},
			{"?campaign_id=" + s.campaign, `{"campaign_ids":["` + s.campaign + `"]}`, 2},
			{"?influencer_id=" + s.influencer + "&influencer_id=" + nobody, `{"influencer_ids":["` + s.influencer + `","` + nobody + `"]}`, 2},
			{"?tracking_link_id=" + s.link, `{"tracking_link_ids":["` + s.link + `"]}`, 2},
			{"?coupon_id=" + s.coupon, `{"coupon_ids":["` + s.coupon + `"]}`, 1},
			{"?event_type=lead&event_type=signup", `{"event_types":["lead","signup"]}`, 2},
			{"?to=1970-01-05T00:00:00Z", `{"to":"1970-01-05T00:00:00Z"}`, 0},
			{"?coupon_id=" + nobody, `{"coupon_ids":["` + nobody + `"]}`, 0},
		} {
			want := w.call(get, "/exports/events.csv"+c.query, w.a.key, "")
			require.Equal(t, 200, want.status, want.body)
			for _, token := range []string{w.a.key, w.a.person("jess")} {
				got := w.do(get, w.ticket(token, c.body), "", "")
				require.Equal(t, 200, got.status, c.body+got.body)
				require.Equal(t, want.body, got.body, c.body)
				require.Equal(t, c.rows+1, strings.Count(got.body, "\n"), c.body)
				require.Equal(t, want.trailer, got.trailer)
				for _, header := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options"} {
					require.Equal(t, want.header.Get(header), got.header.Get(header))
				}
				if !strings.Contains(c.query, "1970") {
					require.Equal(t, want.header.Get("Content-Disposition"), got.header.Get("Content-Disposition"))
				}
			}
		}
		admin := w.admin()
		all := w.do(get, w.ticket(admin, `{"time_zone":"Asia/Kolkata"}`), "", "")
		require.Equal(t, w.call(get, "/exports/events.csv?time_zone=Asia/Kolkata", admin, "").body, all.body)
		require.Equal(t, "4", all.trailer.Get("X-Superher-Rows"))
		require.Equal(t, "1", w.do(get, w.ticket(admin, `{"advertiser_id":"`+w.b.id.String()+`"}`), "", "").trailer.Get("X-Superher-Rows"))
	})
}

func TestTicket_FilterIsCheckedWhenItIsAskedFor(t *testing.T) {
	w := newWorld(t)
	for body, field := range map[string]string{
		`{"time_zone":"Local"}`: "time_zone", `{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}`: "to", `{"from":"2026-01-01"}`: "from",
		`{"campaign_ids":["x"]}`: "campaign_ids.0", `{"event_types":["NO"]}`: "event_type", `{"campaign_id":"` + nobody + `"}`: "campaign_id",
		`{"coupon_ids":[` + strings.Repeat(`"`+nobody+`",`, 100) + `"` + nobody + `"]}`: "coupon_ids", `{"from":"2001-01-01T00:00:00Z"}`: "to",
	} {
		got := w.call(post, "/exports", w.a.key, body)
		require.Equal(t, 422, got.status, body[:min(80, len(body))]+got.body)
		require.NotEmpty(t, fieldsOf(got), got.body)
		_ = field
	}
	w.ticket(w.a.key, `{"coupon_ids":[`+strings.Repeat(`"`+nobody+`",`, 99)+`"`+nobody+`"]}`)
	w.refused(403, "scope-insufficient", post, "/exports", w.a.keyFor(tenant.StatsRead), `{}`)
}

func TestTicket_RightsAreThoseOfTheMomentItIsUsed(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		w.a.post("/events", `{"action":"lead","customer_id":"secret-of-a"}`)
		w.b.post("/events", `{"action":"lead","customer_id":"secret-of-b"}`)
		suspend := tenant.UserChange{Status: new(tenant.UserSuspended)}
		refused := func(url string) {
			got := w.do(get, url, "", "")
			require.Contains(t, []int{401, 403, 404}, got.status, got.body)
			require.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
			require.NotContains(t, got.body, "secret-of")
			require.Equal(t, http.StatusNotFound, w.do(get, url, "", "").status, "and it is used up")
		}
		jess := w.a.person("jess")
		url := w.ticket(jess, `{}`)
		w.change(jess, suspend)
		refused(url)

		mover := w.a.person("mover")
		url = w.ticket(mover, `{}`)
		w.change(mover, tenant.UserChange{Advertiser: &w.b.id})
		refused(url)

		fallen := w.someone("fallen", tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdmin)})
		all, one := w.ticket(fallen, `{}`), w.ticket(fallen, `{"advertiser_id":"`+w.a.id.String()+`"}`)
		own := w.ticket(fallen, `{"advertiser_id":"`+w.b.id.String()+`"}`)
		w.change(fallen, tenant.UserChange{Role: new(tenant.RoleAdvertiser), Advertiser: &w.b.id})
		refused(all)
		refused(one)
		require.Equal(t, 200, w.do(get, own, "", "").status, "what is still allowed")

		riser := w.a.person("riser")
		url = w.ticket(riser, `{}`)
		w.change(riser, tenant.UserChange{Role: new(tenant.RoleAdmin), Advertiser: &tenant.ID{}})
		got := w.do(get, url, "", "")
		require.Contains(t, got.body, "secret-of-a")
		require.NotContains(t, got.body, "secret-of-b", "not more than was asked for")

		made := w.a.post("/api-keys", `{"name":"x","scopes":["events:read"]}`)
		url = w.ticket(made.str("key"), `{}`)
		w.ok(remove, "/api-keys/"+made.str("id"), w.a.key, "")
		refused(url)
	})
}

func TestTicket_IsNeverLogged(t *testing.T) {
	w := newWorld(t)
	url := w.ticket(w.a.key, `{}`)
	text := url[strings.LastIndex(url, "/")+1:]
	require.Equal(t, 200, w.do(get, url, "", "").status)
	require.Equal(t, 404, w.do(get, url, "", "").status)
	require.NotContains(t, w.log.String(), text)
	require.Contains(t, w.log.String(), "/api/v1/exports/:ticket")
}

func TestTicket_ReplayNamesTheSameOne(t *testing.T) {
	w := newWorld(t)
	first := w.ticket(w.a.key, `{}`, idempotencyKey, "k")
	require.Equal(t, first, w.ticket(w.a.key, `{}`, idempotencyKey, "k"))
	require.Equal(t, 200, w.do(get, first, "", "").status)
	require.Equal(t, first, w.ticket(w.a.key, `{}`, idempotencyKey, "k"), "a repeat makes nothing new, not even of a used one")
	require.Equal(t, 404, w.do(get, first, "", "").status)
}
