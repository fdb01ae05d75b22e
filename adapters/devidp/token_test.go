package devidp_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/devidp"
)

func TestToken_CodeIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-admin")
	w.redeem(redemption(code))
	w.refused(redemption(code), http.StatusBadRequest, "invalid_grant")
}

func TestToken_CodeIsUsedOnceByManyAtATime(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-admin")
	statuses := make(chan int, 16)
	var all sync.WaitGroup
	for range cap(statuses) {
		all.Go(func() { statuses <- w.do(http.MethodPost, "/token", redemption(code)).status })
	}
	all.Wait()
	close(statuses)
	won := 0
	for status := range statuses {
		if status == http.StatusOK {
			won++
		}
	}
	require.Equal(t, 1, won)
}

func TestToken_CodeLivesForAMinute(t *testing.T) {
	w := newWorld(t)
	old, older := w.code("p-admin"), w.code("p-admin")
	w.wait(devidp.CodeLifetime - time.Nanosecond)
	w.redeem(redemption(old))
	w.wait(time.Nanosecond)
	w.refused(redemption(older), http.StatusBadRequest, "invalid_grant")
}

func TestToken_ReusedCodeEndsWhatCameOfIt(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-admin")
	got := w.redeem(redemption(code))
	w.refused(redemption(code), http.StatusBadRequest, "invalid_grant")
	w.refused(renewal(got.Refresh), http.StatusBadRequest, "invalid_grant")
}

func TestToken_WrongVerifierUsesTheCodeUp(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-admin")
	w.refused(redemption(code, "code_verifier", strings.Repeat("a", 43)), http.StatusBadRequest, "invalid_grant")
	w.refused(redemption(code), http.StatusBadRequest, "invalid_grant")
}

func TestToken_ChallengeIsNotItsOwnVerifier(t *testing.T) {
	w := newWorld(t)
	w.refused(redemption(w.code("p-admin"), "code_verifier", challengeOf(verifier)), http.StatusBadRequest, "invalid_grant")
}

func TestToken_CodeIsBoundToItsRedirectURI(t *testing.T) {
	w := newWorld(t)
	w.refused(redemption(w.code("p-admin"), "redirect_uri", withOwn), http.StatusBadRequest, "invalid_grant")
}

func TestToken_CodeOfAnotherIssuerIsUnknown(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	w.refused(redemption(other.code("p-admin")), http.StatusBadRequest, "invalid_grant")
}

func TestToken_AnotherClientGetsNothingAndSpoilsNothing(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-admin")
	w.refused(redemption(code, "client_id", "other"), http.StatusUnauthorized, "invalid_client")
	w.refused(redemption(code, "client_id", ""), http.StatusUnauthorized, "invalid_client")
	w.refused(redemption(code, "client_secret", "s"), http.StatusUnauthorized, "invalid_client")
	r := w.do(http.MethodPost, "/token", redemption(code), "Authorization", "Basic c3VwZXJoZXI6eA==")
	require.Equal(t, http.StatusUnauthorized, r.status)
	w.redeem(redemption(code))
}

