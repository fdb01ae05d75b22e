package coupons_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func checked(t testing.TB, p coupons.Pattern) coupons.Pattern {
	t.Helper()
	p, err := p.Check()
	require.NoError(t, err)
	return p
}

func TestAlphabet_HasNothingThatIsMistakenForAnother(t *testing.T) {
	require.Len(t, coupons.Alphabet, 31)
	require.Equal(t, -1, strings.IndexAny(coupons.Alphabet, "0O1IL"))
	seen := map[rune]bool{}
	for _, c := range coupons.Alphabet {
		require.False(t, seen[c], "%c twice", c)
		require.True(t, c >= 'A' && c <= 'Z' || c >= '2' && c <= '9', "%c", c)
		seen[c] = true
	}
}

func TestGenerate_PrefixAndRandomPart(t *testing.T) {
	for _, c := range []struct {
		pattern coupons.Pattern
		want    string
	}{
		{coupons.Pattern{}, `\A[A-Z2-9]{6}\z`},
		{coupons.Pattern{Length: 4}, `\A[A-Z2-9]{4}\z`},
		{coupons.Pattern{Length: 16}, `\A[A-Z2-9]{16}\z`},
		{coupons.Pattern{Prefix: "summer", Length: 4}, `\ASUMMER-[A-Z2-9]{4}\z`},
		{coupons.Pattern{Prefix: " Ｓｕｍ_2 "}, `\ASUM_2-[A-Z2-9]{6}\z`},
	} {
		pattern, random := checked(t, c.pattern), seeded(1)
		for range 100 {
			code, err := pattern.Generate(random)
			require.NoError(t, err)
			require.Regexp(t, c.want, string(code))
			again, err := coupons.ParseCode(string(code))
			require.NoError(t, err)
			require.Equal(t, code, again, "a generated code is folded")
		}
	}
}

func TestPattern_LimitsOnBothSides(t *testing.T) {
	for _, c := range []struct {
		pattern coupons.Pattern
		fields  []string
	}{
		{coupons.Pattern{Length: 0}, nil},
		{coupons.Pattern{Length: coupons.MinLength - 1}, []string{"length"}},
		{coupons.Pattern{Length: coupons.MinLength}, nil},
		{coupons.Pattern{Length: coupons.MaxLength}, nil},
		{coupons.Pattern{Length: coupons.MaxLength + 1}, []string{"length"}},
		{coupons.Pattern{Length: -1}, []string{"length"}},
		{coupons.Pattern{Prefix: strings.Repeat("A", 25), Length: 6}, nil}, // with the hyphen exactly 32 characters
		{coupons.Pattern{Prefix: strings.Repeat("A", 26), Length: 6}, []string{"prefix"}},
		{coupons.Pattern{Prefix: strings.Repeat("A", 15), Length: 16}, nil},
		{coupons.Pattern{Prefix: strings.Repeat("A", 16), Length: 16}, []string{"prefix"}},
		{coupons.Pattern{Prefix: "A"}, nil},
		{coupons.Pattern{Prefix: " "}, []string{"prefix"}},
		{coupons.Pattern{Prefix: "-A"}, []string{"prefix"}},
		{coupons.Pattern{Prefix: "A B"}, []string{"prefix"}},
		{coupons.Pattern{Prefix: "SU\u041cMER"}, []string{"prefix"}},
		{coupons.Pattern{Prefix: "É", Length: 99}, []string{"length", "prefix"}},
	} {
		_, err := c.pattern.Check()
		if c.fields == nil {
			require.NoError(t, err, "%+v", c.pattern)
			continue
		}
		require.ErrorIs(t, err, fault.Invalid, "%+v", c.pattern)
		require.Equal(t, c.fields, fieldsOf(err), "%+v", c.pattern)
	}
}

func TestGenerate_NoOffensiveWordsAndEveryCharacterEquallyLikely(t *testing.T) {
	const draws = 100_000
	pattern, random := checked(t, coupons.Pattern{}), seeded(3)
	counts := map[rune]int64{}
	seen := make(map[coupons.Code]bool, draws)
	for range draws {
		code, err := pattern.Generate(random)
		require.NoError(t, err)
		if ident.Offensive(string(code)) {
			t.Fatalf("%s is offensive", code)
		}
		for _, c := range code {
			counts[c]++
		}
		seen[code] = true
	}
	require.Greater(t, len(seen), draws-50, "31^6 codes: about 6 pairs are expected to collide")

	// Throwing away offensive draws takes up to 1 % of a letter's share, which
	// the exact test would see, so raw draws are tested against chance and
	// generated codes against that bound.
	const size = int64(len(coupons.Alphabet))
	expected := draws * coupons.DefaultLength / size
	for _, c := range coupons.Alphabet {
		d := counts[c] - expected
		require.LessOrEqual(t, d*d, (expected/40)*(expected/40), "%c: %d of %d", c, counts[c], expected)
	}

	raw, err := ident.RandomText(seeded(4), coupons.Alphabet, int(size)*20_000)
	require.NoError(t, err)
	var chi int64
	for i := range coupons.Alphabet {
		d := int64(strings.Count(raw, coupons.Alphabet[i:i+1])) - 20_000
		chi += d * d
	}
	// 30 degrees of freedom: above 73.4 once in 50,000 sound sources (99.998 %).
	require.Less(t, chi, int64(734)*20_000/10, "chi-square")
}

type constant byte

func (c constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// repeated gives the same bytes again and again.
type repeated struct {
	bytes []byte
	reads *int
}

func (r repeated) Read(p []byte) (int, error) {
	*r.reads++
	return copy(p, r.bytes), nil
}

func TestGenerate_GivesUpAfterABoundedNumberOfOffensiveDraws(t *testing.T) {
	word := make([]byte, 4)
	for i, c := range "FUCK" {
		word[i] = byte(strings.IndexRune(coupons.Alphabet, c))
	}
	reads := 0
	code, err := checked(t, coupons.Pattern{Length: 4}).Generate(repeated{word, &reads})
	require.ErrorIs(t, err, fault.Exhausted)
	require.True(t, fault.HasReason(err, "code-space-exhausted"))
	require.Empty(t, code)
	require.Equal(t, 100, reads)
}

func TestGenerate_ABrokenSourceIsAnError(t *testing.T) {
	cause := errors.New("no entropy")
	for _, random := range []io.Reader{broken{cause}, constant(255)} {
		code, err := checked(t, coupons.Pattern{}).Generate(random)
		require.ErrorIs(t, err, fault.Internal)
		require.Empty(t, code)
	}
}

func BenchmarkGenerate(b *testing.B) {
	pattern, random := checked(b, coupons.Pattern{Prefix: "SUMMER"}), seeded(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pattern.Generate(random); err != nil {
			b.Fatal(err)
		}
	}
}

func TestGenerate_PrefixAndDrawTogetherHoldNoOffensiveWord(t *testing.T) {
	pattern, err := coupons.Pattern{Prefix: "FU", Length: coupons.MinLength}.Check()
	require.NoError(t, err)
	random := rand.NewChaCha8([32]byte{4})
	for range 20_000 { // a draw that begins with CK comes about once in a thousand
		code, err := pattern.Generate(random)
		require.NoError(t, err)
		require.False(t, ident.Offensive(string(code)), "%s", code)
	}
}
