package auth_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
)

func TestBearerToken_Grammar(t *testing.T) {
	longest := strings.Repeat("a", auth.MaxToken)
	for header, want := range map[string]string{
		"Bearer abc":           "abc",
		"bearer abc":           "abc",
		"BEARER abc":           "abc",
		"Bearer   abc":         "abc",
		"Bearer a.b-c_d~e+f/g": "a.b-c_d~e+f/g",
		"Bearer YWJj=":         "YWJj=",
		"Bearer YWI==":         "YWI==",
		"Bearer sk_live_4fQ9":  "sk_live_4fQ9",
		"Bearer " + longest:    longest,
	} {
		got, err := auth.BearerToken(header)
		require.NoError(t, err, "%.40q", header)
		require.Equal(t, want, got)
	}
}

func TestBearerToken_EveryRefusalLooksTheSame(t *testing.T) {
	for _, header := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer  ", " Bearer abc", "Bearer\tabc", "Bearer\u00a0abc", "Bearer abc ", "Bearer abc\n", "Bearer abc\r\nX: y",
		"Bearer a b", "Bearer abc,def", "Bearer \"abc\"", "Bearer =", "Bearer ==", "Bearer a=b", "Bearer a:b", "Bearer a%20b", "Bearer é", "Bearer a\x00",
		"Bearer\x00abc", "Bearers abc", "Beare abc", "Bearer: abc", "Bearerabc", "Basic YWJj", "abc", "sk_live_4fQ9", "Bearer token=abc", "Bearer Bearer abc",
		"\u212abearer abc", "Bearer " + strings.Repeat("a", auth.MaxToken+1), "Bearer " + strings.Repeat(" ", auth.MaxToken) + "a",
	} {
		got, err := auth.BearerToken(header)
		refused(t, err)
		require.Empty(t, got, "%.40q", header)
	}
}

func FuzzBearerToken(f *testing.F) {
	for _, seed := range []string{"", "Bearer abc", "bearer  a.b.c", "Bearer a==", "Basic YWJj", "Bearer a\nb", "Bearer \xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		token, err := auth.BearerToken(header)
		if err != nil {
			refused(t, err)
			require.Empty(t, token)
			return
		}
		require.Regexp(t, `\A[A-Za-z0-9._~+/-]+=*\z`, token)
		require.True(t, strings.HasSuffix(header, " "+token))
		again, err := auth.BearerToken("Bearer " + token)
		require.NoError(t, err)
		require.Equal(t, token, again)
	})
}
