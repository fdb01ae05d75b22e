package superher_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

var errBoom = errors.New("boom")

// names lists the account's campaigns by name, the latest first.
func names(t *testing.T, a superher.Account) []string {
	t.Helper()
	list, err := a.Campaigns(t.Context(), storage.Page{})
	require.NoError(t, err)
	out := make([]string, len(list.Items))
	for i, c := range list.Items {
		out[i] = c.Name
	}
	return out
}

// make1 makes a campaign and answers with its id.
func make1(name string) func(context.Context, superher.Account) ([]byte, error) {
	return func(ctx context.Context, a superher.Account) ([]byte, error) {
		c, err := a.CreateCampaign(ctx, campaigns.NewCampaign{Name: name})
		return []byte(c.ID.String()), err
	}
}

func TestAtomically_AllOrNothing(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	several := func(ctx context.Context, a superher.Account) error {
		c, err := a.CreateCampaign(ctx, campaigns.NewCampaign{Name: "Winter", Status: campaigns.Active})
		if err != nil {
			return err
		}
		if _, err := a.CreateCoupon(ctx, "WINTER20", coupons.NewCoupon{Campaign: c.ID}); err != nil {
			return err
		}
		seen, err := a.Campaign(ctx, c.ID)
		if err != nil || seen.Name != "Winter" {
			return errors.Join(errors.New("a transaction reads what it wrote"), err)
		}
		receipt, err := a.RecordEvent(ctx, attribution.Submission{Type: "lead", CouponCode: "WINTER20", ExternalID: "o-1"})
		if err != nil {
			return err
		}
		if receipt.Event.Decision.Campaign != c.ID {
			return errors.New("an event is credited to what the transaction made")
		}
		return nil
	}
	err := b.Atomically(t.Context(), func(ctx context.Context, a superher.Account) error {
		if err := several(ctx, a); err != nil {
			return err
		}
		return errBoom
	})
	require.ErrorIs(t, err, errBoom)
	require.Equal(t, []string{"Summer"}, names(t, b.Account))
	require.Panics(t, func() {
		_ = b.Atomically(t.Context(), func(ctx context.Context, a superher.Account) error {
			_ = several(ctx, a)
			panic("boom")
		})
	})
	require.Equal(t, []string{"Summer"}, names(t, b.Account))
	require.NoError(t, b.Atomically(t.Context(), several), "what was undone left nothing behind: neither the code nor the order")
	require.Contains(t, names(t, b.Account), "Winter")
}

func TestAtomically_KeepsTheScope(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("Sunrise"), f.brand("Sunset")
	require.NoError(t, a.Atomically(t.Context(), func(ctx context.Context, bound superher.Account) error {
		require.Equal(t, a.Scope(), bound.Scope())
		_, err := bound.Campaign(ctx, b.campaign.ID)
		require.ErrorIs(t, err, fault.NotFound)
		_, err = bound.ChangeCampaign(ctx, b.campaign.ID, campaigns.Change{Name: new("x")})
		require.ErrorIs(t, err, fault.NotFound)
		return nil
	}))
	err := f.client.For(tenant.Scope{}).Atomically(t.Context(), func(context.Context, superher.Account) error { return nil })
	require.ErrorIs(t, err, fault.Invalid)
}

func TestOnce_EffectAndAnswerAreKeptTogether(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	r := superher.Request{Key: "k", Fingerprint: [32]byte{1}}
	_, _, err := b.Once(t.Context(), r, func(ctx context.Context, a superher.Account) ([]byte, error) {
		_, _ = make1("lost")(ctx, a)
		return []byte("lost"), errBoom
	})
	require.ErrorIs(t, err, errBoom)
	require.Equal(t, []string{"Summer"}, names(t, b.Account), "neither the effect")
	first, replayed, err := b.Once(t.Context(), r, make1("Winter"))
	require.NoError(t, err)
	require.False(t, replayed, "nor the answer")
	for range 2 {
		again, replayed, err := b.Once(t.Context(), r, func(context.Context, superher.Account) ([]byte, error) {
			t.Error("carried out twice")
			return nil, nil
		})
		require.NoError(t, err)
		require.True(t, replayed)
		require.Equal(t, first, again)
		clear(again) // a caller's own copy
	}
	other := superher.Request{Key: "k", Fingerprint: [32]byte{2}}
	answer, replayed, err := b.Once(t.Context(), other, make1("x"))
	require.True(t, fault.HasReason(err, "idempotency-key-reused"), err)
	require.ErrorIs(t, err, fault.Conflict)
	require.Nil(t, answer)
	require.False(t, replayed)
	require.Len(t, names(t, b.Account), 2)
}

