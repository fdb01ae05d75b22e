package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
)

// events holds what is read back of events, one by one and as a sequence.
func (h Harness) events(t *testing.T) {
	t.Run("AnUnattributedEventIsStored", func(t *testing.T) {
		f := newFixture(t, h)
		bare := attribution.Event{
			ID: newID[attribution.Event](f.ids), Advertiser: f.a.scope.Advertiser(),
			Submission: attribution.Submission{Type: "custom_type_9", OccurredAt: start()}, ReceivedAt: start(),
			Decision:   attribution.Decision{Method: attribution.None, Source: attribution.Direct},
			Commission: payouts.Commission{Reason: payouts.NoInfluencer},
		}
		stored(t, bare, f.record(t, f.a, bare)[0])
		got, err := f.read(f.a).Event(f.ctx, bare.ID)
		require.NoError(t, err)
		same(t, bare, got)
	})
	t.Run("ZeroMoneyIsNotNoMoney", func(t *testing.T) {
		f := newFixture(t, h)
		free, none := f.newEvent(f.a, "free", 0), f.newEvent(f.a, "none", 0)
		free.Commission.Amount = money.Of(0, "KWD")
		none.Value, none.Commission = money.Amount{}, payouts.Commission{Reason: payouts.NoValue, Terms: newTerms(2)}
		large := f.newEvent(f.a, "large", money.MaxMinor)
		f.record(t, f.a, free, none, large)
		requireEvents(t, f, f.a, f.a.event, free, none, large)
	})
	t.Run("CouponUsesCountTheConversionsItWon", func(t *testing.T) {
		f := newFixture(t, h)
		lead, lost := f.newEvent(f.a, "lead", 1), f.newEvent(f.a, "lost", 1)
		lead.Conversion = false
		lost.Decision.Coupon, lost.Decision.Method = coupons.ID{}, attribution.ByRefCode
		unused := f.newCoupon(f.a, "UNUSED")
		f.record(t, f.a, lead, lost, f.newEvent(f.a, "won", 1), f.again(f.a.event))
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.CreateCoupons(ctx, []coupons.Coupon{unused})
			return err
		})
		uses, err := f.read(f.a).CouponUses(f.ctx, []coupons.ID{f.a.coupon.ID, unused.ID, f.a.coupon.ID})
		require.NoError(t, err)
		require.Equal(t, map[coupons.ID]int64{f.a.coupon.ID: 2}, uses, "a coupon without any is left out")
		uses, err = f.read(f.a).CouponUses(f.ctx, nil)
		require.NoError(t, err)
		require.Empty(t, uses)
	})
	t.Run("SetCommissionsReplacesTheCommissionAndNothingElse", func(t *testing.T) {
		f := newFixture(t, h)
		other := f.newEvent(f.a, "other", 50)
		f.record(t, f.a, other)
		changed := f.a.event
		changed.Commission = payouts.Commission{Amount: money.Of(12_345, "JPY"), Reason: payouts.Earned, Terms: newTerms(3)}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			return tx.SetCommissions(ctx, []storage.Recommission{{Event: changed.ID, Commission: changed.Commission}})
		})
		requireEvents(t, f, f.a, changed, other)
		none := payouts.Commission{Reason: payouts.NoTerms}
		changed.Commission, other.Commission = none, none
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			return tx.SetCommissions(ctx, []storage.Recommission{{Event: changed.ID, Commission: none}, {Event: other.ID, Commission: none}})
		})
		requireEvents(t, f, f.a, changed, other)
	})
	t.Run("FactsAreWhatTheCodesLeadTo", h.facts)
	h.eachEvent(t)
}

