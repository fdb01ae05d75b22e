package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLife_FromBrandToReport(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")

	hit := w.do(http.MethodGet, "/r/"+s.linkCode, "", "", "User-Agent", "Mozilla/5.0 (iPhone) Instagram 300.0")
	require.Equal(t, http.StatusFound, hit.status)
	require.Equal(t, "https://shop.example/p?a=1&ref_code="+s.linkCode+"#top", hit.header.Get("Location"))
	require.NoError(t, w.client.RecordClicks(t.Context(), w.clicks.all()))

	byLink := w.a.post("/events", `{"action":"signup","ref_code":"`+s.linkCode+`","external_id":"u-1"}`)
	require.Equal(t, "ref_code", byLink.sub("attribution").str("method"))
	sale := w.a.post("/events", `{"action":"purchase","value":"1499.00","currency":"INR","coupon_code":" jessica20 ","ref_code":"`+
		s.linkCode+`","external_id":"o-1","customer_id":"c-1","metadata":{"size":"M"},"occurred_at":"2026-01-02T03:04:05.123456789+05:30"}`)
	require.Equal(t, "coupon", sale.sub("attribution").str("method"))
	require.Equal(t, "tracking_link", sale.sub("attribution").str("source"))
	require.Equal(t, s.influencer, sale.sub("attribution").str("influencer_id"))
	require.Equal(t, map[string]any{"amount": "149.90", "currency": "INR"}, sale.sub("commission")["amount"])
	require.Equal(t, "2026-01-01T21:34:05.123456Z", sale.str("occurred_at"))
	require.Equal(t, false, sale["repeat"])

	got := w.a.get("/events/" + sale.str("id"))
	delete(sale, "repeat")
	require.Equal(t, sale, got, "an event reads as it was answered")
	why := w.a.get("/events/" + sale.str("id") + "/explain")
	require.Len(t, why.list("candidates"), 2)
	require.Equal(t, "won", why.list("candidates")[0].str("verdict"))
	require.Equal(t, "outranked", why.list("candidates")[1].str("verdict"))

	over := w.a.get("/stats/overview?from=2026-01-01&to=2030-01-01")
	require.Equal(t, "2025-12-31T18:30:00Z", over.str("from"), "a date is the start of that local day")
	require.Equal(t, "Asia/Kolkata", over.str("time_zone"))
	require.EqualValues(t, 1, over["clicks"])
	require.EqualValues(t, 2, over["events"])
	require.EqualValues(t, 1, over["conversions"])
	require.Equal(t, []any{map[string]any{"amount": "1499.00", "currency": "INR"}}, over["revenue"])
}

func TestReads_EveryListAndEntity(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for _, path := range []string{
		"/advertisers", "/api-keys", "/campaigns", "/influencers", "/influencers?campaign_id=" + s.campaign, "/coupons",
		"/tracking-links", "/campaigns/" + s.campaign + "/assignments", "/stats/campaigns", "/stats/influencers",
		"/stats/coupons", "/stats/tracking-links",
	} {
		got := w.a.get(path)
		require.Len(t, got["data"], 1, path)
		require.Contains(t, got, "next_cursor", path)
		require.Nil(t, got["next_cursor"], path)
	}
	for path, name := range map[string]string{
		"/campaigns/" + s.campaign: "Summer", "/influencers/" + s.influencer: "Jessica",
	} {
		require.Equal(t, name, w.a.get(path).str("name"))
	}
	coupon := w.a.get("/coupons/" + s.coupon)
	require.Equal(t, "JESSICA20", coupon.str("code"))
	link := w.a.get("/tracking-links/" + s.link)
	require.Equal(t, "https://go.example.com/r/"+s.linkCode, link.str("short_url"))
	require.Nil(t, link["title"], "what has no value is null")
	require.Contains(t, link, "title")
	for _, report := range []string{"/stats/chart?unit=hour&from=2026-01-01&to=2026-01-03", "/stats/breakdown", "/stats/journey"} {
		require.Contains(t, w.a.get(report), "data")
	}
	require.Len(t, w.a.get("/stats/chart?unit=hour&from=2026-01-01&to=2026-01-03")["data"], 48)
	require.Len(t, w.a.get("/stats/chart")["data"], 30, "the last thirty local days")
	require.Equal(t, true, w.a.get("/stats/reconcile")["agrees"])
	require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/healthz", "", "").status)
}

