package sqlite_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/internal/filltest"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// The queries of everyone are others than those of one advertiser: the indexes
// begin with the advertiser.
func TestLists_NarrowedOnesAreTheSameForEveryone(t *testing.T) {
	store := fresh(t)
	require.NoError(t, filltest.Fill(t.Context(), store))
	e := filltest.Event()
	period := stats.Filter{From: e.OccurredAt, To: e.OccurredAt.Add(time.Microsecond)}
	for name, view := range map[string]tenant.View{"one": tenant.For(filltest.Advertiser()).View(), "everyone": tenant.Everyone()} {
		r := store.Read(view)
		for _, of := range []storage.Of{{}, {Campaign: e.Decision.Campaign}, {Influencer: e.Decision.Influencer}, {Campaign: e.Decision.Campaign, Influencer: e.Decision.Influencer}} {
			found, err := r.Links(t.Context(), of, storage.Page{})
			require.NoError(t, err)
			require.Len(t, found.Items, 1, "links of %+v for %s", of, name)
			coupons, err := r.Coupons(t.Context(), of, storage.Page{})
			require.NoError(t, err)
			require.Len(t, coupons.Items, 1, "coupons of %+v for %s", of, name)
			clicks, err := r.LinkClicks(t.Context(), []links.ID{found.Items[0].ID})
			require.NoError(t, err)
			require.Equal(t, map[links.ID]int64{found.Items[0].ID: 1}, clicks, name)
		}
		for external, want := range map[string][]attribution.Event{"": {e}, e.ExternalID: {e}, "order-2": nil} {
			for _, method := range []attribution.Method{"", e.Decision.Method} {
				found, err := r.Events(t.Context(), storage.EventFilter{Filter: period, ExternalID: external, Method: method}, storage.Page{})
				require.NoError(t, err)
				require.Equal(t, want, found.Items, "%q %q for %s", external, method, name)
			}
		}
	}
}

func TestDrop_WhatIsBeforeAMomentByLessThanAMicrosecondGoesToo(t *testing.T) {
	store := fresh(t)
	at := filltest.Event().OccurredAt
	err := store.System().Administer(t.Context(), func(ctx context.Context, p storage.Platform) error {
		return p.CreateTicket(ctx, storage.Ticket{Hash: [32]byte{1}, ExpiresAt: at})
	})
	require.NoError(t, err)
	require.NoError(t, store.System().DropTickets(t.Context(), at.Add(time.Nanosecond)))
	_, err = store.System().TakeTicket(t.Context(), [32]byte{1})
	require.ErrorIs(t, err, fault.NotFound)
}
