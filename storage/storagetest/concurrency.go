package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

// workers is how many goroutines use a store at once.
const workers = 16

// insist writes as a patient caller does: fault.Unavailable may be repeated.
func (f *fixture) insist(p party, fn func(ctx context.Context, tx storage.Tx) error) error {
	var err error
	for range 200 {
		if err = f.store.Write(f.ctx, p.scope, fn); !errors.Is(err, fault.Unavailable) {
			return err
		}
	}
	return err
}

// together runs fn n times from up to limit goroutines and fails for its errors.
func together(t *testing.T, n, limit int, fn func(i int) error) {
	t.Helper()
	var next atomic.Int64
	var wait sync.WaitGroup
	errs := make([]error, n)
	for range min(n, limit) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = fn(i)
			}
		})
	}
	wait.Wait()
	require.NoError(t, errors.Join(errs...))
}

// concurrency holds that concurrent transactions lose nothing and share no winner.
func (h Harness) concurrency(t *testing.T) {
	t.Run("AnEventSentManyTimesIsStoredOnce", h.manySendings)
	t.Run("NoUpdateIsLost", func(t *testing.T) {
		f := newFixture(t, h)
		const updates = 60
		together(t, updates, workers, func(i int) error {
			for {
				err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) error {
					c, err := tx.Campaign(ctx, f.a.campaign.ID)
					if err != nil {
						return err
					}
					c.Budget.Minor++
					return tx.UpdateCampaign(ctx, c)
				})
				if !fault.HasReason(err, "changed-meanwhile") {
					return err
				}
			}
		})
		got, err := f.read(f.a).Campaign(f.ctx, f.a.campaign.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1+updates, got.Version)
		require.Equal(t, f.a.campaign.Budget.Minor+updates, got.Budget.Minor)
	})
	t.Run("AReaderSeesATransactionAsAWholeOrNotAtAll", func(t *testing.T) {
		f := newFixture(t, h)
		together(t, 80, workers, func(i int) error {
			if i%2 == 0 {
				one, two := f.newEvent(f.a, "", 1), f.newEvent(f.a, "", 1)
				return f.insist(f.a, func(ctx context.Context, tx storage.Tx) error {
					if _, err := tx.RecordEvents(ctx, []attribution.Event{one}); err != nil {
						return err
					}
					_, err := tx.RecordEvents(ctx, []attribution.Event{two})
					return err
				})
			}
			o, err := f.read(f.a).Stats().Overview(f.ctx, forever())
			if err == nil && o.Events%2 != 1 {
				return fmt.Errorf("%d events: half a transaction was seen", o.Events)
			}
			return err
		})
		require.Len(t, collect(t, f.read(f.a).EachEvent(f.ctx, forever())), 81)
	})
	t.Run("BriefWritesShareNoFate", h.briefWrites)
	h.winners(t)
}

// briefWrites holds that writes which may share a commit fail by themselves.
func (h Harness) briefWrites(t *testing.T) {
	f := newFixture(t, h)
	refused := errors.New("refused")
	parties := []party{f.a, f.b}
	together(t, 80, workers, func(i int) error {
		p := parties[i%len(parties)]
		event := f.newEvent(p, fmt.Sprint("brief-", i), 1)
		brief := func(fn func(ctx context.Context, tx storage.Tx) error) error {
			var err error
			for range 200 {
				if err = f.store.Write(storage.Brief(f.ctx), p.scope, fn); !errors.Is(err, fault.Unavailable) {
					break
				}
			}
			return err
		}
		err := brief(func(ctx context.Context, tx storage.Tx) error {
			if _, err := tx.RecordEvents(ctx, []attribution.Event{event}); err != nil {
				return err
			}
			if i%3 == 0 {
				return refused
			}
			return nil
		})
		if i%3 == 0 && errors.Is(err, refused) {
			return nil
		}
		return err
	})
	for i, p := range parties {
		want := 1 // that of the fixture
		for n := range 80 {
			if n%len(parties) == i && n%3 != 0 {
				want++
			}
		}
		require.Len(t, collect(t, f.read(p).EachEvent(f.ctx, forever())), want)
	}
}

