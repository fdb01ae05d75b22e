package ident_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// seeded is a reproducible source of random bytes.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func TestRandomText_RefusesBytesThatWouldFavourCharacters(t *testing.T) {
	// 256 = 4 × 62 + 8: the bytes 248 to 255 stand for no character.
	text, err := ident.RandomText(bytes.NewReader([]byte{255, 0, 248, 61, 247, 62}), base62, 4)
	require.NoError(t, err)
	require.Equal(t, "0zz0", text)

	for b := range 256 {
		text, err := ident.RandomText(bytes.NewReader([]byte{byte(b), 1}), base62, 1)
		require.NoError(t, err)
		if b < 248 {
			require.Equal(t, string(base62[b%62]), text)
		} else {
			require.Equal(t, "1", text)
		}
	}
}

func TestRandomText_EveryCharacterIsEquallyLikely(t *testing.T) {
	for _, alphabet := range []string{base62, "ABCDEFGHJKMNPQRSTUVWXYZ23456789", "01", "abc"} {
		const perCharacter = 10_000
		n, size := perCharacter*len(alphabet), int64(len(alphabet))
		text, err := ident.RandomText(seeded(1), alphabet, n)
		require.NoError(t, err)
		require.Len(t, text, n)
		var chi int64 // Σ (seen - expected)², that is chi-square times expected
		for i := range len(alphabet) {
			d := int64(strings.Count(text, alphabet[i:i+1])) - perCharacter
			chi += d * d
		}
		// Degrees of freedom k has mean k and variance 2k: k + 6·sqrt(2k) squared out, (chi-k)² ≤ 72k.
		k := size - 1
		excess := chi/perCharacter - k
		require.True(t, excess <= 0 || excess*excess <= 72*k, "chi-square %d of %d degrees", chi/perCharacter, k)
	}
}

func TestRandomText_Limits(t *testing.T) {
	text, err := ident.RandomText(seeded(1), "ab", 0)
	require.NoError(t, err)
	require.Empty(t, text)

	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	text, err = ident.RandomText(bytes.NewReader(all[:]), string(all[:]), 256)
	require.NoError(t, err)
	require.Equal(t, string(all[:]), text)

	for _, c := range []struct {
		alphabet string
		n        int
	}{{"", 1}, {strings.Repeat("a", 257), 1}, {"ab", -1}} {
		_, err := ident.RandomText(seeded(1), c.alphabet, c.n)
		require.ErrorIs(t, err, fault.Internal)
		require.True(t, fault.HasReason(err, "bad-alphabet"))
	}
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

func TestRandomText_ABrokenSourceIsAnErrorAndNeverALoop(t *testing.T) {
	cause := errors.New("no entropy")
	for _, random := range []io.Reader{constant(255), broken{cause}, bytes.NewReader([]byte{1, 2})} {
		text, err := ident.RandomText(random, base62, 7)
		require.ErrorIs(t, err, fault.Internal)
		require.True(t, fault.HasReason(err, "random-source-failed"))
		require.Empty(t, text)
	}
	_, err := ident.RandomText(broken{cause}, base62, 7)
	require.ErrorIs(t, err, cause)
}

func TestOffensive(t *testing.T) {
	offensive := []string{
		"FUCK", "xxfuckxx", "FuCk", "F-U-C-K", "f_u_c_k", "5H17", "sh1t", "d1ld0", "D11D0", "@$$", "a55", "455", "8ITCH", "C0CK", "wh0r3",
		"N4Z1", "ar5ch", "F1CK3N", "hur3", "m3rd3", "PUT4IN", "encul3", "mi3rda", "CABR0N", "p0rra", "car4lho", "cu1o", "cul0", "c4zz0",
		"stronzo", "KUT", "neuken", "kurwa", "chuj", "P1ZDA", "bh0sdi", "CHUT1YA", "madarch0d", "RAND1", "S1KT1R", "orospu", "amk",
		"suka", "b1yat", "MUDAK", "p1dor", "ku$$",
	}
	for _, text := range offensive {
		require.True(t, ident.Offensive(text), text)
	}
	for _, text := range []string{"", "-", "__", "SUMMER", "X9Y2", "JESSICA20", "BLACKFRIDAY25", "hello", "7KQ2MZ", "abc", "fu", "1", "111", "日本語", "\xff\xfe"} {
		require.False(t, ident.Offensive(text), text)
	}
}

// The share of refused draws is what generated codes pay for the list.
func TestOffensive_RefusesFewRandomCodes(t *testing.T) {
	for _, c := range []struct {
		name, alphabet string
		length         int
	}{
		{"links", base62, 7},
		{"coupons", "ABCDEFGHJKMNPQRSTUVWXYZ23456789", 6},
	} {
		const draws = 100_000
		random, refused := seeded(7), 0
		for range draws {
			text, err := ident.RandomText(random, c.alphabet, c.length)
			require.NoError(t, err)
			if ident.Offensive(text) {
				refused++
			}
		}
		t.Logf("%s: %d of %d random codes refused", c.name, refused, draws)
		require.Less(t, refused, draws*5/100, c.name)
		require.Positive(t, refused, c.name)
	}
}

func BenchmarkOffensive(b *testing.B) {
	for b.Loop() {
		ident.Offensive("x7Kq2Mz")
	}
}

func BenchmarkRandomText(b *testing.B) {
	random := seeded(1)
	for b.Loop() {
		if _, err := ident.RandomText(random, base62, 7); err != nil {
			b.Fatal(err)
		}
	}
}
