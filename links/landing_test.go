package links_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/links"
)

func TestRefCodes_FindsEveryOccurrenceInOrder(t *testing.T) {
	for url, want := range map[string][]string{
		"https://s.example/?ref_code=A":                     {"A"},
		"https://s.example/p?a=1&ref_code=A&ref_code=B#x":   {"A", "B"},
		"https://s.example/#/p?ref_code=F":                  {"F"},
		"https://s.example/?ref_code=Q#/p?x=1&ref_code=F":   {"Q", "F"},
		"https://s.example/#!?ref_code=F#more":              {"F"},
		"https://s.example/#/p?ref_code=F&u=/x?ref_code=no": {"F"},
		"https://s.example/?u=/x?ref_code=no&ref_code=yes":  {"yes"},
		"/p?ref_code=A":                                              {"A"},
		"?ref_code=A":                                                {"A"},
		"s.example/p?ref_code=A":                                     {"A"},
		"//s.example?ref_code=A":                                     {"A"},
		"ht!tp:\\\\broken host:99999/?ref_code=A":                    {"A"},
		"https://s.example/?ref%5Fcode=A&%72ef_code=B":               {"A", "B"},
		"https://s.example/?ref_code=a%2Db+c%20d":                    {"a-b c d"},
		"https://s.example/?ref_code=%zz%4":                          {"%zz%4"},
		"https://s.example/?ref_code=A=B":                            {"A=B"},
		"https://s.example/?ref_code=%C3%A9":                         {"é"},
		"  https://s.example/?ref_\tcode=A\r\nB \n":                  {"AB"},
		"https://s.example/?ref_code=A&&&=&ref_code=B&":              {"A", "B"},
		"https://s.example/%3Fref_code=no":                           nil,
		"https://s.example/?ref_code":                                nil,
		"https://s.example/?ref_code=&ref_code==":                    {"="},
		"https://s.example/?REF_CODE=A&ref_codes=B&xref_code=C":      nil,
		"https://s.example/?a=1;ref_code=A":                          nil,
		"https://s.example/#ref_code=A":                              nil,
		"https://s.example/ref_code=A":                               nil,
		"https://s.example/?amp;ref_code=A":                          nil,
		"":                                                           nil,
		"#":                                                          nil,
		"?#?#?":                                                      nil,
		"https://s.example/?ref_code=A%00&ref_code=%0A&ref_code=B":   {"B"},
		"https://s.example/?ref_code=%FF&ref_code=\xff&ref_code=B":   {"B"},
		"https://s.example/?ref_code=%C2%85&ref_code=%7F&ref_code=B": {"B"},
		"https://s.example/\xff?ref_code=A":                          {"A"},
	} {
		require.Equal(t, want, links.RefCodes(url), "%q", url)
	}
}

func TestRefCodes_ReturnsAtMost16(t *testing.T) {
	url := func(n int) string { return "https://s.example/?" + strings.Repeat("ref_code=A&", n) + "#/?ref_code=F" }
	require.Len(t, links.RefCodes(url(links.MaxRefCodes-2)), links.MaxRefCodes-1)
	require.Len(t, links.RefCodes(url(links.MaxRefCodes-1)), links.MaxRefCodes)
	require.Equal(t, "F", links.RefCodes(url(links.MaxRefCodes - 1))[links.MaxRefCodes-1])
	require.Len(t, links.RefCodes(url(links.MaxRefCodes)), links.MaxRefCodes)
	require.NotContains(t, links.RefCodes(url(10*links.MaxRefCodes)), "F")
}

func TestRefCodes_LooksAtTheFirst16KiB(t *testing.T) {
	const tail = "&ref_code=ABCDEFG"
	const head = "https://s.example/?ref_code=first&x="
	fill := links.MaxLandingURL - len(head) - len(tail)
	require.Equal(t, []string{"first", "ABCDEFG"}, links.RefCodes(head+strings.Repeat("x", fill)+tail))
	require.Equal(t, []string{"first"}, links.RefCodes(head+strings.Repeat("x", fill+1)+tail),
		"a code that lost its end would name another link")
	require.Nil(t, links.RefCodes(strings.Repeat("x", 1<<20)+"?ref_code=A"))
}

func TestRefCodes_FindsAnyEscapedValueAmongAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[0-9A-Za-z][0-9A-Za-z_-]{2,31}`).Draw(t, "code")
		var escaped strings.Builder
		for i := range len(code) {
			if rapid.Bool().Draw(t, "escape") {
				escaped.WriteString("%" + strconv.FormatUint(uint64(code[i]), 16))
			} else {
				escaped.WriteByte(code[i])
			}
		}
		before := rapid.StringMatching(`[^#?&]*`).Draw(t, "before")
		other := rapid.StringMatching(`[^#?&=]{0,5}=[^#&]*`).Draw(t, "other")
		require.Contains(t, links.RefCodes(before+"?x"+other+"&ref_code="+escaped.String()), code)
		require.Contains(t, links.RefCodes(before+"#"+before+"?x"+other+"&ref_code="+escaped.String()), code)
	})
}

func FuzzRefCodes(f *testing.F) {
	for _, seed := range []string{
		"https://s.example/?ref_code=A#/p?ref_code=B", "?ref%5fcode=%00", "#?ref_code=\xff&ref_code=%e0%80", strings.Repeat("ref_code=a&", 40), "\t?ref_code=+",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		codes := links.RefCodes(url)
		require.LessOrEqual(t, len(codes), links.MaxRefCodes)
		for _, code := range codes {
			require.NotEmpty(t, code)
			require.LessOrEqual(t, len(code), links.MaxLandingURL)
			require.True(t, utf8.ValidString(code), "%q", code)
			require.False(t, strings.ContainsFunc(code, unicode.IsControl), "%q", code)
		}
		require.Equal(t, codes, links.RefCodes(url), "deterministic")
	})
}
