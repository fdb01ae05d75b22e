package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// life is one run: what it has made so far, and where it tells of it.
type life struct {
	api
	out      io.Writer
	tag      string // makes the codes of this run its own
	step     int
	campaign string
	people   map[string]string // id to name
	link     thing
	coupon   thing
	landing  string
	first    event
}

// play lives one life on a server.
func play(ctx context.Context, out io.Writer, a api, tag string) error {
	l := &life{api: a, out: out, tag: tag, people: map[string]string{}}
	for _, step := range []func(context.Context) error{
		l.brand, l.contract, l.codes, l.redirect, l.events, l.again, l.batch, l.explain, l.overview, l.reports, l.export,
		l.clicks, l.recorded, l.owed, l.ticket, l.once, l.pause, l.terms, l.disable, l.rotate,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("after step %d: %w", l.step, err)
		}
	}
	l.sayf("everything as expected")
	return nil
}

// sayf tells of a step that went well.
func (l *life) sayf(format string, arguments ...any) {
	l.step++
	fmt.Fprintf(l.out, "%2d  %s\n", l.step, fmt.Sprintf(format, arguments...))
}

// want is an error unless both are the same.
func want[T comparable](what string, got, expected T) error {
	if got != expected {
		return fmt.Errorf("%s: got %v instead of %v", what, got, expected)
	}
	return nil
}

func (l *life) brand(ctx context.Context) error {
	var mine list[thing]
	if err := l.get(ctx, "/advertisers", &mine); err != nil {
		return err
	}
	if err := want("brands that the key sees", len(mine.Data), 1); err != nil {
		return err
	}
	l.sayf("brand       %s, reached with its API key", mine.Data[0].Name)
	return nil
}

// contract makes the campaign and two influencers, each with terms of their own.
func (l *life) contract(ctx context.Context) error {
	var made thing
	if err := l.post(ctx, "/campaigns", body{"name": "Summer " + l.tag, "status": "active"}, http.StatusCreated, &made); err != nil {
		return err
	}
	l.campaign = made.ID
	l.sayf("campaign    Summer, active; purchases are what it pays for")
	for _, p := range []struct {
		name, words string
		terms       body
	}{
		{"Jessica", "75.00 INR for each conversion", body{"share_type": "flat", "fee": body{"amount": "75.00", "currency": "INR"}}},
		{"Priya", "10 % of the value", body{"share_type": "percentage", "rate": "10"}},
	} {
		if err := l.post(ctx, "/influencers", body{"name": p.name, "handle": "@" + strings.ToLower(p.name)}, http.StatusCreated, &made); err != nil {
			return err
		}
		l.people[made.ID] = p.name
		var assigned struct {
			Terms []struct {
				Version int `json:"version"`
			} `json:"terms"`
		}
		path := "/influencers/" + made.ID + "/assign"
		if err := l.post(ctx, path, body{"campaign_id": l.campaign, "terms": p.terms}, http.StatusCreated, &assigned); err != nil {
			return err
		}
		if err := want("versions of the terms", len(assigned.Terms), 1); err != nil {
			return err
		}
		l.sayf("influencer  %s: %s", p.name, p.words)
	}
	return nil
}

// id returns the id of one of the people.
func (l *life) id(name string) string {
	for id, n := range l.people {
		if n == name {
			return id
		}
	}
	return ""
}

// codes makes a link for one influencer, and a coupon for the other.
func (l *life) codes(ctx context.Context) error {
	in := body{
		"campaign_id": l.campaign, "influencer_id": l.id("Jessica"),
		"destination": "https://shop.example/summer?size=m#top", "utm": body{"source": "instagram"},
	}
	if err := l.post(ctx, "/tracking-links", in, http.StatusCreated, &l.link); err != nil {
		return err
	}
	l.sayf("link        of Jessica, a short code of %d characters", len(l.link.Code))
	in = body{"campaign_id": l.campaign, "influencer_id": l.id("Priya"), "code": "summer20-" + l.tag}
	if err := l.post(ctx, "/coupons", in, http.StatusCreated, &l.coupon); err != nil {
		return err
	}
	l.sayf("coupon      %s of Priya", l.coupon.Code)
	return want("coupon code", l.coupon.Code, "SUMMER20-"+l.tag)
}

// redirect follows the link and looks at where it leads.
func (l *life) redirect(ctx context.Context) error {
	status, location, err := l.visit(ctx, l.link.Code)
	if err != nil {
		return err
	}
	if err := want("status of the redirect", status, http.StatusFound); err != nil {
		return err
	}
	u, err := url.Parse(location)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"ref_code": l.link.Code, "size": "m", "utm_source": "instagram"} {
		if err := want("Location, "+name, u.Query().Get(name), value); err != nil {
			return err
		}
	}
	l.landing = location
	l.sayf("redirect    302, Location has ref_code, and the query it had before")
	return want("Location, fragment", u.Fragment, "top")
}

