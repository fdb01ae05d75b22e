package superher_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func TestNew_NeedsAStore(t *testing.T) {
	_, err := superher.New(superher.Config{})
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "Store")
}

func TestFor_AScopeWithoutAnAdvertiserIsRefusedAtTheFirstUse(t *testing.T) {
	f := newFixture(t)
	account := f.client.For(tenant.Scope{})
	_, err := account.CreateCampaign(t.Context(), campaigns.NewCampaign{Name: "x"})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = account.Campaigns(t.Context(), storage.Page{})
	require.ErrorIs(t, err, fault.Invalid)
	_, err = account.RecordEvents(t.Context(), nil)
	require.ErrorIs(t, err, fault.Invalid)
}

func TestChangeAdvertiser_CountsFromTheNextRead(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	changed, err := b.ChangeAdvertiser(t.Context(), tenant.AdvertiserChange{Name: new("Sunset"), Zone: new("Europe/Berlin")})
	require.NoError(t, err)
	read, err := b.Advertiser(t.Context(), b.advertiser.ID)
	require.NoError(t, err)
	require.Equal(t, changed, read)
	zone, err := b.Zone(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Europe/Berlin", zone.String())
	_, err = b.ChangeAdvertiser(t.Context(), tenant.AdvertiserChange{Zone: new("Local")})
	require.ErrorIs(t, err, fault.Invalid)
}

func TestAPIKey_IsShownOnceAndAuthenticates(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	made, err := b.CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "shop", Scopes: []tenant.Permission{tenant.EventsWrite}})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(made.Raw, made.Prefix))
	require.True(t, strings.HasSuffix(made.Raw, made.LastFour))

	f.clock.Advance(time.Minute)
	key, err := f.client.Authenticate(t.Context(), made.Raw)
	require.NoError(t, err)
	require.Equal(t, b.advertiser.ID, key.Advertiser)
	require.True(t, key.Allows(tenant.EventsWrite))
	require.False(t, key.Allows(tenant.StatsRead))

	stored, err := b.APIKey(t.Context(), made.ID)
	require.NoError(t, err)
	require.Equal(t, f.clock.Now(), stored.LastUsedAt, "the use is noted")
	require.NotContains(t, fmt.Sprint(stored), made.Raw)
}

func TestAuthenticate_EveryRefusalIsTheSame(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	all := []tenant.Permission{tenant.EverythingAllowed}
	expiring, err := b.CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "x", Scopes: all, ExpiresAt: start.Add(time.Hour)})
	require.NoError(t, err)
	revoked, err := b.CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "x", Scopes: all})
	require.NoError(t, err)
	_, err = b.RevokeAPIKey(t.Context(), revoked.ID, 0)
	require.NoError(t, err)
	foreign := newFixture(t)
	foreign.client, err = superher.New(superher.Config{Store: memory.New(), Now: f.clock.Now, Rand: newSeeded(9)})
	require.NoError(t, err)
	unknown, err := foreign.brand("Elsewhere").CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "x", Scopes: all})
	require.NoError(t, err)

	_, err = f.client.Authenticate(t.Context(), expiring.Raw)
	require.NoError(t, err, "works until it expires")
	f.clock.Advance(time.Hour)

	for name, raw := range map[string]string{
		"empty": "", "malformed": "sk_live_x", "unknown": unknown.Raw, "revoked": revoked.Raw, "expired": expiring.Raw,
		"mistyped": expiring.Raw[:len(expiring.Raw)-1] + "!",
	} {
		_, err := f.client.Authenticate(t.Context(), raw)
		var e *fault.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, fault.Unauthenticated, e.Code, name)
		require.Equal(t, "invalid-credential", e.Reason, name)
		require.Equal(t, "a valid credential is required", e.Detail, name)
	}
}

