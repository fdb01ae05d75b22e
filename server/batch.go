package server

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superher/superher"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

// single is a member that may occur once, for objects that are decoded without
// the check for duplicate names.
type single[T any] struct {
	value T
	set   bool
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (o *single[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if o.set {
		return refuse(http.StatusBadRequest, duplicate(dec.StackPointer().LastToken()))
	}
	o.set = true
	return json.UnmarshalDecode(dec, &o.value)
}

// newBatch is a batch with its items as they were sent: each is decoded by
// itself, so that a bad one fails alone.
type newBatch struct {
	Events     single[batchItems]             `json:"events"`
	Advertiser single[ref[tenant.Advertiser]] `json:"advertiser_id"`
}

func (b newBatch) names() ref[tenant.Advertiser] { return b.Advertiser.value }

// batchItems are the items of a batch, at most one more than it may have: the
// rest of a list that is too long is not worth keeping.
type batchItems []jsontext.Value

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (items *batchItems) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		return json.UnmarshalDecode(dec, (*[]jsontext.Value)(items))
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if len(*items) > attribution.MaxBatch {
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		item, err := dec.ReadValue()
		if err != nil {
			return err
		}
		*items = append(*items, item.Clone())
	}
	_, err := dec.ReadToken()
	return err
}

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
	leave, err := s.batches.enter(c.r.Context(), c.crowdName())
	if err != nil {
		return err
	}
	defer leave()
	if err := c.writeQuery(); err != nil {
		return err
	}
	body, err := c.body(MaxBatchBody)
	if err != nil {
		return err
	}
	done, err := s.batches.turn(c.r.Context())
	if err != nil {
		return err
	}
	defer done()
	var in newBatch
	if err := decodeWithin(MaxBatchDepth, body, &in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return err
	}
	if err := c.act(in.names().id(), ownerOfNew); err != nil {
		return err
	}
	items := in.Events.value
	if len(items) == 0 || len(items) > attribution.MaxBatch {
		return fault.Bad("events", "bad-count", "a batch has from 1 to "+strconv.Itoa(attribution.MaxBatch)+" events")
	}
	return c.carryOut(body, func(c *call) (int, any, error) { return untyped(c.recordAll(items)) })
}

// recordAll records the good ones and says of each what became of it.
func (c *call) recordAll(items []jsontext.Value) (int, outcomes, error) {
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
			return 0, outcomes{}, err
		}
		for i, result := range results {
			out.Results[places[i]] = c.outcomeOf(result)
		}
	}
	return http.StatusOK, out, nil
}

// item decodes one event of a batch.
func (c *call) item(item jsontext.Value) (attribution.Submission, error) {
	var in newEvent
	if err := decode(item, &in); err != nil {
		return attribution.Submission{}, err
	}
	if err := c.own(in.names().id()); err != nil {
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
