package links_test

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/links"
)

func TestParseDestination_StoresTheCanonicalForm(t *testing.T) {
	for given, canonical := range map[string]string{
		"https://shop.example":                           "https://shop.example/",
		"HTTPS://Shop.EXAMPLE/Sale":                      "https://shop.example/Sale",
		"http://shop.example:80/":                        "http://shop.example/",
		"https://shop.example:443":                       "https://shop.example/",
		"https://shop.example:80/":                       "https://shop.example:80/",
		"https://shop.example:8443/a":                    "https://shop.example:8443/a",
		"https://shop.example:65535/":                    "https://shop.example:65535/",
		"https://shop.example?q=1":                       "https://shop.example/?q=1",
		"https://shop.example#top":                       "https://shop.example/#top",
		"https://shop.example/?":                         "https://shop.example/?",
		"https://shop.example/a/../b/./c/..":             "https://shop.example/b/",
		"https://shop.example/%2e%2E/a/.%2e/x":           "https://shop.example/x",
		"https://shop.example/../../a":                   "https://shop.example/a",
		"https://shop.example/a/...":                     "https://shop.example/a/...",
		"https://shop.example//a//":                      "https://shop.example//a//",
		"https://shop.example/é/न/😀":                     "https://shop.example/%C3%A9/%E0%A4%A8/%F0%9F%98%80",
		"https://shop.example/%C3%A9%2f":                 "https://shop.example/%C3%A9%2f",
		"https://shop.example/{a}`<b>\"^":                "https://shop.example/%7Ba%7D%60%3Cb%3E%22%5E",
		"https://shop.example/a?b=<\"'>&c={}|`^\\é":      "https://shop.example/a?b=%3C%22%27%3E&c={}|`^\\%C3%A9",
		"https://shop.example/a?discount=50%&x[]=1#a?b#": "https://shop.example/a?discount=50%&x[]=1#a?b#",
		"https://shop.example/a#`<\"'>{}":                "https://shop.example/a#%60%3C%22'%3E{}",
		"https://shop.example/a@b:c;d=e,f":               "https://shop.example/a@b:c;d=e,f",
		"https://shop.example/?next=https://a.example/":  "https://shop.example/?next=https://a.example/",
		"https://xn--mnchen-3ya.example/":                "https://xn--mnchen-3ya.example/",
		"https://XN--FIQS8S.example/":                    "https://xn--fiqs8s.example/",
		"https://xn--e1afmkfd.example/":                  "https://xn--e1afmkfd.example/",
		"https://my_shop-1.example/":                     "https://my_shop-1.example/",
		"http://localhost:3000/x":                        "http://localhost:3000/x",
		"http://192.0.2.1/":                              "http://192.0.2.1/",
		"http://[2001:DB8:0:0:0:0:0:1]:8080/":            "http://[2001:db8::1]:8080/",
		"http://[::ffff:192.0.2.1]/":                     "http://[::ffff:c000:201]/",
	} {
		got, err := links.ParseDestination(given)
		require.NoError(t, err, given)
		require.Equal(t, canonical, got, given)
		again, err := links.ParseDestination(got)
		require.NoError(t, err, got)
		require.Equal(t, got, again, "idempotent")
	}
}

