package campaigns_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/money"
	"github.com/superher/superher/tenant"
)

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func fieldsOf(err error) []string {
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	return names
}

func create(in campaigns.NewCampaign) (campaigns.Campaign, error) {
	return campaigns.Create(campaigns.ID{1}, tenant.ID{2}, now(), in)
}

func TestCreate_Defaults(t *testing.T) {
	c, err := create(campaigns.NewCampaign{Name: "Summer"})
	require.NoError(t, err)
	require.Equal(t, campaigns.Campaign{
		ID: campaigns.ID{1}, Advertiser: tenant.ID{2}, Name: "Summer", Status: campaigns.Draft,
		ConversionTypes: []campaigns.EventType{campaigns.Purchase}, CreatedAt: now(), Version: 1,
	}, c)
	require.True(t, c.Converts(campaigns.Purchase))
	require.False(t, c.Converts(campaigns.Signup))
}

func TestCreate_Validation(t *testing.T) {
	types := func(n int) []campaigns.EventType {
		list := make([]campaigns.EventType, n)
		for i := range list {
			list[i] = campaigns.EventType(fmt.Sprintf("type_%d", i))
		}
		return list
	}
	for _, c := range []struct {
		name   string
		change func(*campaigns.NewCampaign)
		fields []string
	}{
		{"draft", func(c *campaigns.NewCampaign) { c.Status = campaigns.Draft }, nil},
		{"active", func(c *campaigns.NewCampaign) { c.Status = campaigns.Active }, nil},
		{"paused", func(c *campaigns.NewCampaign) { c.Status = campaigns.Paused }, []string{"status"}},
		{"ended", func(c *campaigns.NewCampaign) { c.Status = campaigns.Ended }, []string{"status"}},
		{"archived", func(c *campaigns.NewCampaign) { c.Status = campaigns.Archived }, []string{"status"}},
		{"unknown status", func(c *campaigns.NewCampaign) { c.Status = "live" }, []string{"status"}},
		{"no name", func(c *campaigns.NewCampaign) { c.Name = "" }, []string{"name"}},
		{"blank name", func(c *campaigns.NewCampaign) { c.Name = " \u3000" }, []string{"name"}},
		{"longest name", func(c *campaigns.NewCampaign) { c.Name = strings.Repeat("é", campaigns.MaxName) }, nil},
		{"longer name", func(c *campaigns.NewCampaign) { c.Name = strings.Repeat("é", campaigns.MaxName+1) }, []string{"name"}},
		{"line break in name", func(c *campaigns.NewCampaign) { c.Name = "a\nb" }, []string{"name"}},
		{"ends a microsecond after it starts", func(c *campaigns.NewCampaign) { c.StartsAt, c.EndsAt = now(), now().Add(time.Microsecond) }, nil},
		{"ends when it starts", func(c *campaigns.NewCampaign) { c.StartsAt, c.EndsAt = now(), now() }, []string{"ends_at"}},
		{"ends before it starts", func(c *campaigns.NewCampaign) { c.StartsAt, c.EndsAt = now(), now().Add(-1) }, []string{"ends_at"}},
		{"only an end", func(c *campaigns.NewCampaign) { c.EndsAt = now() }, nil},
		{"budget", func(c *campaigns.NewCampaign) { c.Budget = money.Of(money.MaxMinor, "INR") }, nil},
		{"budget of nothing", func(c *campaigns.NewCampaign) { c.Budget = money.Of(0, "INR") }, nil},
		{"negative budget", func(c *campaigns.NewCampaign) { c.Budget = money.Of(-1, "INR") }, []string{"budget.amount"}},
		{"too large a budget", func(c *campaigns.NewCampaign) { c.Budget = money.Of(money.MaxMinor+1, "INR") }, []string{"budget.amount"}},
		{"budget without a currency", func(c *campaigns.NewCampaign) { c.Budget = money.Of(1, "") }, []string{"budget.currency"}},
		{"most conversion types", func(c *campaigns.NewCampaign) { c.ConversionTypes = types(campaigns.MaxConversionTypes) }, nil},
		{"more conversion types", func(c *campaigns.NewCampaign) { c.ConversionTypes = types(campaigns.MaxConversionTypes + 1) }, []string{"conversion_types"}},
		{"a type twice", func(c *campaigns.NewCampaign) { c.ConversionTypes = []campaigns.EventType{"lead", "lead"} }, []string{"conversion_types"}},
		{"a malformed type", func(c *campaigns.NewCampaign) { c.ConversionTypes = []campaigns.EventType{"Lead"} }, []string{"conversion_types"}},
		{"generic coupons win", func(c *campaigns.NewCampaign) { c.GenericCoupon = campaigns.GenericWins }, nil},
		{"generic coupons credit the link", func(c *campaigns.NewCampaign) { c.GenericCoupon = campaigns.GenericCreditsLink }, nil},
		{"unknown policy", func(c *campaigns.NewCampaign) { c.GenericCoupon = "loses" }, []string{"generic_coupon"}},
		{"everything wrong", func(c *campaigns.NewCampaign) {
			*c = campaigns.NewCampaign{
				Status: campaigns.Ended, StartsAt: now(), EndsAt: now(), Budget: money.Of(-1, ""),
				ConversionTypes: []campaigns.EventType{""}, GenericCoupon: "x",
			}
		}, []string{"status", "name", "ends_at", "budget.currency", "budget.amount", "conversion_types", "generic_coupon"}},
	} {
		in := campaigns.NewCampaign{Name: "Summer"}
		c.change(&in)
		_, err := create(in)
		if c.fields == nil {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, c.name)
		require.Equal(t, c.fields, fieldsOf(err), c.name)
	}
}