func TestOnce_KeysOfAdvertisersAndOfThePlatformAreApart(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("Sunrise"), f.brand("Sunset")
	r := superher.Request{Key: "k", Fingerprint: [32]byte{1}}
	for _, account := range []superher.Account{a.Account, b.Account} {
		_, replayed, err := account.Once(t.Context(), r, make1("x"))
		require.NoError(t, err)
		require.False(t, replayed)
	}
	calls := 0
	administer := func() (string, bool) {
		answer, replayed, err := f.client.AdministerOnce(t.Context(), r, func(ctx context.Context, p superher.Administration) ([]byte, error) {
			calls++
			made, err := p.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "New", Zone: "UTC", Currency: "EUR"})
			return []byte(made.ID.String()), err
		})
		require.NoError(t, err)
		return string(answer), replayed
	}
	first, replayed := administer()
	require.False(t, replayed)
	again, replayed := administer()
	require.True(t, replayed)
	require.Equal(t, first, again)
	require.Equal(t, 1, calls)
	_, _, err := f.client.AdministerOnce(t.Context(), superher.Request{Key: "bad"}, func(ctx context.Context, p superher.Administration) ([]byte, error) {
		_, err := p.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Lost", Zone: "UTC", Currency: "EUR"})
		return nil, errors.Join(err, errBoom)
	})
	require.ErrorIs(t, err, errBoom)
	all, err := f.client.Across(tenant.Everyone()).Advertisers(t.Context(), storage.Page{})
	require.NoError(t, err)
	require.Len(t, all.Items, 3, "a failed act of the platform leaves nothing")
}

func TestOnce_KeyIsPrintableAndBounded(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	never := func(context.Context, superher.Account) ([]byte, error) { t.Error("carried out"); return nil, nil }
	for _, key := range []string{"", " ", "a b", "a\n", "\x00", "\x7f", "é", "\xff", strings.Repeat("x", superher.MaxRequestKey+1)} {
		_, _, err := b.Once(t.Context(), superher.Request{Key: key}, never)
		require.True(t, fault.HasReason(err, "malformed-idempotency-key"), "%q %v", key, err)
		_, _, err = f.client.AdministerOnce(t.Context(), superher.Request{Key: key}, nil)
		require.True(t, fault.HasReason(err, "malformed-idempotency-key"), "%q %v", key, err)
	}
	for _, key := range []string{"!", "~", "a-b_c:d", strings.Repeat("x", superher.MaxRequestKey)} {
		_, _, err := b.Once(t.Context(), superher.Request{Key: key}, make1("x"))
		require.NoError(t, err, key)
	}
}

func TestOnce_ManyAtOnceAreOne(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	var runs atomic.Int32
	answers := make([]string, 30)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			answer, _, err := b.Once(context.Background(), superher.Request{Key: "k"}, func(ctx context.Context, a superher.Account) ([]byte, error) {
				runs.Add(1)
				return make1("Winter "+strconv.Itoa(i))(ctx, a)
			})
			if err != nil {
				answers[i] = err.Error()
				return
			}
			answers[i] = string(answer)
		})
	}
	group.Wait()
	require.EqualValues(t, 1, runs.Load())
	for _, a := range answers {
		require.Equal(t, answers[0], a)
	}
	require.Len(t, names(t, b.Account), 2)
}

func TestSweep_ForgetsWhatHasOutlivedItsTimeAndNothingElse(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	ctx := t.Context()
	ask := func(key string) bool {
		_, replayed, err := b.Once(ctx, superher.Request{Key: key}, make1("x"))
		require.NoError(t, err)
		return replayed
	}
	require.False(t, ask("old"))
	ticket, err := b.IssueTicket(ctx, []byte("p"), time.Hour)
	require.NoError(t, err)
	f.clock.Advance(time.Hour - time.Microsecond)
	require.NoError(t, f.client.Sweep(ctx))
	purpose, err := f.client.RedeemTicket(ctx, ticket.Text)
	require.NoError(t, err, "a ticket lives to its last moment")
	require.Equal(t, "p", string(purpose))
	f.clock.Advance(superher.RequestLife - time.Hour + time.Microsecond)
	require.False(t, ask("new"))
	require.NoError(t, f.client.Sweep(ctx))
	require.True(t, ask("old"), "remembered for all of its life")
	f.clock.Advance(time.Microsecond)
	require.True(t, ask("old"), "longer where nobody sweeps")
	require.NoError(t, f.client.Sweep(ctx))
	require.False(t, ask("old"))
	require.True(t, ask("new"))
	require.NoError(t, f.client.Sweep(ctx), "again")
}