// sale is an event with the answer it should get.
type sale struct {
	words      string
	in         body
	source     string
	method     string
	influencer string
	commission string
}

func (l *life) sales() []sale {
	order := func(n string) string { return "order-" + n + "-" + l.tag }
	code := strings.ToLower(l.coupon.Code) // as shoppers type it
	return []sale{
		{
			"link and coupon, purchase", body{
				"action": "purchase", "value": "1499.00", "currency": "INR", "ref_code": l.link.Code, "coupon_code": code, "external_id": order("1"),
			},
			"tracking_link", "coupon", "Priya", "earned 149.90 INR",
		},
		{
			"coupon alone, purchase", body{"action": "purchase", "value": "999.00", "currency": "INR", "coupon_code": code, "external_id": order("2")},
			"direct", "coupon", "Priya", "earned 99.90 INR",
		},
		{
			"link alone, signup", body{"action": "signup", "ref_code": l.link.Code, "external_id": order("3")},
			"tracking_link", "ref_code", "Jessica", "not-a-conversion",
		},
		{
			"landing URL alone, purchase", body{"action": "purchase", "value": 500, "currency": "INR", "landing_url": l.landing, "external_id": order("4")},
			"tracking_link", "landing_url", "Jessica", "earned 75.00 INR",
		},
		{
			"nothing at all, purchase", body{"action": "purchase", "value": "42.00", "currency": "EUR", "external_id": order("5")},
			"direct", "none", "", "no-influencer",
		},
	}
}

func (l *life) events(ctx context.Context) error {
	for i, s := range l.sales() {
		var e event
		if err := l.post(ctx, "/events", s.in, http.StatusCreated, &e); err != nil {
			return err
		}
		got := sale{s.words, nil, e.Attribution.Source, e.Attribution.Method, l.people[e.Attribution.Influencer], e.Commission.Reason}
		if e.Commission.Amount != nil {
			got.commission += " " + e.Commission.Amount.String()
		}
		expected := fmt.Sprint(s.source, s.method, s.influencer, s.commission)
		if err := want(s.words, fmt.Sprint(got.source, got.method, got.influencer, got.commission), expected); err != nil {
			return err
		}
		if i == 0 {
			l.first = e
		}
		l.sayf("event       %s: %s → %s → %s, %s", s.words, s.source, s.method, orNobody(s.influencer), s.commission)
	}
	return nil
}

func orNobody(name string) string {
	if name == "" {
		return "nobody"
	}
	return name
}

// again sends the first event a second time, and then another one under its id.
func (l *life) again(ctx context.Context) error {
	in := l.sales()[0].in
	var e event
	if err := l.post(ctx, "/events", in, http.StatusOK, &e); err != nil {
		return err
	}
	if err := want("id and repeat", fmt.Sprint(e.ID, e.Repeat), fmt.Sprint(l.first.ID, true)); err != nil {
		return err
	}
	l.sayf("again       the same order is the same event")
	in["value"] = "1.00"
	var p problem
	if err := l.post(ctx, "/events", in, http.StatusConflict, &p); err != nil {
		return err
	}
	l.sayf("again       the same order with another value is refused: %s", p.Reason)
	return want("reason", p.Reason, "event-differs")
}

// batch sends a good event beside a bad one.
func (l *life) batch(ctx context.Context) error {
	var answer struct {
		Results []struct {
			Status string `json:"status"`
		} `json:"results"`
	}
	in := body{"events": []body{{"action": "add_to_cart", "ref_code": l.link.Code}, {"action": "purchase", "value": "1.999", "currency": "INR"}}}
	if err := l.post(ctx, "/events/batch", in, http.StatusOK, &answer); err != nil {
		return err
	}
	l.sayf("batch       one event stored, the bad one beside it refused")
	return want("results", fmt.Sprint(answer.Results), "[{stored} {refused}]")
}

// explain asks why the first sale went to the one and not to the other.
func (l *life) explain(ctx context.Context) error {
	var why explanation
	if err := l.get(ctx, "/events/"+l.first.ID+"/explain", &why); err != nil {
		return err
	}
	l.sayf("explain     %s", why.Summary)
	var verdicts []string
	for _, c := range why.Candidates {
		verdicts = append(verdicts, c.Method+" "+c.Verdict)
	}
	return want("candidates", strings.Join(verdicts, ", "), "coupon won, ref_code outranked")
}
