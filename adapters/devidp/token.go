package devidp

import (
	"cmp"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// form reads the body of a POST; the status is 200 when it could.
func form(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, http.StatusUnsupportedMediaType
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxRequest)
	if err := r.ParseForm(); err != nil {
		return nil, http.StatusBadRequest
	}
	return r.PostForm, http.StatusOK
}

func (r refusal) answer(w http.ResponseWriter, status int) {
	answer(w, status, map[string]string{"error": r.code, "error_description": r.description})
}

// token exchanges a code or a refresh token (RFC 6749, sections 4.1.3 and 6).
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	values, status := form(w, r)
	if status != http.StatusOK {
		refusal{errInvalidRequest, "the body must be a form of at most 16 KiB"}.answer(w, http.StatusBadRequest)
		return
	}
	for _, given := range values {
		if len(given) > 1 {
			refusal{errInvalidRequest, "a parameter is given more than once"}.answer(w, http.StatusBadRequest)
			return
		}
		if len(given[0]) > MaxParameter {
			refusal{errInvalidRequest, "a parameter is too long"}.answer(w, http.StatusBadRequest)
			return
		}
	}
	if r.Header.Get("Authorization") != "" || values.Has("client_secret") || values.Get("client_id") != i.config.ClientID {
		w.Header().Set("WWW-Authenticate", `Basic realm="development"`)
		refusal{errInvalidClient, "client_id must be the configured public client, which has no secret"}.answer(w, http.StatusUnauthorized)
		return
	}
	var g grant
	var refused *refusal
	var scope, nonce string
	switch values.Get("grant_type") {
	case grantCode:
		g, refused = i.redeemCode(values)
		scope, nonce = g.scope, g.nonce
	case grantRefresh:
		g, refused = i.redeemRefresh(values) // without the nonce (OpenID Connect Core, section 12.2)
		scope = cmp.Or(strings.Join(strings.Fields(values.Get("scope")), " "), g.scope)
	case "":
		refused = &refusal{errInvalidRequest, "grant_type is required"}
	default:
		refused = &refusal{errUnsupportedGrantType, "grant_type must be authorization_code or refresh_token"}
	}
	if refused != nil {
		refused.answer(w, http.StatusBadRequest)
		return
	}
	i.issue(w, g, scope, nonce)
}

// redeemCode uses a code up, whatever comes of it: who has the code but not the
// verifier gets one guess.
func (i *Issuer) redeemCode(values url.Values) (grant, *refusal) {
	for _, name := range []string{"code", "redirect_uri", "code_verifier"} {
		if values.Get(name) == "" {
			return grant{}, &refusal{errInvalidRequest, name + " is required"}
		}
	}
	verifier := values.Get("code_verifier")
	if !isVerifier(verifier) {
		return grant{}, &refusal{errInvalidRequest, "code_verifier must have 43 to 128 unreserved characters"}
	}
	g, ok := i.codes.take(values.Get("code"), i.config.Now())
	if !ok {
		i.refresh.revoke(g.family) // a code that comes twice was stolen once (RFC 6749, section 4.1.2)
		return grant{}, &refusal{errInvalidGrant, "the code is unknown, used or over"}
	}
	sum := base64.RawURLEncoding.EncodeToString(digest(verifier))
	if values.Get("redirect_uri") != g.redirectURI || subtle.ConstantTimeCompare([]byte(sum), []byte(g.challenge)) != 1 {
		return grant{}, &refusal{errInvalidGrant, "the code was not made for this redirect_uri and code_verifier"}
	}
	return g, nil
}

// redeemRefresh uses a refresh token up; its successor, which keeps the scope of
// the sign-in, comes with the tokens.
func (i *Issuer) redeemRefresh(values url.Values) (grant, *refusal) {
	if values.Get("refresh_token") == "" {
		return grant{}, &refusal{errInvalidRequest, "refresh_token is required"}
	}
	token := values.Get("refresh_token")
	held := i.refresh.look(token)
	for scope := range strings.FieldsSeq(values.Get("scope")) {
		if held.scope != "" && !hasScope(held.scope, scope) {
			return grant{}, &refusal{errInvalidScope, "scope can only be narrowed with a refresh token"}
		}
	}
	g, ok := i.refresh.take(token, i.config.Now())
	if !ok {
		i.refresh.revoke(g.family)
		return grant{}, &refusal{errInvalidGrant, "the refresh token is unknown, used or over"}
	}
	return g, nil
}

// isVerifier keeps to the alphabet and the length of RFC 7636, section 4.1.
func isVerifier(v string) bool {
	return len(v) >= 43 && len(v) <= 128 && strings.Trim(v, letters+"-._~") == ""
}

// issue answers with the tokens of a grant.
func (i *Issuer) issue(w http.ResponseWriter, g grant, scope, nonce string) {
	access, err := i.accessToken(g.person, scope, g.signedIn)
	if err != nil {
		refusal{errServer, "no token could be made"}.answer(w, http.StatusInternalServerError)
		return
	}
	refresh, err := i.draw()
	if err != nil {
		refusal{errServer, "no token could be made"}.answer(w, http.StatusInternalServerError)
		return
	}
	body := map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(i.config.TokenLifetime / time.Second),
		"scope": scope, "refresh_token": refresh,
	}
	if hasScope(scope, scopeOpenID) {
		id, err := i.idToken(g, scope, nonce, access)
		if err != nil {
			refusal{errServer, "no token could be made"}.answer(w, http.StatusInternalServerError)
			return
		}
		body["id_token"] = id
	}
	now := i.config.Now()
	g.used, g.expires = false, now.Add(RefreshLifetime)
	i.refresh.put(refresh, g, now)
	answer(w, http.StatusOK, body)
}
