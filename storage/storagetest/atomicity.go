package storagetest

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
)

// everything writes with every method of Tx that changes something.
func everything(f *fixture, p party) func(ctx context.Context, tx storage.Tx) error {
	fresh := f.newParty("fresh")
	fresh.scope, fresh.coupon.Code, fresh.event.ExternalID = p.scope, "FRESH", "fresh"
	return func(ctx context.Context, tx storage.Tx) error {
		advertiser, key, campaign, influencer := p.advertiser, p.key, p.campaign, p.influencer
		link, coupon := p.link, p.coupon
		advertiser.Name, key.Name, campaign.Name, influencer.Name, link.Title = "New", "New", "New", "New", "New"
		coupon.Status = coupons.Disabled
		err := firstError(tx.CreateCampaign(ctx, fresh.campaign), tx.CreateInfluencer(ctx, fresh.influencer))
		_, couponErr := tx.CreateCoupons(ctx, []coupons.Coupon{fresh.coupon})
		err = firstError(err, couponErr,
			tx.UpdateAdvertiser(ctx, advertiser), tx.CreateAPIKey(ctx, fresh.key), tx.UpdateAPIKey(ctx, key),
			tx.UpdateCampaign(ctx, campaign), tx.Assign(ctx, fresh.assignment),
			tx.AddTerms(ctx, p.campaign.ID, p.influencer.ID, newTerms(2)), tx.UpdateInfluencer(ctx, influencer),
			tx.CreateLink(ctx, fresh.link), tx.UpdateLink(ctx, link), tx.UpdateCoupon(ctx, coupon),
			tx.SetCommissions(ctx, []storage.Recommission{{Event: p.event.ID, Commission: payouts.Commission{Reason: payouts.NoTerms}}}))
		_, eventErr := tx.RecordEvents(ctx, []attribution.Event{fresh.event})
		return firstError(err, eventErr, carryOut(ctx, tx, fresh.own), tx.CreateTicket(ctx, fresh.ticket))
	}
}

// atomicity holds that a transaction happens as a whole or not at all.
func (h Harness) atomicity(t *testing.T) {
	t.Run("ACommitMakesEverythingVisible", func(t *testing.T) {
		f := newFixture(t, h)
		var inside dump
		do := everything(f, f.a)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			before := dumpOf(t, ctx, tx)
			if err := do(ctx, tx); err != nil {
				return err
			}
			inside = dumpOf(t, ctx, tx)
			require.NotEqual(t, before, inside, "reads see own writes")
			return nil
		})
		require.Len(t, inside.Campaigns, 2)
		require.Len(t, inside.Events, 2)
		require.Len(t, inside.Links, 2)
		require.Len(t, inside.Coupons, 2)
		require.Len(t, inside.Keys, 2)
		require.Len(t, inside.Influencers, 2)
		require.Len(t, inside.Assignments, 2)
		require.EqualValues(t, 2, inside.Overview.Events, "reports see own writes too")
		require.Equal(t, inside, dumpOf(t, f.ctx, f.read(f.a)))
	})
	h.rollbacks(t)
	h.copies(t)
}

func (h Harness) rollbacks(t *testing.T) {
	t.Run("AnErrorOfFnRollsEverythingBackAndIsReturnedAsItIs", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			for _, cause := range []error{errors.New("plain"), fault.New(fault.Conflict, "mine", "my own")} {
				err := f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
					require.NoError(t, everything(f, f.a)(ctx, tx))
					return cause
				})
				require.Same(t, cause, err)
			}
		})
	})
	t.Run("APanicOfFnRollsEverythingBackAndGoesOn", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			require.PanicsWithValue(t, "out of fn", func() {
				_ = f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
					require.NoError(t, everything(f, f.a)(ctx, tx))
					panic("out of fn")
				})
			})
		})
		f.write(t, f.a, everything(f, f.a)) // the store is of use afterwards
	})
	t.Run("AGoexitOfFnRollsEverythingBack", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = f.try(f.a, func(ctx context.Context, tx storage.Tx) error {
					_ = everything(f, f.a)(ctx, tx)
					runtime.Goexit() // what t.FailNow does
					return nil
				})
			}()
			<-done
		})
		f.write(t, f.a, everything(f, f.a))
	})
	t.Run("AContextThatEndsBeforeTheCommitRollsBack", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			ctx, cancel := context.WithCancel(f.ctx)
			defer cancel()
			err := f.store.Write(ctx, f.a.scope, func(ctx context.Context, tx storage.Tx) error {
				require.NoError(t, everything(f, f.a)(ctx, tx))
				cancel()
				return nil
			})
			has(t, err, fault.Unavailable, "")
		})
	})
}

