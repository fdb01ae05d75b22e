package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/tenant"
)

const nobody = "01890a5d-ac96-774b-bcce-b302099a8057"

// Every place where an id of another tenant can be named: the answer must be
// that for an id of nothing.
func TestTenancy_ForeignIdsAreNotFoundAndTellNothing(t *testing.T) {
	w := newWorld(t)
	a, b := w.a.scene("JESSICA20"), w.b.scene("BRANDB20")
	event := w.b.post("/events", `{"action":"purchase","coupon_code":"BRANDB20"}`).str("id")
	for _, c := range []struct{ method, path, body, foreign string }{
		{get, "/campaigns/ID", "", b.campaign},
		{get, "/campaigns/ID/assignments", "", b.campaign},
		{get, "/influencers/ID", "", b.influencer},
		{get, "/coupons/ID", "", b.coupon},
		{get, "/tracking-links/ID", "", b.link},
		{get, "/events/ID", "", event},
		{get, "/events/ID/explain", "", event},
		{post, "/influencers/ID/assign", `{"campaign_id":"` + a.campaign + `"}`, b.influencer},
		{post, "/influencers/" + a.influencer + "/assign", `{"campaign_id":"ID"}`, b.campaign},
		{post, "/campaigns/ID/influencers/" + a.influencer + "/terms", `{"share_type":"percentage","rate":"1"}`, b.campaign},
		{post, "/campaigns/" + a.campaign + "/influencers/ID/terms", `{"share_type":"percentage","rate":"1"}`, b.influencer},
		{post, "/campaigns/ID/rerate/preview", `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}`, b.campaign},
		{post, "/campaigns/ID/rerate/apply", `{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z","digest":"00"}`, b.campaign},
		{post, "/coupons", `{"campaign_id":"ID","code":"NEW"}`, b.campaign},
		{post, "/coupons", `{"campaign_id":"` + a.campaign + `","influencer_id":"ID"}`, b.influencer},
		{post, "/coupons/bulk", `{"campaign_id":"ID","count":2}`, b.campaign},
		{post, "/tracking-links", `{"campaign_id":"ID","destination":"https://x.example"}`, b.campaign},
		{post, "/tracking-links", `{"campaign_id":"` + a.campaign + `","influencer_id":"ID","destination":"https://x.example"}`, b.influencer},
		{post, "/campaigns", `{"advertiser_id":"ID","name":"x"}`, w.b.id.String()},
		{post, "/influencers", `{"advertiser_id":"ID","name":"x"}`, w.b.id.String()},
		{post, "/coupons", `{"advertiser_id":"ID","campaign_id":"` + a.campaign + `"}`, w.b.id.String()},
		{post, "/tracking-links", `{"advertiser_id":"ID","campaign_id":"` + a.campaign + `","destination":"https://x.example"}`, w.b.id.String()},
		{post, "/api-keys", `{"advertiser_id":"ID","name":"x","scopes":["*"]}`, w.b.id.String()},
		{post, "/events", `{"advertiser_id":"ID","action":"lead"}`, w.b.id.String()},
		{post, "/events/batch", `{"advertiser_id":"ID","events":[{"action":"lead"}]}`, w.b.id.String()},
	} {
		answers := make([]answer, 2)
		for i, id := range []string{c.foreign, nobody} {
			answers[i] = w.do(c.method, "/api/v1"+strings.Replace(c.path, "ID", id, 1), w.a.key, strings.Replace(c.body, "\"ID\"", `"`+id+`"`, 1))
			require.Equal(t, http.StatusNotFound, answers[i].status, c.method+" "+c.path+" "+c.body+" "+answers[i].body)
		}
		require.Equal(t, requestID.ReplaceAllString(answers[1].body, ""), requestID.ReplaceAllString(answers[0].body, ""), c.path)
		require.Len(t, answers[0].header, len(answers[1].header))
	}
}

func TestTenancy_FiltersGiveOnlyOwnData(t *testing.T) {
	w := newWorld(t)
	w.a.scene("JESSICA20")
	b := w.b.scene("BRANDB20")
	w.b.post("/events", `{"action":"purchase","value":"9","currency":"EUR","coupon_code":"BRANDB20"}`)
	for _, path := range []string{"/stats/campaigns", "/stats/influencers", "/stats/coupons", "/stats/tracking-links", "/stats/overview", "/stats/journey", "/stats/breakdown"} {
		own := w.do(http.MethodGet, "/api/v1"+path+"?to=2026-06-16", w.a.key, "").body
		require.Equal(t, own, w.do(http.MethodGet, "/api/v1"+path+"?to=2026-06-16&advertiser_id="+w.b.id.String(), w.a.key, "").body, "the filter is ignored")
		for _, filter := range []string{"campaign_id=" + b.campaign, "influencer_id=" + b.influencer, "coupon_id=" + b.coupon, "tracking_link_id=" + b.link} {
			name, _, _ := strings.Cut(filter, "=")
			foreign := w.do(http.MethodGet, "/api/v1"+path+"?to=2026-06-16&"+filter, w.a.key, "").body
			nothing := w.do(http.MethodGet, "/api/v1"+path+"?to=2026-06-16&"+name+"="+nobody, w.a.key, "").body
			require.Equal(t, nothing, foreign, path+filter)
		}
	}
	require.Empty(t, w.a.get("/influencers?campaign_id=" + b.campaign)["data"])
	require.Len(t, w.a.get("/advertisers?advertiser_id=" + w.b.id.String())["data"], 1)
}

