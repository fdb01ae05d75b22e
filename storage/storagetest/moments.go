package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
)

// oddMoments are the first and last ones, and those at which a clock or
// calendar begins anew.
func oddMoments() []time.Time {
	return []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 1_000, time.UTC), time.Date(1899, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Unix(0, 0).UTC(), time.Date(1970, 1, 1, 0, 0, 0, 1_000, time.UTC),
		time.Date(2024, 2, 29, 23, 59, 59, 1_000, time.UTC), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	}
}

// moments holds what is kept of a time: the microsecond, in UTC.
func (h Harness) moments(t *testing.T) {
	odd := oddMoments()
	t.Run("TheMicrosecondIsKept", func(t *testing.T) {
		f := newFixture(t, h)
		for _, at := range odd {
			f.requireMoment(t, at, at)
		}
	})
	t.Run("WhatIsFinerIsCutAndNotRounded", func(t *testing.T) {
		f := newFixture(t, h)
		for _, at := range odd {
			f.requireMoment(t, at.Add(999*time.Nanosecond), at)
		}
	})
	t.Run("AnotherZoneIsTheSameMoment", func(t *testing.T) {
		f := newFixture(t, h)
		for _, offset := range []int{-11*3600 - 1800, 5*3600 + 2700, 14 * 3600} {
			f.requireMoment(t, start().In(time.FixedZone("odd", offset)), start())
		}
	})
	t.Run("ZeroStaysZero", func(t *testing.T) {
		f := newFixture(t, h)
		f.requireMoment(t, time.Time{}, time.Time{})
		f.requireMoment(t, time.Time{}.In(time.FixedZone("odd", 3600)), time.Time{})
	})
	t.Run("TheMomentsThatAreAlwaysSetAreKept", func(t *testing.T) {
		f := newFixture(t, h)
		at := time.Date(2031, 7, 8, 9, 10, 11, 121_314_000, time.UTC)
		f.requireAlwaysSet(t, at)
	})
	t.Run("AMicrosecondDecidesAPeriod", func(t *testing.T) {
		f := newFixture(t, h)
		o, err := f.read(f.a).Stats().Overview(f.ctx, stats.Filter{From: start(), To: start().Add(time.Microsecond)})
		require.NoError(t, err)
		require.EqualValues(t, 1, o.Events)
		require.EqualValues(t, 1, o.Clicks)
		for _, period := range []stats.Filter{
			{From: start().Add(-time.Hour), To: start()}, {From: start().Add(time.Microsecond), To: start().Add(time.Hour)},
		} {
			o, err := f.read(f.a).Stats().Overview(f.ctx, period)
			require.NoError(t, err)
			same(t, stats.Overview{}, o)
		}
	})
}

// requireMoment stores a moment wherever it is optional.
func (f *fixture) requireMoment(t *testing.T, at, want time.Time) {
	t.Helper()
	is := func(name string, got time.Time) {
		t.Helper()
		require.Equal(t, want, got.UTC(), name)
		require.Equal(t, want.IsZero(), got.IsZero(), name)
		require.Equal(t, time.UTC, got.Location(), "%s is in UTC", name)
	}
	c, k, p := f.newCampaign(f.a, "Moment"), f.newKey(f.a, ""), f.newCoupon(f.a, "")
	c.StartsAt, c.EndsAt, k.ExpiresAt, k.RevokedAt, p.ValidFrom, p.ValidTo = at, at, at, at, at, at
	copy(k.Hash[:], k.ID[:])
	p.Code = coupons.Code(p.ID.String())
	f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.CreateCoupons(ctx, []coupons.Coupon{p})
		return firstError(err, tx.CreateCampaign(ctx, c), tx.CreateAPIKey(ctx, k))
	})
	campaign, err := f.read(f.a).Campaign(f.ctx, c.ID)
	require.NoError(t, err)
	is("StartsAt", campaign.StartsAt)
	is("EndsAt", campaign.EndsAt)
	key, err := f.read(f.a).APIKey(f.ctx, k.ID)
	require.NoError(t, err)
	is("ExpiresAt", key.ExpiresAt)
	is("RevokedAt", key.RevokedAt)
	coupon, err := f.read(f.a).Coupon(f.ctx, p.ID)
	require.NoError(t, err)
	is("ValidFrom", coupon.ValidFrom)
	is("ValidTo", coupon.ValidTo)
}

