package server_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// idsOf lists the ids of a page.
func idsOf(o object) []string {
	var ids []string
	for _, item := range o.list("data") {
		ids = append(ids, item.str("id"))
	}
	return ids
}

func TestEvents_ListedByEveryFilter(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		w.b.post("/events", `{"action":"lead","external_id":"o-1"}`)
		record := func(body string) string { return w.a.post("/events", body).str("id") }
		byCoupon := record(`{"action":"purchase","value":"7","currency":"INR","coupon_code":"JESSICA20","external_id":"o-1","occurred_at":"2026-06-10T00:00:00Z"}`)
		byRef := record(`{"action":"signup","ref_code":"` + s.linkCode + `","external_id":"o-1","occurred_at":"2026-06-11T00:00:00Z"}`)
		byURL := record(`{"action":"lead","landing_url":"https://x.example/?ref_code=` + s.linkCode + `","occurred_at":"2026-06-12T00:00:00Z"}`)
		none := record(`{"action":"lead","occurred_at":"2026-05-01T00:00:00Z"}`)
		for query, want := range map[string][]string{
			"":                                    {byURL, byRef, byCoupon},
			"from=2026-01-01":                     {byURL, byRef, byCoupon, none},
			"external_id=o-1":                     {byRef, byCoupon},
			"external_id=O-1":                     nil,
			"external_id=o-":                      nil,
			"external_id=%25":                     nil,
			"external_id=o-1'%20OR%20'1'='1":      nil,
			"method=coupon":                       {byCoupon},
			"method=ref_code":                     {byRef},
			"method=landing_url":                  {byURL},
			"method=none&from=2026-01-01":         {none},
			"method=none":                         nil,
			"coupon_id=" + s.coupon:               {byCoupon},
			"tracking_link_id=" + s.link:          {byURL, byRef},
			"influencer_id=" + s.influencer:       {byURL, byRef, byCoupon},
			"campaign_id=" + nobody:               nil,
			"event_type=lead&event_type=purchase": {byURL, byCoupon},
			"from=2026-06-11T00:00:00Z&to=2026-06-12T00:00:00Z":               {byRef},
			"from=2026-06-11T00:00:00.000001Z&to=2026-06-12T00:00:00.000001Z": {byURL},
			"external_id=o-1&method=coupon&event_type=purchase":               {byCoupon},
		} {
			require.Equal(t, want, idsOf(w.a.get("/events?"+query)), query)
		}
		var paged []string
		cursor := ""
		for range 4 {
			page := w.a.get("/events?from=2026-01-01&to=2026-06-20T00:00:00Z&limit=1" + cursor)
			paged = append(paged, idsOf(page)...)
			if page["next_cursor"] == nil {
				break
			}
			cursor = "&cursor=" + page.str("next_cursor")
		}
		require.Equal(t, []string{byURL, byRef, byCoupon, none}, paged)
		for query, status := range map[string]int{
			"method=": 422, "method=Coupon": 422, "method=coupon&method=none": 422, "external_id=a&external_id=b": 422, "limit=501": 422, "limit=0": 422, "cursor=nonsense": 422,
			"sort=id": 422, "external_id=": 422, "external_id=%00": 422, "external_id=a%0ab": 422, "external_id=" + strings.Repeat("x", 201): 422, "external_id=" + strings.Repeat("x", 200): 200, "cursor=": 200, "from=x": 422, "advertiser_id=" + w.b.id.String(): 200,
		} {
			require.Equal(t, status, w.call(get, "/events?"+query, w.a.key, "").status, query)
		}
		require.Equal(t, byCoupon, w.a.get("/events/"+byCoupon).str("id"))
	})
}

