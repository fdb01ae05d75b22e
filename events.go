package superher

import (
	"context"
	"strconv"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
)

// Receipt is the answer to a recorded event: the event as it is stored, with
// its decision and commission. Repeat says that it had been stored before.
type Receipt struct {
	attribution.Event
	Repeat bool
}

// BatchResult is the answer to one event of a batch: a receipt, or why the
// event was refused.
type BatchResult struct {
	Receipt
	Err error
}

// RecordEvent stores a conversion event, decides whom it is credited to and
// what that earned. When it returns without an error the event is as durable
// as the store makes a commit. The same submission again returns the first
// result; another one under the same external id and type is fault.Conflict
// "event-differs".
//
// Events of one advertiser that are recorded at the same time share a
// transaction, but no fate: one that the store refuses fails alone. A call whose
// context ends while its transaction is under way returns at once, and its event
// may have been stored all the same: with an external id it can be sent again.
// On an account that is bound to a transaction the event is part of that one.
func (a Account) RecordEvent(ctx context.Context, s attribution.Submission) (Receipt, error) {
	if err := a.scope.Check(); err != nil {
		return Receipt{}, err
	}
	var results [1]BatchResult
	events, _, err := a.receive([]attribution.Submission{s}, results[:])
	if err != nil {
		return Receipt{}, err
	}
	if len(events) == 0 {
		return Receipt{}, results[0].Err
	}
	outcome, err := a.recordOne(ctx, events[0])
	return Receipt{Event: outcome.Event, Repeat: outcome.Repeat}, err
}

// recordOne records an event with others that come at the same time, or in the
// transaction that the account is bound to.
func (a Account) recordOne(ctx context.Context, event attribution.Event) (storage.Outcome, error) {
	if a.tx == nil {
		return a.client.gatherer.record(ctx, a, event)
	}
	outcomes, err := a.recordSettled(ctx, []attribution.Event{event})
	if err != nil {
		return storage.Outcome{}, err
	}
	return outcomes[0], outcomes[0].Err
}

// RecordEvents records up to [attribution.MaxBatch] events and returns a result
// for each, in order. A bad event never fails its neighbours; an error of the
// call itself means that none was stored.
func (a Account) RecordEvents(ctx context.Context, batch []attribution.Submission) ([]BatchResult, error) {
	if err := a.scope.Check(); err != nil {
		return nil, err
	}
	if len(batch) == 0 || len(batch) > attribution.MaxBatch {
		return nil, fault.Bad("events", "bad-count", "a batch has from 1 to "+strconv.Itoa(attribution.MaxBatch)+" events")
	}
	results := make([]BatchResult, len(batch))
	events, places, err := a.receive(batch, results)
	if err != nil || len(events) == 0 {
		return results, err
	}
	outcomes, err := a.recordSettled(ctx, events)
	if err != nil {
		return nil, err
	}
	for i, outcome := range outcomes {
		results[places[i]] = BatchResult{Receipt: Receipt{Event: outcome.Event, Repeat: outcome.Repeat}, Err: outcome.Err}
	}
	return results, nil
}

// recordSettled decides events and stores them, in one transaction.
func (a Account) recordSettled(ctx context.Context, events []attribution.Event) (outcomes []storage.Outcome, err error) {
	err = a.write(ctx, func(ctx context.Context, tx storage.Tx) error {
		settled, err := a.settle(ctx, tx, events)
		if err != nil {
			return err
		}
		outcomes, err = tx.RecordEvents(ctx, settled)
		return err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// receive makes events of the valid submissions, with their places in the
// batch, and notes the errors of the others in results.
func (a Account) receive(batch []attribution.Submission, results []BatchResult) (events []attribution.Event, places []int, err error) {
	now := a.client.now()
	for i, s := range batch {
		s.OccurredAt = moment(s.OccurredAt)
		if results[i].Err = s.Check(now); results[i].Err != nil {
			continue
		}
		id, err := newID[attribution.Event](a.client, now)
		if err != nil {
			return nil, nil, err
		}
		fingerprint := s.Fingerprint() // before the default: an absent time is absent in a repeat as well
		if s.OccurredAt.IsZero() {
			s.OccurredAt = now
		}
		events = append(events, attribution.Event{
			ID: id, Advertiser: a.scope.Advertiser(), Submission: s, ReceivedAt: now, Print: fingerprint,
		})
		places = append(places, i)
	}
	return events, places, nil
}

// settle loads the facts for all events at once and decides each.
func (a Account) settle(ctx context.Context, tx storage.Tx, events []attribution.Event) ([]attribution.Event, error) {
	var couponCodes []coupons.Code
	var linkCodes []links.Code
	for _, event := range events {
		c, l := event.Evidence().Codes()
		couponCodes, linkCodes = append(couponCodes, c...), append(linkCodes, l...)
	}
	facts, err := tx.Facts(ctx, distinct(couponCodes), distinct(linkCodes))
	if err != nil {
		return nil, err
	}
	settled := make([]attribution.Event, len(events))
	for i, event := range events {
		settled[i] = event.Settle(facts, a.client.policy)
	}
	return settled, nil
}

// distinct returns the values without repeats, in order of first appearance.
func distinct[T comparable](values []T) []T {
	seen := make(map[T]bool, len(values))
	kept := values[:0:0]
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			kept = append(kept, v)
		}
	}
	return kept
}