func TestParseDestination_RefusesWhatIsNotCertain(t *testing.T) {
	for reason, texts := range map[string][]string{
		"malformed-destination": {
			"", "shop.example", "/sale", "//shop.example/", "https:", "https:shop.example", "https:/shop.example", "://shop.example", "1https://shop.example",
		},
		"unsupported-scheme": {
			"ftp://shop.example/", "javascript:alert(1)", "data:text/html,x", "mailto:a@shop.example", "shop.example:8080/a", "intent://shop.example/", "httpsx://shop.example",
		},
		"missing-host":               {"https://", "https:///shop.example", "https://?q", "https://#f", "https://:80/"},
		"credentials-in-destination": {"https://user@shop.example/", "https://user:pw@shop.example/", "https://@shop.example/", "https://shop.example@evil.example/"},
		"control-character":          {"https://shop.example/\t", "https://shop.example/\na", "\x00https://shop.example/", "https://shop.example/\x7f", "https://shop.example/?\u0091"},
		"space-in-destination":       {" https://shop.example/", "https://shop.example/ ", "https://shop.example/a b", "https://shop.example/?q=a b", "https://shop.example/\u00a0", "https://shop.example/\u3000"},
		"invisible-character":        {"https://shop.example/\u200b", "\ufeffhttps://shop.example/", "https://shop.example/\u202egpj.exe", "https://sh\u00adop.example/"},
		"backslash-in-destination":   {`https://shop.example\@evil.example/`, `https://shop.example/a\b`, `https://\shop.example/`},
		"not-utf8":                   {"https://shop.example/\xff", "https://shop.example/?q=\xc3"},
		"host-not-ascii":             {"https://münchen.example/", "https://shop。example/", "https://ｓhop.example/"},
		"malformed-host": {
			"https://shop..example/", "https://.example/", "https://shop.example./", "https://sh%6fp.example/", "https://shop<.example/", "https://*.example/",
			"https://" + strings.Repeat("a", 64) + ".example/",
		},
		"malformed-ip-address": {
			"http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0x7f000001/", "http://0177.0.0.1/", "http://256.1.1.1/", "http://1.2.3.4.5/", "http://a.0x/", "http://a.1/",
			"http://[::1/", "http://[::1]x/", "http://[1.2.3.4]/", "http://[]/", "http://[fe80::1%25eth0]/", "http://[::g]/", "http://[1:2:3:4:5:6:7:8:9]/",
		},
		"malformed-port": {"http://shop.example:/", "http://shop.example:0/", "http://shop.example:65536/", "http://shop.example:080/", "http://shop.example:8a/", "http://shop.example:+80/", "http://a:80:80/"},
		"unsupported-idn": {
			"https://xn--/", "https://xn--a/", "https://xn--abc-/", "https://xn---abc.example/", "https://xn--999999999.example/", "https://xn--p1b6ci4b4b3a.xn--a-.example/",
			"https://xn--i-7iq.example/", // a heart; browsers take it, we know letters only
		},
	} {
		for _, text := range texts {
			got, err := links.ParseDestination(text)
			require.Error(t, err, "%q became %q", text, got)
			require.Equal(t, reason, reasonOf(t, err), "%q", text)
			require.Empty(t, got)
			require.Contains(t, err.Error(), "destination: ", "the field is named")
		}
	}
}

func TestParseDestination_TellsHowToWriteAForeignHost(t *testing.T) {
	_, err := links.ParseDestination("https://münchen.example/")
	require.ErrorContains(t, err, "xn--")
}

func TestParseDestination_HasAtMost2048Bytes(t *testing.T) {
	const base = "https://shop.example/?"
	longest := base + strings.Repeat("q", links.MaxDestination-len(base))
	got, err := links.ParseDestination(longest)
	require.NoError(t, err)
	require.Equal(t, longest, got)
	_, err = links.ParseDestination(longest + "q")
	require.Equal(t, "destination-too-long", reasonOf(t, err))

	// What grows beyond the limit by its encoding cannot be stored either.
	fits := base + strings.Repeat("é", (links.MaxDestination-len(base))/6)
	_, err = links.ParseDestination(fits)
	require.NoError(t, err)
	_, err = links.ParseDestination(fits + "é")
	require.Equal(t, "destination-too-long", reasonOf(t, err))
}

func TestParseDestination_HostLengths(t *testing.T) {
	label := strings.Repeat("a", 63)
	_, err := links.ParseDestination("https://" + label + ".example/")
	require.NoError(t, err)
	longest := strings.Repeat(label+".", 3) + strings.Repeat("a", 253-3*64)
	_, err = links.ParseDestination("https://" + longest + "/")
	require.NoError(t, err)
	_, err = links.ParseDestination("https://" + longest + "a/")
	require.Equal(t, "malformed-host", reasonOf(t, err))
}

