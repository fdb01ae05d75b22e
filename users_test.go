package superher_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func jess() auth.Identity {
	return auth.Identity{Issuer: "https://id.example", Subject: "jess", Email: "jess@example.com", EmailVerified: true}
}

func TestSignIn_CreatesOnSightWithoutRights(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	first, err := f.client.SignIn(ctx, jess())
	require.NoError(t, err)
	require.Equal(t, tenant.UserPending, first.Status)
	require.Empty(t, first.Role)
	require.Equal(t, "jess@example.com", first.Email)
	require.Equal(t, start, first.CreatedAt)
	f.clock.Advance(time.Hour)
	again, err := f.client.SignIn(ctx, jess())
	require.NoError(t, err)
	require.Equal(t, first, again, "seen again changes nothing")
	for _, other := range []auth.Identity{{Issuer: "https://other.example", Subject: "jess"}, {Issuer: "https://id.example", Subject: "Jess"}, {Issuer: "https://id.example", Subject: "jess "}} {
		stranger, err := f.client.SignIn(ctx, other)
		require.NoError(t, err)
		require.NotEqual(t, first.ID, stranger.ID, "issuer and subject name a person, exactly")
	}
	for _, nobody := range []auth.Identity{{}, {Issuer: "https://id.example"}, {Subject: "jess"}} {
		_, err := f.client.SignIn(ctx, nobody)
		require.ErrorIs(t, err, fault.Unauthenticated)
	}
}

func TestSignIn_TakesOverAVerifiedAddressOnly(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	unverified := jess()
	unverified.EmailVerified = false
	user, err := f.client.SignIn(ctx, unverified)
	require.NoError(t, err)
	require.Empty(t, user.Email)
	user, err = f.client.SignIn(ctx, jess())
	require.NoError(t, err)
	require.Equal(t, "jess@example.com", user.Email)
	require.EqualValues(t, 2, user.Version)
	unverified.Email = "admin@example.com"
	user, err = f.client.SignIn(ctx, unverified)
	require.NoError(t, err)
	require.Equal(t, "jess@example.com", user.Email)
	gone := jess()
	gone.Email = ""
	user, err = f.client.SignIn(ctx, gone)
	require.NoError(t, err)
	require.Equal(t, "jess@example.com", user.Email)
	stored, err := f.client.User(ctx, user.ID)
	require.NoError(t, err)
	require.Equal(t, user, stored)
}

func TestSignIn_ManyAtOnceAreOnePerson(t *testing.T) {
	f := newFixture(t)
	ids := make([]tenant.UserID, 20)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			if user, err := f.client.SignIn(context.Background(), jess()); err == nil {
				ids[i] = user.ID
			}
		})
	}
	group.Wait()
	require.False(t, ids[0].IsZero())
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	all, err := f.client.Users(t.Context(), "", storage.Page{})
	require.NoError(t, err)
	require.Len(t, all.Items, 1)
}

// An address that changes while an admin suspends must not bring back the rights.
func TestSignIn_NeverUndoesAChangeOfRights(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	ctx := t.Context()
	user, err := f.client.SignIn(ctx, jess())
	require.NoError(t, err)
	_, err = f.client.ChangeUser(ctx, user.ID, tenant.UserChange{Status: new(tenant.UserActive), Role: new(tenant.RoleAdvertiser), Advertiser: &b.advertiser.ID})
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			moved := jess()
			moved.Email = string(rune('a'+i)) + "@example.com"
			_, _ = f.client.SignIn(context.Background(), moved)
		})
	}
	suspended := false
	for range 100 {
		if _, err = f.client.ChangeUser(ctx, user.ID, tenant.UserChange{Status: new(tenant.UserSuspended)}); err == nil {
			suspended = true
			break
		}
		require.ErrorIs(t, err, fault.Conflict)
	}
	group.Wait()
	require.True(t, suspended)
	after, err := f.client.User(ctx, user.ID)
	require.NoError(t, err)
	require.Equal(t, tenant.UserSuspended, after.Status)
}

func TestChangeUser_CountsAtOnceAndOncePerVersion(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	ctx := t.Context()
	user, err := f.client.SignIn(ctx, jess())
	require.NoError(t, err)
	approve := tenant.UserChange{Version: 1, Status: new(tenant.UserActive), Role: new(tenant.RoleAdvertiser), Advertiser: &b.advertiser.ID}
	active, err := f.client.ChangeUser(ctx, user.ID, approve)
	require.NoError(t, err)
	require.EqualValues(t, 2, active.Version)
	seen, err := f.client.SignIn(ctx, jess())
	require.NoError(t, err)
	require.Equal(t, active, seen)
	_, err = f.client.ChangeUser(ctx, user.ID, approve)
	require.True(t, fault.HasReason(err, "changed-meanwhile"), err)
	_, err = f.client.ChangeUser(ctx, tenant.UserID{9}, approve)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = f.client.ChangeUser(ctx, user.ID, tenant.UserChange{Advertiser: &tenant.ID{9}})
	require.ErrorIs(t, err, fault.NotFound, "an unknown advertiser")
	listed, err := f.client.Users(ctx, tenant.UserActive, storage.Page{})
	require.NoError(t, err)
	require.Equal(t, []tenant.User{active}, listed.Items)
	pending, err := f.client.Users(ctx, tenant.UserPending, storage.Page{})
	require.NoError(t, err)
	require.Empty(t, pending.Items)
}

func TestSignIn_KeepsOnlyAnAddressThatEveryStoreCanKeep(t *testing.T) {
	f := newFixture(t)
	for i, bad := range []string{"j\x00@example.com", "j\n@example.com", "j\xff@example.com", strings.Repeat("j", 255)} {
		user, err := f.client.SignIn(t.Context(), auth.Identity{Issuer: "https://id.example", Subject: strconv.Itoa(i), Email: bad, EmailVerified: true})
		require.NoError(t, err, "%q", bad)
		require.Empty(t, user.Email)
	}
	longest := strings.Repeat("j", 242) + "@example.com"
	user, err := f.client.SignIn(t.Context(), auth.Identity{Issuer: "https://id.example", Subject: "0", Email: longest, EmailVerified: true})
	require.NoError(t, err)
	require.Equal(t, longest, user.Email)
}

func TestChangeUser_WithoutAVersionGoesOnWhateverOthersChange(t *testing.T) {
	f := newFixture(t)
	user, err := f.client.SignIn(t.Context(), jess())
	require.NoError(t, err)
	b := f.brand("Sunrise")
	role, own := tenant.RoleAdvertiser, b.advertiser.ID
	_, err = f.client.ChangeUser(t.Context(), user.ID, tenant.UserChange{Role: &role, Advertiser: &own})
	require.NoError(t, err)
	var group sync.WaitGroup
	errs := make([]error, 30)
	for i := range errs {
		group.Go(func() {
			status := []tenant.UserStatus{tenant.UserActive, tenant.UserSuspended}[i%2]
			_, errs[i] = f.client.ChangeUser(t.Context(), user.ID, tenant.UserChange{Status: &status})
		})
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}
