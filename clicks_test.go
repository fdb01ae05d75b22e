package superher_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 380.0.0.28.104"

func hit(address string) links.Hit {
	return links.Hit{Method: "GET", Address: netip.MustParseAddr(address), UserAgent: phone}
}

func TestResolveLink_UnknownDisabledAndMalformedAreTheSame(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	_, err := b.ChangeLink(t.Context(), b.ravs.ID, links.Change{Status: new(links.Disabled)})
	require.NoError(t, err)
	var texts []string
	for _, code := range []string{"nosuch1", string(b.ravs.Code), "%%", ""} {
		_, err := f.client.ResolveLink(t.Context(), code)
		require.ErrorIs(t, err, fault.NotFound)
		texts = append(texts, err.Error())
	}
	for _, text := range texts {
		require.Equal(t, texts[0], text)
	}
	link, err := f.client.ResolveLink(t.Context(), string(b.jessicas.Code))
	require.NoError(t, err)
	require.Equal(t, b.jessicas, link)
}

func TestRecordClicks_RepeatsWithinTheWindowAreKeptButNotCounted(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	click := func(after time.Duration, h links.Hit) clicks.Visit {
		h.At = start.Add(after)
		v, err := f.client.NewVisit(b.jessicas, h)
		require.NoError(t, err)
		return v
	}
	bot := hit("203.0.113.9")
	bot.UserAgent = "Googlebot/2.1 (+http://www.google.com/bot.html)"
	head := hit("203.0.113.10")
	head.Method = "HEAD"
	first := click(0, hit("203.0.113.7"))
	visits := []clicks.Visit{
		first, click(29*time.Minute, hit("203.0.113.7")), click(links.DuplicateWindow, hit("203.0.113.7")),
		click(time.Minute, hit("203.0.113.8")), click(0, bot), click(0, head),
	}
	require.NoError(t, f.client.RecordClicks(t.Context(), visits))
	require.NoError(t, f.client.RecordClicks(t.Context(), visits), "sending a batch again stores nothing")
	require.NoError(t, f.client.RecordClicks(t.Context(), nil))

	o, err := b.Stats().Overview(t.Context(), wholePeriod())
	require.NoError(t, err)
	require.EqualValues(t, 6, o.AllClicks)
	require.EqualValues(t, 3, o.Clicks)
	require.EqualValues(t, 2, o.Visitors)
}

func TestRecordClicks_VisitorsAreOthersTheNextDayAndForAnotherTenant(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("A"), f.brand("B")
	record := func(link links.Link, at time.Time) {
		h := hit("203.0.113.7")
		h.At = at
		v, err := f.client.NewVisit(link, h)
		require.NoError(t, err)
		require.NoError(t, f.client.RecordClicks(t.Context(), []clicks.Visit{v}))
	}
	record(a.jessicas, start)
	record(a.ravs, start)
	record(a.jessicas, start.Add(24*time.Hour))
	record(b.jessicas, start)
	o, err := f.client.Across(tenant.Everyone()).Stats().Overview(t.Context(), wholePeriod())
	require.NoError(t, err)
	require.EqualValues(t, 4, o.Clicks)
	require.EqualValues(t, 3, o.Visitors, "one person on one day is known again on another link of the tenant, and nowhere else")
}

func TestDropSalts_KeepsADaysSaltFor48HoursAfterTheDay(t *testing.T) {
	f := newFixture(t)
	store := memory.New()
	var err error
	f.client, err = superher.New(superher.Config{Store: store, Now: f.clock.Now, Rand: newSeeded(1)})
	require.NoError(t, err)
	b := f.brand("Sunrise")
	visit, err := f.client.NewVisit(b.jessicas, hit("203.0.113.7"))
	require.NoError(t, err)
	require.NoError(t, f.client.RecordClicks(t.Context(), []clicks.Visit{visit}))
	salt := func() links.Salt {
		s, err := store.System().VisitorSalt(t.Context(), b.advertiser.ID, start, links.Salt{1})
		require.NoError(t, err)
		return s
	}
	first := salt()
	dayEnds := start.Truncate(24 * time.Hour).Add(24 * time.Hour)
	f.clock.Advance(dayEnds.Add(superher.SaltLife).Sub(start) - time.Microsecond)
	require.NoError(t, f.client.DropSalts(t.Context()))
	require.Equal(t, first, salt())
	f.clock.Advance(time.Microsecond)
	require.NoError(t, f.client.DropSalts(t.Context()))
	require.NotEqual(t, first, salt())
}

