package links

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// TestIsKnown_EveryLetterHasOneSpelling checks the hand-made ranges against the
// tables of Unicode: nothing in them is folded, composed or decomposed, so that
// browsers keep a label of such letters as it is.
func TestIsKnown_EveryLetterHasOneSpelling(t *testing.T) {
	fold := cases.Fold()
	known := 0
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if !isKnown(r) {
			continue
		}
		known++
		s := string(r)
		require.True(t, unicode.In(r, unicode.L, unicode.M), "%U is neither letter nor mark", r)
		require.Equal(t, s, norm.NFKC.String(s), "%U has another compatible form", r)
		require.Equal(t, s, norm.NFC.String(s), "%U", r)
		if r != 'ß' && r != 'ς' {
			require.Equal(t, s, norm.NFC.String(fold.String(s)), "%U is folded", r)
		}
		require.Equal(t, unicode.In(r, unicode.M), isMark(r), "%U", r)
		require.Equal(t, unicode.In(r, unicode.Hebrew, unicode.Arabic), isRightToLeft(r), "%U", r)
		// Only marks and jamo combine with what stands before them.
		if !isMark(r) {
			require.True(t, norm.NFC.PropertiesString(s).BoundaryBefore(), "%U joins the letter before it", r)
		}
	}
	require.Greater(t, known, 30_000)
}

func TestKnownLetters_RefusesWhatIsNotInNormalOrder(t *testing.T) {
	for label, ok := range map[string]bool{
		"münchen": true, "пример": true, "नमस्ते": true, "ไทย": true, "ที่": true, "日本語": true, "한국": true, "שלום": true, "a-é9": true,
		"": false, "-é": false, "é-": false, "é_": false, "É": false, "é.": false, "ำ": false, "กำ": false,
		"ि": false, "\u0e01\u0e48\u0e38": false, "\u0e01\u0e38\u0e48": true, "xn--é": false, "e\u0301": false, "a\u200db": false, "❤": false,
	} {
		require.Equal(t, ok, knownLetters([]rune(label)), "%q", label)
		if ok {
			require.Equal(t, label, norm.NFC.String(label))
		}
	}
}

// The Bidi rule is one of whole host names: a label in Latin letters may not
// begin with a digit beside a Hebrew one.
func TestBrowsersTakeIDN_KeepsDirections(t *testing.T) {
	const shalom, mixed = "xn--9dbne9b", "xn--a-0hc"
	for host, ok := range map[string]bool{
		shalom: true, shalom + ".example": true, "my-shop." + shalom + ".example": true, "shop1." + shalom: true,
		"1shop." + shalom: false, "shop-." + shalom: false, "_shop." + shalom: false, mixed + ".example": false, "1shop.xn--mnchen-3ya": true,
	} {
		require.Equal(t, ok, browsersTakeIDN(strings.Split(host, ".")), host)
	}
}

func TestFromPunycode_DecodesTheSamplesOfTheRFC(t *testing.T) {
	for text, want := range map[string]string{
		"egbpdaj6bu4bxfgehfvwxn":                   "ليهمابتكلموشعربي؟",
		"ihqwcrb4cv8a8dqg056pqjye":                 "他们为什么不说中文",
		"n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa":   "なぜみんな日本語を話してくれないのか",
		"b1abfaaepdrnnbgefbadotcwatmq2g4l":         "почемужеонинеговорятпорусски",
		"i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1d0": "",
		"mnchen-3ya":               "münchen",
		"3b-ww4c5e180e575a65lsy2b": "3年b組金八先生",
	} {
		got, ok := fromPunycode(text)
		if want == "" {
			require.False(t, ok && knownLetters(got), text)
			continue
		}
		require.True(t, ok, text)
		require.Equal(t, want, string(got))
	}
	for _, text := range []string{"", "-", "abc", "abc-", "-abc", "é", "a!", "99999999", strings.Repeat("9", 59), strings.Repeat("a", 59) + "z"} {
		got, ok := fromPunycode(text)
		require.False(t, ok && knownLetters(got), "%q became %q", text, string(got))
	}
}