func TestApply_StatusTable(t *testing.T) {
	allowed := map[campaigns.Status][]campaigns.Status{
		campaigns.Draft:    {campaigns.Active, campaigns.Archived},
		campaigns.Active:   {campaigns.Paused, campaigns.Ended},
		campaigns.Paused:   {campaigns.Active, campaigns.Ended},
		campaigns.Ended:    {campaigns.Archived},
		campaigns.Archived: {},
	}
	require.Len(t, campaigns.Statuses(), 5)
	for _, from := range campaigns.Statuses() {
		require.ElementsMatch(t, allowed[from], from.Next())
		for _, to := range campaigns.Statuses() {
			before, err := create(campaigns.NewCampaign{Name: "Summer"})
			require.NoError(t, err)
			before.Status = from
			after, err := before.Apply(campaigns.Change{Status: &to})
			if from == to || slices.Contains(allowed[from], to) {
				require.NoError(t, err, "%s to %s", from, to)
				require.Equal(t, to, after.Status)
				continue
			}
			require.ErrorIs(t, err, fault.Conflict, "%s to %s", from, to)
			require.True(t, fault.HasReason(err, "illegal-status-change"))
		}
		for _, to := range []campaigns.Status{"", "live", "DRAFT"} {
			_, err := campaigns.Campaign{Status: from}.Apply(campaigns.Change{Status: &to})
			require.ErrorIs(t, err, fault.Invalid, "%s to %q", from, to)
			require.True(t, fault.HasReason(err, "unknown-status"))
		}
	}
	require.Empty(t, campaigns.Status("live").Next())
}

func TestApply_ChangesOnlyWhatIsNamed(t *testing.T) {
	before, err := create(campaigns.NewCampaign{
		Name: "Summer", StartsAt: now(), EndsAt: now().Add(1), Budget: money.Of(1, "INR"), GenericCoupon: campaigns.GenericWins,
	})
	require.NoError(t, err)
	same, err := before.Apply(campaigns.Change{})
	require.NoError(t, err)
	require.Equal(t, before, same)

	after, err := before.Apply(campaigns.Change{
		Name: new("Winter"), StartsAt: new(time.Time{}), EndsAt: new(time.Time{}), Budget: new(money.Amount{}),
		ConversionTypes: &[]campaigns.EventType{campaigns.Lead}, GenericCoupon: new(campaigns.GenericCoupon("")),
	})
	require.NoError(t, err)
	require.Equal(t, campaigns.Campaign{
		ID: before.ID, Advertiser: before.Advertiser, Name: "Winter", Status: campaigns.Draft,
		ConversionTypes: []campaigns.EventType{campaigns.Lead}, CreatedAt: now(), Version: 1,
	}, after)

	_, err = before.Apply(campaigns.Change{ConversionTypes: &[]campaigns.EventType{}})
	require.Equal(t, []string{"conversion_types"}, fieldsOf(err), "the default is for creation")
}

