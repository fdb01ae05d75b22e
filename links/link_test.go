package links_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

func newLink() links.NewLink {
	return links.NewLink{
		Campaign: campaigns.ID{3}, Influencer: campaigns.InfluencerID{4}, Destination: "HTTPS://Shop.Example/Sale",
		Title: "Sale", UTM: links.UTM{Source: "instagram"},
	}
}

func create(in links.NewLink) (links.Link, error) {
	return links.Create(links.ID{1}, tenant.ID{2}, time.Unix(1e9, 0), "aB3xY9z", in)
}

func TestCreate_StoresTheCanonicalDestination(t *testing.T) {
	l, err := create(newLink())
	require.NoError(t, err)
	require.Equal(t, links.Link{
		ID: links.ID{1}, Advertiser: tenant.ID{2}, Campaign: campaigns.ID{3}, Influencer: campaigns.InfluencerID{4}, Code: "aB3xY9z",
		Destination: "https://shop.example/Sale", Title: "Sale", UTM: links.UTM{Source: "instagram"},
		Status: links.Active, CreatedAt: time.Unix(1e9, 0), Version: 1,
	}, l)
}

func TestCreate_InfluencerTitleAndUTMAreOptional(t *testing.T) {
	_, err := create(links.NewLink{Campaign: campaigns.ID{3}, Destination: "https://shop.example/"})
	require.NoError(t, err)
}

func TestCreate_NamesEveryBadField(t *testing.T) {
	_, err := create(links.NewLink{Destination: "shop", Title: "a\nb", UTM: links.UTM{Term: strings.Repeat("x", links.MaxTitle+1)}})
	require.ErrorIs(t, err, fault.Invalid)
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name+" "+f.Reason)
	}
	require.Equal(t, []string{
		"campaign_id required", "destination malformed-destination", "title control-character", "utm.term too-long",
	}, names)
}

func TestCreate_TitleAndUTMLengthsOnBothSides(t *testing.T) {
	in := newLink()
	in.Title = strings.Repeat("é", links.MaxTitle)
	in.UTM.Content = in.Title
	_, err := create(in)
	require.NoError(t, err)
	in.Title += "é"
	_, err = create(in)
	require.True(t, fault.HasReason(err, "too-long"))
}

func TestApply_ChangesWhatIsNamedAndChecksIt(t *testing.T) {
	before, err := create(newLink())
	require.NoError(t, err)
	destination, title, status, utm := "http://new.example:80", "New", links.Disabled, links.UTM{Medium: "story"}
	after, err := before.Apply(links.Change{Destination: &destination, Title: &title, Status: &status, UTM: &utm})
	require.NoError(t, err)
	want := before
	want.Destination, want.Title, want.Status, want.UTM = "http://new.example/", title, status, utm
	require.Equal(t, want, after)

	same, err := before.Apply(links.Change{})
	require.NoError(t, err)
	require.Equal(t, before, same)

	unknown := links.Status("paused")
	_, err = before.Apply(links.Change{Status: &unknown})
	require.True(t, fault.HasReason(err, "unknown-status"))
	bad := "ftp://new.example/"
	_, err = before.Apply(links.Change{Destination: &bad})
	require.True(t, fault.HasReason(err, "unsupported-scheme"))
}

func TestApply_RefusesAnotherVersionFirstOfAll(t *testing.T) {
	before, err := create(newLink())
	require.NoError(t, err)
	before.Version = 7
	for _, version := range []int64{0, 7} {
		after, err := before.Apply(links.Change{Version: version, Status: new(links.Disabled)})
		require.NoError(t, err, version)
		require.Equal(t, links.Disabled, after.Status)
		require.Equal(t, int64(7), after.Version)
	}
	for _, version := range []int64{-7, 6, 8} {
		after, err := before.Apply(links.Change{Version: version, Status: new(links.Status("paused"))})
		require.ErrorIs(t, err, fault.Conflict, version)
		require.True(t, fault.HasReason(err, "changed-meanwhile"), err)
		require.Equal(t, links.Link{}, after)
	}
}