// flaky is a store that refuses clicks as long as down says so.
type flaky struct {
	storage.Store
	down func([]links.Click) error
}

func (f flaky) System() storage.System { return flakySystem{f.Store.System(), f.down} }

type flakySystem struct {
	storage.System
	down func([]links.Click) error
}

func (f flakySystem) AppendClicks(ctx context.Context, clicks []links.Click) error {
	if err := f.down(clicks); err != nil {
		return err
	}
	return f.System.AppendClicks(ctx, clicks)
}

func bufferWorld(t *testing.T, down func([]links.Click) error) (fixture, brand) {
	t.Helper()
	f := fixture{t: t, clock: &clock{now: start}}
	var err error
	f.client, err = superher.New(superher.Config{
		Store: flaky{memory.New(), down}, Now: f.clock.Now, Rand: newSeeded(1),
	})
	require.NoError(t, err)
	return f, f.brand("Sunrise")
}

func visits(t *testing.T, f fixture, b brand, n int) []clicks.Visit {
	t.Helper()
	out := make([]clicks.Visit, n)
	for i := range out {
		var err error
		out[i], err = f.client.NewVisit(b.jessicas, hit(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String()))
		require.NoError(t, err)
	}
	return out
}

func TestClickBuffer_AStoreThatWasAwayLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 0
		f, b := bufferWorld(t, func([]links.Click) error {
			failures++
			if failures < 5 {
				return fault.New(fault.Unavailable, "store-busy", "busy")
			}
			return nil
		})
		buffer := clicks.NewBuffer(0, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- buffer.Run(ctx, f.client.RecordClicks) }()
		for _, v := range visits(t, f, b, 1200) {
			_ = buffer.Record(t.Context(), v)
		}
		<-time.After(time.Minute) // of the bubble's own time
		stop()
		require.NoError(t, <-done)
		require.Zero(t, buffer.Stats().Shed)
		require.EqualValues(t, 1200, clicksOf(t, b))
	})
}

func TestClickBuffer_IsFlushedWhenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, b := bufferWorld(t, func([]links.Click) error { return nil })
		buffer := clicks.NewBuffer(0, nil)
		for _, v := range visits(t, f, b, 700) {
			_ = buffer.Record(t.Context(), v)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, buffer.Run(ctx, f.client.RecordClicks))
		require.EqualValues(t, 700, clicksOf(t, b))
	})
}

func TestClickBuffer_WhatDoesNotFitIsCounted(t *testing.T) {
	f, b := bufferWorld(t, func([]links.Click) error { return nil })
	buffer := clicks.NewBuffer(10, nil)
	for _, v := range visits(t, f, b, 15) {
		_ = buffer.Record(t.Context(), v)
	}
	require.EqualValues(t, 5, buffer.Stats().Shed)
}

func TestClickBuffer_ARefusedClickStopsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var poison links.ClickID
		f, b := bufferWorld(t, func(list []links.Click) error {
			for _, c := range list {
				if c.ID == poison {
					return fault.New(fault.NotFound, "not-found", "no such link")
				}
			}
			return nil
		})
		batch := visits(t, f, b, 100)
		poison = batch[42].ID
		buffer := clicks.NewBuffer(0, nil)
		for _, v := range batch {
			_ = buffer.Record(t.Context(), v)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, buffer.Run(ctx, f.client.RecordClicks))
		require.EqualValues(t, 1, buffer.Stats().Refused)
		require.EqualValues(t, 99, clicksOf(t, b))
	})
}

func TestClickBuffer_SaysWhatWasLeftOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, b := bufferWorld(t, func([]links.Click) error { return fault.New(fault.Unavailable, "store-busy", "busy") })
		buffer := clicks.NewBuffer(0, nil)
		for _, v := range visits(t, f, b, 600) {
			_ = buffer.Record(t.Context(), v)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.True(t, fault.HasReason(buffer.Run(ctx, f.client.RecordClicks), "clicks-left-over"))
		require.EqualValues(t, 600, buffer.Stats().Shed)
	})
}

func clicksOf(t *testing.T, b brand) int64 {
	t.Helper()
	o, err := b.Stats().Overview(context.WithoutCancel(t.Context()), wholePeriod())
	require.NoError(t, err)
	return o.AllClicks
}