func TestEvents_PagesHoldEachEventOnceAlsoAtOneMoment(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		for i := range 25 {
			w.a.post("/events", fmt.Sprintf(`{"action":"lead","external_id":"o-%d"}`, i))
		}
		seen, cursor := map[string]bool{}, ""
		for {
			page := w.a.get("/events?limit=7" + cursor)
			for _, id := range idsOf(page) {
				require.False(t, seen[id])
				seen[id] = true
			}
			if page["next_cursor"] == nil {
				break
			}
			cursor = "&cursor=" + page.str("next_cursor")
		}
		require.Len(t, seen, 25)
	})
}

func TestPayouts_EstimatePerCampaignAndInfluencer(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		other := w.a.post("/influencers", `{"name":"Ravi"}`).str("id")
		w.a.post("/influencers/"+other+"/assign", `{"campaign_id":"`+s.campaign+`","terms":{"share_type":"flat","fee":{"amount":"5","currency":"EUR"},"effective_from":"2020-01-01T00:00:00Z"}}`)
		w.a.post("/coupons", `{"campaign_id":"`+s.campaign+`","influencer_id":"`+other+`","code":"RAVI20"}`)
		w.b.scene("BRANDB20")
		w.b.post("/events", `{"action":"purchase","value":"1000","currency":"EUR","coupon_code":"BRANDB20"}`)
		for range 3 {
			w.a.post("/events", `{"action":"purchase","value":"100","currency":"INR","coupon_code":"JESSICA20"}`)
			w.a.post("/events", `{"action":"purchase","value":"100","currency":"INR","coupon_code":"RAVI20"}`)
			w.a.post("/events", `{"action":"purchase","value":"100","currency":"INR"}`)
		}
		money := func(amount, currency string) []any {
			return []any{map[string]any{"amount": amount, "currency": currency}}
		}
		got := w.a.get("/payouts/estimate")
		rows := map[string]object{}
		for _, row := range got.list("data") {
			require.Equal(t, s.campaign, row.str("campaign_id"))
			require.Equal(t, "Summer", row.str("campaign_name"))
			rows[row.str("influencer_name")] = row
		}
		require.Len(t, rows, 2)
		require.Equal(t, money("30.00", "INR"), rows["Jessica"]["payout"])
		require.Equal(t, money("15.00", "EUR"), rows["Ravi"]["payout"])
		require.Equal(t, money("300.00", "INR"), rows["Ravi"]["revenue"])
		require.Equal(t, append(money("15.00", "EUR"), money("30.00", "INR")...), got.sub("totals")["payout"], "currencies never add up")
		require.Equal(t, w.a.get("/stats/overview")["payout"], got.sub("totals")["payout"], "the reports agree")
		require.Len(t, w.a.get("/payouts/estimate?influencer_id=" + other)["data"], 1)
		require.Empty(t, w.a.get("/payouts/estimate?to=2026-01-01")["data"])
		first := w.a.get("/payouts/estimate?limit=1")
		second := w.a.get("/payouts/estimate?limit=1&cursor=" + first.str("next_cursor"))
		require.Len(t, append(first.list("data"), second.list("data")...), 2)
		require.NotEqual(t, first["data"], second["data"])
		require.Nil(t, second["next_cursor"])
		require.Equal(t, first["totals"], second["totals"], "the sum of all pages")
		for _, bad := range []string{"limit=0", "limit=x", "cursor=nonsense", "sort=name", "what=1"} {
			require.Equal(t, 422, w.call(get, "/payouts/estimate?"+bad, w.a.key, "").status, bad)
		}
	})
}

