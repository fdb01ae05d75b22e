package contract_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// request is a call of an operation.
type request struct {
	op         *docOperation
	path       map[string]string // parameters in the path
	query      url.Values
	headers    map[string]string
	credential string
	body       object // nil for none
}

// recipe makes a request that succeeds, with something new to act upon where
// acting twice would not.
type recipe func(w *world) request

// unique tells things that are made one after another.
var unique atomic.Int64

func serial() string { return fmt.Sprintf("%06d", unique.Add(1)) }

// recipeOf returns a request of an operation that succeeds.
func (w *world) recipeOf(id string) request {
	w.t.Helper()
	cook, ok := recipes()[id]
	require.True(w.t, ok, "there is no recipe for %s: write one", id)
	r := cook(w)
	r.op = loadDocument(w.t).named(id)
	require.NotNil(w.t, r.op, id)
	if r.credential == "" && r.op.audience == "callers" {
		r.credential = w.a.key
	}
	if r.credential == "" && r.op.audience == "admins" {
		r.credential = w.admin.token
	}
	if r.op.param("header", "If-Match") != nil {
		r.headers = map[string]string{"If-Match": "*"}
	}
	return r
}

// target returns path and query of a request.
func (r request) target() string {
	path := r.op.path
	for name, value := range r.path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	return path
}

// call sends a request.
func (w *world) call(r request) answer {
	w.t.Helper()
	body := ""
	if r.body != nil {
		body = encoded(w.t, r.body)
	}
	return w.callWith(r, body)
}

// callWith sends a request with another body.
func (w *world) callWith(r request, body string) answer {
	w.t.Helper()
	headers := []string{}
	for name, value := range r.headers {
		headers = append(headers, name, value)
	}
	return w.do(r.op.method, r.target(), r.credential, body, headers...)
}

func at(id string) map[string]string { return map[string]string{"id": id} }

// make a thing of brand A to act upon.
func (w *world) newCampaign(status string) string {
	return w.made(w.a.key, "/campaigns", `{"name":"C`+serial()+`","status":"`+status+`"}`).str("id")
}

func (w *world) newInfluencer() string {
	return w.made(w.a.key, "/influencers", `{"name":"I`+serial()+`"}`).str("id")
}

func (w *world) newCoupon() string {
	return w.made(w.a.key, "/coupons", `{"campaign_id":"`+w.a.campaign+`"}`).str("id")
}

func (w *world) newLink() string {
	return w.made(w.a.key, "/tracking-links", `{"campaign_id":"`+w.a.campaign+`","destination":"https://shop.example/"}`).str("id")
}

func (w *world) newKey() string {
	return w.made(w.a.key, "/api-keys", `{"name":"K`+serial()+`","scopes":["events:write"]}`).str("id")
}

func (w *world) newTicket() string {
	ticket := w.made(w.a.key, "/exports", `{}`).str("url")
	return ticket[strings.LastIndex(ticket, "/")+1:]
}

// june is the period that all events of a test lie in.
func june() object { return object{"from": "2026-06-01T00:00:00Z", "to": "2026-07-01T00:00:00Z"} }

func only(r request) recipe { return func(*world) request { return r } }

// about is a recipe for something that a world has.
func about(id func(w *world) string) recipe {
	return func(w *world) request { return request{path: at(id(w))} }
}

// with is about, with a body.
func with(id func(w *world) string, body func(w *world) object) recipe {
	return func(w *world) request { return request{path: at(id(w)), body: body(w)} }
}

// making is a recipe that needs a body alone.
func making(body func(w *world) object) recipe {
	return func(w *world) request { return request{body: body(w)} }
}

// recipes holds one for each operation.
func recipes() map[string]recipe {
	all := map[string]recipe{}
	for _, part := range []map[string]recipe{pageRecipes(), peopleRecipes(), campaignRecipes(), codeRecipes(), eventRecipes()} {
		maps.Copy(all, part)
	}
	return all
}

func pageRecipes() map[string]recipe {
	code := func(w *world) request { return request{path: map[string]string{"code": w.a.linkCode}} }
	return map[string]recipe{
		"health": only(request{}), "readiness": only(request{}), "metrics": only(request{credential: metricsToken}),
		"appConfig": only(request{}), "openapi": only(request{}), "explorer": only(request{}),
		"explorerAsset": only(request{path: map[string]string{"asset": "swagger-ui.css"}}),
		"redirect":      code, "redirectHead": code, "redirectBelowApi": code, "redirectBelowApiHead": code,
	}
}