func TestCoupons_ManualAutoBulkAndUses(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	campaign := `{"campaign_id":"` + s.campaign + `"`
	auto := w.a.post("/coupons", campaign+`,"prefix":"summer","length":4,"discount":{"percent":"12.5"},"valid_from":"2026-01-01T00:00:00Z"}`)
	require.Regexp(t, `^SUMMER-[A-Z2-9]{4}$`, auto.str("code"))
	require.Equal(t, map[string]any{"percent": "12.5", "amount": nil}, auto["discount"])
	require.Equal(t, "2026-01-01T00:00:00Z", auto.str("valid_from"))
	require.Len(t, w.a.post("/coupons/bulk", campaign+`,"count":1000,"length":8,"discount":{"amount":{"amount":5,"currency":"INR"}}}`)["data"], 1000)
	for _, refused := range []string{
		campaign + `,"count":1001}`, campaign + `,"count":0}`, campaign + `,"length":0,"count":1}`, campaign + `,"length":17,"count":1}`,
	} {
		require.Equal(t, http.StatusUnprocessableEntity, w.do(http.MethodPost, "/api/v1/coupons/bulk", w.a.key, refused).status, refused)
	}
	mixed := w.do(http.MethodPost, "/api/v1/coupons", w.a.key, campaign+`,"code":"ABC","prefix":"X","length":5}`)
	require.Equal(t, []string{"prefix", "length"}, fieldsOf(mixed))
	taken := w.do(http.MethodPost, "/api/v1/coupons", w.a.key, campaign+`,"code":" jessica20"}`)
	require.Equal(t, http.StatusConflict, taken.status)
	require.Equal(t, "coupon-code-taken", taken.object().str("reason"))

	w.a.post("/events", `{"action":"purchase","value":10,"currency":"INR","coupon_code":"JESSICA20"}`)
	require.EqualValues(t, 1, w.a.get("/coupons/" + s.coupon)["uses"])
}

func TestTermsAndRerate(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	w.a.post("/events", `{"action":"purchase","value":"100","currency":"INR","coupon_code":"JESSICA20","occurred_at":"2026-03-01T00:00:00Z"}`)
	path := "/campaigns/" + s.campaign
	changed := w.a.post(path+"/influencers/"+s.influencer+"/terms", `{"share_type":"percentage","rate":20,"effective_from":"2026-02-01T00:00:00Z"}`)
	require.Len(t, changed["terms"], 2)
	flat := w.a.post(path+"/influencers/"+s.influencer+"/terms", `{"share_type":"flat","fee":{"amount":"5","currency":"INR"},"effective_from":"2026-04-01T00:00:00Z"}`)
	require.Equal(t, map[string]any{"amount": "5.00", "currency": "INR"}, flat.list("terms")[2]["fee"])

	period := `"from":"2026-01-01T00:00:00Z","to":"2026-12-31T00:00:00Z"`
	preview := w.a.post(path+"/rerate/preview", "{"+period+"}")
	require.EqualValues(t, 1, preview["changed"])
	require.Equal(t, []any{map[string]any{"amount": "10.00", "currency": "INR"}}, preview["difference"])
	stale := w.do(http.MethodPost, "/api/v1"+path+"/rerate/apply", w.a.key, "{"+period+`,"digest":"00"}`)
	require.Equal(t, http.StatusConflict, stale.status)
	w.a.post(path+"/rerate/apply", "{"+period+`,"digest":"`+preview.str("digest")+`"}`)
	require.EqualValues(t, 0, w.a.post(path+"/rerate/preview", "{"+period+"}")["changed"])
}

func TestKeys_RawShownOnce_AndNoMoreThanItsMakerMay(t *testing.T) {
	w := newWorld(t)
	made := w.a.post("/api-keys", `{"name":"shop","scopes":["events:write"],"test":true}`)
	raw := made.str("key")
	require.True(t, strings.HasPrefix(raw, "sk_test_"))
	require.Equal(t, http.StatusCreated, w.do(http.MethodPost, "/api/v1/events", raw, `{"action":"lead"}`).status)
	listing := w.do(http.MethodGet, "/api/v1/api-keys", w.a.key, "")
	require.NotContains(t, listing.body, raw)
	require.Contains(t, listing.body, raw[len(raw)-4:])

	issuer := w.a.keyFor("keys:write", "events:write")
	require.Equal(t, http.StatusCreated, w.do(http.MethodPost, "/api/v1/api-keys", issuer, `{"name":"x","scopes":["events:write"]}`).status)
	for _, more := range []string{`["*"]`, `["stats:read"]`, `["events:write","stats:read"]`} {
		refused := w.do(http.MethodPost, "/api/v1/api-keys", issuer, `{"name":"x","scopes":`+more+`}`)
		require.Equal(t, http.StatusForbidden, refused.status, more)
		require.Equal(t, "scope-insufficient", refused.object().str("reason"))
	}
}

func TestLists_PagesAndTheirLimits(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.a.post("/campaigns", `{"name":"x"}`)
	}
	seen := map[string]bool{}
	first := w.a.get("/campaigns?limit=2")
	require.Len(t, first["data"], 2)
	second := w.a.get("/campaigns?limit=2&cursor=" + first.str("next_cursor"))
	require.Nil(t, second["next_cursor"])
	for _, item := range append(first.list("data"), second.list("data")...) {
		seen[item.str("id")] = true
	}
	require.Len(t, seen, 3)
	for query, status := range map[string]int{
		"limit=500": 200, "limit=501": 422, "limit=1": 200, "limit=0": 422, "limit=-1": 422, "limit=": 422, "limit=1&limit=2": 422,
		"limit=1e1": 422, "cursor=": 200, "cursor=nonsense": 422, "what=1": 422, "Limit=1": 422, "%zz": 400, "a=%ff": 400, "a;b": 400,
		"advertiser_id=" + w.b.id.String(): 200,
	} {
		require.Equal(t, status, w.do(http.MethodGet, "/api/v1/campaigns?"+query, w.a.key, "").status, query)
		if status == http.StatusOK {
			continue
		}
		require.Equal(t, status, w.do(http.MethodGet, "/api/v1/stats/campaigns?"+query, w.a.key, "").status, query)
	}
}