func TestRotateAPIKey_BothKeysWorkDuringTheOverlap(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	old, err := b.CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "shop", Scopes: []tenant.Permission{tenant.StatsRead}, Test: true})
	require.NoError(t, err)
	fresh, err := b.RotateAPIKey(t.Context(), old.ID, time.Hour)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(fresh.Raw, "sk_test_"))
	require.Equal(t, old.Scopes, fresh.Scopes)

	works := func(raw string) bool {
		_, err := f.client.Authenticate(t.Context(), raw)
		return err == nil
	}
	require.True(t, works(old.Raw) && works(fresh.Raw))
	f.clock.Advance(time.Hour - time.Microsecond)
	require.True(t, works(old.Raw))
	f.clock.Advance(time.Microsecond)
	require.False(t, works(old.Raw))
	require.True(t, works(fresh.Raw))

	_, err = b.RotateAPIKey(t.Context(), old.ID, 0)
	require.True(t, fault.HasReason(err, "key-not-usable"))
	for overlap, ok := range map[time.Duration]bool{-1: false, superher.MaxKeyOverlap: true, superher.MaxKeyOverlap + 1: false} {
		fresh, err = b.RotateAPIKey(t.Context(), fresh.ID, overlap)
		require.Equal(t, ok, err == nil, overlap)
		if err != nil {
			fresh, err = b.CreateAPIKey(t.Context(), tenant.NewAPIKey{Name: "x", Scopes: old.Scopes})
			require.NoError(t, err)
		}
	}
}

func TestCreateCoupon_ATakenCodeIsAConflictAlsoWhenDisabled(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	_, err := b.ChangeCoupon(t.Context(), b.personal.ID, coupons.Change{Status: new(coupons.Disabled)})
	require.NoError(t, err)
	_, err = b.CreateCoupon(t.Context(), " jessica20 ", coupons.NewCoupon{Campaign: b.campaign.ID})
	require.True(t, fault.HasReason(err, "coupon-code-taken"))
	_, err = f.brand("Other").CreateCoupon(t.Context(), "ANOTHER1", coupons.NewCoupon{Campaign: b.campaign.ID})
	require.ErrorIs(t, err, fault.NotFound, "another tenant's campaign")
}

func TestCreateCoupon_OneHundredAtOnceHaveOneWinner(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	var created, conflicts atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			_, err := b.CreateCoupon(t.Context(), "ONLYONE", coupons.NewCoupon{Campaign: b.campaign.ID})
			switch {
			case err == nil:
				created.Add(1)
			case fault.HasReason(err, "coupon-code-taken"):
				conflicts.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, created.Load())
	require.EqualValues(t, 99, conflicts.Load())
}

func TestGenerateCoupons_LimitsAndPattern(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	in := coupons.NewCoupon{Campaign: b.campaign.ID, Influencer: b.jessica.ID}
	made, err := b.GenerateCoupons(t.Context(), coupons.Pattern{Prefix: "summer"}, coupons.MaxBulk, in)
	require.NoError(t, err)
	require.Len(t, made, coupons.MaxBulk)
	seen := map[coupons.Code]bool{}
	for _, c := range made {
		require.Regexp(t, `^SUMMER-[A-HJKMNP-Z2-9]{6}$`, string(c.Code))
		require.False(t, seen[c.Code])
		seen[c.Code] = true
	}
	for count, ok := range map[int]bool{0: false, 1: true, coupons.MaxBulk + 1: false} {
		_, err := b.GenerateCoupons(t.Context(), coupons.Pattern{}, count, in)
		require.Equal(t, ok, err == nil, count)
	}
}

func TestGenerateCoupons_AUsedUpCodeSpaceIsExhaustedAndStoresNothing(t *testing.T) {
	f := newFixture(t)
	store := memory.New()
	var err error
	f.client, err = superher.New(superher.Config{Store: store, Now: f.clock.Now, Rand: newSeeded(1)})
	require.NoError(t, err)
	b := f.brand("Sunrise")
	// A source that repeats itself draws one and the same code for ever.
	stuck, err := superher.New(superher.Config{Store: store, Now: f.clock.Now, Rand: constant{}})
	require.NoError(t, err)
	_, err = stuck.For(tenant.For(b.advertiser.ID)).GenerateCoupons(t.Context(), coupons.Pattern{}, 2, coupons.NewCoupon{Campaign: b.campaign.ID})
	require.True(t, fault.HasReason(err, "code-space-exhausted"), "%v", err)
	list, err := b.Coupons(t.Context(), storage.Of{}, storage.Page{})
	require.NoError(t, err)
	require.Len(t, list.Items, 2, "all or none: only the coupons of before")
}