func TestEraseInfluencer_ForgetsThePersonAndKeepsTheFigures(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("Sunrise"), f.brand("Sunset")
	ctx := t.Context()
	record := func() attribution.Event {
		receipt, err := a.RecordEvent(ctx, attribution.Submission{Type: "purchase", CouponCode: "JESSICA20"})
		require.NoError(t, err)
		return receipt.Event
	}
	event := record()
	overview, err := a.Stats().Overview(ctx, wholePeriod())
	require.NoError(t, err)

	_, err = b.EraseInfluencer(ctx, a.jessica.ID, 0)
	require.ErrorIs(t, err, fault.NotFound)
	require.NoError(t, f.client.ShareInfluencer(ctx, b.advertiser.ID, a.jessica.ID))
	_, err = b.EraseInfluencer(ctx, a.jessica.ID, 0)
	require.ErrorIs(t, err, fault.Forbidden, "only the creator may")
	kept, err := a.Influencer(ctx, a.jessica.ID)
	require.NoError(t, err)
	require.Equal(t, "jessica@example.com", kept.Email)

	erased, err := a.EraseInfluencer(ctx, a.jessica.ID, 0)
	require.NoError(t, err)
	require.Equal(t, a.jessica.Erase().Name, erased.Name)
	require.Empty(t, erased.Email+erased.Handle+erased.Country+erased.ExternalID)
	read, err := a.Influencer(ctx, a.jessica.ID)
	require.NoError(t, err)
	require.Equal(t, erased, read)
	again, err := a.EraseInfluencer(ctx, a.jessica.ID, 0)
	require.NoError(t, err)
	require.Equal(t, erased.Erase(), func() campaigns.Influencer { again.Version = erased.Version; return again }())

	after, err := a.Stats().Overview(ctx, wholePeriod())
	require.NoError(t, err)
	require.Equal(t, overview, after)
	found, err := a.Event(ctx, event.ID)
	require.NoError(t, err)
	require.Equal(t, event, found)
	require.Equal(t, a.jessica.ID, record().Decision.Influencer, "what is still to come is credited to the entry")
}

func TestAtomically_IsNotNested(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	nested := func(ctx context.Context, bound superher.Account) error {
		inner := bound.Atomically(ctx, func(context.Context, superher.Account) error {
			t.Error("fn must not run")
			return nil
		})
		require.True(t, fault.HasReason(inner, "nested-transaction"), "%v", inner)
		_, _, err := bound.Once(ctx, superher.Request{Key: "k"}, func(context.Context, superher.Account) ([]byte, error) {
			t.Error("fn must not run")
			return nil, nil
		})
		require.True(t, fault.HasReason(err, "nested-transaction"), "%v", err)
		return nil
	}
	require.NoError(t, b.Atomically(t.Context(), nested))
	_, replayed, err := b.Once(t.Context(), superher.Request{Key: "k"}, func(context.Context, superher.Account) ([]byte, error) { return []byte("done"), nil })
	require.NoError(t, err)
	require.False(t, replayed, "what was refused left nothing behind")
}

func TestEraseInfluencer_AndRevokeAPIKeyHeedTheVersionTheyAreMeantFor(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	name := "Jess"
	changed, err := b.ChangeInfluencer(t.Context(), b.jessica.ID, campaigns.InfluencerChange{Name: &name})
	require.NoError(t, err)
	_, err = b.EraseInfluencer(t.Context(), b.jessica.ID, changed.Version-1)
	require.True(t, fault.HasReason(err, "changed-meanwhile"), "%v", err)
	_, err = b.EraseInfluencer(t.Context(), b.jessica.ID, changed.Version)
	require.NoError(t, err)
	key, err := b.CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "k", Scopes: []tenant.Permission{tenant.EventsWrite}})
	require.NoError(t, err)
	_, err = b.RevokeAPIKey(t.Context(), key.ID, key.Version+1)
	require.True(t, fault.HasReason(err, "changed-meanwhile"), "%v", err)
	_, err = b.RevokeAPIKey(t.Context(), key.ID, key.Version)
	require.NoError(t, err)
}
