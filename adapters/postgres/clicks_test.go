package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestAppendClicks_BatchesAtOnceCountAVisitOnce(t *testing.T) {
	store, _ := fresh(t)
	a := newAdvertiser(t, store)
	scope, now := tenant.For(a.ID), a.CreatedAt
	random := rand.NewChaCha8([32]byte{7})
	link := links.Link{Advertiser: a.ID, Code: "visited", Destination: "https://shop.example/", Status: links.Active, CreatedAt: now, Version: 1}
	var err error
	link.Campaign, err = ident.New[campaigns.Campaign](now, random)
	require.NoError(t, err)
	link.ID, err = ident.New[links.Link](now, random)
	require.NoError(t, err)
	require.NoError(t, store.Write(t.Context(), scope, func(ctx context.Context, tx storage.Tx) error {
		c, err := campaigns.Create(link.Campaign, a.ID, now, campaigns.NewCampaign{Name: "Summer"})
		require.NoError(t, err)
		return errors.Join(tx.CreateCampaign(ctx, c), tx.CreateLink(ctx, link))
	}))
	const rounds, callers = 10, 8
	for round := range rounds {
		var wait sync.WaitGroup
		errs := make([]error, callers)
		for i := range callers {
			id, err := ident.New[links.Click](now, random)
			require.NoError(t, err)
			click := links.Click{ID: id, Advertiser: a.ID, Link: link.ID, Campaign: link.Campaign, At: now, Visitor: links.Visitor{byte(round)}, Class: links.Human}
			wait.Go(func() { errs[i] = store.System().AppendClicks(context.Background(), []links.Click{click}) })
		}
		wait.Wait()
		require.NoError(t, errors.Join(errs...))
	}
	got, err := store.Read(scope.View()).Stats().Overview(t.Context(), stats.Filter{From: now, To: now.Add(time.Hour)})
	require.NoError(t, err)
	require.EqualValues(t, rounds, got.Clicks)
	require.EqualValues(t, rounds*callers, got.AllClicks)
}
