package ident_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

func TestCursor_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ident.Cursor{
			Sort: rapid.StringMatching(`[a-z_]{0,20}`).Draw(t, "sort"),
			Key:  strings.ReplaceAll(rapid.StringN(0, 200, 800).Draw(t, "key"), "\x00", ""),
			ID:   [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
		}
		text := c.String()
		require.Empty(t, strings.Trim(text, base62+"-_"), "safe in a URL")
		got, err := ident.ParseCursor(text)
		require.NoError(t, err)
		require.Equal(t, c, got)
	})
}

func TestCursor_BeginningIsTheEmptyText(t *testing.T) {
	require.Empty(t, ident.Cursor{}.String())
	got, err := ident.ParseCursor("")
	require.NoError(t, err)
	require.True(t, got.IsZero())
}

func TestCursor_TheLongestKeyFitsAndOneLongerIsRefused(t *testing.T) {
	longest := ident.Cursor{Key: strings.Repeat("k", 1518)}
	require.Len(t, longest.String(), ident.MaxCursor)
	got, err := ident.ParseCursor(longest.String())
	require.NoError(t, err)
	require.Equal(t, longest, got)

	longest.Key += "k"
	_, err = ident.ParseCursor(longest.String())
	require.True(t, fault.HasReason(err, "malformed-cursor"))
}

func TestParseCursor_RefusesWhatStringDoesNotProduce(t *testing.T) {
	good := ident.Cursor{Sort: "name", Key: "Zoë", ID: [16]byte{1}}.String()
	encode := base64.RawURLEncoding.EncodeToString
	zeros := strings.Repeat("\x00", 16)
	for name, bad := range map[string]string{
		"line break inside":   good[:8] + "\n" + good[8:],
		"carriage return end": good + "\r",
		"padding":             good + "=",
		"another alphabet":    "+/" + good[2:],
		"cut":                 good[:20],
		"another version":     encode([]byte("2" + zeros + "\x00k")),
		"the zero cursor":     encode([]byte("1" + zeros + "\x00")),
		"no separator":        encode([]byte("1" + zeros + "name")),
		"key not UTF-8":       encode([]byte("1" + zeros + "name\x00\xff")),
		"sort not UTF-8":      encode([]byte("1" + zeros + "\xff\x00k")),
		"zero byte in key":    encode([]byte("1" + zeros + "name\x00a\x00b")),
		"words":               "next please",
		"trailing bits":       encode([]byte("1" + zeros + "n\x00kk"))[:26] + "b",
	} {
		got, err := ident.ParseCursor(bad)
		require.ErrorIs(t, err, fault.Invalid, name)
		require.True(t, fault.HasReason(err, "malformed-cursor"), name)
		require.True(t, got.IsZero(), name)
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add("")
	f.Add(ident.Cursor{Sort: "name", Key: "Zoë", ID: [16]byte{1}}.String())
	f.Add("MQAA\nAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ident.ParseCursor(text)
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			require.True(t, c.IsZero())
			return
		}
		require.Equal(t, text, c.String())
		require.True(t, utf8.ValidString(c.Key) && utf8.ValidString(c.Sort))
	})
}
