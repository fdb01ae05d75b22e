package tenant_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

func TestNewUser_IsPendingWithoutRights(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	u := tenant.NewUser(tenant.UserID{1}, now, "https://idp.example", "subject-1", "jess@example.com")
	require.Equal(t, tenant.UserPending, u.Status)
	_, err := u.View(tenant.ID{})
	require.True(t, fault.HasReason(err, "user-not-active"))
}

func TestUserApply_ApprovalAndSuspension(t *testing.T) {
	brand := tenant.ID{7}
	pending := tenant.NewUser(tenant.UserID{1}, time.Time{}, "i", "s", "")
	brandUser, err := pending.Apply(tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdvertiser), Advertiser: &brand})
	require.NoError(t, err)
	view, err := brandUser.View(tenant.ID{8})
	require.NoError(t, err)
	require.Equal(t, tenant.For(brand).View(), view, "its own, whatever it asks for")

	suspended, err := brandUser.Apply(tenant.UserChange{Status: new(tenant.UserSuspended)})
	require.NoError(t, err)
	_, err = suspended.View(brand)
	require.ErrorIs(t, err, fault.Forbidden)
	_, err = suspended.Apply(tenant.UserChange{Status: new(tenant.UserActive)})
	require.NoError(t, err)

	for name, c := range map[string]struct {
		user   tenant.User
		change tenant.UserChange
		reason string
	}{
		"active without a role":       {pending, tenant.UserChange{Status: new(tenant.UserActive)}, "required"},
		"advertiser user without one": {pending, tenant.UserChange{Role: new(tenant.RoleAdvertiser)}, "required"},
		"admin with an advertiser":    {brandUser, tenant.UserChange{Role: new(tenant.RoleAdmin)}, "not-for-role"},
		"unknown role":                {pending, tenant.UserChange{Role: new(tenant.Role("root"))}, "unknown-role"},
		"unknown status":              {pending, tenant.UserChange{Status: new(tenant.UserStatus("gone"))}, "unknown-status"},
		"back to pending":             {brandUser, tenant.UserChange{Status: new(tenant.UserPending)}, "illegal-status-change"},
	} {
		_, err := c.user.Apply(c.change)
		require.True(t, fault.HasReason(err, c.reason), "%s: %v", name, err)
	}
}

func TestUserApply_RefusesAnotherVersionFirstOfAll(t *testing.T) {
	before := tenant.NewUser(tenant.UserID{1}, time.Time{}, "i", "s", "")
	before.Version = 7
	for _, version := range []int64{0, 7} {
		after, err := before.Apply(tenant.UserChange{Version: version, Status: new(tenant.UserSuspended)})
		require.NoError(t, err, version)
		require.Equal(t, tenant.UserSuspended, after.Status)
		require.Equal(t, int64(7), after.Version)
	}
	for _, version := range []int64{-7, 6, 8} {
		after, err := before.Apply(tenant.UserChange{Version: version, Role: new(tenant.Role("root"))})
		require.ErrorIs(t, err, fault.Conflict, version)
		require.True(t, fault.HasReason(err, "changed-meanwhile"), err)
		require.Equal(t, tenant.User{}, after)
	}
}