// requireAlwaysSet stores a moment wherever one is always set.
func (f *fixture) requireAlwaysSet(t *testing.T, at time.Time) {
	t.Helper()
	is := func(name string, got time.Time) {
		t.Helper()
		require.Equal(t, at, got, name)
		require.Equal(t, time.UTC, got.Location(), "%s is in UTC", name)
	}
	p := f.newParty("always")
	p.advertiser.CreatedAt, p.key.CreatedAt, p.campaign.CreatedAt, p.influencer.CreatedAt = at, at, at, at
	p.assignment.CreatedAt, p.link.CreatedAt, p.coupon.CreatedAt = at, at, at
	p.assignment.Terms = payouts.History{{Version: 1, Share: payouts.Percentage, From: at, RecordedAt: at}}
	p.event.OccurredAt, p.event.ReceivedAt, p.event.Commission.Terms = at, at, p.assignment.Terms[0]
	f.save(t, p)
	r := f.read(p)
	list, err := r.Advertisers(f.ctx, storage.Page{})
	require.NoError(t, err)
	is("Advertiser", list.Items[0].CreatedAt)
	key, err := r.APIKey(f.ctx, p.key.ID)
	require.NoError(t, err)
	is("APIKey", key.CreatedAt)
	campaign, err := r.Campaign(f.ctx, p.campaign.ID)
	require.NoError(t, err)
	is("Campaign", campaign.CreatedAt)
	influencer, err := r.Influencer(f.ctx, p.influencer.ID)
	require.NoError(t, err)
	is("Influencer", influencer.CreatedAt)
	place, err := r.Assignment(f.ctx, p.campaign.ID, p.influencer.ID)
	require.NoError(t, err)
	is("Assignment", place.CreatedAt)
	is("Terms.From", place.Terms[0].From)
	is("Terms.RecordedAt", place.Terms[0].RecordedAt)
	link, err := r.Link(f.ctx, p.link.ID)
	require.NoError(t, err)
	is("Link", link.CreatedAt)
	coupon, err := r.Coupon(f.ctx, p.coupon.ID)
	require.NoError(t, err)
	is("Coupon", coupon.CreatedAt)
	for name, event := range map[string]func() (attribution.Event, error){
		"Event":     func() (attribution.Event, error) { return r.Event(f.ctx, p.event.ID) },
		"EachEvent": func() (attribution.Event, error) { return f.firstEvent(t, p, at) },
		"Events":    func() (attribution.Event, error) { return f.firstListed(t, p, at) },
	} {
		e, err := event()
		require.NoError(t, err)
		is(name+".OccurredAt", e.OccurredAt)
		is(name+".ReceivedAt", e.ReceivedAt)
		is(name+".Commission.Terms", e.Commission.Terms.From)
	}
	got, err := f.store.System().LinkByCode(f.ctx, p.link.Code)
	require.NoError(t, err)
	is("LinkByCode", got.CreatedAt)
	f.requireKeptOutside(t, p, at, is)
}

// requireKeptOutside stores a moment where no view shows it, cut and in
// another zone.
func (f *fixture) requireKeptOutside(t *testing.T, p party, at time.Time, is func(name string, got time.Time)) {
	t.Helper()
	finer := at.Add(999 * time.Nanosecond).In(time.FixedZone("odd", 5*3600+2700))
	u, request, ticket := f.newUser("moment"), newRequest("moment", ""), newTicket("moment")
	u.CreatedAt, request.At, ticket.ExpiresAt = finer, finer, finer
	require.NoError(t, f.store.System().CreateUser(f.ctx, u))
	var stored storage.Request
	f.write(t, p, func(ctx context.Context, tx storage.Tx) error {
		return firstError(carryOut(ctx, tx, request), tx.CreateTicket(ctx, ticket))
	})
	f.write(t, p, func(ctx context.Context, tx storage.Tx) (err error) {
		stored, _, err = tx.ClaimRequest(ctx, storage.Request{Key: request.Key, At: start()})
		return err
	})
	is("Request", stored.At)
	user, err := f.store.System().User(f.ctx, u.ID)
	require.NoError(t, err)
	is("User", user.CreatedAt)
	taken, err := f.store.System().TakeTicket(f.ctx, ticket.Hash)
	require.NoError(t, err)
	is("Ticket", taken.ExpiresAt)
}

func (f *fixture) firstListed(t *testing.T, p party, at time.Time) (attribution.Event, error) {
	t.Helper()
	list, err := f.read(p).Events(f.ctx, storage.EventFilter{Filter: stats.Filter{From: at, To: at.Add(time.Second)}}, storage.Page{})
	require.Len(t, list.Items, 1)
	return list.Items[0], err
}

func (f *fixture) firstEvent(t *testing.T, p party, at time.Time) (attribution.Event, error) {
	t.Helper()
	events := collect(t, f.read(p).EachEvent(f.ctx, stats.Filter{From: at, To: at.Add(time.Second)}))
	require.Len(t, events, 1)
	return events[0], nil
}