func peopleRecipes() map[string]recipe {
	newPerson := func(w *world) string {
		name := "visitor-" + serial()
		return w.do(http.MethodGet, api+"/me", personPrefix+name, "").object().sub("user").str("id")
	}
	return map[string]recipe{
		"me":              func(w *world) request { return request{credential: w.pending.token} },
		"listAdvertisers": only(request{}),
		"createAdvertiser": making(func(*world) object {
			return object{"name": "Brand " + serial(), "time_zone": "Asia/Kathmandu", "currency": "NPR"}
		}),
		"getAdvertiser": about(func(w *world) string { return w.a.id }),
		"changeAdvertiser": with(func(w *world) string { return w.a.id }, func(*world) object {
			return object{"name": "A", "time_zone": "Asia/Kolkata", "currency": "INR"}
		}),
		"listUsers": only(request{}),
		"getUser":   about(func(w *world) string { return w.pending.id }),
		"changeUser": with(newPerson, func(w *world) object {
			return object{"status": "active", "role": "advertiser", "advertiser_id": w.a.id}
		}),
		"listKeys": only(request{}),
		"createKey": making(func(w *world) object {
			return object{"name": "K" + serial(), "scopes": []any{"events:write"}, "expires_at": "2027-01-01T00:00:00Z", "test": true, "advertiser_id": w.a.id}
		}),
		"getKey":    about(func(w *world) string { return w.a.keyID }),
		"revokeKey": about((*world).newKey),
		"rotateKey": with((*world).newKey, func(w *world) object { return object{"overlap_seconds": 60, "advertiser_id": w.a.id} }),
	}
}

func terms() object {
	return object{"share_type": "percentage", "rate": "12.5", "fee": nil, "effective_from": "2026-06-01T00:00:00Z"}
}

func campaignRecipes() map[string]recipe {
	campaign := func(w *world) string { return w.a.campaign }
	body := func(w *world) object {
		return object{
			"name": "Summer " + serial(), "starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-09-01T00:00:00Z",
			"budget": object{"amount": "1000.50", "currency": "INR"}, "conversion_types": []any{"purchase", "signup"},
			"generic_coupon": "wins", "advertiser_id": w.a.id,
		}
	}
	person := func(w *world) object {
		return object{
			"name": "Jessica " + serial(), "email": "jessica@example.com", "handle": "@jessica", "platforms": []any{"instagram"},
			"country": "IN", "external_id": "crm-" + serial(), "advertiser_id": w.a.id,
		}
	}
	inCampaign := func(w *world) map[string]string {
		return map[string]string{"id": w.a.campaign, "influencer_id": w.a.influencer}
	}
	return map[string]recipe{
		"listCampaigns": only(request{}), "getCampaign": about(campaign), "listAssignments": about(campaign),
		"createCampaign": making(func(w *world) object {
			made := body(w)
			made["status"] = "active"
			return made
		}),
		"changeCampaign": with(campaign, func(w *world) object {
			change := body(w)
			change["status"] = "active"
			return change
		}),
		"archiveCampaign": about(func(w *world) string { return w.newCampaign("draft") }),
		"listTerms":       func(w *world) request { return request{path: inCampaign(w)} },
		"changeTerms": func(w *world) request {
			agreed := terms()
			agreed["advertiser_id"] = w.a.id
			return request{path: inCampaign(w), body: agreed}
		},
		"previewRerate": with(campaign, func(w *world) object {
			return object{"from": june()["from"], "to": june()["to"], "advertiser_id": w.a.id}
		}),
		"applyRerate": func(w *world) request {
			body := june()
			seen := w.do(http.MethodPost, api+"/campaigns/"+w.a.campaign+"/rerate/preview", w.a.key, encoded(w.t, body))
			body["digest"], body["advertiser_id"] = seen.object().str("digest"), w.a.id
			return request{path: at(w.a.campaign), body: body}
		},
		"listInfluencers":  only(request{}),
		"createInfluencer": making(person),
		"getInfluencer":    about(func(w *world) string { return w.a.influencer }),
		"changeInfluencer": with(func(w *world) string { return w.a.influencer }, person),
		"eraseInfluencer":  about((*world).newInfluencer),
		"assignInfluencer": with((*world).newInfluencer, func(w *world) object {
			return object{"campaign_id": w.a.campaign, "terms": terms(), "advertiser_id": w.a.id}
		}),
	}
}

