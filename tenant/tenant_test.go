package tenant_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

func TestScopeAndView_ZeroValuesAreRefused(t *testing.T) {
	require.ErrorIs(t, tenant.Scope{}.Check(), fault.Invalid)
	require.True(t, fault.HasReason(tenant.Scope{}.Check(), "empty-scope"))
	require.True(t, fault.HasReason(tenant.For(tenant.ID{}).Check(), "empty-scope"), "nobody's scope is no scope")
	require.ErrorIs(t, tenant.View{}.Check(), fault.Invalid)
	require.True(t, fault.HasReason(tenant.View{}.Check(), "empty-view"))
	require.True(t, fault.HasReason(tenant.Scope{}.View().Check(), "empty-view"), "and no way to everyone's")
	require.True(t, fault.HasReason(tenant.For(tenant.ID{}).View().Check(), "empty-view"))
	require.False(t, tenant.Scope{}.View().IsEveryone())
	require.False(t, tenant.View{}.Admits(tenant.ID{}), "not even what belongs to nobody")
	require.False(t, tenant.View{}.Admits(tenant.ID{1}))
}

func TestScopeAndView_OnlyConstructorsMakeThem(t *testing.T) {
	for _, typ := range []reflect.Type{reflect.TypeFor[tenant.Scope](), reflect.TypeFor[tenant.View]()} {
		require.Positive(t, typ.NumField())
		for field := range typ.Fields() {
			require.False(t, field.IsExported(), "%s.%s", typ, field.Name)
		}
		require.True(t, typ.Comparable())
	}
}

func TestView_WhatItAdmits(t *testing.T) {
	a, b := tenant.ID{1}, tenant.ID{2}
	one, all := tenant.For(a).View(), tenant.Everyone()
	require.NoError(t, one.Check())
	require.NoError(t, all.Check())
	require.NoError(t, tenant.For(a).Check())
	require.Equal(t, a, tenant.For(a).Advertiser())

	require.True(t, one.Admits(a))
	require.False(t, one.Admits(b))
	require.False(t, one.Admits(tenant.ID{}))
	require.True(t, all.Admits(a))
	require.True(t, all.Admits(b))
	require.False(t, all.Admits(tenant.ID{}))

	got, ok := one.One()
	require.True(t, ok)
	require.Equal(t, a, got)
	_, ok = all.One()
	require.False(t, ok)
	_, ok = tenant.View{}.One()
	require.False(t, ok)
	require.True(t, all.IsEveryone())
	require.False(t, one.IsEveryone())
}

// Domain rule 1: an advertiser user reads its own, whatever it asks for; an
// admin reads all, or one; everybody else has no rights.
func TestUserView_Rules(t *testing.T) {
	own, other, nobody := tenant.ID{1}, tenant.ID{2}, tenant.ID{}
	ownView, otherView := tenant.For(own).View(), tenant.For(other).View()
	const admin, advertiser = tenant.RoleAdmin, tenant.RoleAdvertiser
	for _, c := range []struct {
		name   string
		role   tenant.Role
		member tenant.ID
		asked  tenant.ID
		want   tenant.View
		reason string
	}{
		{"an admin sees all", admin, nobody, nobody, tenant.Everyone(), ""},
		{"an admin sees one", admin, nobody, other, otherView, ""},
		{"an admin's own advertiser counts for nothing", admin, own, nobody, tenant.Everyone(), ""},
		{"an admin's own advertiser, asking for another", admin, own, other, otherView, ""},
		{"an advertiser user sees its own", advertiser, own, nobody, ownView, ""},
		{"asking for its own", advertiser, own, own, ownView, ""},
		{"asking for another gives its own", advertiser, own, other, ownView, ""},
		{"an advertiser user of nobody", advertiser, nobody, nobody, tenant.View{}, "role-insufficient"},
		{"an advertiser user of nobody asking", advertiser, nobody, other, tenant.View{}, "role-insufficient"},
		{"no role", "", own, own, tenant.View{}, "role-insufficient"},
		{"an unknown role", "root", own, own, tenant.View{}, "role-insufficient"},
	} {
		for _, status := range []tenant.UserStatus{tenant.UserActive, tenant.UserPending, tenant.UserSuspended, "", "deleted"} {
			want, reason := c.want, c.reason
			if status != tenant.UserActive {
				want, reason = tenant.View{}, "user-not-active"
			}
			got, err := tenant.User{Status: status, Role: c.role, Advertiser: c.member}.View(c.asked)
			require.Equal(t, want, got, "%s, %s", c.name, status)
			if reason == "" {
				require.NoError(t, err, "%s, %s", c.name, status)
				continue
			}
			require.ErrorIs(t, err, fault.Forbidden, "%s, %s", c.name, status)
			require.True(t, fault.HasReason(err, reason), "%s, %s", c.name, status)
			require.Error(t, got.Check(), "what goes with an error gives no right")
		}
	}
}

