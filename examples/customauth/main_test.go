package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

// A shop that was closed in order leaves nothing running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun_TellsTheStoryOfOutputTxt(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	golden, err := os.ReadFile("output.txt")
	require.NoError(t, err)
	require.Equal(t, string(golden), out.String())
}

func clock(at time.Time) func() time.Time { return func() time.Time { return at } }

func fixture(t *testing.T, at time.Time) (tokens, string) {
	t.Helper()
	made, err := newTokens([]byte(strings.Repeat("k", minKey)), clock(at))
	require.NoError(t, err)
	token, err := made.issue(account{subject: "account-17", email: "ana@sunrise.example"})
	require.NoError(t, err)
	return made, token
}

func TestVerify_ATokenVouchesForItsAccountUntilItExpires(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	made, token := fixture(t, at)
	header, err := auth.BearerToken("Bearer " + token)
	require.NoError(t, err, "a token must pass as a bearer token")
	for late, ok := range map[time.Duration]bool{0: true, tokenLife - 1: true, tokenLife: false, time.Hour: false} {
		made.now = clock(at.Add(late))
		got, err := made.Verify(t.Context(), header)
		if !ok {
			require.ErrorIs(t, err, fault.Unauthenticated, late)
			continue
		}
		require.NoError(t, err, late)
		want := auth.Identity{
			Issuer: issuer, Subject: "account-17", Email: "ana@sunrise.example", EmailVerified: true, ExpiresAt: at.Add(tokenLife),
		}
		require.Equal(t, want, got)
	}
}

func TestVerify_EveryRefusalLooksTheSame(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	made, token := fixture(t, at)
	body, seal, _ := strings.Cut(token, ".")
	other, err := newTokens([]byte(strings.Repeat("o", minKey)), clock(at))
	require.NoError(t, err)
	foreign, err := other.issue(account{subject: "account-17"})
	require.NoError(t, err)
	nameless, err := made.issue(account{})
	require.NoError(t, err)
	endless, err := made.issue(account{subject: "account-17", email: strings.Repeat("a", auth.MaxToken)})
	require.NoError(t, err)
	bad := map[string]string{
		"empty": "", "a dot": ".", "no seal": body, "an empty seal": body + ".", "no body": "." + seal, "another secret": foreign,
		"another body": "e30." + seal, "more behind": token + ".", "endless": endless,
		"nobody's": nameless, "sealed garbage": "!!." + made.seal("!!"), "no object": "MQ." + made.seal("MQ"),
	}
	for i := range token { // every single character matters
		changed := []byte(token)
		changed[i]++
		bad["character "+strconv.Itoa(i)] = string(changed)
	}
	for name, text := range bad {
		got, err := made.Verify(t.Context(), text)
		require.Zero(t, got, name)
		refused := fault.Of(err)
		require.NotNil(t, refused, name)
		refused.Err = nil // for the log only
		require.Equal(t, auth.InvalidCredential(nil), refused, name)
	}
}

func TestVerify_AnEndedContextIsUnavailable(t *testing.T) {
	made, token := fixture(t, time.Unix(1_800_000_000, 0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := made.Verify(ctx, token)
	require.ErrorIs(t, err, fault.Unavailable)
}

func TestNewTokens_RefusesAShortSecret(t *testing.T) {
	for size, ok := range map[int]bool{0: false, minKey - 1: false, minKey: true} {
		_, err := newTokens(make([]byte, size), time.Now)
		require.Equal(t, ok, err == nil, size)
	}
}

func TestLogin_UnknownAddressAndWrongPasswordLookTheSame(t *testing.T) {
	s, err := open(t.Context(), "http://shop.example", time.Now)
	require.NoError(t, err)
	try := func(email, password string) *httptest.ResponseRecorder {
		form := url.Values{"email": {email}, "password": {password}}
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	require.Equal(t, http.StatusOK, try("ana@sunrise.example", "correct horse").Code)
	wrong := try("ana@sunrise.example", "correct hors")
	require.Equal(t, http.StatusUnauthorized, wrong.Code)
	for _, form := range [][2]string{{"ben@sunrise.example", "correct horse"}, {"", ""}, {"", strings.Repeat("x", 2*maxForm)}} {
		got := try(form[0], form[1])
		require.Equal(t, wrong.Code, got.Code)
		require.Equal(t, wrong.Body.String(), got.Body.String())
	}
}

func TestApprove_ChangesWhoWaitsAndNobodyElse(t *testing.T) {
	s, err := open(t.Context(), "http://shop.example", time.Now)
	require.NoError(t, err)
	_, err = s.approve(t.Context(), "account-17")
	require.ErrorIs(t, err, fault.NotFound, "she has not signed in yet")
	_, err = s.client.SignIn(t.Context(), auth.Identity{Issuer: "https://elsewhere.example", Subject: "account-17"})
	require.NoError(t, err)
	_, err = s.approve(t.Context(), "account-17")
	require.ErrorIs(t, err, fault.NotFound, "the same name of another issuer is another person")
}
