package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/superher/superher/adapters/cognito"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
)

// identitySettings say who vouches for people.
type identitySettings struct {
	settings  settings
	issuer    *string
	clients   *[]string
	keys      *string
	uses      *[]string
	scope     *string
	dev       *bool
	redirects *[]string
	anywhere  *bool
}

func (s settings) identity() identitySettings {
	i := identitySettings{
		settings: s,
		issuer:   s.web("oidc-issuer", "OpenID Connect `issuer` of the people's tokens, exactly as in their iss"),
		clients:  s.list("oidc-client-id", "`id` of this application there; may be repeated, the first one is for the dashboard"),
		keys:     s.web("oidc-jwks-url", "`URL` of the issuer's key set (default: the issuer and /.well-known/jwks.json)"),
		uses: s.list("oidc-token-use", "`kind` of token that is accepted: access and id, as Cognito makes them, or plain for issuers "+
			"that do not say; may be repeated (default access and id)"),
		scope: s.String("oidc-required-scope", "", "`scope` that every token must have; goes with --oidc-token-use access"),
		dev: s.Bool("dev-idp", false, "let anybody sign in as anybody, without a password, to try things out "+
			"(default: true where only this machine reaches the server and there is no --oidc-issuer)"),
		redirects: s.list("dev-redirect-uri", "further `address` that --dev-idp may send people back to; may be repeated"),
		anywhere:  s.Bool("dev-idp-anywhere", false, "allow --dev-idp even where strangers may reach it; they can then do everything"),
	}
	s.redacted["dev-redirect-uri"] = func(string) string { return shorten(*i.redirects) }
	return i
}

// shorten returns addresses as they may be shown.
func shorten(addresses []string) string {
	shown := make([]string, len(addresses))
	for i, a := range addresses {
		shown[i] = bare(a)
	}
	return strings.Join(shown, ", ")
}

// reach is who can come to the server.
type reach struct {
	private bool
	because string // what makes it public
}

// choose settles whether the development issuer is on. It never is beside a
// real one, and where strangers may come only if that is wanted in so many
// words.
func (i identitySettings) choose(who reach) (dev bool, err error) {
	s := i.settings
	wanted := s.given("dev-idp") && *i.dev
	if *i.issuer != "" {
		for _, name := range []string{"dev-idp", "dev-idp-anywhere", "dev-redirect-uri"} {
			if s.given(name) && (name != "dev-idp" || *i.dev) && (name != "dev-idp-anywhere" || *i.anywhere) {
				return false, s.wrong(name, "cannot stand beside "+s.named("oidc-issuer")+": it would let anybody in as anybody; remove one of the two")
			}
		}
		s.effective["dev-idp"] = "false"
		return false, nil
	}
	for _, name := range []string{"oidc-issuer", "oidc-client-id", "oidc-jwks-url", "oidc-token-use", "oidc-required-scope"} {
		if s.given(name) && name == "oidc-issuer" {
			return false, s.wrong(name, "is empty") // an unset variable must not let anybody in
		}
		if s.given(name) {
			return false, s.wrong(name, "needs --oidc-issuer")
		}
	}
	dev = wanted || !s.given("dev-idp") && who.private
	switch {
	case wanted && !who.private && !*i.anywhere:
		return false, s.wrong("dev-idp", "is refused, since "+who.because+
			" and strangers could sign in as admin; --dev-idp-anywhere allows that, --oidc-issuer names a real issuer instead")
	case *i.anywhere && !dev:
		return false, s.wrong("dev-idp-anywhere", "means nothing without --dev-idp")
	case s.given("dev-redirect-uri") && !dev:
		return false, s.wrong("dev-redirect-uri", "means nothing without --dev-idp, which is off, "+i.whyOff(who))
	}
	s.effective["dev-idp"] = "false"
	if dev {
		s.effective["dev-idp"] = "true"
	}
	return dev, nil
}

func (i identitySettings) whyOff(who reach) string {
	if i.settings.given("dev-idp") {
		return "as " + i.settings.named("dev-idp") + " says"
	}
	return "since " + who.because
}

// verifier returns the verifier for the configured issuer, or nil without one.
func (i identitySettings) verifier() (auth.Verifier, server.SignIn, error) {
	if *i.issuer == "" {
		return nil, server.SignIn{}, nil
	}
	config := cognito.Config{Issuer: *i.issuer, ClientIDs: *i.clients, JWKSURL: *i.keys, RequiredScope: *i.scope}
	for _, use := range *i.uses {
		if !slices.Contains([]cognito.Use{cognito.Access, cognito.ID, cognito.Plain}, cognito.Use(use)) {
			return nil, server.SignIn{}, i.settings.wrong("oidc-token-use", "must be access, id or plain")
		}
		config.TokenUses = append(config.TokenUses, cognito.Use(use))
	}
	v, err := cognito.New(config)
	if err != nil {
		return nil, server.SignIn{}, i.explain(err)
	}
	signIn := server.SignIn{Issuer: *i.issuer, ClientID: (*i.clients)[0], Scope: "openid email profile"}
	if *i.scope != "" {
		signIn.Scope += " " + *i.scope
	}
	return v, signIn, nil
}

// explain names the settings that the fields of an error came from.
func (i identitySettings) explain(err error) error {
	var all []error
	for _, f := range fault.Of(err).Fields {
		var name string
		switch f.Name {
		case "issuer":
			name = "oidc-issuer"
		case "client_ids":
			name = "oidc-client-id"
		case "jwks_url":
			name = "oidc-jwks-url"
		case "token_uses":
			name = "oidc-token-use"
		case "required_scope":
			name = "oidc-required-scope"
		default:
			return err
		}
		all = append(all, errors.New(i.settings.named(name)+": "+f.Detail))
	}
	if len(all) == 0 {
		return err
	}
	return misuse{errors.Join(all...)}
}