func TestCreate_DefaultsAndErrors(t *testing.T) {
	a, err := tenant.Create(tenant.ID{1}, now(), tenant.NewAdvertiser{Name: "Glow", Currency: "INR"})
	require.NoError(t, err)
	require.Equal(t, tenant.Advertiser{ID: tenant.ID{1}, Name: "Glow", Zone: "UTC", Currency: "INR", CreatedAt: now(), Version: 1}, a)

	_, err = tenant.Create(tenant.ID{1}, now(), tenant.NewAdvertiser{Name: " ", Zone: "Mars/Olympus", Currency: "rupees"})
	require.ErrorIs(t, err, fault.Invalid)
	require.Equal(t, []string{"name", "time_zone", "currency"}, fieldsOf(err), "every bad field at once")

	for n, ok := range map[int]bool{tenant.MaxName: true, tenant.MaxName + 1: false} {
		_, err := tenant.Create(tenant.ID{1}, now(), tenant.NewAdvertiser{Name: strings.Repeat("é", n), Currency: "INR"})
		require.Equal(t, ok, err == nil, "%d characters", n)
	}
}

func TestApply_ChangesOnlyWhatIsNamed(t *testing.T) {
	a, err := tenant.Create(tenant.ID{1}, now(), tenant.NewAdvertiser{Name: "Glow", Currency: "INR"})
	require.NoError(t, err)
	same, err := a.Apply(tenant.AdvertiserChange{})
	require.NoError(t, err)
	require.Equal(t, a, same)
	b, err := a.Apply(tenant.AdvertiserChange{Name: new("Bloom"), Zone: new("Asia/Kathmandu"), Currency: new(money.Currency("NPR"))})
	require.NoError(t, err)
	require.Equal(t, tenant.Advertiser{ID: a.ID, Name: "Bloom", Zone: "Asia/Kathmandu", Currency: "NPR", CreatedAt: now(), Version: 1}, b)
	_, err = a.Apply(tenant.AdvertiserChange{Zone: new("")})
	require.True(t, fault.HasReason(err, "unknown-time-zone"), "the default is for creation")
}

func TestLoadZone_DependsOnNoMachine(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York"} {
		zone, err := tenant.LoadZone(name)
		require.NoError(t, err, name)
		require.Equal(t, name, zone.String())
	}
	for _, name := range []string{
		"", "Local", "localtime", "posixrules", "Factory", "posix/UTC", "right/UTC", "IST+5:30", "+05:30", "Nowhere/City",
		"../../etc/passwd", "/etc/localtime", "Asia", "Asia/Kolkata\x00", "Asia/Kolkata ", strings.Repeat("A", 10_000),
	} {
		_, err := tenant.LoadZone(name)
		require.ErrorIs(t, err, fault.Invalid, "%.40q", name)
		require.True(t, fault.HasReason(err, "unknown-time-zone"), "%.40q", name)
	}
}