// winners holds that of many who want the same thing exactly one gets it.
func (h Harness) winners(t *testing.T) {
	t.Run("OneOfManyCreationsOfACouponCodeWins", func(t *testing.T) {
		f := newFixture(t, h)
		var won atomic.Int64
		together(t, 100, 100, func(int) error {
			c := f.newCoupon(f.a, "CONTESTED")
			var taken []coupons.Code
			err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) (err error) {
				taken, err = tx.CreateCoupons(ctx, []coupons.Coupon{c})
				return err
			})
			if err == nil && len(taken) == 0 {
				won.Add(1)
			}
			return err
		})
		require.EqualValues(t, 1, won.Load(), "exactly one creation wins")
		require.Len(t, couponsOf(t, f, f.a), 2)
	})
	t.Run("OneOfManyCreationsOfAShortCodeWinsAcrossAdvertisers", func(t *testing.T) {
		f := newFixture(t, h)
		var won, lost atomic.Int64
		together(t, 100, 100, func(i int) error {
			p := []party{f.a, f.b}[i%2]
			l := f.newLink(p, "contested")
			err := f.insist(p, func(ctx context.Context, tx storage.Tx) error { return tx.CreateLink(ctx, l) })
			if fault.HasReason(err, "short-code-taken") {
				lost.Add(1)
				return nil
			}
			won.Add(1)
			return err
		})
		require.EqualValues(t, 1, won.Load(), "exactly one creation wins")
		require.EqualValues(t, 99, lost.Load())
	})
	t.Run("OneOfTwoUpdatesOfTheSameVersionWins", func(t *testing.T) {
		f := newFixture(t, h)
		for version := int64(1); version <= 20; version++ {
			var won atomic.Int64
			together(t, 4, 4, func(i int) error {
				c := f.a.campaign
				c.Version, c.Name = version, fmt.Sprintf("name %d-%d", version, i)
				err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) error { return tx.UpdateCampaign(ctx, c) })
				if fault.HasReason(err, "changed-meanwhile") {
					return nil
				}
				won.Add(1)
				return err
			})
			require.EqualValues(t, 1, won.Load(), "exactly one update of a version wins")
		}
	})
	t.Run("OneOfManyAssignmentsWins", func(t *testing.T) {
		f := newFixture(t, h)
		c := f.newCampaign(f.a, "Contested")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateCampaign(ctx, c) })
		var won atomic.Int64
		together(t, 20, 20, func(int) error {
			err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) error {
				return tx.Assign(ctx, campaigns.Assignment{Campaign: c.ID, Influencer: f.a.influencer.ID, CreatedAt: start()})
			})
			if fault.HasReason(err, "already-assigned") {
				return nil
			}
			won.Add(1)
			return err
		})
		require.EqualValues(t, 1, won.Load())
	})
}

// manySendings sends Scale external ids 2 to 20 times each, mixed, in batches,
// and refuses an altered body of each.
func (h Harness) manySendings(t *testing.T) {
	f := newFixture(t, h)
	random := rand.New(rand.NewPCG(1, 2))
	firsts := make([]attribution.Event, h.Scale)
	var sendings []int
	for i := range firsts {
		firsts[i] = f.newEvent(f.a, fmt.Sprintf("sent-%d", i), int64(i))
		for range 2 + random.IntN(19) {
			sendings = append(sendings, i)
		}
	}
	random.Shuffle(len(sendings), func(i, j int) { sendings[i], sendings[j] = sendings[j], sendings[i] })
	const batch = 50
	var fresh atomic.Int64
	together(t, (len(sendings)+batch-1)/batch, workers, func(i int) error {
		part := sendings[i*batch : min((i+1)*batch, len(sendings))]
		events := make([]attribution.Event, len(part))
		for j, n := range part {
			events[j] = f.again(firsts[n])
		}
		var outcomes []storage.Outcome
		err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) (err error) {
			outcomes, err = tx.RecordEvents(ctx, events)
			return err
		})
		if err != nil {
			return err
		}
		for j, o := range outcomes {
			if o.Err != nil || o.Event.ExternalID != events[j].ExternalID {
				return fmt.Errorf("sending of %s: %w, %s", events[j].ExternalID, o.Err, o.Event.ExternalID)
			}
			if !o.Repeat {
				fresh.Add(1)
			}
		}
		return nil
	})
	require.EqualValues(t, h.Scale, fresh.Load(), "each id is new exactly once")
	kept := collect(t, f.read(f.a).EachEvent(f.ctx, forever()))
	require.Len(t, kept, h.Scale+1, "one row each")
	together(t, h.Scale, workers, func(i int) error {
		var outcomes []storage.Outcome
		err := f.insist(f.a, func(ctx context.Context, tx storage.Tx) (err error) {
			outcomes, err = tx.RecordEvents(ctx, []attribution.Event{f.altered(firsts[i])})
			return err
		})
		if err == nil && !fault.HasReason(outcomes[0].Err, "event-differs") {
			return fmt.Errorf("an altered body of %s was not refused", firsts[i].ExternalID)
		}
		return err
	})
	same(t, kept, collect(t, f.read(f.a).EachEvent(f.ctx, forever())), "altered bodies change nothing")
}
