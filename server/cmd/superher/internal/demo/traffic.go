package demo

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
)

// clicksAtOnce is the size of a batch, like that of the server's own buffer.
const clicksAtOnce = 500

// traffic is one day of a brand: who came by, and what the shop reports.
type traffic struct {
	stage  *stage
	dice   dice
	day    int
	until  time.Time // what would happen later has not happened yet
	visits []clicks.Visit
	events []attribution.Submission
}

// draw makes up the day.
func (t *traffic) draw() error {
	s, d := t.stage, t.dice
	busy := weekday(int(s.start(t.day).Weekday())) * (0.6 + 0.8*float64(t.day)/Days)
	for i := range s.doors {
		door := &s.doors[i]
		mean := s.plan.daily * busy * door.weight * t.push(door)
		for range d.around(mean) {
			if err := t.shopper(door); err != nil {
				return err
			}
		}
		for range d.around(mean*0.12 + 0.1) {
			if err := t.robot(door); err != nil {
				return err
			}
		}
	}
	for range d.around(s.plan.daily * busy * 0.04) {
		t.listener()
	}
	for range d.around(s.plan.daily * busy * 0.02) {
		t.stranger()
	}
	return nil
}

// push is how much a link is seen on a day: most right after a post of its
// owner, and hardly when the campaign does not run.
func (t *traffic) push(d *door) float64 {
	p := t.stage.plan.campaigns[d.campaign]
	switch {
	case t.day < p.startsOn:
		return 0
	case p.draft && t.day < Days-20:
		return 0
	case !p.draft && !p.runsOn(t.day):
		return 0.05
	}
	switch every := 7 + (d.person+1)%5; (t.day + 3*d.person + 3) % every {
	case 0:
		return 2.8
	case 1:
		return 1.6
	default:
		return 0.8
	}
}

// moment draws a time of the day.
func (t *traffic) moment() time.Time {
	y, m, day := t.stage.start(t.day).Date()
	d := t.dice
	return time.Date(y, m, day, d.hour(), d.IntN(60), d.IntN(60), d.IntN(1000)*int(time.Millisecond), t.stage.zone)
}

// visit notes a hit, unless it lies in the future.
func (t *traffic) visit(door *door, hit links.Hit) error {
	if !hit.At.Before(t.until) {
		return nil
	}
	v, err := t.stage.client.NewVisit(door.link, hit)
	t.visits = append(t.visits, v)
	return err
}

// event notes what the shop reports, unless it lies in the future.
func (t *traffic) event(e attribution.Submission) {
	if e.OccurredAt.Before(t.until) {
		t.events = append(t.events, e)
	}
}

// shopper follows a link, perhaps twice, and perhaps does something in the shop.
func (t *traffic) shopper(door *door) error {
	d := t.dice
	agents, weights := people()
	hit := links.Hit{At: t.moment(), Method: http.MethodGet, Address: d.address(), UserAgent: agents[d.pick(weights)]}
	from := referrers()
	hit.Referrer = from[d.IntN(len(from))]
	if err := t.visit(door, hit); err != nil {
		return err
	}
	if d.perhaps(0.07) {
		again := hit
		again.At = hit.At.Add(time.Duration(20+d.IntN(1500)) * time.Second)
		if err := t.visit(door, again); err != nil {
			return err
		}
	}
	t.act(door, hit.At)
	return nil
}

// act is what a shopper does who came through a link.
func (t *traffic) act(door *door, at time.Time) {
	d, s := t.dice, t.stage
	signup, lead := 0.02, 0.008
	switch door.campaign {
	case 1:
		signup = 0.1
	case 5:
		lead = 0.15
	}
	e := attribution.Submission{CustomerID: "c-" + strconv.Itoa(10_000+d.IntN(90_000))}
	switch d.pick([]float64{1, 2, 2, 17}) {
	case 0: // the code got lost on the way from the app to the browser
	case 1:
		e.RefCode, e.LandingURL = string(door.link.Code), door.link.RedirectURL()
	case 2:
		e.LandingURL = door.link.RedirectURL()
	default:
		e.RefCode = string(door.link.Code)
	}
	if d.perhaps(signup) {
		e := e
		s.signups++
		e.Type, e.OccurredAt, e.ExternalID = campaigns.Signup, at.Add(time.Minute), "account-"+strconv.Itoa(s.signups)
		t.event(e)
	}
	if d.perhaps(lead) {
		e := e
		e.Type, e.OccurredAt = campaigns.Lead, at.Add(2*time.Minute)
		t.event(e)
	}
	buys := d.perhaps(0.045)
	if !buys && !d.perhaps(0.05) {
		return
	}
	e.Value = s.price(d)
	if d.perhaps(0.9) {
		e := e
		e.Type, e.OccurredAt = campaigns.AddToCart, at.Add(time.Duration(60+d.IntN(400))*time.Second)
		t.event(e)
	}
	if buys {
		e.CouponCode = t.coupon(door.person)
		t.order(e, at.Add(time.Duration(500+d.IntN(2400))*time.Second))
	}
}