func TestNewAPIKey_Check(t *testing.T) {
	good := tenant.NewAPIKey{Name: "shop", Scopes: []tenant.Permission{tenant.EventsWrite}}
	require.NoError(t, good.Check(now()))
	for _, c := range []struct {
		name   string
		change func(*tenant.NewAPIKey)
		fields []string
	}{
		{"no name", func(k *tenant.NewAPIKey) { k.Name = "" }, []string{"name"}},
		{"no scopes", func(k *tenant.NewAPIKey) { k.Scopes = nil }, []string{"scopes"}},
		{"all permissions", func(k *tenant.NewAPIKey) { k.Scopes = tenant.Permissions() }, nil},
		{"unknown scope", func(k *tenant.NewAPIKey) { k.Scopes = []tenant.Permission{"events:delete"} }, []string{"scopes"}},
		{"scope twice", func(k *tenant.NewAPIKey) { k.Scopes = append(k.Scopes, tenant.EventsWrite) }, []string{"scopes"}},
		{"expires now", func(k *tenant.NewAPIKey) { k.ExpiresAt = now() }, []string{"expires_at"}},
		{"expires in a microsecond", func(k *tenant.NewAPIKey) { k.ExpiresAt = now().Add(time.Microsecond) }, nil},
		{"everything wrong", func(k *tenant.NewAPIKey) { *k = tenant.NewAPIKey{ExpiresAt: now()} }, []string{"name", "scopes", "expires_at"}},
	} {
		key := tenant.NewAPIKey{Name: good.Name, Scopes: []tenant.Permission{tenant.EventsWrite}}
		c.change(&key)
		err := key.Check(now())
		if c.fields == nil {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, c.name)
		require.Equal(t, c.fields, fieldsOf(err), c.name)
	}
}

func TestAPIKey_UsableUntilItExpiresOrIsRevoked(t *testing.T) {
	for _, c := range []struct {
		name             string
		expires, revoked time.Time
		want             bool
	}{
		{"for ever", time.Time{}, time.Time{}, true},
		{"a microsecond before it expires", now().Add(time.Microsecond), time.Time{}, true},
		{"at the moment it expires", now(), time.Time{}, false},
		{"revoked now", time.Time{}, now(), false},
		{"revoked before", time.Time{}, now().Add(-1), false},
		{"rotated: both work in the overlap", time.Time{}, now().Add(time.Hour), true},
		{"expired within the overlap", now(), now().Add(time.Hour), false},
	} {
		require.Equal(t, c.want, tenant.APIKey{ExpiresAt: c.expires, RevokedAt: c.revoked}.Usable(now()), c.name)
	}
}

func TestAPIKey_AllowsWhatItHolds(t *testing.T) {
	for _, held := range tenant.Permissions() {
		for _, asked := range tenant.Permissions() {
			key := tenant.APIKey{Scopes: []tenant.Permission{held}}
			require.Equal(t, held == asked || held == "*", key.Allows(asked), "%s for %s", held, asked)
			require.False(t, tenant.APIKey{}.Allows(asked))
		}
	}
}

func TestAdvertiserApply_RefusesAnotherVersionFirstOfAll(t *testing.T) {
	before, err := tenant.Create(tenant.ID{1}, now(), tenant.NewAdvertiser{Name: "Acme", Currency: "INR"})
	require.NoError(t, err)
	before.Version = 7
	for _, version := range []int64{0, 7} {
		after, err := before.Apply(tenant.AdvertiserChange{Version: version, Name: new("Acme 2")})
		require.NoError(t, err, version)
		require.Equal(t, "Acme 2", after.Name)
		require.Equal(t, int64(7), after.Version)
	}
	for _, version := range []int64{-7, 6, 8} {
		after, err := before.Apply(tenant.AdvertiserChange{Version: version, Zone: new("Local")})
		require.ErrorIs(t, err, fault.Conflict, version)
		require.True(t, fault.HasReason(err, "changed-meanwhile"), err)
		require.Equal(t, tenant.Advertiser{}, after)
	}
}

func TestAPIKey_OutlivesByTheEarlierOfItsEnds(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	never, soon, later := tenant.APIKey{}, tenant.APIKey{ExpiresAt: noon}, tenant.APIKey{ExpiresAt: noon.Add(time.Microsecond)}
	rotated := tenant.APIKey{RevokedAt: noon}
	both := tenant.APIKey{ExpiresAt: noon.Add(time.Hour), RevokedAt: noon}
	for _, tt := range []struct {
		key, other tenant.APIKey
		want       bool
	}{
		{never, never, false}, {soon, never, false}, {never, soon, true}, {later, soon, true}, {soon, later, false}, {soon, soon, false},
		{never, rotated, true}, {soon, rotated, false}, {later, rotated, true}, {later, both, true}, {both, soon, false}, {both, later, false},
	} {
		require.Equal(t, tt.want, tt.key.Outlives(tt.other), "%+v %+v", tt.key, tt.other)
	}
}
