package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// users lists the people of a status through all pages.
func (f *fixture) users(t *testing.T, status tenant.UserStatus) []tenant.User {
	t.Helper()
	return all(t, func(p storage.Page) (storage.List[tenant.User], error) {
		return f.store.System().Users(f.ctx, status, p)
	}, 0)
}

// createUser stores a person and requires that it can be read.
func (f *fixture) createUser(t *testing.T, u tenant.User) {
	t.Helper()
	require.NoError(t, f.store.System().CreateUser(f.ctx, u))
	f.requireUser(t, u)
}

// requireUser reads a person in every way.
func (f *fixture) requireUser(t *testing.T, want tenant.User) {
	t.Helper()
	got, err := f.store.System().User(f.ctx, want.ID)
	require.NoError(t, err)
	same(t, want, got)
	got, err = f.store.System().UserByIdentity(f.ctx, want.Issuer, want.Subject)
	require.NoError(t, err)
	same(t, want, got)
}

// insistent repeats a call of System as long as the store is busy.
func insistent(do func() error) error {
	var err error
	for range 200 {
		if err = do(); !errors.Is(err, fault.Unavailable) {
			return err
		}
	}
	return err
}

// member is a person with everything that an admin gives one.
func (f *fixture) member(subject string) tenant.User {
	u := f.newUser(subject)
	u.Status, u.Role, u.Advertiser = tenant.UserActive, tenant.RoleAdvertiser, f.a.scope.Advertiser()
	return u
}

// users holds who people are, and that only the platform changes them.
func (h Harness) users(t *testing.T) {
	t.Run("APersonIsReadBackAsCreated", func(t *testing.T) {
		f := newFixture(t, h)
		pending, member, admin := f.newUser("pending"), f.member("member"), f.newUser("admin")
		admin.Status, admin.Role, admin.Email = tenant.UserSuspended, tenant.RoleAdmin, ""
		for _, u := range []tenant.User{pending, member, admin} {
			f.createUser(t, u)
		}
		same(t, []tenant.User{admin, member, pending}, f.users(t, ""), "newest first")
	})
	t.Run("AnUnknownPersonIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		f.createUser(t, f.newUser("known"))
		for _, id := range []tenant.UserID{{}, {1}, newID[tenant.User](f.ids)} {
			got, err := f.store.System().User(f.ctx, id)
			has(t, err, fault.NotFound, "not-found")
			same(t, tenant.User{}, got)
		}
		for _, pair := range [][2]string{{"https://idp.example", "unknown"}, {"https://other.example", "known"}, {"known", "https://idp.example"}, {"", ""}} {
			got, err := f.store.System().UserByIdentity(f.ctx, pair[0], pair[1])
			has(t, err, fault.NotFound, "not-found")
			same(t, tenant.User{}, got)
		}
	})
	t.Run("AnIdentityOrIDIsTakenOnce", func(t *testing.T) {
		f := newFixture(t, h)
		first := f.member("first")
		f.createUser(t, first)
		f.unchanged(t, func() {
			has(t, f.store.System().CreateUser(f.ctx, f.newUser("first")), fault.Conflict, "identity-taken")
			twin := f.newUser("another")
			twin.ID = first.ID
			has(t, f.store.System().CreateUser(f.ctx, twin), fault.Conflict, "id-taken")
		})
		elsewhere := f.newUser("first")
		elsewhere.Issuer = "https://other.example"
		f.createUser(t, elsewhere)
		f.requireUser(t, first)
	})
	h.identities(t)
	h.userLists(t)
	h.userUpdates(t)
	h.userWinners(t)
}

