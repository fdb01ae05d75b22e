package memory

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
)

func (r *reader) Event(ctx context.Context, id attribution.ID) (attribution.Event, error) {
	return one(ctx, r, &r.data.events, id, eventOf)
}

func (r *reader) Events(ctx context.Context, f storage.EventFilter, p storage.Page) (storage.List[attribution.Event], error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return storage.List[attribution.Event]{}, err
	}
	defer leave()
	if err := f.Check(); err != nil {
		return storage.List[attribution.Event]{}, err
	}
	at, id, limit, err := p.CheckMoment()
	if err != nil {
		return storage.List[attribution.Event]{}, err
	}
	last := attribution.Event{ID: id}
	last.OccurredAt = at
	wanted := func(e attribution.Event) bool {
		return f.CoversEvent(e) && (f.ExternalID == "" || e.ExternalID == f.ExternalID) &&
			(f.Method == "" || e.Decision.Method == f.Method) && (at.IsZero() || chronological(e, last) < 0)
	}
	items := rows(r, &r.data.events, wanted, eventOf)
	slices.SortFunc(items, func(a, b attribution.Event) int { return chronological(b, a) })
	return storage.PagedByMoment(items[:min(len(items), limit+1)], limit, func(e attribution.Event) (time.Time, [16]byte) {
		return e.OccurredAt, e.ID
	}), nil
}

// chronological compares events by when they occurred and then by id.
func chronological(a, b attribution.Event) int {
	return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), bytes.Compare(a.ID[:], b.ID[:]))
}

func (r *reader) EachEvent(ctx context.Context, f stats.Filter) iter.Seq2[attribution.Event, error] {
	return func(yield func(attribution.Event, error) bool) {
		covered, err := r.covered(ctx, f)
		if err != nil {
			yield(attribution.Event{}, err)
			return
		}
		for _, e := range covered {
			if err := ctx.Err(); err != nil {
				yield(attribution.Event{}, fault.Of(err))
				return
			}
			if !yield(eventOf(e), nil) {
				return
			}
		}
	}
}

// covered returns the events of a filter in order. They share memory with the
// store: yielding must not hold its lock, and what is stored never changes.
func (r *reader) covered(ctx context.Context, f stats.Filter) ([]attribution.Event, error) {
	leave, err := r.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := f.Check(); err != nil {
		return nil, err
	}
	out := rows(r, &r.data.events, f.CoversEvent, func(e attribution.Event) attribution.Event { return e })
	slices.SortFunc(out, chronological)
	return out, nil
}
