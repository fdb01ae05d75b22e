package links_test

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

func salt(b byte) []byte {
	var s links.Salt
	s[0] = b
	return s[:]
}

func hitFrom(address, agent string) links.Hit {
	return links.Hit{Method: "GET", Address: netip.MustParseAddr(address), UserAgent: agent}
}

func TestVisitorOf_IsThePersonOfOneSaltAndAdvertiser(t *testing.T) {
	a, b := tenant.ID{1}, tenant.ID{2}
	base := links.VisitorOf(salt(1), a, hitFrom("192.0.2.1", "Agent"))
	require.NotEqual(t, links.Visitor{}, base)
	require.Equal(t, base, links.VisitorOf(salt(1), a, hitFrom("192.0.2.1", "Agent")))
	require.Equal(t, base, links.VisitorOf(salt(1), a, hitFrom("::ffff:192.0.2.1", "Agent")), "the mapped form is the same address")

	later := hitFrom("192.0.2.1", "Agent")
	later.At, later.Referrer, later.Country = time.Unix(1e9, 0), "https://a.example/", "IN"
	require.Equal(t, base, links.VisitorOf(salt(1), a, later), "only address and agent tell people apart")

	for name, other := range map[string]links.Visitor{
		"salt":       links.VisitorOf(salt(2), a, hitFrom("192.0.2.1", "Agent")),
		"advertiser": links.VisitorOf(salt(1), b, hitFrom("192.0.2.1", "Agent")),
		"address":    links.VisitorOf(salt(1), a, hitFrom("192.0.2.2", "Agent")),
		"agent":      links.VisitorOf(salt(1), a, hitFrom("192.0.2.1", "Agent2")),
		"no address": links.VisitorOf(salt(1), a, links.Hit{UserAgent: "Agent"}),
	} {
		require.NotEqual(t, base, other, "another %s is another visitor", name)
	}
}

// TestVisitorOf_LengthsKeepPartsApart moves bytes from the address to the
// agent, which a bare concatenation could not tell apart.
func TestVisitorOf_LengthsKeepPartsApart(t *testing.T) {
	six := netip.MustParseAddr("102:304::4142")
	bytes := six.As16()
	four := netip.AddrFrom4([4]byte(bytes[:4]))
	require.NotEqual(t,
		links.VisitorOf(salt(1), tenant.ID{}, links.Hit{Address: six}),
		links.VisitorOf(salt(1), tenant.ID{}, links.Hit{Address: four, UserAgent: string(bytes[4:])}))
}

// TestVisitorOf_IsStable pins the value: a change would split every visitor of
// the day of an update in two.
func TestVisitorOf_IsStable(t *testing.T) {
	visitor := links.VisitorOf(salt(7), tenant.ID{9}, hitFrom("192.0.2.1", "Agent"))
	require.Equal(t, "010d0dffd98e7fcf895cf14d8008a3bf", hex.EncodeToString(visitor[:]))
}

func TestReferrerHost_IsTheHostAlone(t *testing.T) {
	for referrer, want := range map[string]string{
		"https://L.Instagram.com/?u=secret":            "l.instagram.com",
		"http://user:pw@shop.example:8080/a#b":         "shop.example",
		"https://[2001:db8::1]:443/":                   "2001:db8::1",
		"https://xn--mnchen-3ya.example":               "xn--mnchen-3ya.example",
		"":                                             "",
		"l.instagram.com":                              "",
		"/path":                                        "",
		"android-app://com.instagram.android":          "",
		"javascript:alert(1)":                          "",
		"https:":                                       "",
		"https://":                                     "",
		"https:opaque.example":                         "",
		"https://a\nb.example/":                        "",
		"https://a\x00b.example/":                      "",
		"https://a b.example/":                         "",
		"https://münchen.example/":                     "",
		"https://m%C3%BCnchen.example/":                "",
		"https://<script>.example/":                    "",
		"https://[fe80::1%25eth0%0A]/":                 "",
		"https://" + strings.Repeat("a", 253) + "/":    strings.Repeat("a", 253),
		"https://" + strings.Repeat("a", 254) + "/":    "",
		"https://" + strings.Repeat("a", 1<<20) + "/x": "",
	} {
		require.Equal(t, want, links.ReferrerHost(referrer), "%.60q", referrer)
	}
}

func TestReferrerHost_IsAlwaysStorable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		host := links.ReferrerHost("https://" + rapid.String().Draw(t, "rest"))
		require.LessOrEqual(t, len(host), 253)
		require.Empty(t, strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_:"))
	})
}

func TestLinkClick_HoldsWhatIsStoredAndNoMore(t *testing.T) {
	l := links.Link{ID: links.ID{1}, Advertiser: tenant.ID{2}, Campaign: campaigns.ID{3}, Influencer: campaigns.InfluencerID{4}}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	h := links.Hit{
		At: at, Method: "GET", Address: netip.MustParseAddr("192.0.2.1"), UserAgent: inAppBrowsers()[0].agent,
		Referrer: "https://l.instagram.com/?u=x", Country: "IN",
	}
	require.Equal(t, links.Click{
		ID: links.ClickID{9}, Advertiser: tenant.ID{2}, Link: links.ID{1}, Campaign: campaigns.ID{3}, Influencer: campaigns.InfluencerID{4},
		At: at, Visitor: links.Visitor{8}, Agent: "Instagram", Referrer: "l.instagram.com", Country: "IN", Class: links.Human,
	}, l.Click(links.ClickID{9}, h, links.Visitor{8}))

	h.Method = "HEAD"
	c := l.Click(links.ClickID{9}, h, links.Visitor{8})
	require.Equal(t, links.Prefetch, c.Class)
	require.Equal(t, "head-request", c.Reason)
}

func TestLinkClick_CountryHasTwoUpperCaseLetters(t *testing.T) {
	for given, want := range map[string]string{"IN": "IN", "in": "", "": "", "I": "", "IND": "", "T1": "", "--": "", "É": ""} {
		require.Equal(t, want, links.Link{}.Click(links.ClickID{}, links.Hit{Country: given}, links.Visitor{}).Country, given)
	}
}

func TestClasses_AreFour(t *testing.T) {
	require.Equal(t, []links.Class{links.Human, links.Bot, links.Prefetch, links.Duplicate}, links.Classes())
}