func TestToken_MalformedRequestLeavesTheCodeGood(t *testing.T) {
	w := newWorld(t)
	code := w.code("p-admin")
	for name, c := range map[string]struct{ body, code string }{
		"no grant type":        {redemption(code, "grant_type", ""), "invalid_request"},
		"password":             {redemption(code, "grant_type", "password"), "unsupported_grant_type"},
		"client credentials":   {redemption(code, "grant_type", "client_credentials"), "unsupported_grant_type"},
		"no code":              {redemption(code, "code", ""), "invalid_request"},
		"no redirect URI":      {redemption(code, "redirect_uri", ""), "invalid_request"},
		"no verifier":          {redemption(code, "code_verifier", ""), "invalid_request"},
		"verifier of 42":       {redemption(code, "code_verifier", verifier[:42]), "invalid_request"},
		"verifier of 129":      {redemption(code, "code_verifier", strings.Repeat("v", 129)), "invalid_request"},
		"verifier with a plus": {redemption(code, "code_verifier", verifier+"+"), "invalid_request"},
		"code twice":           {redemption(code) + "&code=" + code, "invalid_request"},
		"unknown name twice":   {redemption(code) + "&x=1&x=2", "invalid_request"},
		"value too long":       {redemption(code, "x", strings.Repeat("x", devidp.MaxParameter+1)), "invalid_request"},
		"body too long":        {redemption(code) + strings.Repeat("&", devidp.MaxRequest), "invalid_request"},
		"body cut":             {redemption(code) + "&x=%z", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) { w.in(t).refused(c.body, http.StatusBadRequest, c.code) })
	}
	r := w.do(http.MethodPost, "/token", redemption(code), "Content-Type", "application/json")
	require.Equal(t, http.StatusBadRequest, r.status)
	r = w.do(http.MethodPost, "/token?"+redemption(code), "")
	require.Equal(t, http.StatusUnauthorized, r.status, "nothing is read from the query")
	w.redeem(redemption(code))
}

func TestToken_VerifierMayHave43To128Characters(t *testing.T) {
	w := newWorld(t)
	for _, v := range []string{strings.Repeat("v", 43), strings.Repeat("~", 128)} {
		w.redeem(redemption(w.code("p-admin", "code_challenge", challengeOf(v)), "code_verifier", v))
	}
}

func TestToken_ScopesDecideWhatIsSaid(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		scope, granted string
		claims         []string
	}{
		"all where none is asked": {"", "openid email profile", []string{"email", "email_verified", "name"}},
		"openid alone":            {"openid", "openid", nil},
		"openid and email":        {"openid email", "openid email", []string{"email", "email_verified"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			got := w.redeem(redemption(w.code("p-admin", "scope", c.scope)))
			require.Equal(t, c.granted, got.Scope)
			id := w.claims(got.ID)
			for _, claim := range []string{"email", "email_verified", "name"} {
				_, said := id[claim]
				require.Equal(t, strings.Contains(strings.Join(c.claims, " ")+" ", claim+" "), said, claim)
			}
		})
	}
	t.Run("without openid no id token", func(t *testing.T) {
		w := w.in(t)
		got := w.redeem(redemption(w.code("p-admin", "scope", "email")))
		require.Empty(t, got.ID)
		r := w.do(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+got.Access)
		require.Equal(t, http.StatusForbidden, r.status)
		require.Contains(t, r.header.Get("WWW-Authenticate"), "insufficient_scope")
	})
	t.Run("no e-mail, none verified", func(t *testing.T) {
		w := w.in(t)
		id := w.claims(w.redeem(redemption(w.code("p-wait"))).ID)
		require.NotContains(t, id, "email")
		require.NotContains(t, id, "email_verified")
	})
}

func renewal(refresh string, pairs ...string) string {
	return change(url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {refresh}}, pairs).Encode()
}

func TestRefresh_RotatesAndKeepsTheSignIn(t *testing.T) {
	w := newWorld(t)
	first := w.redeem(redemption(w.code("p-admin")))
	w.wait(time.Hour)
	second := w.redeem(renewal(first.Refresh))
	require.NotEqual(t, first.Refresh, second.Refresh)
	before, after := w.claims(first.ID), w.claims(second.ID)
	require.Equal(t, before["auth_time"], after["auth_time"])
	require.Equal(t, before["sub"], after["sub"])
	require.NotContains(t, after, "nonce")
	require.InDelta(t, before["exp"].(float64)+3600, after["exp"], 0)
	w.redeem(renewal(second.Refresh))
}