func (h Harness) identities(t *testing.T) {
	t.Run("IdentitiesCompareByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		var made []tenant.User
		for _, text := range append(oddTexts(), h.Texts...) {
			subject, issuer := f.newUser(text), f.newUser("look-alike")
			issuer.Issuer, subject.Email = text, text
			made = append(made, subject, issuer)
		}
		made = slices.DeleteFunc(made, func(u tenant.User) bool { return len(fits([]string{u.Issuer, u.Subject}, tenant.MaxName)) < 2 })
		for i, u := range made {
			if slices.ContainsFunc(made[:i], func(o tenant.User) bool { return o.Issuer == u.Issuer && o.Subject == u.Subject }) {
				continue // a text of the harness that is among ours
			}
			require.NoError(t, f.store.System().CreateUser(f.ctx, u), "%q", u.Subject)
			f.requireUser(t, u)
		}
	})
	t.Run("IssuerAndSubjectAreTwoTexts", func(t *testing.T) {
		f := newFixture(t, h)
		for _, pair := range [][2]string{{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}, {"c", "ab"}, {"a b", "c"}, {"a", "b c"}, {"a|b", "c"}, {"a", "b|c"}} {
			u := f.newUser(pair[1])
			u.Issuer = pair[0]
			f.createUser(t, u)
		}
	})
	t.Run("AZeroByteIsKeptOrRefusedAsTheCallersMistake", func(t *testing.T) {
		f := newFixture(t, h)
		f.createUser(t, f.newUser("zero"))
		u := f.newUser("zero\x00")
		if err := f.store.System().CreateUser(f.ctx, u); err != nil {
			has(t, err, fault.Invalid, "")
			got, err := f.store.System().UserByIdentity(f.ctx, u.Issuer, u.Subject)
			require.Contains(t, []fault.Code{fault.Invalid, fault.NotFound}, fault.Of(err).Code, "%v", err)
			same(t, tenant.User{}, got)
		} else {
			f.requireUser(t, u)
		}
	})
	t.Run("AZeroByteOfAnEMailIsKeptOrRefusedAsTheCallersMistake", func(t *testing.T) {
		f := newFixture(t, h)
		known := f.newUser("known")
		f.createUser(t, known)
		for i, email := range []string{"jessica\x00@example.com", "\x00", "jessica@example.com\x00", "\x00jessica@example.com"} {
			fresh := f.newUser(fmt.Sprintf("zero-%d", i))
			fresh.Email = email
			created := f.store.System().CreateUser(f.ctx, fresh)
			changed := known
			changed.Email = email
			updated := f.store.System().UpdateUser(f.ctx, changed)
			require.Equal(t, created == nil, updated == nil, "%q: %v to create, %v to update", email, created, updated)
			if created != nil {
				has(t, created, fault.Invalid, "")
				has(t, updated, fault.Invalid, fault.Of(created).Reason)
				_, err := f.store.System().User(f.ctx, fresh.ID)
				has(t, err, fault.NotFound, "not-found")
			} else {
				f.requireUser(t, fresh)
				changed.Version++
				known = changed
			}
			f.requireUser(t, known) // unchanged where it was refused
		}
	})
}

func (h Harness) userLists(t *testing.T) {
	t.Run("PeopleAreListedByStatus", func(t *testing.T) {
		f := newFixture(t, h)
		want := map[tenant.UserStatus][]tenant.User{}
		for i, status := range []tenant.UserStatus{tenant.UserPending, tenant.UserActive, tenant.UserPending, tenant.UserActive, tenant.UserActive} {
			u := f.member(fmt.Sprint(i))
			u.Status = status
			f.createUser(t, u)
			want[status] = append([]tenant.User{u}, want[status]...)
			want[""] = append([]tenant.User{u}, want[""]...)
		}
		for _, status := range []tenant.UserStatus{"", tenant.UserPending, tenant.UserActive, tenant.UserSuspended, "ACTIVE"} {
			for _, limit := range []int{0, 1, 2, 3} {
				same(t, want[status], all(t, func(p storage.Page) (storage.List[tenant.User], error) {
					return f.store.System().Users(f.ctx, status, p)
				}, limit))
			}
		}
	})
}

