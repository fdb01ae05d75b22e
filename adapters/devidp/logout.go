package devidp

import (
	"net/http"
	"net/url"
	"slices"
)

// logout sends the browser on after signing out, either as Cognito does
// (client_id and logout_uri) or as OpenID Connect's RP-Initiated Logout does
// (post_logout_redirect_uri with client_id or id_token_hint). There is no
// session here to end: the client drops its tokens.
func (i *Issuer) logout(w http.ResponseWriter, r *http.Request) {
	values, ok := i.parameters(w, r)
	if !ok {
		return
	}
	for _, name := range []string{"client_id", "logout_uri", "post_logout_redirect_uri", "id_token_hint", "state"} {
		if len(values[name]) > 1 {
			i.complain(w, http.StatusBadRequest, "Malformed request", "A parameter is given more than once.")
			return
		}
	}
	if !i.knowsClient(values) {
		i.complain(w, http.StatusBadRequest, "Unknown client", "The client_id or the id_token_hint of the request is not of the client that is configured here.")
		return
	}
	target, state := values.Get("logout_uri"), ""
	if target == "" {
		target, state = values.Get("post_logout_redirect_uri"), values.Get("state")
	}
	if target == "" {
		i.show(w, http.StatusOK, view{Problem: "Signed out", Detail: "You can close this page."}, "'none'")
		return
	}
	if !slices.Contains(i.config.LogoutURIs, target) || !values.Has("client_id") && !values.Has("id_token_hint") {
		i.complain(w, http.StatusBadRequest, "Unknown logout URI", "The address to go to is not, byte for byte, one that is configured here, or no client asks for it.")
		return
	}
	back := url.Values{}
	if state != "" {
		back.Set("state", state)
	}
	redirect(w, r, target, back)
}

// knowsClient takes what names the client, if anything does. A hint may be over:
// whoever signs out late has an old one.
func (i *Issuer) knowsClient(values url.Values) bool {
	if values.Has("client_id") && values.Get("client_id") != i.config.ClientID {
		return false
	}
	if !values.Has("id_token_hint") {
		return true
	}
	claims, ok := i.read(values.Get("id_token_hint"))
	return ok && claims.Use == useID && claims.Aud == i.config.ClientID
}
