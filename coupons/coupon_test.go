package coupons_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

func fieldsOf(err error) []string {
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	return names
}

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func create(in coupons.NewCoupon) (coupons.Coupon, error) {
	if in.Campaign.IsZero() {
		in.Campaign = campaigns.ID{3}
	}
	return coupons.Create(coupons.ID{1}, tenant.ID{2}, now(), "SUMMER20", in)
}

func TestCreate_KeepsWhatItWasGiven(t *testing.T) {
	in := coupons.NewCoupon{
		Campaign: campaigns.ID{3}, Influencer: campaigns.InfluencerID{4}, ValidFrom: now(), ValidTo: now().Add(1),
		Discount: coupons.Discount{Percent: 125_000},
	}
	c, err := create(in)
	require.NoError(t, err)
	require.Equal(t, coupons.Coupon{
		ID: coupons.ID{1}, Advertiser: tenant.ID{2}, Campaign: in.Campaign, Influencer: in.Influencer, Code: "SUMMER20",
		Status: coupons.Active, ValidFrom: in.ValidFrom, ValidTo: in.ValidTo, Discount: in.Discount, CreatedAt: now(), Version: 1,
	}, c)
}

func TestCreate_NeedsACampaignButNoInfluencer(t *testing.T) {
	_, err := coupons.Create(coupons.ID{1}, tenant.ID{2}, now(), "SUMMER20", coupons.NewCoupon{})
	require.ErrorIs(t, err, fault.Invalid)
	require.Equal(t, []string{"campaign_id"}, fieldsOf(err))

	c, err := create(coupons.NewCoupon{})
	require.NoError(t, err)
	require.True(t, c.Influencer.IsZero(), "a generic coupon")
}

func TestCreate_RefusesACodeThatIsNotFolded(t *testing.T) {
	for _, code := range []coupons.Code{"", "summer20", " SUMMER20", "AB", "ＳＵＭ"} {
		_, err := coupons.Create(coupons.ID{1}, tenant.ID{2}, now(), code, coupons.NewCoupon{Campaign: campaigns.ID{3}})
		require.Equal(t, []string{"code"}, fieldsOf(err), "%q", code)
	}
}

func TestCreate_ValidityEndsAfterItStarts(t *testing.T) {
	for _, c := range []struct {
		from, to time.Time
		ok       bool
	}{
		{time.Time{}, time.Time{}, true},
		{now(), time.Time{}, true},
		{time.Time{}, now(), true},
		{now(), now().Add(time.Microsecond), true},
		{now(), now(), false},
		{now(), now().Add(-time.Microsecond), false},
	} {
		_, err := create(coupons.NewCoupon{ValidFrom: c.from, ValidTo: c.to})
		require.Equal(t, c.ok, err == nil)
		if !c.ok {
			require.True(t, fault.HasReason(err, "ends-before-start"))
		}
	}
}

func TestCreate_DiscountIsAPercentageOrAnAmount(t *testing.T) {
	for _, c := range []struct {
		name     string
		discount coupons.Discount
		fields   []string
	}{
		{"none", coupons.Discount{}, nil},
		{"0.0001 %", coupons.Discount{Percent: 1}, nil},
		{"100 %", coupons.Discount{Percent: money.MaxRate}, nil},
		{"above 100 %", coupons.Discount{Percent: money.MaxRate + 1}, []string{"discount.percent"}},
		{"negative percentage", coupons.Discount{Percent: -1}, []string{"discount.percent"}},
		{"amount", coupons.Discount{Amount: money.Of(500, "EUR")}, nil},
		{"nothing, in euros", coupons.Discount{Amount: money.Of(0, "EUR")}, nil},
		{"largest amount", coupons.Discount{Amount: money.Of(money.MaxMinor, "EUR")}, nil},
		{"larger amount", coupons.Discount{Amount: money.Of(money.MaxMinor+1, "EUR")}, []string{"discount.amount.amount"}},
		{"negative amount", coupons.Discount{Amount: money.Of(-1, "EUR")}, []string{"discount.amount.amount"}},
		{"no currency", coupons.Discount{Amount: money.Of(1, "")}, []string{"discount.amount.currency"}},
		{"both", coupons.Discount{Percent: 1, Amount: money.Of(1, "EUR")}, []string{"discount"}},
	} {
		_, err := create(coupons.NewCoupon{Discount: c.discount})
		if c.fields == nil {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, c.name)
		require.Equal(t, c.fields, fieldsOf(err), c.name)
	}
}

