package links_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/links"
)

func TestRedirectURL_CarriesTheCodeAndLeavesTheRestAlone(t *testing.T) {
	for destination, want := range map[string]string{
		"https://s.example/":                      "https://s.example/?ref_code=aB3xY9z",
		"https://s.example/?":                     "https://s.example/?ref_code=aB3xY9z",
		"https://s.example/a?b=1":                 "https://s.example/a?b=1&ref_code=aB3xY9z",
		"https://s.example/#top":                  "https://s.example/?ref_code=aB3xY9z#top",
		"https://s.example/#":                     "https://s.example/?ref_code=aB3xY9z#",
		"https://s.example/?q=%zz+%20&&=&x#/p?a#": "https://s.example/?q=%zz+%20&&=&x&ref_code=aB3xY9z#/p?a#",
		"https://s.example/?a&":                   "https://s.example/?a&&ref_code=aB3xY9z",
	} {
		require.Equal(t, want, links.Link{Code: "aB3xY9z", Destination: destination}.RedirectURL())
	}
}

func TestRedirectURL_ReplacesARefCodeOfTheDestination(t *testing.T) {
	for destination, want := range map[string]string{
		"https://s.example/?ref_code=OLD":                        "https://s.example/?ref_code=aB3xY9z",
		"https://s.example/?a=1&ref_code=OLD&b=2&ref%5Fcode=O#f": "https://s.example/?a=1&b=2&ref_code=aB3xY9z#f",
		"https://s.example/?ref_code":                            "https://s.example/?ref_code=aB3xY9z",
		"https://s.example/?REF_CODE=x&ref_codes=y":              "https://s.example/?REF_CODE=x&ref_codes=y&ref_code=aB3xY9z",
		// The fragment is the page's own affair; ours still comes first.
		"https://s.example/#/p?ref_code=OLD": "https://s.example/?ref_code=aB3xY9z#/p?ref_code=OLD",
	} {
		require.Equal(t, want, links.Link{Code: "aB3xY9z", Destination: destination}.RedirectURL())
	}
}

func TestRedirectURL_AddsUTMValuesWhereAbsent(t *testing.T) {
	l := links.Link{
		Code: "aB3xY9z", Destination: "https://s.example/?utm_source=own&utm_medium=&utm%5Fterm=mine#x",
		UTM: links.UTM{Source: "instagram", Medium: "story", Campaign: "summer & sun=50%", Term: "t", Content: "é#1"},
	}
	require.Equal(t, "https://s.example/?utm_source=own&utm_medium=&utm%5Fterm=mine"+
		"&utm_campaign=summer+%26+sun%3D50%25&utm_content=%C3%A9%231&ref_code=aB3xY9z#x", l.RedirectURL())
	l.UTM = links.UTM{}
	require.Equal(t, "https://s.example/?utm_source=own&utm_medium=&utm%5Fterm=mine&ref_code=aB3xY9z#x", l.RedirectURL(),
		"empty values are not added")
}

func TestRedirectURL_CodeIsFoundFirstWhateverTheDestination(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		destination, err := links.ParseDestination(destinations().Draw(t, "destination"))
		require.NoError(t, err)
		value := rapid.StringOfN(rapid.Rune(), 0, links.MaxTitle, -1)
		l := links.Link{
			Code: links.Code(rapid.StringMatching(`[0-9A-Za-z][0-9A-Za-z_-]{2,31}`).Draw(t, "code")), Destination: destination,
			UTM: links.UTM{Source: value.Draw(t, "source"), Medium: value.Draw(t, "medium"), Content: value.Draw(t, "content")},
		}
		got := l.RedirectURL()
		require.Equal(t, string(l.Code), links.RefCodes(got)[0])
		require.Equal(t, got, l.RedirectURL(), "pure")

		query, fragment, _ := strings.Cut(got, "#")
		wantQuery, wantFragment, _ := strings.Cut(destination, "#")
		require.Equal(t, wantFragment, fragment, "the fragment is untouched")
		base, query, _ := strings.Cut(query, "?")
		wantBase, wantQuery, hasQuery := strings.Cut(wantQuery, "?")
		require.Equal(t, wantBase, base, "host and path are untouched")
		if hasQuery && !strings.Contains(wantQuery, "code") && wantQuery != "" {
			require.True(t, strings.HasPrefix(query, wantQuery+"&"), "%q does not begin with %q", query, wantQuery)
		}
		require.Equal(t, 1, strings.Count("&"+query, "&ref_code="), "exactly ours")
	})
}

// TestRedirectURL_FitsInALandingURL holds at the limits of every part.
func TestRedirectURL_FitsInALandingURL(t *testing.T) {
	long := strings.Repeat("😀", links.MaxTitle)
	l := links.Link{
		Code:        links.Code(strings.Repeat("c", links.MaxCode)),
		Destination: "https://s.example/?" + strings.Repeat("q", links.MaxDestination-len("https://s.example/?")),
		UTM:         links.UTM{Source: long, Medium: long, Campaign: long, Term: long, Content: long},
	}
	got := l.RedirectURL()
	require.Less(t, len(got), links.MaxLandingURL)
	require.Equal(t, []string{string(l.Code)}, links.RefCodes(got))
}