func TestRefresh_NarrowsTheScopeOfOneRenewalOnly(t *testing.T) {
	w := newWorld(t)
	first := w.redeem(redemption(w.code("p-admin", "scope", "openid email")))
	w.refused(renewal(first.Refresh, "scope", "openid profile"), http.StatusBadRequest, "invalid_scope")
	second := w.redeem(renewal(first.Refresh, "scope", "openid"))
	require.Equal(t, "openid", second.Scope)
	require.Equal(t, "openid", w.claims(second.Access)["scope"])
	require.NotContains(t, w.claims(second.ID), "email")
	third := w.redeem(renewal(second.Refresh, "scope", "email openid"))
	require.Equal(t, "email openid", third.Scope)
	require.Contains(t, w.claims(third.ID), "email")
}

func TestRefresh_ReuseEndsTheFamilyAndNoOther(t *testing.T) {
	w := newWorld(t)
	first, other := w.redeem(redemption(w.code("p-admin"))), w.redeem(redemption(w.code("p-admin")))
	second := w.redeem(renewal(first.Refresh))
	w.refused(renewal(first.Refresh), http.StatusBadRequest, "invalid_grant")
	w.refused(renewal(second.Refresh), http.StatusBadRequest, "invalid_grant")
	w.redeem(renewal(other.Refresh))
}

func TestRefresh_Refuses(t *testing.T) {
	w := newWorld(t)
	got := w.redeem(redemption(w.code("p-admin")))
	w.refused(renewal(""), http.StatusBadRequest, "invalid_request")
	w.refused(renewal("unknown"), http.StatusBadRequest, "invalid_grant")
	w.refused(renewal(got.Access), http.StatusBadRequest, "invalid_grant")
	w.refused(renewal(w.code("p-admin")), http.StatusBadRequest, "invalid_grant")
	w.refused(renewal(got.Refresh, "scope", "openid admin"), http.StatusBadRequest, "invalid_scope")
	w.refused(renewal(got.Refresh, "client_id", "other"), http.StatusUnauthorized, "invalid_client")
	w.refused(redemption(got.Refresh), http.StatusBadRequest, "invalid_grant")
	w.wait(devidp.RefreshLifetime)
	w.refused(renewal(got.Refresh), http.StatusBadRequest, "invalid_grant")
}

func TestToken_OldestCodesGiveWayToTheLimit(t *testing.T) {
	w := newWorld(t)
	first, second := w.code("p-admin"), w.code("p-admin")
	for range devidp.MaxGrants - 1 {
		w.code("p-brand")
	}
	w.refused(redemption(first), http.StatusBadRequest, "invalid_grant")
	w.redeem(redemption(second))
}

func TestUserinfo_Refuses(t *testing.T) {
	w := newWorld(t)
	got := w.redeem(redemption(w.code("p-admin")))
	elsewhere, err := newWorld(t).issuer.Token("p-admin")
	require.NoError(t, err)
	parts := strings.Split(got.Access, ".")
	for name, token := range map[string]string{
		"an id token":                 got.ID,
		"a refresh token":             got.Refresh,
		"another issuer's, same key":  elsewhere,
		"a signature of another text": parts[0] + "." + strings.Split(got.ID, ".")[1] + "." + parts[2],
		"none":                        "eyJhbGciOiJub25lIn0." + parts[1] + ".",
		"no token at all":             "x",
		"far too long":                strings.Repeat("x", 1<<15),
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			r := w.do(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+token)
			require.Equal(t, http.StatusUnauthorized, r.status)
			require.Contains(t, r.header.Get("WWW-Authenticate"), `error="invalid_token"`)
		})
	}
	t.Run("without a token", func(t *testing.T) {
		w := w.in(t)
		for _, header := range []string{"", "Bearer", "Basic eA=="} {
			r := w.do(http.MethodGet, "/userinfo?access_token="+got.Access, "", "Authorization", header)
			require.Equal(t, http.StatusUnauthorized, r.status)
			require.NotContains(t, r.header.Get("WWW-Authenticate"), "error")
		}
	})
	t.Run("from its expiry on", func(t *testing.T) {
		w := w.in(t)
		w.wait(time.Hour - time.Second)
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+got.Access).status)
		w.wait(time.Second)
		require.Equal(t, http.StatusUnauthorized, w.do(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+got.Access).status)
	})
}
