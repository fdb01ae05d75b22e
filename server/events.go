package server

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// newEvent is a conversion event as it is sent.
type newEvent struct {
	body
	Action     campaigns.EventType `json:"action"`
	Value      decimal             `json:"value"`
	Currency   money.Currency      `json:"currency"`
	CouponCode string              `json:"coupon_code"`
	RefCode    string              `json:"ref_code"`
	LandingURL string              `json:"landing_url"`
	ExternalID string              `json:"external_id"`
	CustomerID string              `json:"customer_id"`
	OccurredAt when                `json:"occurred_at"`
	Metadata   pairs               `json:"metadata"`
}

// submission translates the event, or returns everything that is wrong with it.
func (e newEvent) submission(now time.Time) (attribution.Submission, error) {
	s := attribution.Submission{
		Type: e.Action, CouponCode: e.CouponCode, RefCode: e.RefCode, LandingURL: e.LandingURL, ExternalID: e.ExternalID,
		CustomerID: e.CustomerID, OccurredAt: time.Time(e.OccurredAt),
	}
	var checks fault.Checks
	for _, key := range slices.Sorted(maps.Keys(e.Metadata)) {
		value := e.Metadata[key]
		if s.Metadata == nil {
			s.Metadata = make(map[string]string, len(e.Metadata))
		}
		if s.Metadata[key] = ""; checks.That(value != nil, "metadata."+key, "wrong-type", "a value of metadata must be a string") {
			s.Metadata[key] = *value
		}
	}
	var err error
	switch {
	case e.Value.given && e.Currency == "":
		checks.Add("currency", "required", "a value needs a currency")
	case e.Value.given:
		s.Value, err = money.Parse(e.Value.text, e.Currency)
		checks.Take("", err)
	case e.Currency != "": // of an event without a value it says nothing, but it must be one
		_, err = money.ParseCurrency(string(e.Currency))
		checks.Take("currency", err)
	}
	if checks.Err() != nil {
		checks.Take("", s.Check(now))
	}
	return s, checks.Err()
}

// event is a stored event.
type event struct {
	ID          ref[attribution.Event] `json:"id"`
	Action      campaigns.EventType    `json:"action"`
	Value       *amount                `json:"value"`
	CouponCode  text                   `json:"coupon_code"`
	RefCode     text                   `json:"ref_code"`
	LandingURL  text                   `json:"landing_url"`
	ExternalID  text                   `json:"external_id"`
	CustomerID  text                   `json:"customer_id"`
	Metadata    map[string]string      `json:"metadata"`
	OccurredAt  stamp                  `json:"occurred_at"`
	ReceivedAt  stamp                  `json:"received_at"`
	Conversion  bool                   `json:"conversion"`
	Attribution credit                 `json:"attribution"`
	Commission  commission             `json:"commission"`
	Advertiser  ref[tenant.Advertiser] `json:"advertiser_id"`
}

// credit says whom an event is credited to.
type credit struct {
	Method attribution.Method `json:"method"`
	Source attribution.Source `json:"source"`
	parties
}

func eventOf(e attribution.Event) event {
	return event{
		ID: refTo(e.ID), Action: e.Type, Value: amountOf(e.Value), CouponCode: text(e.CouponCode), RefCode: text(e.RefCode),
		LandingURL: text(e.LandingURL), ExternalID: text(e.ExternalID), CustomerID: text(e.CustomerID), Metadata: e.Metadata,
		OccurredAt: stamp(e.OccurredAt), ReceivedAt: stamp(e.ReceivedAt), Conversion: e.Conversion,
		Attribution: credit{
			Method: e.Decision.Method, Source: e.Decision.Source,
			parties: parties{refTo(e.Decision.Campaign), refTo(e.Decision.Influencer), refTo(e.Decision.Coupon), refTo(e.Decision.Link)},
		},
		Commission: commissionOf(e.Commission), Advertiser: refTo(e.Advertiser),
	}
}

// receipt is the answer to a recorded event.
type receipt struct {
	event
	Repeat bool `json:"repeat"`
}

func receiptOf(r superher.Receipt) receipt { return receipt{eventOf(r.Event), r.Repeat} }

func (s *server) recordEvent(c *call, in newEvent) (int, receipt, error) {
	submission, err := in.submission(s.now())
	if err != nil {
		return 0, receipt{}, err
	}
	stored, err := c.account.RecordEvent(c.r.Context(), submission)
	if err != nil {
		return 0, receipt{}, err
	}
	if stored.Repeat {
		return http.StatusOK, receiptOf(stored), nil
	}
	c.created("/events/", stored.ID)
	return http.StatusCreated, receiptOf(stored), nil
}

// events lists what was recorded, the latest first.
func (s *server) events(c *call) (list[event], error) {
	q := c.query()
	asked := q.page()
	var f storage.EventFilter
	if id, given := q.one("external_id"); given { // none at all would mean any
		q.checks.Text("external_id", id, true, attribution.MaxExternalID)
		f.ExternalID = id
	}
	if method, given := q.one("method"); given {
		f.Method = attribution.Method(method)
		q.checks.That(slices.Contains(attribution.Methods(), f.Method), "method", "unknown-method", "method must be coupon, ref_code, landing_url or none")
	}
	var err error
	if f.Filter, err = c.filter(q); err != nil {
		return list[event]{}, err
	}
	found, err := c.viewer.Events(c.r.Context(), f, asked)
	return listOf(found, eventOf), err
}

func (s *server) event(c *call) (event, error) {
	return one(c, c.viewer.Event, eventOf)
}

// explanation says why an event was credited as it was.
type explanation struct {
	Event      event       `json:"event"`
	Summary    string      `json:"summary"`
	Candidates []candidate `json:"candidates"`
}

// candidate is one piece of evidence with what became of it.
type candidate struct {
	Method  attribution.Method  `json:"method"`
	Text    text                `json:"text"`
	Verdict attribution.Verdict `json:"verdict"`
	Reason  string              `json:"reason"`
	parties
}

func (s *server) explain(c *call) (explanation, error) {
	return one(c, c.viewer.Explain, explanationOf)
}

func explanationOf(why attribution.Explanation) explanation {
	out := explanation{Event: eventOf(why.Event), Summary: why.Summary, Candidates: []candidate{}}
	for i, found := range why.Event.Decision.Candidates {
		out.Candidates = append(out.Candidates, candidate{
			Method: found.Method, Text: text(found.Text), Verdict: found.Verdict, Reason: why.Reasons[i],
			parties: parties{refTo(found.Campaign), refTo(found.Influencer), refTo(found.Coupon), refTo(found.Link)},
		})
	}
	return out
}
