package server

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bunrouter"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/tenant"
)

// operation is one method of one route.
type operation struct {
	method     string
	pattern    string
	access     access
	permission tenant.Permission // of a key; "" means that every key may
	timeout    time.Duration     // 0: the server's
	serve      func(c *call) error
}

// access says who may call an operation.
type access int

const (
	byCaller   access = iota // the holder of an API key with the permission, and every active person
	byAdmin                  // people with the role admin
	byIdentity               // everybody with a valid credential, people without any right included
	byAnyone                 // everybody
)

const (
	apiPrefix      = "/api/v1"
	redirectPrefix = "/r/"
)

// operations lists all there is.
func (s *server) operations() []operation {
	list := s.pages()
	for _, op := range slices.Concat(s.administration(), s.writes(), s.changes(), s.reads(), s.reports()) {
		op.pattern = apiPrefix + op.pattern
		list = append(list, op)
	}
	return list
}

// pages are what is not part of the API proper.
func (s *server) pages() []operation {
	get := func(pattern string, serve func(c *call) error) operation {
		return operation{method: http.MethodGet, pattern: pattern, access: byAnyone, serve: serve}
	}
	list := []operation{
		get("/healthz", s.health), get("/readyz", s.readiness), get("/metrics", s.measures), get("/app/config.json", s.appConfig),
		get("/openapi.yaml", s.contract), get("/explorer", s.explorer), get("/explorer/:asset", s.explorer),
	}
	for _, pattern := range []string{redirectPrefix + ":code", apiPrefix + redirectPrefix + ":code"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			list = append(list, operation{method: method, pattern: pattern, access: byAnyone, serve: s.redirect})
		}
	}
	return list
}

func (s *server) administration() []operation {
	return []operation{
		{method: http.MethodGet, pattern: "/me", access: byIdentity, serve: show(s.me)},
		{method: http.MethodPost, pattern: "/advertisers", access: byAdmin, serve: s.createAdvertiser},
		{method: http.MethodGet, pattern: "/users", access: byAdmin, serve: show(s.users)},
		{method: http.MethodGet, pattern: "/users/:id", access: byAdmin, serve: show(s.user)},
		{method: http.MethodPatch, pattern: "/users/:id", access: byAdmin, serve: s.changeUser},
	}
}

func (s *server) writes() []operation {
	post := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodPost, pattern: pattern, permission: permission, serve: serve}
	}
	return []operation{
		post("/events", tenant.EventsWrite, accept(ownerOfNew, s.recordEvent)),
		post("/events/batch", tenant.EventsWrite, s.recordEvents),
		post("/campaigns", tenant.CampaignsWrite, accept(ownerOfNew, s.createCampaign)),
		post("/campaigns/:id/influencers/:influencer_id/terms", tenant.CampaignsWrite, accept(campaignOwner, s.changeTerms)),
		post("/campaigns/:id/rerate/preview", tenant.PayoutsWrite, accept(campaignOwner, s.previewRerate)),
		post("/campaigns/:id/rerate/apply", tenant.PayoutsWrite, accept(campaignOwner, s.applyRerate)),
		post("/influencers", tenant.InfluencersWrite, accept(ownerOfNew, s.createInfluencer)),
		post("/influencers/:id/assign", tenant.CampaignsWrite, s.assign),
		post("/coupons", tenant.CouponsWrite, accept(ownerOfNew, s.createCoupon)),
		post("/coupons/bulk", tenant.CouponsWrite, accept(ownerOfNew, s.createCoupons)),
		post("/tracking-links", tenant.LinksWrite, accept(ownerOfNew, s.createLink)),
		post("/api-keys", tenant.KeysWrite, accept(ownerOfNew, s.createKey)),
		post("/api-keys/:id/rotate", tenant.KeysWrite, accept(keyOwner, s.rotateKey)),
		post("/exports", tenant.EventsRead, s.createExport),
	}
}

// changes are the updates and the ends of what exists.
func (s *server) changes() []operation {
	patch := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodPatch, pattern: pattern, permission: permission, serve: serve}
	}
	end := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodDelete, pattern: pattern, permission: permission, serve: serve}
	}
	return []operation{
		patch("/advertisers/:id", tenant.AdvertiserWrite, alter(advertiserInPath, s.changeAdvertiser)),
		patch("/campaigns/:id", tenant.CampaignsWrite, alter(campaignOwner, s.changeCampaign)),
		patch("/influencers/:id", tenant.InfluencersWrite, alter(influencerCreator, s.changeInfluencer)),
		patch("/coupons/:id", tenant.CouponsWrite, alter(couponOwner, s.changeCoupon)),
		patch("/tracking-links/:id", tenant.LinksWrite, alter(linkOwner, s.changeLink)),
		end("/campaigns/:id", tenant.CampaignsWrite, retire(campaignOwner, s.archiveCampaign)),
		end("/influencers/:id", tenant.InfluencersWrite, retire(influencerCreator, s.eraseInfluencer)),
		end("/coupons/:id", tenant.CouponsWrite, retire(couponOwner, s.disableCoupon)),
		end("/tracking-links/:id", tenant.LinksWrite, retire(linkOwner, s.disableLink)),
		end("/api-keys/:id", tenant.KeysWrite, retire(keyOwner, s.revokeKey)),
	}
}