func (h Harness) eachEvent(t *testing.T) {
	t.Run("EachEventIsInTheOrderOfOccurredAtAndThenID", func(t *testing.T) {
		f := newFixture(t, h)
		var made []attribution.Event
		for _, offset := range []time.Duration{time.Hour, -time.Hour, 0, time.Microsecond, 0, -time.Hour} {
			e := f.newEvent(f.a, "", 1)
			e.OccurredAt = start().Add(offset)
			made = append(made, e)
		}
		f.record(t, f.a, made[3], made[5], made[0], made[4], made[1], made[2])
		requireEvents(t, f, f.a, made[1], made[5], f.a.event, made[2], made[4], made[3], made[0])
	})
	t.Run("EachEventCoversFromAndNotTo", func(t *testing.T) {
		f := newFixture(t, h)
		at := func(from, to time.Duration) int {
			return len(collect(t, f.read(f.a).EachEvent(f.ctx, stats.Filter{From: start().Add(from), To: start().Add(to)})))
		}
		require.Equal(t, 1, at(0, time.Microsecond))
		require.Equal(t, 0, at(-time.Hour, 0))
		require.Equal(t, 1, at(-time.Hour, time.Microsecond))
		require.Equal(t, 0, at(time.Microsecond, time.Hour))
	})
	t.Run("EachEventChecksItsFilter", func(t *testing.T) {
		f := newFixture(t, h)
		has(t, seqError(f.read(f.a).EachEvent(f.ctx, stats.Filter{})), fault.Invalid, "")
		many := forever()
		many.EventTypes = make([]campaigns.EventType, stats.MaxFilterIDs+1)
		has(t, seqError(f.read(f.a).EachEvent(f.ctx, many)), fault.Invalid, "too-many")
		for e, err := range f.read(f.a).EachEvent(f.ctx, stats.Filter{}) {
			require.Error(t, err)
			same(t, attribution.Event{}, e, "an error comes with the zero event")
		}
	})
	t.Run("EachEventCanBeLeftEarlyAndReadAgain", func(t *testing.T) {
		f := newFixture(t, h)
		f.record(t, f.a, f.newEvent(f.a, "2", 1), f.newEvent(f.a, "3", 1))
		seq := f.read(f.a).EachEvent(f.ctx, forever())
		for range 20 { // an adapter that keeps a connection for each would run out of them
			for _, err := range seq {
				require.NoError(t, err)
				break
			}
		}
		require.Len(t, collect(t, seq), 3)
		require.Len(t, collect(t, f.read(f.a).EachEvent(f.ctx, forever())), 3)
	})
	t.Run("EachEventIsOneConsistentState", func(t *testing.T) {
		f := newFixture(t, h)
		f.record(t, f.a, f.newEvent(f.a, "2", 1), f.newEvent(f.a, "3", 1))
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			seen := 0
			for _, err := range tx.EachEvent(ctx, forever()) {
				require.NoError(t, err)
				seen++
			}
			require.Equal(t, 3, seen)
			return nil
		})
	})
}

func (h Harness) facts(t *testing.T) {
	f := newFixture(t, h)
	generic := f.a
	generic.influencer = campaigns.Influencer{}
	coupon, link := f.newCoupon(generic, "GENERIC"), f.newLink(generic, "generic")
	unassigned := f.a
	unassigned.influencer = f.newInfluencer(f.a, "Unassigned")
	quick := f.newLink(unassigned, "quick")
	f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.CreateCoupons(ctx, []coupons.Coupon{coupon})
		return firstError(err, tx.CreateLink(ctx, link), tx.CreateInfluencer(ctx, unassigned.influencer), tx.CreateLink(ctx, quick),
			tx.AddTerms(ctx, f.a.campaign.ID, f.a.influencer.ID, newTerms(2)))
	})
	f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
		facts, err := tx.Facts(ctx, nil, nil)
		require.NoError(t, err)
		require.Empty(t, facts.Coupons)
		require.Empty(t, facts.Links)

		facts, err = tx.Facts(ctx, []coupons.Code{"GENERIC", "GENERIC", "generic", ""}, []links.Code{"quick", "generic", "Generic"})
		require.NoError(t, err)
		same(t, map[coupons.Code]coupons.Coupon{"GENERIC": coupon}, facts.Coupons, "codes compare byte for byte")
		same(t, map[links.Code]links.Link{"generic": link, "quick": quick}, facts.Links, "codes compare byte for byte")
		same(t, map[campaigns.ID]campaigns.Campaign{f.a.campaign.ID: f.a.campaign}, facts.Campaigns)
		require.Empty(t, facts.Terms[attribution.Assigned{Campaign: f.a.campaign.ID, Influencer: unassigned.influencer.ID}])

		facts, err = tx.Facts(ctx, []coupons.Code{f.a.coupon.Code}, nil)
		require.NoError(t, err)
		pair := attribution.Assigned{Campaign: f.a.campaign.ID, Influencer: f.a.influencer.ID}
		require.ElementsMatch(t, payouts.History{newTerms(1), newTerms(2)}, plain(facts.Terms)[pair], "every version of the terms")
		decision := attribution.Decide(f.a.event.Evidence(), facts, attribution.Policy{})
		require.Equal(t, f.a.coupon.ID, decision.Coupon)
		return nil
	})
}