func TestTerms_HistoryKeepsEveryVersion(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s := w.a.scene("JESSICA20")
		path := "/campaigns/" + s.campaign + "/influencers/" + s.influencer + "/terms"
		require.Len(t, w.a.get(path)["terms"], 1)
		made := w.a.post(path, `{"share_type":"flat","fee":{"amount":"5","currency":"INR"},"effective_from":"2026-07-01T00:00:00Z"}`)
		require.Equal(t, made, w.a.get(path))
		terms := made.list("terms")
		require.Equal(t, "10", terms[0].str("rate"))
		require.Nil(t, terms[0]["fee"])
		require.Nil(t, terms[1]["rate"])
		require.EqualValues(t, 2, terms[1]["version"])
		require.Equal(t, "2026-07-01T00:00:00Z", terms[1].str("effective_from"))
		require.Equal(t, "2026-06-15T12:00:00Z", terms[1].str("recorded_at"))
		missing := w.refused(404, "not-found", get, "/campaigns/"+s.campaign+"/influencers/"+nobody+"/terms", w.a.key, "")
		for _, other := range []string{"/campaigns/" + nobody + "/influencers/" + s.influencer + "/terms", "/campaigns/x/influencers/x/terms"} {
			require.Equal(t, same(missing), same(w.refused(404, "not-found", get, other, w.a.key, "")))
		}
		require.Equal(t, same(missing), same(w.refused(404, "not-found", get, path, w.b.key, "")))
		w.refused(422, "unknown-parameter", get, path+"?limit=1", w.a.key, "")
	})
}

func TestLists_CouponsAndLinksOfACampaignAndAnInfluencer(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		first, second := w.a.scene("JESSICA20"), w.a.scene("RAVI20")
		b := w.b.scene("BRANDB20")
		for path, want := range map[string][2]string{"/coupons": {first.coupon, second.coupon}, "/tracking-links": {first.link, second.link}} {
			require.Len(t, w.a.get(path)["data"], 2)
			for i, s := range []scene{first, second} {
				for _, query := range []string{"campaign_id=" + s.campaign, "influencer_id=" + s.influencer, "campaign_id=" + s.campaign + "&influencer_id=" + s.influencer} {
					require.Equal(t, []string{want[i]}, idsOf(w.a.get(path+"?"+query)), query)
				}
			}
			for _, query := range []string{
				"campaign_id=" + first.campaign + "&influencer_id=" + second.influencer, "campaign_id=" + nobody, "campaign_id=" + b.campaign, "influencer_id=" + b.influencer,
			} {
				require.Empty(t, w.a.get(path + "?" + query)["data"], query)
			}
			for _, bad := range []string{"campaign_id=x", "campaign_id=", "influencer_id=" + nobody + "&influencer_id=" + nobody} {
				require.Equal(t, 422, w.call(get, path+"?"+bad, w.a.key, "").status, bad)
			}
		}
	})
}

func TestLinks_CountTheClicksOfPeople(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		s, other := w.a.scene("JESSICA20"), w.a.scene("RAVI20")
		const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Instagram 300.0"
		for i := range 3 {
			w.do(get, "/r/"+s.linkCode, "", "", "User-Agent", phone+strconv.Itoa(i))
		}
		w.do(get, "/r/"+s.linkCode, "", "", "User-Agent", phone+"0") // once more
		w.do(get, "/r/"+s.linkCode, "", "", "User-Agent", "Googlebot/2.1 (+http://www.google.com/bot.html)")
		w.do(http.MethodHead, "/r/"+s.linkCode, "", "", "User-Agent", phone)
		require.NoError(t, w.client.RecordClicks(t.Context(), w.clicks.all()))
		require.EqualValues(t, 3, w.a.get("/tracking-links/" + s.link)["clicks"])
		for _, l := range w.a.get("/tracking-links").list("data") {
			want := 0
			if l.str("id") == s.link {
				want = 3
			}
			require.EqualValues(t, want, l["clicks"], l.str("id"))
		}
		require.EqualValues(t, 3, w.a.get("/stats/overview?to=2026-06-16")["clicks"], "the reports agree")
		require.EqualValues(t, 3, w.ok(patch, "/tracking-links/"+s.link, w.a.key, `{"title":"T"}`, ifMatch, "*")["clicks"], "a change answers with them")
		require.EqualValues(t, 3, w.ok(remove, "/tracking-links/"+s.link, w.a.key, "")["clicks"])
		require.EqualValues(t, 0, w.a.get("/tracking-links/" + other.link)["clicks"])
	})
}
