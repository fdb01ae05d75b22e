package coupons_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
)

func TestParseCode_Folding(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"SUMMER20", "SUMMER20"},
		{"summer20", "SUMMER20"},
		{"Summer-X9y2", "SUMMER-X9Y2"},
		{"black_friday", "BLACK_FRIDAY"},
		{"  JESSICA20\t\r\n", "JESSICA20"},
		{"\u00a0JESSICA20\u3000", "JESSICA20"},                // no-break space, ideographic space
		{"\u2003abc\u202f", "ABC"},                            // em space, narrow no-break space
		{"\u2028abc\u0085", "ABC"},                            // line separator, next line
		{"ＳＵＭＭＥＲ２０", "SUMMER20"},                              // full-width
		{"ｓｕｍｍｅｒ－２０", "SUMMER-20"},                            // full-width hyphen
		{"ａ＿ｂ", "A_B"},                                        // full-width low line
		{"𝐒𝐔𝐌𝐌𝐄𝐑𝟐𝟎", "SUMMER20"},                              // mathematical bold
		{"𝓈𝓊𝓂𝓂𝑒𝓇", "SUMMER"},                                  // script; the e is an older character
		{"𝔖𝔲𝔪", "SUM"},                                        // Fraktur
		{"𝕊𝕌𝕄", "SUM"},                                        // double-struck
		{"ⓢⓤⓜ①②", "SUM12"},                                    // circled
		{"ＡＢ²", "AB2"},                                        // superscript
		{"AB₂", "AB2"},                                        // subscript
		{"ªBº", "ABO"},                                        // ordinal indicators
		{"ＶＩＰⅧ", "VIPVIII"},                                   // Roman numeral
		{"ﬁt", "FIT"}, {"ﬀ1", "FF1"}, {"o\ufb03ce", "OFFICE"}, // ligatures
		{"ĳs1", "IJS1"},                              // a Dutch digraph
		{"№1", "NO1"}, {"℡", "TEL"}, {"TM™", "TMTM"}, // letterlike
		{"㎏1", "KG1"}, {"㏕", "MIL"}, // squared
		{"\u212aiss", "KISS"},  // Kelvin sign is K
		{"ſale", "SALE"},       // long s is s
		{"ındırım", "INDIRIM"}, // dotless ı has the upper case I
		{"indirim", "INDIRIM"}, // and so has i, in no language but Turkish
		{"a\ufe63b", "A-B"},    // small hyphen-minus is one
		{"a︳b", "A_B"},         // vertical low line
		{"0OO", "0OO"}, {"A--", "A--"}, {"9__", "9__"},
	} {
		got, err := coupons.ParseCode(c.typed)
		require.NoError(t, err, "%+q", c.typed)
		require.Equal(t, coupons.Code(c.want), got, "%+q", c.typed)
	}
}

