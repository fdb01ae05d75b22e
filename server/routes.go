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
	permission tenant.Permission // with byKey; "" means that every key may
	timeout    time.Duration     // 0: the server's
	serve      func(c *call) error
}

// access says who may call an operation.
type access int

const (
	byKey  access = iota // the holder of an API key
	public               // everybody
)

const (
	apiPrefix      = "/api/v1"
	redirectPrefix = "/r/"
)

// operations lists all there is.
func (s *server) operations() []operation {
	list := []operation{
		{method: http.MethodGet, pattern: "/healthz", access: public, serve: s.health},
	}
	for _, pattern := range []string{redirectPrefix + ":code", apiPrefix + redirectPrefix + ":code"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			list = append(list, operation{method: method, pattern: pattern, access: public, serve: s.redirect})
		}
	}
	for _, op := range slices.Concat(s.writes(), s.reads(), s.reports()) {
		op.pattern = apiPrefix + op.pattern
		list = append(list, op)
	}
	return list
}

func (s *server) writes() []operation {
	post := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodPost, pattern: pattern, permission: permission, serve: serve}
	}
	return []operation{
		post("/events", tenant.EventsWrite, accept(MaxBody, s.recordEvent)),
		post("/events/batch", tenant.EventsWrite, s.recordEvents),
		post("/campaigns", tenant.CampaignsWrite, accept(MaxBody, s.createCampaign)),
		post("/campaigns/:id/influencers/:influencer_id/terms", tenant.CampaignsWrite, accept(MaxBody, s.changeTerms)),
		post("/campaigns/:id/rerate/preview", tenant.PayoutsWrite, accept(MaxBody, s.previewRerate)),
		post("/campaigns/:id/rerate/apply", tenant.PayoutsWrite, accept(MaxBody, s.applyRerate)),
		post("/influencers", tenant.InfluencersWrite, accept(MaxBody, s.createInfluencer)),
		post("/influencers/:id/assign", tenant.CampaignsWrite, accept(MaxBody, s.assign)),
		post("/coupons", tenant.CouponsWrite, accept(MaxBody, s.createCoupon)),
		post("/coupons/bulk", tenant.CouponsWrite, accept(MaxBody, s.createCoupons)),
		post("/tracking-links", tenant.LinksWrite, accept(MaxBody, s.createLink)),
		post("/api-keys", tenant.KeysWrite, accept(MaxBody, s.createKey)),
	}
}

func (s *server) reads() []operation {
	get := func(pattern string, permission tenant.Permission, serve func(c *call) error) operation {
		return operation{method: http.MethodGet, pattern: pattern, permission: permission, serve: serve}
	}
	return []operation{
		get("/advertisers", "", show(s.advertisers)),
		get("/api-keys", tenant.KeysRead, show(s.keys)),
		get("/campaigns", tenant.CampaignsRead, show(s.campaigns)),
		get("/campaigns/:id", tenant.CampaignsRead, show(s.campaign)),
		get("/campaigns/:id/assignments", tenant.CampaignsRead, show(s.assignments)),
		get("/influencers", tenant.InfluencersRead, show(s.influencers)),
		get("/influencers/:id", tenant.InfluencersRead, show(s.influencer)),
		get("/coupons", tenant.CouponsRead, show(s.coupons)),
		get("/coupons/:id", tenant.CouponsRead, show(s.coupon)),
		get("/tracking-links", tenant.LinksRead, show(s.links)),
		get("/tracking-links/:id", tenant.LinksRead, show(s.link)),
		get("/events/:id", tenant.EventsRead, show(s.event)),
		get("/events/:id/explain", tenant.EventsRead, show(s.explain)),
	}
}

func (s *server) reports() []operation {
	report := func(pattern string, timeout time.Duration, serve func(c *call) error) operation {
		return operation{method: http.MethodGet, pattern: pattern, permission: tenant.StatsRead, timeout: timeout, serve: serve}
	}
	list := []operation{
		report("/stats/overview", 0, show(s.overview)),
		report("/stats/chart", 0, show(s.chart)),
		report("/stats/breakdown", 0, show(s.breakdown)),
		report("/stats/journey", 0, show(s.journey)),
		report("/stats/reconcile", ExportTimeout, show(s.reconcile)),
	}
	for _, kind := range stats.Kinds() {
		list = append(list, report("/stats/"+string(kind), 0, show(s.table(kind))))
	}
	export := report("/exports/events.csv", ExportTimeout, s.export)
	export.permission = tenant.EventsRead
	return append(list, export)
}

// health says that the process answers; it looks at nothing else.
func (s *server) health(c *call) error {
	return c.answer(http.StatusOK, struct {
		Status string `json:"status"`
	}{"ok"})
}

// noRoute answers what no operation is there for: the page that a shopper gets
// for any other bad short URL, or a problem.
func (s *server) noRoute(w http.ResponseWriter, req bunrouter.Request) error {
	c := s.newCall(w, req.Request)
	path := req.URL.Path
	if allowed := s.allowed(path); len(allowed) > 0 && !slices.Contains(allowed, req.Method) {
		c.w.Header().Set("Allow", strings.Join(allowed, ", "))
		c.fail(refuse(http.StatusMethodNotAllowed, fault.New(fault.Invalid, "method-not-allowed", "this route does not take this method")))
		return nil
	}
	if path = strings.TrimPrefix(path, apiPrefix); path == "/r" || strings.HasPrefix(path, redirectPrefix) {
		c.page(http.StatusNotFound, goneTitle, goneText)
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