func TestCreate_NamesEveryBadFieldAtOnce(t *testing.T) {
	_, err := coupons.Create(coupons.ID{1}, tenant.ID{2}, now(), "", coupons.NewCoupon{
		ValidFrom: now(), ValidTo: now(), Discount: coupons.Discount{Percent: -1},
	})
	require.Equal(t, []string{"code", "campaign_id", "valid_to", "discount.percent"}, fieldsOf(err))
}

func TestApply_ChangesOnlyWhatIsNamed(t *testing.T) {
	before, err := create(coupons.NewCoupon{ValidFrom: now(), ValidTo: now().Add(1), Discount: coupons.Discount{Percent: 1}})
	require.NoError(t, err)

	same, err := before.Apply(coupons.Change{})
	require.NoError(t, err)
	require.Equal(t, before, same)

	after, err := before.Apply(coupons.Change{Status: new(coupons.Disabled), ValidTo: new(time.Time{}), Discount: new(coupons.Discount{})})
	require.NoError(t, err)
	want := before
	want.Status, want.ValidTo, want.Discount = coupons.Disabled, time.Time{}, coupons.Discount{}
	require.Equal(t, want, after)

	_, err = before.Apply(coupons.Change{ValidFrom: new(now().Add(1))})
	require.Equal(t, []string{"valid_to"}, fieldsOf(err))
	_, err = before.Apply(coupons.Change{Status: new(coupons.Status("deleted"))})
	require.True(t, fault.HasReason(err, "unknown-status"))
	_, err = before.Apply(coupons.Change{Status: new(coupons.Status(""))})
	require.True(t, fault.HasReason(err, "unknown-status"))
}

func TestStandingAt_Boundaries(t *testing.T) {
	from, to := now(), now().Add(time.Hour)
	limited := coupons.Coupon{Status: coupons.Active, ValidFrom: from, ValidTo: to}
	unlimited := coupons.Coupon{Status: coupons.Active}
	disabled := coupons.Coupon{Status: coupons.Disabled, ValidFrom: from, ValidTo: to}
	for _, c := range []struct {
		name   string
		coupon coupons.Coupon
		at     time.Time
		want   coupons.Standing
	}{
		{"a microsecond before", limited, from.Add(-time.Microsecond), coupons.NotYetValid},
		{"the first moment", limited, from, coupons.Usable},
		{"the first moment in another zone", limited, from.In(time.FixedZone("", 5*3600+2700)), coupons.Usable},
		{"the last microsecond", limited, to.Add(-time.Microsecond), coupons.Usable},
		{"the end", limited, to, coupons.Expired},
		{"a microsecond after the end", limited, to.Add(time.Microsecond), coupons.Expired},
		{"no limits, long ago", unlimited, time.Unix(0, 0), coupons.Usable},
		{"no limits, far off", unlimited, time.Unix(1<<40, 0), coupons.Usable},
		{"only a start", coupons.Coupon{Status: coupons.Active, ValidFrom: from}, to, coupons.Usable},
		{"only an end", coupons.Coupon{Status: coupons.Active, ValidTo: to}, from.Add(-time.Hour), coupons.Usable},
		{"disabled comes first", disabled, from.Add(-1), coupons.IsDisabled},
		{"disabled within", disabled, from, coupons.IsDisabled},
		{"disabled after", disabled, to, coupons.IsDisabled},
		{"no status at all earns nothing", coupons.Coupon{}, from, coupons.IsDisabled},
	} {
		require.Equal(t, c.want, c.coupon.StandingAt(c.at), c.name)
	}
}

func TestApply_RefusesAnotherVersionFirstOfAll(t *testing.T) {
	before, err := create(coupons.NewCoupon{})
	require.NoError(t, err)
	before.Version = 7
	for _, version := range []int64{0, 7} {
		after, err := before.Apply(coupons.Change{Version: version, Status: new(coupons.Disabled)})
		require.NoError(t, err, version)
		require.Equal(t, coupons.Disabled, after.Status)
		require.Equal(t, int64(7), after.Version)
	}
	for _, version := range []int64{-7, 6, 8} {
		after, err := before.Apply(coupons.Change{Version: version, Status: new(coupons.Status("deleted"))})
		require.ErrorIs(t, err, fault.Conflict, version)
		require.True(t, fault.HasReason(err, "changed-meanwhile"), err)
		require.Equal(t, coupons.Coupon{}, after)
	}
}