func TestCampaign_SharesNoMemoryWithItsInput(t *testing.T) {
	types := []campaigns.EventType{campaigns.Lead}
	c, err := create(campaigns.NewCampaign{Name: "Summer", ConversionTypes: types})
	require.NoError(t, err)
	d, err := c.Apply(campaigns.Change{ConversionTypes: &types})
	require.NoError(t, err)
	types[0] = "changed"
	require.True(t, c.Converts(campaigns.Lead))
	require.True(t, d.Converts(campaigns.Lead))
}

func TestStandingAt_Boundaries(t *testing.T) {
	start, end := now(), now().Add(time.Hour)
	for _, c := range []struct {
		name string
		at   time.Time
		want campaigns.Standing
	}{
		{"a microsecond before it starts", start.Add(-time.Microsecond), campaigns.NotStarted},
		{"the moment it starts", start, campaigns.Earning},
		{"in another zone", start.In(time.FixedZone("", 5*3600+1800)), campaigns.Earning},
		{"the last microsecond", end.Add(-time.Microsecond), campaigns.Earning},
		{"the moment it ends", end, campaigns.IsOver},
		{"a microsecond after", end.Add(time.Microsecond), campaigns.IsOver},
	} {
		for status, want := range map[campaigns.Status]campaigns.Standing{
			campaigns.Draft: c.want, campaigns.Active: c.want,
			campaigns.Paused: campaigns.WasPaused, campaigns.Ended: campaigns.WasEnded, campaigns.Archived: campaigns.WasArchived,
		} {
			got := campaigns.Campaign{Status: status, StartsAt: start, EndsAt: end}.StandingAt(c.at)
			require.Equal(t, want, got, "%s, %s", status, c.name)
		}
		require.Equal(t, campaigns.Earning, campaigns.Campaign{Status: campaigns.Active}.StandingAt(c.at), "no dates")
	}
	require.Equal(t, campaigns.Earning, campaigns.Campaign{Status: campaigns.Active, EndsAt: end}.StandingAt(time.Unix(0, 0)))
	require.Equal(t, campaigns.Earning, campaigns.Campaign{Status: campaigns.Active, StartsAt: start}.StandingAt(end.AddDate(99, 0, 0)))
}

func TestParseEventType(t *testing.T) {
	for _, good := range []string{"purchase", "signup", "lead", "add_to_cart", "a", "a_", "a1", strings.Repeat("a", campaigns.MaxEventType)} {
		got, err := campaigns.ParseEventType(good)
		require.NoError(t, err, good)
		require.Equal(t, campaigns.EventType(good), got)
	}
	for _, bad := range []string{"", "1a", "_a", "A", "Purchase", "a-b", "a b", "a\n", "ä", "aä", "a.b", "a\x00", strings.Repeat("a", campaigns.MaxEventType+1)} {
		_, err := campaigns.ParseEventType(bad)
		require.ErrorIs(t, err, fault.Invalid, "%q", bad)
		require.Equal(t, []string{"action"}, fieldsOf(err))
	}
}

func TestApply_RefusesAnotherVersionFirstOfAll(t *testing.T) {
	before, err := create(campaigns.NewCampaign{Name: "Summer"})
	require.NoError(t, err)
	before.Version = 7
	for _, version := range []int64{0, 7} {
		after, err := before.Apply(campaigns.Change{Version: version, Name: new("Winter")})
		require.NoError(t, err, version)
		require.Equal(t, "Winter", after.Name)
		require.Equal(t, int64(7), after.Version)
	}
	for _, version := range []int64{-7, 6, 8} {
		after, err := before.Apply(campaigns.Change{Version: version, Name: new(""), Status: new(campaigns.Ended)})
		require.ErrorIs(t, err, fault.Conflict, version)
		require.True(t, fault.HasReason(err, "changed-meanwhile"), "neither the bad name nor the bad move: %v", err)
		require.Equal(t, campaigns.Campaign{}, after)
	}
}