func TestParseCode_Refused(t *testing.T) {
	for _, c := range []struct{ typed, reason, why string }{
		{"", "malformed-code", "empty"},
		{"   ", "malformed-code", "blank"},
		{"AB", "malformed-code", "too short"},
		{"\ufb01", "malformed-code", "too short even after the ligature becomes two letters"},
		{strings.Repeat("A", 33), "malformed-code", "too long"},
		{strings.Repeat("\ufb03", 11), "malformed-code", "too long once ligatures become three letters each"},
		{strings.Repeat("A", 1<<20), "malformed-code", "far too long"},
		{"SUM MER", "malformed-code", "white space inside"},
		{"SUM\u00a0MER", "malformed-code", "no-break space inside"},
		{"SUM\nMER", "malformed-code", "line break inside"},
		{"-ABC", "malformed-code", "starts with a hyphen"},
		{"_ABC", "malformed-code", "starts with an underscore"},
		{"－ABC", "malformed-code", "starts with a full-width hyphen"},
		{"A\u2011BC", "malformed-code", "no-break hyphen has another plain form"},
		{"A\u2013BC", "malformed-code", "dash"},
		{"A\u2212BC", "malformed-code", "minus sign"},
		{"ABC!", "malformed-code", "punctuation"},
		{"10%OFF", "malformed-code", "percent sign"},
		{"A.B", "malformed-code", "dot"},
		{"ABC\x00", "malformed-code", "zero byte"},
		{"ABC\xff", "malformed-code", "invalid UTF-8"},
		{"ABC\ufffd", "malformed-code", "replacement character"},
		{"CAFÉ", "malformed-code", "accent"},
		{"CAFE\u0301", "malformed-code", "combining accent"},
		{"ABC\u0301", "malformed-code", "combining accent that composes: Ć"},
		{"ABQ\u0301", "malformed-code", "combining accent that does not compose"},
		{"STRAßE", "malformed-code", "ß has no single upper-case form within ASCII"},
		{"STRAẞE", "malformed-code", "capital ß"},
		{"İNDİRİM", "malformed-code", "dotted capital İ has no plain form"},
		{"i\u0307ndirim", "malformed-code", "i with a combining dot"},
		{"\u212bBC", "malformed-code", "Ångström sign is Å"},
		{"ǅAB", "malformed-code", "digraph with a caron"},
		{"SUM\u00adMER", "malformed-code", "soft hyphen"},
		{"SUM\u200bMER", "malformed-code", "zero-width space"},
		{"SUM\u200dMER", "malformed-code", "zero-width joiner"},
		{"\u200fSUMMER", "malformed-code", "right-to-left mark"},
		{"\u202eREMMUS", "malformed-code", "right-to-left override"},
		{"\ufeffSUMMER", "malformed-code", "byte order mark"},
		{"SUMMER\ufe0f", "malformed-code", "variation selector"},
		{"SUMMER\u20e3", "malformed-code", "keycap"},
		{"⑴AB", "malformed-code", "its plain form has parentheses"},
		{"A½B", "malformed-code", "its plain form has a fraction slash"},
		{"SUMMER☀", "malformed-code", "emoji"},
		{"🅰🅱🅲", "malformed-code", "negative squared letters have no plain form"},
		{"\U0001f1ee\U0001f1f3X", "malformed-code", "flags"},
		{"٣٤٥", "malformed-code", "Arabic digits"},
		{"ЛЕТО20", "malformed-code", "one script, but not Latin"},
		{"दीवाली", "malformed-code", "one script, but not Latin"},
		{"セール", "malformed-code", "one script, but not Latin"},
		{"SU\u041cMER", "mixed-script", "Cyrillic М"},
		{"\u0410BC", "mixed-script", "Cyrillic А"},
		{"\u0391BC", "mixed-script", "Greek Α"},
		{"SALEセール", "mixed-script", "Katakana"},
		{"\u0410ＢＣ", "mixed-script", "Cyrillic А among full-width letters"},
		{"ԁEF", "mixed-script", "Cyrillic ԁ"},
		{"ABCא", "mixed-script", "Hebrew"},
	} {
		got, err := coupons.ParseCode(c.typed)
		require.ErrorIs(t, err, fault.Invalid, c.why)
		require.True(t, fault.HasReason(err, c.reason), "%s: %v", c.why, err)
		require.Equal(t, "code", fault.Of(err).Fields[0].Name, c.why)
		require.Empty(t, got, c.why)
	}
}

func TestParseCode_LengthLimits(t *testing.T) {
	for _, letter := range []string{"a", "ａ", "𝐚"} {
		for _, c := range []struct {
			n  int
			ok bool
		}{{2, false}, {3, true}, {32, true}, {33, false}} {
			_, err := coupons.ParseCode("  " + strings.Repeat(letter, c.n) + "  ")
			require.Equal(t, c.ok, err == nil, "%d of %s", c.n, letter)
		}
	}
	_, err := coupons.ParseCode(strings.Repeat(" ", 10_000) + "ABC")
	require.NoError(t, err, "white space around does not count")
	_, err = coupons.ParseCode("ABC" + strings.Repeat("\u3000", 1_000))
	require.NoError(t, err, "of any kind")
}

// A brand chooses its own words; only drawn codes are kept clean.
func TestParseCode_VanityCodesAreTheBrandsOwn(t *testing.T) {
	code, err := coupons.ParseCode("kickass20")
	require.NoError(t, err)
	require.Equal(t, "KICKASS20", code.String())
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"", "summer20", " ＳＵＭ２０\n", "SUМMER", "ﬃ", "ındırım", "A\u0301BC", "𝟘𝟙𝟚", "\xff\xfe\xfd", "A--", "Ⅷ_Ⅷ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := coupons.ParseCode(typed)
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			require.Empty(t, code)
			return
		}
		require.Regexp(t, `\A[A-Z0-9][A-Z0-9_-]{2,31}\z`, string(code))
		for _, again := range []string{string(code), " " + string(code) + "\t", strings.ToLower(string(code))} {
			second, err := coupons.ParseCode(again)
			require.NoError(t, err)
			require.Equal(t, code, second)
		}
	})
}

func BenchmarkParseCode(b *testing.B) {
	for name, typed := range map[string]string{"plain": "SUMMER-X9Y2", "typed": " summer-x9y2 ", "fullwidth": "ＳＵＭＭＥＲ－Ｘ９Ｙ２"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := coupons.ParseCode(typed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
