package links_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
)

func TestParseCode_AcceptsGeneratedAndVanityForms(t *testing.T) {
	for _, text := range []string{"aB3xY9z", "0000000", "abc", "A1_", "jessica-20", "9__", strings.Repeat("a", links.MaxCode)} {
		code, err := links.ParseCode(text)
		require.NoError(t, err, text)
		require.Equal(t, links.Code(text), code, "nothing is folded")
	}
}

func TestParseCode_RefusesEverythingElse(t *testing.T) {
	for _, text := range []string{
		"", "a", "ab", "-abc", "_abc", strings.Repeat("a", links.MaxCode+1), " abc", "abc ", "abc\n", "ab c", "ab/c", "ab.c",
		"abc%20", "abcé", "ａｂｃ", "abc\x00", "ab\xff",
	} {
		_, err := links.ParseCode(text)
		require.Equal(t, "malformed-code", reasonOf(t, err), "%q", text)
	}
}

func TestParseCode_IsCaseSensitive(t *testing.T) {
	lower, err := links.ParseCode("abcdefg")
	require.NoError(t, err)
	upper, err := links.ParseCode("ABCDEFG")
	require.NoError(t, err)
	require.NotEqual(t, lower, upper)
}

func TestParseVanity_RefusesOffensiveWordsAndMalformedText(t *testing.T) {
	code, err := links.ParseVanity("jessica-20")
	require.NoError(t, err)
	require.Equal(t, links.Code("jessica-20"), code)
	_, err = links.ParseVanity("FuCk-this")
	require.Equal(t, "offensive-code", reasonOf(t, err))
	_, err = links.ParseVanity("no spaces")
	require.Equal(t, "malformed-code", reasonOf(t, err))
}

func TestGenerateCode_DrawsSevenBase62CharactersWithoutOffence(t *testing.T) {
	seen := map[links.Code]bool{}
	for range 5000 {
		code, err := links.GenerateCode(rand.Reader)
		require.NoError(t, err)
		require.Len(t, string(code), links.GeneratedLength)
		require.Empty(t, strings.Trim(string(code), links.Base62))
		require.False(t, ident.Offensive(string(code)))
		_, err = links.ParseCode(string(code))
		require.NoError(t, err)
		seen[code] = true
	}
	require.Len(t, seen, 5000, "62^7 codes and a repeat among 5,000")
}

// TestGenerateCode_RedrawsOffensiveCodes feeds bytes that spell a word.
func TestGenerateCode_RedrawsOffensiveCodes(t *testing.T) {
	offensive := bytesSpelling("fuckABC")
	fine := bytesSpelling("KpR4wZ7")
	code, err := links.GenerateCode(bytes.NewReader(append(offensive, fine...)))
	require.NoError(t, err)
	require.Equal(t, links.Code("KpR4wZ7"), code)

	_, err = links.GenerateCode(&endless{pattern: offensive})
	require.ErrorIs(t, err, fault.Exhausted)
	require.True(t, fault.HasReason(err, "code-space-exhausted"))
}

func TestGenerateCode_FailsWithItsSource(t *testing.T) {
	_, err := links.GenerateCode(iotest.ErrReader(errors.New("no entropy")))
	require.ErrorIs(t, err, fault.Internal)
}

func bytesSpelling(text string) []byte {
	out := make([]byte, len(text))
	for i := range len(text) {
		out[i] = byte(strings.IndexByte(links.Base62, text[i]))
	}
	return out
}

// endless repeats a pattern for ever.
type endless struct {
	pattern []byte
	at      int
}

var _ io.Reader = (*endless)(nil)

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.pattern[e.at%len(e.pattern)]
		e.at++
	}
	return len(p), nil
}

func TestParseCode_ReturnsItsInputUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9A-Za-z][0-9A-Za-z_-]{2,31}`).Draw(t, "text")
		code, err := links.ParseCode(text)
		require.NoError(t, err)
		require.Equal(t, text, string(code))
	})
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"aB3xY9z", "jessica-20", "", "a b", "ab\x00", "ümläut"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, err := links.ParseCode(text)
		if err != nil {
			require.Empty(t, code)
			return
		}
		require.Equal(t, text, string(code))
		require.GreaterOrEqual(t, len(text), links.MinCode)
		require.LessOrEqual(t, len(text), links.MaxCode)
		landing := "https://shop.example/?ref_code=" + text
		require.Equal(t, []string{text}, links.RefCodes(landing), "a code needs no escaping in a URL")
	})
}

func BenchmarkGenerateCode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := links.GenerateCode(rand.Reader); err != nil {
			b.Fatal(err)
		}
	}
}