func codeRecipes() map[string]recipe {
	coupon := func(w *world) object {
		return object{
			"campaign_id": w.a.campaign, "influencer_id": w.a.influencer, "valid_from": "2026-06-01T00:00:00Z", "valid_to": "2026-09-01T00:00:00Z",
			"discount": object{"percent": "20"}, "advertiser_id": w.a.id,
		}
	}
	link := func(w *world) string { return w.a.link }
	utm := object{"source": "instagram", "medium": "story", "campaign": "summer", "term": "t", "content": "c"}
	return map[string]recipe{
		"listCoupons": only(request{}), "getCoupon": about(func(w *world) string { return w.a.coupon }),
		"createCoupon": making(func(w *world) object {
			made := coupon(w)
			made["code"] = "VANITY" + serial()
			return made
		}),
		"createCoupons": making(func(w *world) object {
			made := coupon(w)
			made["prefix"], made["length"], made["count"] = "SUMMER", 8, 2
			return made
		}),
		"changeCoupon": with((*world).newCoupon, func(w *world) object {
			return object{
				"status": "active", "valid_from": nil, "valid_to": "2026-10-01T00:00:00Z",
				"discount": object{"amount": object{"amount": "100", "currency": "INR"}}, "advertiser_id": w.a.id,
			}
		}),
		"disableCoupon": about((*world).newCoupon),
		"listLinks":     only(request{}), "getLink": about(link),
		"createLink": making(func(w *world) object {
			return object{
				"campaign_id": w.a.campaign, "influencer_id": w.a.influencer, "destination": "https://shop.example/p", "title": "Story",
				"utm": utm, "code": "vanity" + serial(), "advertiser_id": w.a.id,
			}
		}),
		"changeLink": with(link, func(w *world) object {
			return object{"destination": "https://shop.example/q", "title": "Post", "utm": utm, "status": "active", "advertiser_id": w.a.id}
		}),
		"disableLink": about((*world).newLink),
	}
}

func newEvent(w *world) object {
	return object{
		"action": "purchase", "value": "1499.00", "currency": "INR", "coupon_code": w.a.couponCode, "ref_code": w.a.linkCode,
		"landing_url": "https://shop.example/?ref_code=" + w.a.linkCode, "external_id": "order-" + serial(), "customer_id": "customer-7",
		"occurred_at": "2026-06-15T11:00:00Z", "metadata": object{"size": "M"}, "advertiser_id": w.a.id,
	}
}

func eventRecipes() map[string]recipe {
	event := func(w *world) string { return w.a.event }
	return map[string]recipe{
		"listEvents": only(request{}), "recordEvent": making(newEvent), "getEvent": about(event), "explainEvent": about(event),
		"recordEvents": making(func(w *world) object {
			return object{"events": []any{newEvent(w), object{"action": "no good"}}, "advertiser_id": w.a.id}
		}),
		"statsOverview": only(request{}), "statsChart": only(request{}), "statsBreakdown": only(request{}), "statsCampaigns": only(request{}),
		"statsInfluencers": only(request{}), "statsCoupons": only(request{}), "statsLinks": only(request{}), "statsJourney": only(request{}),
		"statsReconcile": only(request{}), "estimatePayouts": only(request{}), "exportEvents": only(request{}),
		"createExport": making(func(w *world) object {
			return object{
				"from": june()["from"], "to": june()["to"], "time_zone": "Asia/Kolkata", "campaign_ids": []any{w.a.campaign},
				"influencer_ids": []any{w.a.influencer}, "tracking_link_ids": []any{w.a.link}, "coupon_ids": []any{w.a.coupon},
				"event_types": []any{"purchase"}, "advertiser_id": w.a.id,
			}
		}),
		"redeemExport": func(w *world) request { return request{path: map[string]string{"ticket": w.newTicket()}} },
	}
}

func TestRecipes_AreThereForEveryOperationAndFitItsSchema(t *testing.T) {
	w, d := newWorld(t), loadDocument(t)
	require.Len(t, recipes(), len(d.operations))
	for _, op := range d.operations {
		r := w.recipeOf(op.id)
		require.Equal(t, op.body != "", r.body != nil, op.id)
		if op.body != "" && op.id != "recordEvents" { // which has a bad event in it
			require.NoError(t, d.allows(op.body, encoded(t, r.body)), op.id)
		}
	}
}