func (h Harness) userUpdates(t *testing.T) {
	t.Run("AnUpdateStoresTheSuccessorAndWhatItMayChange", func(t *testing.T) {
		f := newFixture(t, h)
		u, other := f.newUser("changed"), f.newUser("other")
		f.createUser(t, u)
		f.createUser(t, other)
		spoiled := u // with what an update must leave alone
		spoiled.Issuer, spoiled.Subject, spoiled.CreatedAt = other.Issuer, "spoiled", start().AddDate(1, 0, 0)
		for _, to := range []tenant.User{
			{Email: "new@example.com", Status: tenant.UserActive, Role: tenant.RoleAdvertiser, Advertiser: f.b.scope.Advertiser()},
			{Email: "", Status: tenant.UserSuspended, Role: tenant.RoleAdmin},
			{Email: "a\u0301 ", Status: tenant.UserPending},
		} {
			spoiled.Email, spoiled.Status, spoiled.Role, spoiled.Advertiser = to.Email, to.Status, to.Role, to.Advertiser
			u.Email, u.Status, u.Role, u.Advertiser = to.Email, to.Status, to.Role, to.Advertiser
			require.NoError(t, f.store.System().UpdateUser(f.ctx, spoiled))
			u.Version++
			spoiled.Version++
			f.requireUser(t, u)
		}
		f.requireUser(t, other)
	})
	t.Run("AnotherVersionIsChangedMeanwhile", func(t *testing.T) {
		f := newFixture(t, h)
		u := f.newUser("changed")
		f.createUser(t, u)
		f.unchanged(t, func() {
			for _, version := range []int64{0, 2, -1} {
				stale := u
				stale.Email, stale.Version = "stale@example.com", version
				has(t, f.store.System().UpdateUser(f.ctx, stale), fault.Conflict, "changed-meanwhile")
			}
		})
		require.NoError(t, f.store.System().UpdateUser(f.ctx, u))
		has(t, f.store.System().UpdateUser(f.ctx, u), fault.Conflict, "changed-meanwhile")
	})
	t.Run("AnUnknownPersonOrAdvertiserIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		u := f.newUser("known")
		f.createUser(t, u)
		f.unchanged(t, func() {
			nobody := u
			nobody.ID = newID[tenant.User](f.ids)
			has(t, f.store.System().UpdateUser(f.ctx, nobody), fault.NotFound, "not-found")
			u.Status, u.Role, u.Advertiser = tenant.UserActive, tenant.RoleAdvertiser, f.unknown.scope.Advertiser()
			has(t, f.store.System().UpdateUser(f.ctx, u), fault.NotFound, "not-found")
			stray := f.newUser("stray")
			stray.Role, stray.Advertiser = tenant.RoleAdvertiser, f.unknown.scope.Advertiser()
			has(t, f.store.System().CreateUser(f.ctx, stray), fault.NotFound, "not-found")
		})
	})
}

func (h Harness) userWinners(t *testing.T) {
	t.Run("OneOfManyCreationsOfAnIdentityWins", func(t *testing.T) {
		f := newFixture(t, h)
		var won, lost atomic.Int64
		together(t, 32, 32, func(int) error {
			u := f.newUser("contested")
			err := insistent(func() error { return f.store.System().CreateUser(f.ctx, u) })
			if fault.HasReason(err, "identity-taken") {
				lost.Add(1)
				return nil
			}
			won.Add(1)
			return err
		})
		require.EqualValues(t, 1, won.Load(), "exactly one creation wins")
		require.EqualValues(t, 31, lost.Load())
		require.Len(t, f.users(t, ""), 1)
	})
	t.Run("OneOfManyUpdatesOfTheSameVersionWins", func(t *testing.T) {
		f := newFixture(t, h)
		u := f.newUser("contested")
		f.createUser(t, u)
		for version := int64(1); version <= 10; version++ {
			var won atomic.Int64
			together(t, 4, 4, func(i int) error {
				mine := u
				mine.Version, mine.Email = version, fmt.Sprintf("%d-%d@example.com", version, i)
				err := insistent(func() error { return f.store.System().UpdateUser(f.ctx, mine) })
				if fault.HasReason(err, "changed-meanwhile") {
					return nil
				}
				won.Add(1)
				return err
			})
			require.EqualValues(t, 1, won.Load(), "exactly one update of a version wins")
		}
	})
}