func TestParseDestination_EveryAddressKeepsItsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0, 1, 0xff}), 16, 16).Draw(t, "address")))
		got, err := links.ParseDestination("http://[" + address.String() + "]/")
		require.NoError(t, err)
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "http://["), "]/")
		back, err := netip.ParseAddr(inner)
		require.NoError(t, err)
		require.Equal(t, address, back)
	})
}

// checkDestination holds for every accepted destination.
func checkDestination(t require.TestingT, got string) {
	require.LessOrEqual(t, len(got), links.MaxDestination)
	again, err := links.ParseDestination(got)
	require.NoError(t, err, "%q", got)
	require.Equal(t, got, again, "idempotent")
	for i := range len(got) {
		require.True(t, got[i] > ' ' && got[i] < 0x7f, "byte %d of %q", i, got)
	}
	scheme, rest, _ := strings.Cut(got, "://")
	require.Contains(t, []string{"http", "https"}, scheme)
	end := strings.IndexAny(rest, "/?#")
	require.Positive(t, end)
	require.Equal(t, byte('/'), rest[end])
	// Go's own parser, where it can read the rest, sees the same host.
	if u, err := url.Parse(got); err == nil {
		require.Equal(t, rest[:end], u.Host)
		require.Nil(t, u.User)
	}
}

func TestParseDestination_AnyPathQueryAndFragmentIsAcceptedCanonically(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got, err := links.ParseDestination(destinations().Draw(t, "destination"))
		require.NoError(t, err)
		checkDestination(t, got)
	})
}

// destinations draws what a person may paste and ParseDestination accepts.
func destinations() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		host := rapid.SampledFrom([]string{"shop.example", "Shop.Example", "192.0.2.7", "[2001:db8::7]", "xn--mnchen-3ya.example"}).Draw(t, "host")
		if rapid.Bool().Draw(t, "has port") {
			host += ":" + strconv.Itoa(rapid.IntRange(1, 65535).Draw(t, "port"))
		}
		bits := []string{
			"/", ".", "..", "%2e", "a", "Ab9", "&", "=", ";", "+", "%", "%20", "%zz", "'", "\"", "<", ">", "{", "}", "^", "|", "`", "é", "न", "😀", "@", ":", "[", "]",
			"ref_code=OLD", "ref%5fcode=OLD", "&ref_code=OLD&", "&ref_code", "REF_CODE=x", "utm_source=own", "&utm_medium=", "utm%5Fcampaign=x", "&&",
		}
		text := rapid.SampledFrom([]string{"https://", "http://", "HTTPS://"}).Draw(t, "scheme") + host
		for _, lead := range []string{"/", "?", "#"} {
			if rapid.Bool().Draw(t, "has "+lead) {
				more := bits
				if lead != "/" {
					more = append([]string{"?", "?ref_code=INNER", "\\"}, bits...)
				}
				text += lead + strings.Join(rapid.SliceOfN(rapid.SampledFrom(more), 0, 12).Draw(t, "after "+lead), "")
			}
		}
		return text
	})
}

func FuzzParseDestination(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example/", "HTTP://1.2.3.4:80/..", "https://xn--mnchen-3ya.example/é?a=b'#x`", "http://[::ffff:1.2.3.4]/", `https:\\a@b`, "http://0x7f.1/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := links.ParseDestination(text)
		if err != nil {
			require.NotEmpty(t, reasonOf(t, err))
			return
		}
		checkDestination(t, got)
		l := links.Link{Code: "aB3xY9z", Destination: got}
		require.Equal(t, "aB3xY9z", links.RefCodes(l.RedirectURL())[0])
	})
}
