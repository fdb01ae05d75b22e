package superher_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

func TestTicket_OpensOneThingOnce(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	ctx := t.Context()
	purpose := []byte("export of march")
	ticket, err := b.IssueTicket(ctx, purpose, time.Minute)
	require.NoError(t, err)
	clear(purpose) // the caller's own bytes again
	require.Regexp(t, `^[0-9A-Za-z]{43}$`, ticket.Text)
	require.Equal(t, start.Add(time.Minute), ticket.ExpiresAt)
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			got, err := f.client.RedeemTicket(context.Background(), ticket.Text)
			switch {
			case err == nil && string(got) == "export of march":
				won.Add(1)
			case fault.HasReason(err, "invalid-credential"):
				lost.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 31, lost.Load())
}

func TestTicket_ExpiredUsedUnknownAndMalformedAreOneError(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	ctx := t.Context()
	old, err := b.IssueTicket(ctx, nil, time.Minute)
	require.NoError(t, err)
	var good superher.Ticket
	require.NoError(t, f.client.Administer(ctx, func(ctx context.Context, a superher.Administration) (err error) {
		good, err = a.IssueTicket(ctx, []byte("p"), time.Minute+time.Microsecond)
		return err
	}))
	f.clock.Advance(time.Minute)
	_, err = f.client.RedeemTicket(ctx, good.Text)
	require.NoError(t, err)
	for _, text := range []string{old.Text, good.Text, "", "x", strings.Repeat("x", 43), strings.Repeat("x", 44), strings.ToLower(good.Text), strings.Repeat("\xff", 43), old.Text[:42] + "\x00"} {
		purpose, err := f.client.RedeemTicket(ctx, text)
		require.ErrorIs(t, err, fault.Unauthenticated, "%q", text)
		require.True(t, fault.HasReason(err, "invalid-credential"))
		require.NotContains(t, err.Error(), good.Text)
		require.Nil(t, purpose)
	}
}

func TestTicket_LifeIsBounded(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	for life, ok := range map[time.Duration]bool{
		0: false, -1: false, time.Microsecond: true, superher.MaxTicketLife: true, superher.MaxTicketLife + 1: false,
	} {
		_, err := b.IssueTicket(t.Context(), nil, life)
		require.Equal(t, ok, err == nil, life)
		err = f.client.Administer(t.Context(), func(ctx context.Context, a superher.Administration) error {
			_, err := a.IssueTicket(ctx, nil, life)
			return err
		})
		require.Equal(t, ok, err == nil, life)
	}
	_, err := f.client.For(tenant.Scope{}).IssueTicket(t.Context(), nil, time.Minute)
	require.ErrorIs(t, err, fault.Invalid)
}

func TestTicket_OfAFailedTransactionOpensNothing(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	var lost superher.Ticket
	err := b.Atomically(t.Context(), func(ctx context.Context, a superher.Account) (err error) {
		if lost, err = a.IssueTicket(ctx, []byte("p"), time.Minute); err != nil {
			return err
		}
		return errBoom
	})
	require.ErrorIs(t, err, errBoom)
	_, err = f.client.RedeemTicket(t.Context(), lost.Text)
	require.ErrorIs(t, err, fault.Unauthenticated)
}
