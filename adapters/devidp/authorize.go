package devidp

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/superher/superher/fault"
)

// The error codes of RFC 6749 and OpenID Connect that are used here.
const (
	errInvalidRequest          = "invalid_request"
	errInvalidClient           = "invalid_client"
	errInvalidGrant            = "invalid_grant"
	errInvalidScope            = "invalid_scope"
	errInvalidToken            = "invalid_token"
	errAccessDenied            = "access_denied"
	errServer                  = "server_error"
	errUnsupportedGrantType    = "unsupported_grant_type"
	errUnsupportedResponseType = "unsupported_response_type"
	errLoginRequired           = "login_required"
	errRequestNotSupported     = "request_not_supported"
	errRequestURINotSupported  = "request_uri_not_supported"
)

// authorization is a request for a code that was found to be right.
type authorization struct {
	redirectURI, scope, state, nonce, challenge string
}

// refusal is an error of the protocol.
type refusal struct{ code, description string }

// authorize shows the people, and sends the browser back with a code for the
// one that was picked. Whatever the page carried along is checked again: a form
// is no safer than a link.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	values, ok := i.parameters(w, r)
	if !ok {
		return
	}
	// Before these two are known to be right nothing is sent anywhere, or this
	// page would forward to any address (RFC 6749, section 4.1.2.1).
	if !sole(values, "client_id") || values.Get("client_id") != i.config.ClientID {
		i.complain(w, http.StatusBadRequest, "Unknown client", "The client_id of the request is not the one that is configured here.")
		return
	}
	if !sole(values, "redirect_uri") || !slices.Contains(i.config.RedirectURIs, values.Get("redirect_uri")) {
		i.complain(w, http.StatusBadRequest, "Unknown redirect URI", "The redirect_uri of the request is not, byte for byte, one that is configured here.")
		return
	}
	request, refused := readAuthorization(values)
	switch {
	case refused != nil:
		i.sendBack(w, r, request, url.Values{"error": {refused.code}, "error_description": {refused.description}})
	case r.Method == http.MethodPost && values.Has("person"):
		i.pick(w, r, request, values)
	default:
		i.offer(w, request, values)
	}
}

// parameters reads the query of a GET or the form of a POST, never both.
func (i *Issuer) parameters(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	if r.Method != http.MethodPost {
		if len(r.URL.RawQuery) > MaxRequest {
			i.complain(w, http.StatusRequestURITooLong, "Request too long", "The query of the request is too long.")
			return nil, false
		}
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			i.complain(w, http.StatusBadRequest, "Malformed request", "The query of the request cannot be read.")
			return nil, false
		}
		return values, true
	}
	values, status := form(w, r)
	if status != http.StatusOK {
		i.complain(w, status, "Malformed request", "The form of the request cannot be read.")
		return nil, false
	}
	return values, true
}

// readAuthorization checks all but client and redirect URI. The answer carries
// redirect URI and state even where it is refused, for the way back.
func readAuthorization(values url.Values) (authorization, *refusal) {
	a := authorization{redirectURI: values.Get("redirect_uri"), nonce: values.Get("nonce"), challenge: values.Get("code_challenge")}
	state := values.Get("state")
	if len(values["state"]) > 1 || len(state) > MaxParameter || !visible(state) {
		return a, &refusal{errInvalidRequest, "state must be given once, in visible ASCII of at most 2048 bytes"}
	}
	a.state = state
	for _, name := range requestNames() {
		if len(values[name]) > 1 {
			return a, &refusal{errInvalidRequest, name + " is given more than once"}
		}
	}
	switch {
	case values.Get("request") != "":
		return a, &refusal{errRequestNotSupported, "request is not supported"}
	case values.Get("request_uri") != "":
		return a, &refusal{errRequestURINotSupported, "request_uri is not supported"}
	case values.Get("response_type") == "":
		return a, &refusal{errInvalidRequest, "response_type is required"}
	case values.Get("response_type") != "code":
		return a, &refusal{errUnsupportedResponseType, "response_type must be code"}
	case values.Get("response_mode") != "" && values.Get("response_mode") != "query":
		return a, &refusal{errInvalidRequest, "response_mode must be query"}
	case len(a.nonce) > MaxParameter || !visible(a.nonce):
		return a, &refusal{errInvalidRequest, "nonce must be visible ASCII of at most 2048 bytes"}
	case a.challenge == "":
		return a, &refusal{errInvalidRequest, "code_challenge is required (PKCE)"}
	case values.Get("code_challenge_method") != methodS256:
		return a, &refusal{errInvalidRequest, "code_challenge_method must be S256"}
	case !isSHA256(a.challenge):
		return a, &refusal{errInvalidRequest, "code_challenge must be the base64url of a SHA-256"}
	}
	a.scope = strings.Join(strings.Fields(values.Get("scope")), " ")
	if a.scope == "" {
		a.scope = allScopes // as Cognito does
	}
	for scope := range strings.FieldsSeq(a.scope) {
		if !hasScope(allScopes, scope) {
			return a, &refusal{errInvalidScope, "scope may hold openid, email and profile"}
		}
	}
	if slices.Contains(strings.Fields(values.Get("prompt")), "none") {
		return a, &refusal{errLoginRequired, "nobody stays signed in here: the page must be shown"}
	}
	return a, nil
}

