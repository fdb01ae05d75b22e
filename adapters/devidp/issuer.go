package devidp

import (
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/superher/superher/fault"
)

//go:embed page.html
var pageSource string

// Issuer is an OpenID Connect issuer for development. It is an http.Handler for
// all paths below that of its issuer URL, and safe for concurrent use.
type Issuer struct {
	config  Config
	base    string // scheme, host and path, what tokens call iss
	host    string // the only one that is answered
	prefix  string
	mux     *http.ServeMux
	page    *template.Template
	style   string // the source of the page's style in its policy
	key     jose.JSONWebKey
	signer  jose.Signer
	origins []string // of the redirect URIs
	codes   *grants
	refresh *grants
	foreign *http.CrossOriginProtection

	drawing sync.Mutex // over config.Rand
}

// New checks the config and returns the issuer. The error is fault.Invalid with
// every bad field.
func New(c Config) (*Issuer, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	i := &Issuer{
		config: c, base: c.IssuerURL, mux: http.NewServeMux(), codes: newGrants(), refresh: newGrants(),
		foreign: http.NewCrossOriginProtection(),
	}
	scheme, rest, _ := strings.Cut(c.IssuerURL, "://")
	host, path, found := strings.Cut(rest, "/")
	if found {
		i.prefix = "/" + path
	}
	i.host = plainHost(scheme, host)
	for _, uri := range c.RedirectURIs {
		if origin := originOf(uri); !slices.Contains(i.origins, origin) {
			i.origins = append(i.origins, origin)
		}
	}
	if err := i.prepareKey(); err != nil {
		return nil, err
	}
	if err := i.preparePage(); err != nil {
		return nil, err
	}
	i.route()
	return i, nil
}

// Issuer returns the issuer URL, which is the iss of the tokens.
func (i *Issuer) Issuer() string { return i.base }

// prepareKey names the key by its thumbprint (RFC 7638): another key never has
// the same name, so a verifier that knows the old one asks for the new.
func (i *Issuer) prepareKey() error {
	i.key = jose.JSONWebKey{Key: i.config.Key, Algorithm: string(jose.RS256), Use: "sig"}
	sum, err := i.key.Thumbprint(sha256Hash)
	if err != nil {
		return fault.Bad("key", "not-a-key", "key cannot be used")
	}
	i.key.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	i.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: i.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return fault.Bad("key", "not-a-key", "key cannot be used")
	}
	return nil
}

func (i *Issuer) route() {
	welcome := map[string]http.HandlerFunc{http.MethodGet: i.welcome}
	i.handle("/{$}", browser, welcome)
	if i.prefix != "" {
		i.handle("", browser, welcome)
	}
	i.handle("/.well-known/openid-configuration", shared, map[string]http.HandlerFunc{http.MethodGet: i.discovery})
	i.handle("/.well-known/jwks.json", shared, map[string]http.HandlerFunc{http.MethodGet: i.keys})
	i.handle("/authorize", browser, map[string]http.HandlerFunc{http.MethodGet: i.authorize, http.MethodPost: i.authorize})
	i.handle("/token", script, map[string]http.HandlerFunc{http.MethodPost: i.token})
	i.handle("/userinfo", script, map[string]http.HandlerFunc{http.MethodGet: i.userinfo, http.MethodPost: i.userinfo})
	i.handle("/logout", browser, map[string]http.HandlerFunc{http.MethodGet: i.logout, http.MethodPost: i.logout})
}

// reader is who a path is for.
type reader int

const (
	browser reader = iota // a person's browser, never a script of another origin
	script                // scripts of the client's origins
	shared                // those, and servers that know this one by another name
)

// handle serves one path. A path for scripts answers the preflight of a browser.
func (i *Issuer) handle(path string, who reader, methods map[string]http.HandlerFunc) {
	allowed := make([]string, 0, len(methods)+1)
	for method := range methods {
		allowed = append(allowed, method)
	}
	if who != browser {
		allowed = append(allowed, http.MethodOptions)
	}
	slices.Sort(allowed)
	allow := strings.Join(allowed, ", ")
	i.mux.HandleFunc(i.prefix+path, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if who != shared && plainHost(scheme(r, i.base), r.Host) != i.host {
			http.Error(w, "This development issuer answers at "+i.base+" only.", http.StatusMisdirectedRequest)
			return
		}
		if who != browser {
			i.letScriptsRead(h, r, allow)
		}
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet // net/http drops the body
		}
		if method == http.MethodOptions && who != browser {
			h.Set("Allow", allow)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		serve, ok := methods[method]
		if !ok {
			h.Set("Allow", allow)
			http.Error(w, "Method not allowed.", http.StatusMethodNotAllowed)
			return
		}
		serve(w, r)
	})
}

// scheme is how the request came, as far as it can be known: behind a proxy
// only the issuer URL tells.
func scheme(r *http.Request, base string) string {
	if r.TLS != nil {
		return "https"
	}
	name, _, _ := strings.Cut(base, "://")
	return name
}

// letScriptsRead opens an answer to the origins of the redirect URIs.
func (i *Issuer) letScriptsRead(h http.Header, r *http.Request, allow string) {
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(i.origins, origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", allow)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
	}
}

// ServeHTTP implements http.Handler.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.mux.ServeHTTP(w, r) }

// draw returns 256 random bits as text.
func (i *Issuer) draw() (string, error) {
	i.drawing.Lock()
	defer i.drawing.Unlock()
	var b [32]byte
	if _, err := io.ReadFull(i.config.Rand, b[:]); err != nil {
		return "", &fault.Error{Code: fault.Internal, Reason: "no-randomness", Detail: "the source of randomness failed", Err: err}
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "The answer cannot be written.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // nobody is left to hear of a lost connection
}