func (s *server) reads() []operation {
	get := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodGet, pattern: pattern, permission: permission, serve: serve}
	}
	return []operation{
		get("/advertisers", "", show(s.advertisers)),
		get("/advertisers/:id", "", show(s.advertiser)),
		get("/api-keys", tenant.KeysRead, show(s.keys)),
		get("/api-keys/:id", tenant.KeysRead, show(s.key)),
		get("/campaigns", tenant.CampaignsRead, show(s.campaigns)),
		get("/campaigns/:id", tenant.CampaignsRead, show(s.campaign)),
		get("/campaigns/:id/assignments", tenant.CampaignsRead, show(s.assignments)),
		get("/campaigns/:id/influencers/:influencer_id/terms", tenant.CampaignsRead, show(s.termsHistory)),
		get("/influencers", tenant.InfluencersRead, show(s.influencers)),
		get("/influencers/:id", tenant.InfluencersRead, show(s.influencer)),
		get("/coupons", tenant.CouponsRead, show(s.coupons)),
		get("/coupons/:id", tenant.CouponsRead, show(s.coupon)),
		get("/tracking-links", tenant.LinksRead, show(s.links)),
		get("/tracking-links/:id", tenant.LinksRead, show(s.link)),
		get("/events", tenant.EventsRead, show(s.events)),
		get("/events/:id", tenant.EventsRead, show(s.event)),
		get("/events/:id/explain", tenant.EventsRead, show(s.explain)),
	}
}

func (s *server) reports() []operation {
	report := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodGet, pattern: pattern, permission: permission, serve: serve}
	}
	list := []operation{
		report("/stats/overview", tenant.StatsRead, show(s.overview)),
		report("/stats/chart", tenant.StatsRead, show(s.chart)),
		report("/stats/breakdown", tenant.StatsRead, show(s.breakdown)),
		report("/stats/journey", tenant.StatsRead, show(s.journey)),
		report("/payouts/estimate", tenant.PayoutsRead, show(s.payouts)),
	}
	for _, kind := range stats.Kinds() {
		list = append(list, report("/stats/"+string(kind), tenant.StatsRead, show(s.table(kind))))
	}
	long := []operation{
		report("/stats/reconcile", tenant.StatsRead, show(s.reconcile)),
		report("/exports/events.csv", tenant.EventsRead, s.export),
		{method: http.MethodGet, pattern: "/exports/:ticket", access: byAnyone, serve: s.redeem},
	}
	for i := range long {
		long[i].timeout = ExportTimeout
	}
	return append(list, long...)
}

// noRoute answers what no operation is there for: the page that a shopper gets
// for any other bad short URL, or a problem.
func (s *server) noRoute(w http.ResponseWriter, req bunrouter.Request) error {
	c := s.newCall(w, req.Request)
	if err := c.within(writeGrace, writeGrace); err != nil {
		c.fail(err)
		return nil
	}
	if req.ContentLength != 0 { // nobody reads it
		c.w.Header().Set("Connection", "close")
	}
	path := req.URL.Path
	if allowed := s.allowed(path); len(allowed) > 0 && !slices.Contains(allowed, req.Method) {
		c.w.Header().Set("Allow", strings.Join(allowed, ", "))
		c.fail(refuse(http.StatusMethodNotAllowed, fault.New(fault.Invalid, "method-not-allowed", "this route does not take this method")))
		return nil
	}
	if path = strings.TrimPrefix(path, apiPrefix); path == "/r" || strings.HasPrefix(path, redirectPrefix) {
		c.html(http.StatusNotFound, goneTitle, goneText)
		return nil
	}
	c.fail(refuse(http.StatusNotFound, fault.New(fault.NotFound, "no-such-route", "there is no such route")))
	return nil
}

// allowed lists the methods of the route that a path belongs to, sorted. The
// router does not find a route below a parameter by another method.
func (s *server) allowed(path string) []string {
	var methods []string
	for _, op := range s.routes {
		if matches(op.pattern, path) {
			methods = append(methods, op.method)
		}
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

// matches reports whether a path is one of a pattern.
func matches(pattern, path string) bool {
	parts, segments := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(parts) != len(segments) {
		return false
	}
	for i, part := range parts {
		if part != segments[i] && (!strings.HasPrefix(part, ":") || segments[i] == "") {
			return false
		}
	}
	return true
}