func TestTenancy_ForeignCodesLeaveAnEventUnattributed(t *testing.T) {
	w := newWorld(t)
	b := w.b.scene("BRANDB20")
	w.a.scene("JESSICA20")
	for _, evidence := range []string{
		`"coupon_code":"BRANDB20"`, `"ref_code":"` + b.linkCode + `"`, `"landing_url":"https://shop.example/?ref_code=` + b.linkCode + `"`,
	} {
		got := w.do(http.MethodPost, "/api/v1/events", w.a.key, `{"action":"purchase",`+evidence+`}`)
		require.Equal(t, "none", got.object().sub("attribution").str("method"))
		why := w.do(http.MethodGet, "/api/v1/events/"+got.object().str("id")+"/explain", w.a.key, "")
		require.Equal(t, "unknown-code", why.object().list("candidates")[0].str("verdict"))
		for _, secret := range []string{b.campaign, b.influencer, b.coupon, b.link, w.b.id.String(), "shop.example/p"} {
			require.NotContains(t, got.body+why.body, secret)
		}
	}
	taken := w.do(http.MethodPost, "/api/v1/coupons", w.a.key, `{"campaign_id":"`+w.a.post("/campaigns", `{"name":"x"}`).str("id")+`","code":"BRANDB20"}`)
	require.Equal(t, http.StatusCreated, taken.status, "a coupon code is the advertiser's own")
}

func TestTenancy_ASharedInfluencerShowsNoForeignExternalID(t *testing.T) {
	w := newWorld(t)
	b := w.b.scene("BRANDB20")
	shared := w.b.get("/influencers/" + b.influencer)
	require.Equal(t, "crm-7", shared.str("external_id"))
	id, err := parseInfluencer(b.influencer)
	require.NoError(t, err)
	require.NoError(t, w.client.ShareInfluencer(t.Context(), w.a.id, id))
	require.Nil(t, w.a.get("/influencers/" + b.influencer)["external_id"])
}

func TestPermissions_EachOperationNeedsItsOwn(t *testing.T) {
	w := newWorld(t)
	id := nobody
	for _, c := range []struct {
		method, path string
		need         tenant.Permission
	}{
		{"POST", "/events", tenant.EventsWrite}, {"POST", "/events/batch", tenant.EventsWrite}, {"GET", "/events/" + id, tenant.EventsRead},
		{"GET", "/events/" + id + "/explain", tenant.EventsRead}, {"GET", "/exports/events.csv", tenant.EventsRead},
		{"GET", "/campaigns", tenant.CampaignsRead}, {"POST", "/campaigns", tenant.CampaignsWrite}, {"GET", "/campaigns/" + id, tenant.CampaignsRead},
		{"GET", "/campaigns/" + id + "/assignments", tenant.CampaignsRead}, {"POST", "/campaigns/" + id + "/influencers/" + id + "/terms", tenant.CampaignsWrite},
		{"POST", "/campaigns/" + id + "/rerate/preview", tenant.PayoutsWrite}, {"POST", "/campaigns/" + id + "/rerate/apply", tenant.PayoutsWrite},
		{"GET", "/influencers", tenant.InfluencersRead}, {"POST", "/influencers", tenant.InfluencersWrite}, {"GET", "/influencers/" + id, tenant.InfluencersRead},
		{"POST", "/influencers/" + id + "/assign", tenant.CampaignsWrite}, {"GET", "/coupons", tenant.CouponsRead}, {"POST", "/coupons", tenant.CouponsWrite},
		{"POST", "/coupons/bulk", tenant.CouponsWrite}, {"GET", "/coupons/" + id, tenant.CouponsRead}, {"GET", "/tracking-links", tenant.LinksRead},
		{"POST", "/tracking-links", tenant.LinksWrite}, {"GET", "/tracking-links/" + id, tenant.LinksRead}, {"GET", "/api-keys", tenant.KeysRead},
		{"POST", "/api-keys", tenant.KeysWrite}, {"GET", "/stats/overview", tenant.StatsRead}, {"GET", "/stats/chart", tenant.StatsRead},
		{"GET", "/stats/breakdown", tenant.StatsRead}, {"GET", "/stats/journey", tenant.StatsRead}, {"GET", "/stats/campaigns", tenant.StatsRead},
		{"GET", "/stats/influencers", tenant.StatsRead}, {"GET", "/stats/coupons", tenant.StatsRead}, {"GET", "/stats/tracking-links", tenant.StatsRead},
		{"GET", "/stats/reconcile", tenant.StatsRead},
	} {
		var others []tenant.Permission
		for _, p := range tenant.Permissions() {
			if p != c.need && p != tenant.EverythingAllowed {
				others = append(others, p)
			}
		}
		body := ""
		if c.method == http.MethodPost {
			body = "{}"
		}
		refused := w.do(c.method, "/api/v1"+c.path, w.a.keyFor(others...), body)
		require.Equal(t, http.StatusForbidden, refused.status, c.path)
		require.Equal(t, "scope-insufficient", refused.object().str("reason"))
		require.NotEqual(t, http.StatusForbidden, w.do(c.method, "/api/v1"+c.path, w.a.keyFor(c.need), body).status, c.path)
		require.Equal(t, http.StatusUnauthorized, w.do(c.method, "/api/v1"+c.path, "", body).status, c.path)
	}
	require.Equal(t, http.StatusOK, w.do("GET", "/api/v1/advertisers", w.a.keyFor(tenant.EventsWrite), "").status, "every key may see whose it is")
}
