package sqlite_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func newAdvertiser(t testing.TB, store storage.Store) tenant.Advertiser {
	t.Helper()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	id, err := ident.New[tenant.Advertiser](now, rand.Reader)
	require.NoError(t, err)
	a, err := tenant.Create(id, now, tenant.NewAdvertiser{Name: "Brand", Currency: "INR"})
	require.NoError(t, err)
	require.NoError(t, store.System().CreateAdvertiser(t.Context(), a))
	return a
}

func TestOpen_NamesTheBadSetting(t *testing.T) {
	directory := t.TempDir()
	for name, c := range map[string]struct {
		config sqlite.Config
		reason string
	}{
		"no path":           {sqlite.Config{}, "required"},
		"in memory":         {sqlite.Config{Path: ":memory:"}, "not-a-file"},
		"a directory":       {sqlite.Config{Path: directory}, "not-a-file"},
		"missing directory": {sqlite.Config{Path: filepath.Join(directory, "no", "file.db")}, "directory-missing"},
		"negative timeout":  {sqlite.Config{Path: filepath.Join(directory, "a.db"), Timeout: -1}, "out-of-range"},
		"negative readers":  {sqlite.Config{Path: filepath.Join(directory, "a.db"), Readers: -1}, "out-of-range"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqlite.Open(t.Context(), c.config)
			require.ErrorIs(t, err, fault.Invalid)
			require.True(t, fault.HasReason(err, c.reason), "%v", err)
		})
	}
}

func TestOpen_RefusesAFileThatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text.db")
	require.NoError(t, os.WriteFile(path, []byte("this is not a database, but it is long enough to be read as one"), 0o600))
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "store-unreachable"), "%v", err)
}

func TestOpen_TakesAnyFileName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "50% of #1? ü.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	require.FileExists(t, path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "the file is its owner's alone")
}

func TestOpen_AgainFindsWhatWasStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	a := newAdvertiser(t, store)
	require.NoError(t, store.Close())
	store, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	got, err := store.Read(tenant.Everyone()).Advertiser(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)
	require.NoError(t, store.Close())
}

func TestOpen_ManyAtOnceOnANewFile(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "superher.db")
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wait.Go(func() {
				store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
				if err == nil {
					err = store.Close()
				}
				errs[i] = err
			})
		}
		wait.Wait()
		require.NoError(t, errors.Join(errs...))
	}
}

func TestOpen_RefusesANewerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "INSERT INTO superher_migrations (version_id, is_applied) VALUES (99999, 1)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "schema-newer"), "%v", err)
}

func TestFile_IsDurableAndChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		require.Equal(t, want, sqlite.Pragma(t, store, pragma), pragma)
	}
}

func TestWrite_APanicRollsBackAndGoesOn(t *testing.T) {
	store := fresh(t)
	a := newAdvertiser(t, store)
	require.PanicsWithValue(t, "oops", func() {
		_ = store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
			changed := a
			changed.Name = "Changed"
			require.NoError(t, tx.UpdateAdvertiser(ctx, changed))
			panic("oops")
		})
	})
	got, err := store.Read(tenant.Everyone()).Advertiser(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)
	require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		return tx.UpdateAdvertiser(ctx, a)
	}), "the writer is free again")
}

func TestWrite_InsideAWriteEndsWithTheDeadline(t *testing.T) {
	store := fresh(t)
	scope := tenant.For(newAdvertiser(t, store).ID)
	err := store.Write(t.Context(), scope, func(ctx context.Context, _ storage.Tx) error {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		return store.Write(ctx, scope, func(context.Context, storage.Tx) error { return nil })
	})
	require.ErrorIs(t, err, fault.Unavailable)
}

func TestWrite_WaitsForAnotherProcessAndIsThenBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	first, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, first.Close()) }()
	second, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	a := newAdvertiser(t, first)
	noop := func(context.Context, storage.Tx) error { return nil }
	require.NoError(t, first.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, _ storage.Tx) error {
		err := second.Write(t.Context(), tenant.For(a.ID), noop)
		require.ErrorIs(t, err, fault.Unavailable)
		_, err = second.Read(tenant.Everyone()).Advertiser(ctx, a.ID)
		require.NoError(t, err, "readers never wait")
		return nil
	}))
	require.NoError(t, second.Write(t.Context(), tenant.For(a.ID), noop))
}

func TestClose_LaterCallsAreUnavailable(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "superher.db")})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	_, err = store.Read(tenant.Everyone()).Advertisers(t.Context(), storage.Page{})
	require.ErrorIs(t, err, fault.Unavailable)
}

func TestText_ThatNoDatabaseTakesIsInvalidOrUnknown(t *testing.T) {
	store := fresh(t)
	a := newAdvertiser(t, store)
	for _, text := range []string{"a\x00b", "a\xffb"} {
		require.NoError(t, store.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
			changed := a
			changed.Name = text
			require.ErrorIs(t, tx.UpdateAdvertiser(ctx, changed), fault.Invalid)
			facts, err := tx.Facts(ctx, []coupons.Code{coupons.Code(text)}, []links.Code{links.Code(text)})
			require.NoError(t, err)
			require.Empty(t, facts.Coupons)
			return nil
		}))
		_, err := store.System().LinkByCode(t.Context(), links.Code(text))
		require.ErrorIs(t, err, fault.NotFound)
	}
}
