package devidp

import (
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	scopeOpenID  = "openid"
	scopeEmail   = "email"
	scopeProfile = "profile"
	allScopes    = scopeOpenID + " " + scopeEmail + " " + scopeProfile

	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	methodS256   = "S256"
)

// discovery serves the metadata of OpenID Connect Discovery 1.0 and RFC 8414.
func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                i.base,
		"authorization_endpoint":                i.base + "/authorize",
		"token_endpoint":                        i.base + "/token",
		"userinfo_endpoint":                     i.base + "/userinfo",
		"end_session_endpoint":                  i.base + "/logout",
		"jwks_uri":                              i.base + "/.well-known/jwks.json",
		"scopes_supported":                      strings.Fields(allScopes),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{grantCode, grantRefresh},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
		"token_endpoint_auth_methods_supported": []string{"none"},
		"code_challenge_methods_supported":      []string{methodS256},
		"claims_supported": []string{
			"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "token_use", "email", "email_verified", "name", "cognito:groups", "cognito:username",
		},
		"prompt_values_supported":                        []string{"none", "login", "select_account"},
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
}