// coupon draws what a shopper types into the box at the checkout: mostly
// nothing, often the code of the one who sent him, and now and then another.
func (t *traffic) coupon(person int) string {
	d, s := t.dice, t.stage
	if d.perhaps(0.6) {
		return ""
	}
	var code coupons.Code
	switch d.pick([]float64{14, 4, 1.5, 1}) {
	case 0:
		code = s.personal[max(person, 0)]
	case 1:
		code = s.generic[d.IntN(len(s.generic))]
	case 2:
		code = s.personal[d.pick(s.weights)]
	default:
		code = s.dead[d.IntN(len(s.dead))]
	}
	return typed(d, code)
}

// typed is a code the way people type it, which folding makes equal again.
func typed(d dice, code coupons.Code) string {
	if d.perhaps(0.15) {
		return " " + string(code[0]|0x20) + string(code[1:]) + " "
	}
	return string(code)
}

// order is a purchase under the shop's next number. Now and then the shop
// sends it again, as it cannot know that it arrived.
func (t *traffic) order(e attribution.Submission, at time.Time) {
	t.stage.orders++
	e.Type, e.OccurredAt = campaigns.Purchase, at
	e.ExternalID = t.stage.plan.orders + strconv.Itoa(100_000+t.stage.orders)
	e.Metadata = map[string]string{"items": strconv.Itoa(1 + t.dice.IntN(4))}
	t.event(e)
	if t.dice.perhaps(0.02) && at.Before(t.until) {
		t.stage.resend = append(t.stage.resend, e)
	}
}

// listener heard a code in a video and types it in, without any link.
func (t *traffic) listener() {
	d, s := t.dice, t.stage
	code := typed(d, s.personal[d.pick(s.weights)])
	switch {
	case d.perhaps(0.06):
		code = string(s.dead[d.IntN(len(s.dead))])
	case d.perhaps(0.15):
		code = string(s.generic[d.IntN(len(s.generic))])
	case d.perhaps(0.03):
		code += "0" // misheard
	}
	t.order(attribution.Submission{Value: s.price(d), CouponCode: code, CustomerID: "c-" + strconv.Itoa(10_000+d.IntN(90_000))}, t.moment())
}

// stranger buys without anything that leads to an influencer.
func (t *traffic) stranger() {
	d, s := t.dice, t.stage
	e := attribution.Submission{Value: s.price(d)}
	switch d.IntN(4) {
	case 0:
		e.LandingURL = s.plan.site + "/?utm_source=search"
	case 1:
		e.RefCode = "oldlink"
	}
	t.order(e, t.moment())
}

// robot is a program that follows a link, or an app that loads it ahead.
func (t *traffic) robot(door *door) error {
	d := t.dice
	hit := links.Hit{At: t.moment(), Method: http.MethodGet, Address: d.address()}
	agents, weights := people()
	programs := robots()
	switch d.IntN(5) {
	case 0:
		hit.Purpose, hit.UserAgent = "prefetch", agents[d.pick(weights)]
	case 1:
		hit.Method, hit.UserAgent = http.MethodHead, agents[d.pick(weights)]
	default:
		hit.UserAgent = programs[d.IntN(len(programs))]
	}
	return t.visit(door, hit)
}

// send writes the day, in the order in which it happened.
func (t *traffic) send(ctx context.Context, story *Story) error {
	slices.SortStableFunc(t.visits, func(a, b clicks.Visit) int { return a.Hit.At.Compare(b.Hit.At) })
	for batch := range slices.Chunk(t.visits, clicksAtOnce) {
		if err := t.stage.client.RecordClicks(ctx, batch); err != nil {
			return err
		}
		story.Clicks += len(batch)
	}
	slices.SortStableFunc(t.events, func(a, b attribution.Submission) int { return a.OccurredAt.Compare(b.OccurredAt) })
	again := 0
	if t.day%2 == 1 { // every other day the shop sends again what it is not sure of
		t.events, again, t.stage.resend = append(t.events, t.stage.resend...), len(t.stage.resend), nil
	}
	for batch := range slices.Chunk(t.events, attribution.MaxBatch) {
		results, err := t.stage.account.RecordEvents(ctx, batch)
		if err != nil {
			return err
		}
		for _, r := range results {
			switch {
			case r.Err != nil:
				return r.Err
			case r.Repeat:
				story.Repeats++
				again--
			default:
				story.Events++
			}
		}
	}
	if again != 0 {
		return unexpected("a submission that was sent again was not recognised")
	}
	return nil
}
