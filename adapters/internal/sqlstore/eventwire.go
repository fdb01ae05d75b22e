package sqlstore

import (
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
)

// candidateWire is a candidate in the JSON column. Its names are fixed by what
// is stored; those of the domain type may change.
type candidateWire struct {
	Method     attribution.Method     `json:"method"`
	Text       string                 `json:"text"`
	Verdict    attribution.Verdict    `json:"verdict"`
	Campaign   campaigns.ID           `json:"campaign_id,omitzero"`
	Influencer campaigns.InfluencerID `json:"influencer_id,omitzero"`
	Coupon     coupons.ID             `json:"coupon_id,omitzero"`
	Link       links.ID               `json:"tracking_link_id,omitzero"`
}

// termsWire is the version of the terms that a commission was computed with.
// Moments are microseconds since 1970, left out for the zero time.
type termsWire struct {
	Version     int            `json:"version"`
	Share       payouts.Share  `json:"share_type"`
	Rate        money.Rate     `json:"rate"`
	FeeMinor    int64          `json:"fee_minor"`
	FeeCurrency money.Currency `json:"fee_currency"`
	From        *int64         `json:"from,omitempty"`
	RecordedAt  *int64         `json:"recorded_at,omitempty"`
}

func writeCandidates(list []attribution.Candidate) (string, error) {
	if list == nil {
		return "null", nil
	}
	wire := make([]candidateWire, len(list))
	for i, c := range list {
		if err := allStorable(c.Text); err != nil {
			return "", err
		}
		wire[i] = candidateWire{c.Method, c.Text, c.Verdict, c.Campaign, c.Influencer, c.Coupon, c.Link}
	}
	return document(wire)
}

func readCandidates(text []byte) ([]attribution.Candidate, error) {
	var wire []candidateWire
	if err := readDocument(text, &wire); err != nil || wire == nil {
		return nil, err
	}
	list := make([]attribution.Candidate, len(wire))
	for i, c := range wire {
		list[i] = attribution.Candidate{Method: c.Method, Text: c.Text, Verdict: c.Verdict,
			Campaign: c.Campaign, Influencer: c.Influencer, Coupon: c.Coupon, Link: c.Link}
	}
	return list, nil
}

func writeTerms(t payouts.Terms) (string, error) {
	if t == (payouts.Terms{}) {
		return "null", nil
	}
	return document(termsWire{t.Version, t.Share, t.Rate, t.Fee.Minor, t.Fee.Currency, micros(t.From), micros(t.RecordedAt)})
}

func readTerms(text []byte) (payouts.Terms, error) {
	var wire *termsWire
	if err := readDocument(text, &wire); err != nil || wire == nil {
		return payouts.Terms{}, err
	}
	return payouts.Terms{
		Version: wire.Version, Share: wire.Share, Rate: wire.Rate, Fee: money.Of(wire.FeeMinor, wire.FeeCurrency),
		From: fromMicros(wire.From), RecordedAt: fromMicros(wire.RecordedAt),
	}, nil
}

func micros(at time.Time) *int64 {
	if at.IsZero() {
		return nil
	}
	n := at.UnixMicro()
	return &n
}

func fromMicros(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return time.UnixMicro(*n).UTC()
}

func readMetadata(text []byte) (map[string]string, error) {
	var metadata map[string]string
	err := readDocument(text, &metadata)
	return metadata, err
}

func writeMetadata(metadata map[string]string) (string, error) {
	for key, value := range metadata {
		if err := allStorable(key, value); err != nil {
			return "", err
		}
	}
	return document(metadata)
}

// normal returns the event as the database gives it back.
func normal(e attribution.Event) attribution.Event {
	e.OccurredAt, e.ReceivedAt = stored(e.OccurredAt), stored(e.ReceivedAt)
	terms := &e.Commission.Terms
	terms.From, terms.RecordedAt = stored(terms.From), stored(terms.RecordedAt)
	return e
}
