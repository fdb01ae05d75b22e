package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/sqlite"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// A file tells nobody what another process writes to it, so links are read again
// as soon as a change might show.
func TestLinkCache_SeesWhatAnotherProcessChangesInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "superher.db")
	here, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, here.Close()) })
	elsewhere, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}) // as a process of its own opens it
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, elsewhere.Close()) })
	cached, err := linkcache.New(linkcache.Config{Store: here})
	require.NoError(t, err)

	a := newAdvertiser(t, here)
	summer, err := campaigns.Create(campaigns.ID(a.ID), a.ID, a.CreatedAt, campaigns.NewCampaign{Name: "Summer"})
	require.NoError(t, err)
	link, err := links.Create(links.ID(a.ID), a.ID, a.CreatedAt, "abcdefg", links.NewLink{Campaign: summer.ID, Destination: "https://shop.example/"})
	require.NoError(t, err)
	require.NoError(t, cached.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error {
		if err := tx.CreateCampaign(ctx, summer); err != nil {
			return err
		}
		return tx.CreateLink(ctx, link)
	}))
	got, err := cached.System().LinkByCode(t.Context(), link.Code)
	require.NoError(t, err)
	require.Equal(t, link, got)

	link.Status = links.Disabled
	require.NoError(t, elsewhere.Write(t.Context(), tenant.For(a.ID), func(ctx context.Context, tx storage.Tx) error { return tx.UpdateLink(ctx, link) }))
	began := time.Now()
	require.Eventually(t, func() bool {
		got, err := cached.System().LinkByCode(t.Context(), link.Code)
		return err == nil && got.Status == links.Disabled
	}, 10*time.Second, time.Millisecond)
	require.LessOrEqual(t, time.Since(began), linkcache.MaxAge+time.Second/2)
}