func TestClickBuffer_AHiccupWhileStoppingLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 0
		f, b := bufferWorld(t, func([]links.Click) error {
			failures++
			if failures <= 3 {
				return fault.New(fault.Unavailable, "store-busy", "busy")
			}
			return nil
		})
		buffer := clicks.NewBuffer(0, nil)
		for _, v := range visits(t, f, b, 2000) {
			_ = buffer.Record(t.Context(), v)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, buffer.Run(ctx, f.client.RecordClicks))
		require.Zero(t, buffer.Stats().Shed)
		require.EqualValues(t, 2000, clicksOf(t, b))
	})
}

func TestClickBuffer_ARefusedClickIsCountedOnceHoweverOftenOthersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var poison links.ClickID
		calls := 0
		f, b := bufferWorld(t, func(list []links.Click) error {
			calls++
			for _, c := range list {
				if c.ID == poison {
					return fault.New(fault.NotFound, "not-found", "no such link")
				}
			}
			if calls%3 == 0 {
				return fault.New(fault.Unavailable, "store-busy", "busy")
			}
			return nil
		})
		batch := visits(t, f, b, 64)
		poison = batch[0].ID
		buffer := clicks.NewBuffer(0, nil)
		for _, v := range batch {
			_ = buffer.Record(t.Context(), v)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, buffer.Run(ctx, f.client.RecordClicks))
		require.EqualValues(t, 1, buffer.Stats().Refused)
		require.EqualValues(t, 63, clicksOf(t, b))
	})
}

// deaf is a store that does not take the notes of key uses.
type deaf struct{ storage.Store }

func (d deaf) System() storage.System { return deafSystem{d.Store.System()} }

type deafSystem struct{ storage.System }

func (deafSystem) TouchAPIKey(ctx context.Context, _ tenant.APIKey, _ time.Time) error {
	<-ctx.Done() // a writer is in the way
	return fault.Of(ctx.Err())
}

func TestAuthenticate_DoesNotWaitForTheNoteOfItsUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fixture{t: t, clock: &clock{now: start}}
		var err error
		f.client, err = superher.New(superher.Config{Store: deaf{memory.New()}, Now: f.clock.Now, Rand: newSeeded(1)})
		require.NoError(t, err)
		made, err := f.brand("Sunrise").CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "x", Scopes: []tenant.Permission{tenant.StatsRead}})
		require.NoError(t, err)
		began := time.Now()
		key, err := f.client.Authenticate(t.Context(), made.Raw)
		require.NoError(t, err)
		require.True(t, key.LastUsedAt.IsZero())
		require.Less(t, time.Since(began), time.Second)
	})
}

func TestRecordClicks_ABusyAdvertiserHoldsUpNobodyElse(t *testing.T) {
	var busy []tenant.ID
	calls := 0
	f, first := bufferWorld(t, func(made []links.Click) error {
		calls++
		for _, c := range made {
			if slices.Contains(busy, c.Advertiser) {
				return fault.New(fault.Unavailable, "store-busy", "busy")
			}
		}
		return nil
	})
	second, third := f.brand("Acme"), f.brand("Bikes")
	batch := slices.Concat(visits(t, f, first, 2), visits(t, f, second, 3), visits(t, f, third, 4))
	busy = []tenant.ID{first.jessicas.Advertiser}
	require.True(t, fault.HasReason(f.client.RecordClicks(t.Context(), batch), "store-busy"))
	require.Equal(t, []int64{0, 3, 4}, []int64{clicksOf(t, first), clicksOf(t, second), clicksOf(t, third)})

	calls = 0
	require.True(t, fault.HasReason(f.client.RecordClicks(t.Context(), batch[:2]), "store-busy"))
	require.Equal(t, 1, calls, "one advertiser's are not offered twice")

	calls, busy = 0, []tenant.ID{first.jessicas.Advertiser, second.jessicas.Advertiser, third.jessicas.Advertiser}
	require.True(t, fault.HasReason(f.client.RecordClicks(t.Context(), batch), "store-busy"))
	require.Equal(t, 3, calls, "a store that is busy altogether is not asked for everybody")

	busy = nil
	require.NoError(t, f.client.RecordClicks(t.Context(), batch))
	require.Equal(t, []int64{2, 3, 4}, []int64{clicksOf(t, first), clicksOf(t, second), clicksOf(t, third)})
}
