package coupons

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// reference is the rule as domain.md states it, with the Unicode tables of x/text.
func reference(text string) (string, bool) {
	folded := strings.ToUpper(norm.NFKC.String(strings.TrimSpace(text)))
	if len(folded) < MinCode || len(folded) > MaxCode {
		return "", false
	}
	for i := range len(folded) {
		c := folded[i]
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && (i == 0 || c != '-' && c != '_') {
			return "", false
		}
	}
	return folded, true
}

// The table stands in for NFKC, which the standard library lacks.
func TestFold_AgreesWithNFKCOnEveryCharacter(t *testing.T) {
	accepted := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		// At both ends, where white space is cut off, and where it could compose with a neighbour.
		for _, text := range []string{string(r) + "AB", "AB" + string(r)} {
			want, ok := reference(text)
			got, err := ParseCode(text)
			if ok != (err == nil) || ok && want != string(got) {
				t.Fatalf("%U in %q: got %q, %v, want %q, %v", r, text, got, err, want, ok)
			}
			if ok && r >= 0x80 {
				accepted++
			}
		}
	}
	t.Logf("%d texts with a character outside ASCII are codes", accepted)
	require.Greater(t, accepted, 2000)
}

// character draws what folds, what composes, and what hides.
func character() *rapid.Generator[rune] {
	return rapid.OneOf(
		rapid.SampledFrom([]rune("AbZ09-_ éßıİſ\u212a\u212bΑАѕ½™Ⅷﬁ①⑴㎏\u0301\u0308\u0327\u0345\u030a\u0307\u1100\u1161\u200b\u200d\u200f\u00ad\ufeff\u3000\u00a0\ufe0f\u2011－＿")),
		rapid.Int32Range(0xff01, 0xff5e), rapid.Int32Range(0x1d400, 0x1d7ff), rapid.Int32Range(0x2070, 0x218b),
		rapid.Int32Range(0x300, 0x36f), rapid.Int32Range('0', 'z'), rapid.Int32Range('A', 'Z'),
	)
}

func TestFold_AgreesWithNFKCOnSequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(character(), 0, 40).Draw(t, "text"))
		want, ok := reference(text)
		got, err := ParseCode(text)
		require.Equal(t, ok, err == nil, "%+q", text)
		require.Equal(t, want, string(got), "%+q", text)
		require.Equal(t, fold(text), fold(fold(text)), "%+q", text)
	})
}

// Most random texts are refused; these hold nothing but what folds.
func TestFold_AgreesWithNFKCOnCodesInOtherForms(t *testing.T) {
	var forms []rune
	for r := rune('0'); r <= unicode.MaxRune; r++ {
		folded := fold(string(r))
		if folded != "" && strings.Trim(folded, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
			forms = append(forms, r)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(forms), 3, 32).Draw(t, "text"))
		want, ok := reference(text)
		got, err := ParseCode(text)
		require.Equal(t, ok, err == nil, "%+q", text)
		require.Equal(t, want, string(got), "%+q", text)
	})
}