func TestStats_FilterIsReadStrictly(t *testing.T) {
	w := newWorld(t)
	s := w.a.scene("JESSICA20")
	for query, status := range map[string]int{
		"from=2026-01-01&to=2026-01-02":                                     200,
		"from=2026-01-02&to=2026-01-01":                                     422,
		"from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00.000001Z":          200,
		"from=2026-02-30":                                                   422,
		"from=yesterday":                                                    422,
		"time_zone=Asia/Kathmandu":                                          200,
		"time_zone=Local":                                                   422,
		"campaign_id=" + s.campaign + "&coupon_id=" + s.coupon:              200,
		"campaign_id=" + s.campaign + "&campaign_id=" + s.campaign:          200,
		"campaign_id=":                                                      422,
		"campaign_id=" + strings.ToUpper(s.campaign):                        422,
		"campaign_id=00000000-0000-0000-0000-000000000000":                  422,
		"influencer_id=" + s.influencer:                                     200,
		"tracking_link_id=" + s.link:                                        200,
		"event_type=purchase&event_type=signup":                             200,
		"event_type=Purchase":                                               422,
		"from=2010-01-01&to=2026-01-01":                                     422,
		"advertiser_id=" + w.b.id.String():                                  200,
		"advertiser_id=" + w.b.id.String() + "&advertiser_id=" + "anything": 422,
	} {
		for _, report := range []string{"overview", "chart", "breakdown", "journey", "coupons", "reconcile"} {
			if report == "chart" && strings.Contains(query, "000001Z") {
				continue
			}
			require.Equal(t, status, w.do(http.MethodGet, "/api/v1/stats/"+report+"?"+query, w.a.key, "").status, report+"?"+query)
		}
		require.Equal(t, status, w.do(http.MethodGet, "/api/v1/exports/events.csv?"+query, w.a.key, "").status, query)
	}
	for query, status := range map[string]int{
		"sort=revenue": 200, "sort=revenue&currency=EUR": 200, "sort=revenue&currency=eur": 422, "sort=nonsense": 422, "sort=": 422, "order=": 422, "currency=": 422,
		"order=asc": 200, "order=up": 422, "sort=name&order=desc&search=jess": 200, "search=" + strings.Repeat("x", 101): 422,
		"search=" + strings.Repeat("x", 100): 200, "unit=day": 422,
	} {
		require.Equal(t, status, w.do(http.MethodGet, "/api/v1/stats/influencers?"+query, w.a.key, "").status, query)
	}
	for unit, status := range map[string]int{"hour": 200, "day": 200, "week": 200, "month": 200, "year": 422, "": 422} {
		require.Equal(t, status, w.do(http.MethodGet, "/api/v1/stats/chart?unit="+unit, w.a.key, "").status, unit)
	}
}

func TestStats_OrderOfRows(t *testing.T) {
	w := newWorld(t)
	for _, code := range []string{"AAA", "BBB"} {
		w.a.scene(code)
	}
	w.a.post("/events", `{"action":"purchase","value":"7","currency":"INR","coupon_code":"BBB"}`)
	first := func(query string) string { return w.a.get("/stats/coupons?" + query).list("data")[0].str("name") }
	require.Equal(t, "BBB", first("sort=revenue"), "the advertiser's own currency, largest first")
	require.Equal(t, "BBB", first("sort=revenue&order=desc"))
	require.Equal(t, "AAA", first("sort=revenue&order=asc"))
	require.Equal(t, "AAA", first("sort=name"))
	require.Equal(t, "AAA", first("sort=name&order=asc"))
	require.Equal(t, "BBB", first("sort=name&order=desc"))
	require.Len(t, w.a.get("/stats/coupons?search=bb")["data"], 1)
}

func TestDefaultPeriod_ThirtyLocalDaysAcrossADayThatBeginsAtOne(t *testing.T) {
	// On 6 September 2026 clocks in Chile go from midnight to one o'clock.
	w := newWorld(t, at(time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)))
	over := w.a.get("/stats/overview?time_zone=America/Santiago")
	require.Equal(t, "2026-09-06T04:00:00Z", over.str("from"))
	require.Equal(t, "2026-10-05T12:00:00.000001Z", over.str("to"))
	over = w.a.get("/stats/overview?time_zone=America/Santiago&to=2026-09-07")
	require.Equal(t, "2026-09-07T03:00:00Z", over.str("to"))
	require.Equal(t, "2026-08-08T04:00:00Z", over.str("from"), "thirty days up to the end of the sixth")
}
