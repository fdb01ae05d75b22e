package server

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superher/superher"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
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
	Metadata   map[string]*string  `json:"metadata"`
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
		Commission: commissionOf(e.Commission),
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

// once is a member that may occur once, for objects that are decoded without
// the check for duplicate names.
type once[T any] struct {
	value T
	set   bool
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (o *once[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if o.set {
		return refuse(http.StatusBadRequest, duplicate(dec.StackPointer().LastToken()))
	}
	o.set = true
	return json.UnmarshalDecode(dec, &o.value)
}

// newBatch is a batch with its items as they were sent: each is decoded by
// itself, so that a bad one fails alone.
type newBatch struct {
	Events     once[[]jsontext.Value]       `json:"events"`
	Advertiser once[ref[tenant.Advertiser]] `json:"advertiser_id"`
}

func (b newBatch) names() ref[tenant.Advertiser] { return b.Advertiser.value }

// outcome says what became of one event of a batch.
type outcome struct {
	Status string   `json:"status"` // stored, repeat or refused
	Event  *event   `json:"event"`
	Error  *problem `json:"error"`
}

type outcomes struct {
	Results []outcome `json:"results"`
}

func (s *server) recordEvents(c *call) error {
	in, err := receive[newBatch](c, MaxBatchBody, MaxBatchDepth, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	items := in.Events.value
	if len(items) == 0 || len(items) > attribution.MaxBatch {
		return fault.Bad("events", "bad-count", "a batch has from 1 to "+strconv.Itoa(attribution.MaxBatch)+" events")
	}
	out := outcomes{Results: make([]outcome, len(items))}
	var batch []attribution.Submission
	var places []int
	for i, item := range items {
		submission, err := c.item(item)
		if err != nil {
			out.Results[i] = c.refused(err)
			continue
		}
		batch, places = append(batch, submission), append(places, i)
	}
	if len(batch) > 0 {
		results, err := c.account.RecordEvents(c.r.Context(), batch)
		if err != nil {
			return err
		}
		for i, result := range results {
			out.Results[places[i]] = c.outcomeOf(result)
		}
	}
	return c.answer(http.StatusOK, out)
}

// item decodes one event of a batch.
func (c *call) item(item jsontext.Value) (attribution.Submission, error) {
	var in newEvent
	if err := decode(item, &in); err != nil {
		return attribution.Submission{}, err
	}
	if err := c.mine(in); err != nil {
		return attribution.Submission{}, err
	}
	return in.submission(c.s.now())
}

func (c *call) outcomeOf(r superher.BatchResult) outcome {
	if r.Err != nil {
		return c.refused(r.Err)
	}
	status := "stored"
	if r.Repeat {
		status = "repeat"
	}
	stored := eventOf(r.Event)
	return outcome{Status: status, Event: &stored}
}

func (c *call) refused(err error) outcome {
	p := problemOf(err, c.w.id)
	return outcome{Status: "refused", Error: &p}
}

func (s *server) event(c *call) (event, error) {
	return one(c, c.account.Event, eventOf)
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
	return one(c, c.account.Explain, explanationOf)
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
