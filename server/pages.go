package server

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"net/http"

	"github.com/swaggest/swgui"
	swaggerui "github.com/swaggest/swgui/v5emb"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

//go:embed openapi.yaml
var openapi []byte

// health says that the process answers; it looks at nothing else.
func (s *server) health(c *call) error {
	return c.finish(http.StatusOK, state{"ok"}, nil)
}

// state is the answer of the two probes.
type state struct {
	Status string `json:"status"`
}

// readiness says whether requests should be sent here.
func (s *server) readiness(c *call) error {
	if err := s.ready(c.r.Context()); err != nil {
		s.log.WarnContext(c.r.Context(), "not ready", "request_id", c.w.id, "error", err.Error())
		return fault.New(fault.Unavailable, "not-ready", "this server takes no requests at the moment")
	}
	return c.finish(http.StatusOK, state{"ready"}, nil)
}

// measures serves the host's metrics, to whoever has the token for them.
func (s *server) measures(c *call) error {
	if s.metrics == nil {
		return refuse(http.StatusNotFound, fault.New(fault.NotFound, "no-such-route", "there is no such route"))
	}
	if s.metricsToken != ([32]byte{}) && !c.mayMeasure() {
		return c.stranger(auth.InvalidCredential(nil))
	}
	s.metrics.ServeHTTP(c.w, c.r)
	return nil
}

// mayMeasure reports whether the request has the token for the metrics.
func (c *call) mayMeasure() bool {
	values := c.r.Header.Values("Authorization")
	if len(values) != 1 {
		return false
	}
	token, err := auth.BearerToken(values[0])
	hash := sha256.Sum256([]byte(token))
	return err == nil && subtle.ConstantTimeCompare(hash[:], c.s.metricsToken[:]) == 1
}

// appConfig tells the dashboard, and every other client, where people sign in.
func (s *server) appConfig(c *call) error {
	type signIn struct {
		Issuer   string `json:"issuer"`
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
	}
	out := struct {
		API    string  `json:"api"`
		SignIn *signIn `json:"sign_in"` // null: this server knows API keys only
	}{API: apiPrefix}
	if s.signIn.Issuer != "" {
		out.SignIn = &signIn{s.signIn.Issuer, s.signIn.ClientID, s.signIn.Scope}
	}
	return c.finish(http.StatusOK, out, nil)
}

// contract serves the OpenAPI document.
func (s *server) contract(c *call) error {
	c.send(http.StatusOK, "application/yaml", openapi)
	return nil
}

// explorerPolicy lets the explorer run its own scripts and speak to this server
// alone. Its page has a script in it.
const explorerPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// explorer serves the page on which the API can be tried with a token or a key.
func (s *server) explorer(c *call) error {
	c.w.Header().Set("Content-Security-Policy", explorerPolicy)
	s.explorerPage.ServeHTTP(c.w, c.r)
	return nil
}

func newExplorer() http.Handler {
	return swaggerui.NewHandlerWithConfig(swgui.Config{
		Title: "superher API", SwaggerJSON: "/openapi.yaml", BasePath: "/explorer", HideCurl: false, JsonEditor: false,
	})
}