// copies holds that no value is shared between a store and its callers.
func (h Harness) copies(t *testing.T) {
	t.Run("WhatIsReturnedIsNotWhatIsStored", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			d := dumpOf(t, f.ctx, f.read(f.a)) // a copy; the values themselves are spoiled below
			require.NotEmpty(t, d.Events)
			spoil(t, f, f.read(f.a))
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				spoil(t, f, tx)
				facts, err := tx.Facts(ctx, []coupons.Code{f.a.coupon.Code}, nil)
				for _, history := range facts.Terms {
					history[0].Version = 99
				}
				return err
			})
		})
	})
	t.Run("WhatWasPassedIsNotWhatIsStored", func(t *testing.T) {
		f := newFixture(t, h)
		c, e := f.newCampaign(f.a, "Passed"), f.newEvent(f.a, "passed", 5)
		wantCampaign, wantEvent := plain(c), plain(e)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.RecordEvents(ctx, []attribution.Event{e})
			return firstError(err, tx.CreateCampaign(ctx, c))
		})
		c.ConversionTypes[0], e.Metadata["size"], e.Decision.Candidates[0].Text = "spoiled", "spoiled", "spoiled"
		gotCampaign, err := f.read(f.a).Campaign(f.ctx, c.ID)
		require.NoError(t, err)
		same(t, wantCampaign, gotCampaign)
		gotEvent, err := f.read(f.a).Event(f.ctx, e.ID)
		require.NoError(t, err)
		same(t, wantEvent, gotEvent)
	})
	t.Run("AMomentPassedInAnotherZoneStaysTheMoment", func(t *testing.T) {
		f := newFixture(t, h)
		c := f.newCampaign(f.a, "Zoned")
		c.StartsAt = c.StartsAt.In(time.FixedZone("", 5*3600+45*60))
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateCampaign(ctx, c) })
		got, err := f.read(f.a).Campaign(f.ctx, c.ID)
		require.NoError(t, err)
		require.True(t, c.StartsAt.Equal(got.StartsAt))
	})
}

// spoil changes whatever a reader's results may share with the store.
func spoil(t *testing.T, f *fixture, r storage.Reader) {
	t.Helper()
	c, err := r.Campaign(f.ctx, f.a.campaign.ID)
	require.NoError(t, err)
	c.ConversionTypes[0] = "spoiled"
	k, err := r.APIKey(f.ctx, f.a.key.ID)
	require.NoError(t, err)
	k.Scopes[0] = "spoiled"
	i, err := r.Influencer(f.ctx, f.a.influencer.ID)
	require.NoError(t, err)
	i.Platforms[0] = "spoiled"
	a, err := r.Assignment(f.ctx, f.a.campaign.ID, f.a.influencer.ID)
	require.NoError(t, err)
	a.Terms[0].Version = 99
	e, err := r.Event(f.ctx, f.a.event.ID)
	require.NoError(t, err)
	e.Metadata["size"], e.Decision.Candidates[0].Text = "spoiled", "spoiled"
	for _, e := range collect(t, r.EachEvent(f.ctx, forever())) {
		e.Metadata["size"], e.Decision.Candidates[0].Text = "spoiled", "spoiled"
	}
	list, err := r.Campaigns(f.ctx, storage.Page{})
	require.NoError(t, err)
	list.Items[0].ConversionTypes[0] = "spoiled"
}
