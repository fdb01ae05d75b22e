package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// system holds what happens before a tenant is known.
func (h Harness) system(t *testing.T) {
	t.Run("ALinkIsFoundByItsCodeWhateverItsStatus", func(t *testing.T) {
		f := newFixture(t, h)
		for _, p := range []party{f.a, f.b} {
			got, err := f.store.System().LinkByCode(f.ctx, p.link.Code)
			require.NoError(t, err)
			same(t, p.link, got)
		}
		off := f.a.link
		off.Status = links.Disabled
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.UpdateLink(ctx, off) })
		off.Version = 2
		got, err := f.store.System().LinkByCode(f.ctx, off.Code)
		require.NoError(t, err)
		same(t, off, got)
		for _, code := range []links.Code{"nobody", "", "AAALINK", "%"} {
			_, err = f.store.System().LinkByCode(f.ctx, code)
			has(t, err, fault.NotFound, "not-found")
		}
	})
	t.Run("AKeyIsFoundByItsHashUsableOrNot", func(t *testing.T) {
		f := newFixture(t, h)
		got, err := f.store.System().APIKeyByHash(f.ctx, f.b.key.Hash)
		require.NoError(t, err)
		same(t, f.b.key, got)
		revoked := f.a.key
		revoked.RevokedAt, revoked.ExpiresAt = start(), start()
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.UpdateAPIKey(ctx, revoked) })
		revoked.Version = 2
		got, err = f.store.System().APIKeyByHash(f.ctx, revoked.Hash)
		require.NoError(t, err)
		same(t, revoked, got)
		for _, hash := range [][32]byte{{}, {1}, f.unknown.key.Hash} {
			_, err = f.store.System().APIKeyByHash(f.ctx, hash)
			has(t, err, fault.NotFound, "not-found")
		}
	})
	t.Run("AnAdvertiserIsCreated", func(t *testing.T) {
		f := newFixture(t, h)
		require.NoError(t, f.store.System().CreateAdvertiser(f.ctx, f.unknown.advertiser))
		got, err := f.read(f.unknown).Advertiser(f.ctx, f.unknown.advertiser.ID)
		require.NoError(t, err)
		same(t, f.unknown.advertiser, got)
	})
	h.keyUses(t)
	h.salts(t)
}

func (h Harness) keyUses(t *testing.T) {
	t.Run("AUseIsNotedAndAnEarlierOneChangesNothing", func(t *testing.T) {
		f := newFixture(t, h)
		used := func(at, want time.Time) {
			t.Helper()
			require.NoError(t, f.store.System().TouchAPIKey(f.ctx, f.a.key, at))
			key := f.a.key
			key.LastUsedAt = want
			got, err := f.store.System().APIKeyByHash(f.ctx, f.a.key.Hash)
			require.NoError(t, err)
			same(t, key, got, "a use is not a change of the version")
		}
		noon := start().Add(time.Hour)
		used(noon, noon)
		used(noon.Add(-time.Hour), noon)
		used(noon.Add(time.Hour), noon.Add(time.Hour))
		other, err := f.read(f.b).APIKey(f.ctx, f.b.key.ID)
		require.NoError(t, err)
		require.True(t, other.LastUsedAt.IsZero(), "the other key was not used")
	})
	t.Run("AUseOfAnUnknownKeyIsNotFound", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			mixed := f.a.key
			mixed.Advertiser = f.b.scope.Advertiser() // under whom nothing has the id
			for _, k := range []tenant.APIKey{f.unknown.key, mixed, {Advertiser: f.a.scope.Advertiser()}, {}} {
				has(t, f.store.System().TouchAPIKey(f.ctx, k, start()), fault.NotFound, "not-found")
			}
		})
	})
}

func (h Harness) salts(t *testing.T) {
	t.Run("TheFirstSaltOfADayStays", func(t *testing.T) {
		f := newFixture(t, h)
		midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		salt := func(p party, at time.Time, fresh byte) byte {
			t.Helper()
			got, err := f.store.System().VisitorSalt(f.ctx, p.scope.Advertiser(), at, links.Salt{fresh, 15: fresh})
			require.NoError(t, err)
			require.Equal(t, got[0], got[15])
			return got[0]
		}
		require.EqualValues(t, 1, salt(f.a, midnight, 1))
		require.EqualValues(t, 1, salt(f.a, midnight, 2))
		require.EqualValues(t, 1, salt(f.a, midnight.Add(24*time.Hour-time.Microsecond), 3))
		require.EqualValues(t, 1, salt(f.a, midnight.In(time.FixedZone("", -7*3600)), 4), "the day is that of UTC")
		require.EqualValues(t, 5, salt(f.a, midnight.Add(24*time.Hour), 5))
		require.EqualValues(t, 6, salt(f.a, midnight.Add(-time.Microsecond), 6))
		require.EqualValues(t, 7, salt(f.b, midnight, 7), "each advertiser has its own")
		_, err := f.store.System().VisitorSalt(f.ctx, f.unknown.scope.Advertiser(), midnight, links.Salt{8})
		has(t, err, fault.NotFound, "not-found")

		// Days that ended at or before the moment are dropped, and no others.
		require.NoError(t, f.store.System().DropSalts(f.ctx, midnight.Add(24*time.Hour-time.Microsecond)))
		require.EqualValues(t, 1, salt(f.a, midnight, 9), "the day has not ended")
		require.EqualValues(t, 10, salt(f.a, midnight.Add(-time.Hour), 10), "the day before has")
		require.NoError(t, f.store.System().DropSalts(f.ctx, midnight.Add(24*time.Hour)))
		require.EqualValues(t, 11, salt(f.a, midnight, 11))
		require.EqualValues(t, 12, salt(f.b, midnight, 12))
		require.EqualValues(t, 5, salt(f.a, midnight.Add(24*time.Hour), 13))
	})
	t.Run("AllFirstCallersOfADayGetTheSameSalt", func(t *testing.T) {
		f := newFixture(t, h)
		var mu sync.Mutex
		seen := map[links.Salt]bool{}
		together(t, 32, workers, func(i int) error {
			got, err := f.store.System().VisitorSalt(f.ctx, f.a.scope.Advertiser(), start(), links.Salt{byte(i + 1)})
			mu.Lock()
			defer mu.Unlock()
			seen[got] = true
			return err
		})
		require.Len(t, seen, 1)
	})
}