func TestCreateLink_VanityCodesAreUniqueAcrossAdvertisersAndCaseSensitive(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("A"), f.brand("B")
	_, err := a.CreateLink(t.Context(), links.NewLink{Campaign: a.campaign.ID, Destination: "https://a.example", Code: "Spring"})
	require.NoError(t, err)
	_, err = b.CreateLink(t.Context(), links.NewLink{Campaign: b.campaign.ID, Destination: "https://b.example", Code: "Spring"})
	require.True(t, fault.HasReason(err, "short-code-taken"))
	_, err = b.CreateLink(t.Context(), links.NewLink{Campaign: b.campaign.ID, Destination: "https://b.example", Code: "spring"})
	require.NoError(t, err)
}

func TestCreateLink_NamesEveryBadField(t *testing.T) {
	f := newFixture(t)
	b := f.brand("A")
	_, err := b.CreateLink(t.Context(), links.NewLink{Destination: "javascript:alert(1)", Code: "a b"})
	var e *fault.Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Fields, 3)
}

func TestChangeTerms_AddsAVersionAndKeepsThePast(t *testing.T) {
	f := newFixture(t)
	b := f.brand("Sunrise")
	f.clock.Advance(24 * time.Hour)
	changed, err := b.ChangeTerms(t.Context(), b.campaign.ID, b.jessica.ID, payouts.Terms{Share: payouts.Percentage, Rate: 200_000})
	require.NoError(t, err)
	read, err := b.Assignment(t.Context(), b.campaign.ID, b.jessica.ID)
	require.NoError(t, err)
	require.Equal(t, changed, read)
	require.Len(t, read.Terms, 2)
	require.Equal(t, start, read.Terms[0].From)
	require.Equal(t, f.clock.Now(), read.Terms[1].From)
	_, err = b.ChangeTerms(t.Context(), b.campaign.ID, b.jessica.ID, payouts.Terms{Share: "half"})
	require.ErrorIs(t, err, fault.Invalid)
}

func TestAssign_TwiceIsAConflictAndStrangersAreNotFound(t *testing.T) {
	f := newFixture(t)
	a, b := f.brand("A"), f.brand("B")
	_, err := a.Assign(t.Context(), a.campaign.ID, a.jessica.ID, payouts.Terms{})
	require.True(t, fault.HasReason(err, "already-assigned"))
	_, err = a.Assign(t.Context(), a.campaign.ID, b.jessica.ID, payouts.Terms{})
	require.ErrorIs(t, err, fault.NotFound)

	require.NoError(t, f.client.ShareInfluencer(t.Context(), a.advertiser.ID, b.jessica.ID))
	_, err = a.Assign(t.Context(), a.campaign.ID, b.jessica.ID, payouts.Terms{})
	require.NoError(t, err, "a shared person can be worked with")
	_, err = a.ChangeInfluencer(t.Context(), b.jessica.ID, campaigns.InfluencerChange{Name: new("X")})
	require.ErrorIs(t, err, fault.Forbidden, "but only the creator changes the entry")
}

func TestChangeCampaign_IllegalStatusChangesAreConflicts(t *testing.T) {
	f := newFixture(t)
	b := f.brand("A")
	_, err := b.ChangeCampaign(t.Context(), b.campaign.ID, campaigns.Change{Status: new(campaigns.Archived)})
	require.True(t, fault.HasReason(err, "illegal-status-change"))
	ended, err := b.ChangeCampaign(t.Context(), b.campaign.ID, campaigns.Change{Status: new(campaigns.Ended), EndsAt: new(start.Add(time.Hour))})
	require.NoError(t, err)
	read, err := b.Campaign(t.Context(), b.campaign.ID)
	require.NoError(t, err)
	require.Equal(t, ended, read)
}

func TestRandomSourceThatFails_IsAnErrorAndNothingIsStored(t *testing.T) {
	store := memory.New()
	client, err := superher.New(superher.Config{Store: store, Rand: iotestErr{}})
	require.NoError(t, err)
	_, err = client.CreateAdvertiser(t.Context(), tenant.NewAdvertiser{Name: "x", Currency: "INR"})
	require.ErrorIs(t, err, fault.Internal)
}

// iotestErr is a random source that always fails.
type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

// constant is a random source that repeats one byte.
type constant struct{}

func (constant) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{7}, len(p)))
	return len(p), nil
}

var _ io.Reader = constant{}
