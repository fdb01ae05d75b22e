package campaigns_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/tenant"
)

func createInfluencer(in campaigns.NewInfluencer) (campaigns.Influencer, error) {
	return campaigns.CreateInfluencer(campaigns.InfluencerID{1}, tenant.ID{2}, now(), in)
}

func TestCreateInfluencer_NeedsOnlyAName(t *testing.T) {
	i, err := createInfluencer(campaigns.NewInfluencer{Name: "Jessica"})
	require.NoError(t, err)
	require.Equal(t, campaigns.Influencer{ID: campaigns.InfluencerID{1}, Creator: tenant.ID{2}, Name: "Jessica", CreatedAt: now(), Version: 1}, i)
}

func TestCreateInfluencer_Fields(t *testing.T) {
	repeat := strings.Repeat
	platforms := func(n int) []string { return strings.Split(repeat("x ", n-1)+"x", " ") }
	longEmail := repeat("a", 64) + "@" + repeat("b", 185) + ".com"
	require.Len(t, longEmail, campaigns.MaxEmail)
	for _, c := range []struct {
		name  string
		in    campaigns.NewInfluencer
		field string
	}{
		{"plain address", campaigns.NewInfluencer{Email: "jessica+shop@example.co.in"}, ""},
		{"longest address", campaigns.NewInfluencer{Email: longEmail}, ""},
		{"longer address", campaigns.NewInfluencer{Email: "a" + longEmail}, "email"},
		{"address with a name", campaigns.NewInfluencer{Email: "Jessica <jessica@example.com>"}, "email"},
		{"address in brackets", campaigns.NewInfluencer{Email: "<jessica@example.com>"}, "email"},
		{"no at sign", campaigns.NewInfluencer{Email: "jessica"}, "email"},
		{"two addresses", campaigns.NewInfluencer{Email: "a@example.com,b@example.com"}, "email"},
		{"white space around", campaigns.NewInfluencer{Email: " a@example.com"}, "email"},
		{"line break", campaigns.NewInfluencer{Email: "a@example.com\r\nBcc: b@example.com"}, "email"},
		{"control character", campaigns.NewInfluencer{Email: "a\u0085b@example.com"}, "email"},
		{"not UTF-8", campaigns.NewInfluencer{Email: "a\xff@example.com"}, "email"},
		{"longest handle", campaigns.NewInfluencer{Handle: repeat("é", campaigns.MaxHandle)}, ""},
		{"longer handle", campaigns.NewInfluencer{Handle: repeat("é", campaigns.MaxHandle+1)}, "handle"},
		{"most platforms", campaigns.NewInfluencer{Platforms: platforms(campaigns.MaxPlatforms)}, ""},
		{"more platforms", campaigns.NewInfluencer{Platforms: platforms(campaigns.MaxPlatforms + 1)}, "platforms"},
		{"longest platform", campaigns.NewInfluencer{Platforms: []string{repeat("é", campaigns.MaxPlatform)}}, ""},
		{"longer platform", campaigns.NewInfluencer{Platforms: []string{repeat("é", campaigns.MaxPlatform+1)}}, "platforms"},
		{"empty platform", campaigns.NewInfluencer{Platforms: []string{""}}, "platforms"},
		{"country", campaigns.NewInfluencer{Country: "IN"}, ""},
		{"lower-case country", campaigns.NewInfluencer{Country: "in"}, "country"},
		{"mixed country", campaigns.NewInfluencer{Country: "In"}, "country"},
		{"long country", campaigns.NewInfluencer{Country: "IND"}, "country"},
		{"country in two bytes", campaigns.NewInfluencer{Country: "é"}, "country"},
		{"longest external id", campaigns.NewInfluencer{ExternalID: repeat("x", campaigns.MaxExternalID)}, ""},
		{"longer external id", campaigns.NewInfluencer{ExternalID: repeat("x", campaigns.MaxExternalID+1)}, "external_id"},
	} {
		c.in.Name = "Jessica"
		_, err := createInfluencer(c.in)
		if c.field == "" {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, c.name)
		require.Equal(t, []string{c.field}, fieldsOf(err), c.name)
	}

	_, err := createInfluencer(campaigns.NewInfluencer{Email: "x", Country: "x", Platforms: []string{"", ""}})
	require.Equal(t, []string{"name", "email", "country", "platforms"}, fieldsOf(err), "every bad field at once")
}

func TestInfluencer_ApplyChangesOnlyWhatIsNamedAndSharesNoMemory(t *testing.T) {
	platforms := []string{"instagram"}
	before, err := createInfluencer(campaigns.NewInfluencer{Name: "Jessica", Email: "j@example.com", Platforms: platforms, Country: "IN"})
	require.NoError(t, err)
	same, err := before.Apply(campaigns.InfluencerChange{})
	require.NoError(t, err)
	require.Equal(t, before, same)

	changed := []string{"youtube"}
	after, err := before.Apply(campaigns.InfluencerChange{
		Name: new("Jess"), Email: new(""), Handle: new("@jess"), Platforms: &changed, Country: new(""), ExternalID: new("42"),
	})
	require.NoError(t, err)
	platforms[0], changed[0] = "overwritten", "overwritten"
	require.Equal(t, []string{"instagram"}, before.Platforms)
	require.Equal(t, campaigns.Influencer{
		ID: before.ID, Creator: before.Creator, Name: "Jess", Handle: "@jess", Platforms: []string{"youtube"},
		ExternalID: "42", CreatedAt: now(), Version: 1,
	}, after)

	_, err = before.Apply(campaigns.InfluencerChange{Name: new("")})
	require.Equal(t, []string{"name"}, fieldsOf(err))
}

func TestInfluencer_ApplyRefusesAnotherVersionFirstOfAll(t *testing.T) {
	before, err := createInfluencer(campaigns.NewInfluencer{Name: "Jessica"})
	require.NoError(t, err)
	before.Version = 7
	for _, version := range []int64{0, 7} {
		after, err := before.Apply(campaigns.InfluencerChange{Version: version, Name: new("Jess")})
		require.NoError(t, err, version)
		require.Equal(t, "Jess", after.Name)
		require.Equal(t, int64(7), after.Version)
	}
	for _, version := range []int64{-7, 6, 8} {
		after, err := before.Apply(campaigns.InfluencerChange{Version: version, Name: new("")})
		require.ErrorIs(t, err, fault.Conflict, version)
		require.True(t, fault.HasReason(err, "changed-meanwhile"), err)
		require.Equal(t, campaigns.Influencer{}, after)
	}
}

// Every field but those that money and history refer to, also one that is added
// to the type later.
func TestInfluencer_EraseLeavesNothingOfThePerson(t *testing.T) {
	before := campaigns.Influencer{
		ID: campaigns.InfluencerID{1}, Creator: tenant.ID{2}, Name: "Jessica", Email: "j@example.com", Handle: "@jess",
		Platforms: []string{"instagram"}, Country: "IN", ExternalID: "42", CreatedAt: now(), Version: 7,
	}
	for i, value := range reflect.ValueOf(before).Fields() {
		require.False(t, value.IsZero(), "give %s a value", i.Name)
	}
	after := before.Erase()
	require.Equal(t, campaigns.Influencer{
		ID: before.ID, Creator: before.Creator, Name: "Erased", CreatedAt: now(), Version: 7,
	}, after)
	require.Equal(t, after, after.Erase(), "once is enough")
	require.Equal(t, "Jessica", before.Name)

	_, err := after.Apply(campaigns.InfluencerChange{Version: 7})
	require.NoError(t, err, "what is left is still an influencer")
}