// requestNames lists what a page carries from the request to the pick.
func requestNames() []string {
	return []string{
		"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
		"code_challenge", "code_challenge_method", "prompt", "request", "request_uri",
	}
}

func sole(values url.Values, name string) bool { return len(values[name]) == 1 }

func hasScope(scopes, one string) bool {
	return slices.Contains(strings.Fields(scopes), one)
}

func isSHA256(challenge string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	return err == nil && len(sum) == 32 && !strings.ContainsAny(challenge, "\r\n")
}

// pick makes the code for the chosen person.
func (i *Issuer) pick(w http.ResponseWriter, r *http.Request, a authorization, values url.Values) {
	if err := i.foreign.Check(r); err != nil {
		i.complain(w, http.StatusForbidden, "Not from this page", "Another site sent the choice. Nobody was signed in.")
		return
	}
	person, ok := i.person(values.Get("person"))
	if !ok || !sole(values, "person") {
		i.sendBack(w, r, a, url.Values{"error": {errAccessDenied}, "error_description": {"there is no such person"}})
		return
	}
	code, err := i.draw()
	family, failed := i.draw()
	if err != nil || failed != nil {
		i.sendBack(w, r, a, url.Values{"error": {errServer}, "error_description": {"no code could be made"}})
		return
	}
	now := i.config.Now()
	i.codes.put(code, grant{
		person: person, scope: a.scope, nonce: a.nonce, redirectURI: a.redirectURI, challenge: a.challenge,
		family: family, signedIn: now, expires: now.Add(CodeLifetime),
	}, now)
	i.sendBack(w, r, a, url.Values{"code": {code}})
}

func (i *Issuer) person(subject string) (Person, bool) {
	at := slices.IndexFunc(i.config.People, func(p Person) bool { return p.Subject == subject })
	if at < 0 {
		return Person{}, false
	}
	return i.config.People[at], true
}

// sendBack returns the browser to the client. The redirect URI keeps its own
// query.
func (i *Issuer) sendBack(w http.ResponseWriter, r *http.Request, a authorization, values url.Values) {
	if a.state != "" {
		values.Set("state", a.state)
	}
	values.Set("iss", i.base) // RFC 9207
	redirect(w, r, a.redirectURI, values)
}

func redirect(w http.ResponseWriter, r *http.Request, target string, values url.Values) {
	if len(values) > 0 {
		joint := "?"
		if strings.Contains(target, "?") {
			joint = "&"
		}
		target += joint + values.Encode()
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address of the next page holds a code
	http.Redirect(w, r, target, http.StatusSeeOther)
}

type field struct{ Name, Value string }

// view is what the page shows: a problem, or the people.
type view struct {
	Problem, Detail             string
	Client, RedirectURI, Action string
	Fields                      []field
	People                      []Person
	Tokens                      []holder
}

// holder is one of the people with an access token.
type holder struct {
	Person
	Token string
}

func (i *Issuer) preparePage() error {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return &fault.Error{Code: fault.Internal, Reason: "page-broken", Detail: "the page cannot be read", Err: err}
	}
	_, rest, _ := strings.Cut(pageSource, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	i.page, i.style = page, "'sha256-"+base64.StdEncoding.EncodeToString(digest(style))+"'"
	return nil
}

func (i *Issuer) offer(w http.ResponseWriter, a authorization, values url.Values) {
	v := view{Client: i.config.ClientID, RedirectURI: a.redirectURI, Action: i.base + "/authorize", People: i.config.People}
	for _, name := range requestNames() {
		if values.Has(name) {
			v.Fields = append(v.Fields, field{name, values.Get(name)})
		}
	}
	// Browsers follow the redirect after the form only to what form-action lists.
	i.show(w, http.StatusOK, v, "'self' "+originOf(a.redirectURI))
}

// welcome shows who there is, with tokens for those who try the API by hand.
func (i *Issuer) welcome(w http.ResponseWriter, _ *http.Request) {
	v := view{Action: i.base + "/authorize"}
	for _, person := range i.config.People {
		token, err := i.Token(person.Subject)
		if err != nil {
			http.Error(w, "No token can be made.", http.StatusInternalServerError)
			return
		}
		v.Tokens = append(v.Tokens, holder{person, token})
	}
	i.show(w, http.StatusOK, v, "'none'")
}

func (i *Issuer) complain(w http.ResponseWriter, status int, problem, detail string) {
	i.show(w, status, view{Problem: problem, Detail: detail}, "'none'")
}

func (i *Issuer) show(w http.ResponseWriter, status int, v view, formAction string) {
	var page bytes.Buffer
	if err := i.page.Execute(&page, v); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src "+i.style+
		"; form-action "+formAction+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // with none a browser would call our own form foreign
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // nobody is left to hear of a lost connection
}
