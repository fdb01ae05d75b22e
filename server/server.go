package server

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/uptrace/bunrouter"

	"github.com/superher/superher"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

// Limits of a request.
const (
	MaxBody        = 128 << 10        // bytes of a body
	MaxBatchBody   = 8 << 20          // bytes of a body with a batch of events
	MaxDepth       = 32               // nested objects and lists in a body
	MaxBatchDepth  = 1000             // the same of a body with a batch; each event in it has MaxDepth for itself
	MaxHeader      = 64 << 10         // bytes of a request line with its headers
	DefaultTimeout = 15 * time.Second // for an answer, where Config sets none
	ExportTimeout  = 10 * time.Minute // for an export or a reconciliation
	BodyTimeout    = 30 * time.Second // for a body to arrive, where Config sets none
)

// How long a connection may take, besides the time for the answer itself.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	writeGrace        = 10 * time.Second // to send what was answered in time
)

// ClickRecorder is what redirects need of a [clicks.Recorder]. Record must not
// wait for a store and must be safe for concurrent use. A shopper is sent on
// whatever it returns.
type ClickRecorder interface {
	Record(ctx context.Context, visit clicks.Visit) error
}

// Config is what the handler is made from.
type Config struct {
	Client         *superher.Client // Required.
	Clicks         ClickRecorder    // Required. Whoever runs it stops it after the server.
	BaseURL        string           // Required. Public origin of short URLs: "https://go.example.com", without a path.
	Log            *slog.Logger     // nil is silent. Gets no keys, addresses, queries or bodies.
	TrustedProxies []netip.Prefix   // Peers whose X-Forwarded-For is believed; none by default.
	Timeout        time.Duration    // For one answer; 0 means DefaultTimeout.
	BodyTimeout    time.Duration    // For a body to arrive, before the time for the answer begins; 0 means BodyTimeout.
	Now            func() time.Time // The clock of default periods and of durations; nil means time.Now.

	Verifier     auth.Verifier               // Of the tokens of people; nil: API keys only.
	SignIn       SignIn                      // Announced to the dashboard; empty without a Verifier.
	Rates        *Rates                      // How often who may ask; nil means DefaultRates.
	Ready        func(context.Context) error // An error makes /readyz say no; nil asks the store.
	Metrics      http.Handler                // Served at /metrics; nil: there are none.
	MetricsToken string                      // Bearer token that /metrics asks for; "" lets everybody read them.
}

// SignIn says where people sign in: the OpenID Connect issuer that Verifier
// trusts, and what this application is called there.
type SignIn struct {
	Issuer   string
	ClientID string
	Scope    string // default "openid email profile"
}

// server holds what every request shares.
type server struct {
	client  *superher.Client
	clicks  ClickRecorder
	base    string
	log     *slog.Logger
	trusted []netip.Prefix
	timeout time.Duration
	reading time.Duration // of a body
	now     func() time.Time
	router  *bunrouter.Router

	verifier                    auth.Verifier
	signIn                      SignIn
	ready                       func(context.Context) error
	metrics, explorerPage       http.Handler
	metricsToken                [32]byte // hash; zero: none is asked for
	callers, tenants, addresses *limiters
	batches                     *crowd
	routes                      []operation
	lost                        losses
	fixed                       fixed
}

// New returns the handler of the whole API, safe for concurrent use, or
// fault.Invalid naming every bad field of the configuration. The handler is a
// [Redirector] as well.
func New(config Config) (http.Handler, error) {
	base, err := config.check()
	if err != nil {
		return nil, err
	}
	config.fill()
	s := &server{
		client: config.Client, clicks: config.Clicks, base: base, log: config.Log, trusted: config.TrustedProxies,
		timeout: config.Timeout, reading: config.BodyTimeout, now: config.Now,
		verifier: config.Verifier, signIn: config.SignIn, ready: config.Ready, metrics: config.Metrics, explorerPage: newExplorer(),
	}
	if err := s.limit(*config.Rates); err != nil {
		return nil, err
	}
	if config.MetricsToken != "" {
		s.metricsToken = sha256.Sum256([]byte(config.MetricsToken))
	}
	s.fixed = s.newFixed()
	s.routes = s.operations()
	s.router = bunrouter.New(
		bunrouter.WithNotFoundHandler(s.noRoute), bunrouter.WithMethodNotAllowedHandler(s.noRoute),
	)
	for _, op := range s.routes {
		s.router.Handle(op.method, op.pattern, s.handle(op))
	}
	return s, nil
}

// limit sets up who may ask how often.
func (s *server) limit(rates Rates) (err error) {
	if s.callers, err = newLimiters("caller", rates.Caller); err != nil {
		return err
	}
	if s.tenants, err = newLimiters("tenant", rates.Tenant); err != nil {
		return err
	}
	if s.addresses, err = newLimiters("address", rates.Address); err != nil {
		return err
	}
	s.batches, err = newCrowd()
	return err
}

// check returns the origin of short URLs, or everything that is wrong.
func (config Config) check() (base string, err error) {
	var checks fault.Checks
	checks.That(config.Client != nil, "Client", "required", "Config.Client must be a superher client")
	checks.That(config.Clicks != nil, "Clicks", "required", "Config.Clicks must be a recorder of clicks")
	checks.That(config.Timeout >= 0, "Timeout", "out-of-range", "Config.Timeout must not be negative")
	checks.That(config.BodyTimeout >= 0, "BodyTimeout", "out-of-range", "Config.BodyTimeout must not be negative")
	if config.Rates != nil {
		config.Rates.Caller.check(&checks, "Rates.Caller")
		config.Rates.Tenant.check(&checks, "Rates.Tenant")
		config.Rates.Address.check(&checks, "Rates.Address")
	}
	base, err = parseBase(config.BaseURL)
	checks.Take("BaseURL", err)
	return base, checks.Err()
}

// fill sets what the host left open.
func (config *Config) fill() {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	if config.BodyTimeout == 0 {
		config.BodyTimeout = BodyTimeout
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rates == nil {
		rates := DefaultRates()
		config.Rates = &rates
	}
	if config.Ready == nil {
		config.Ready = config.Client.Ready
	}
	if config.SignIn.Issuer != "" && config.SignIn.Scope == "" {
		config.SignIn.Scope = "openid email profile"
	}
}

// CheckBaseURL refuses what Config.BaseURL refuses, with the same fault.Invalid
// "not-an-origin", before anything is opened.
func CheckBaseURL(text string) error {
	_, err := parseBase(text)
	return err
}

// parseBase returns the origin without a slash at its end.
func parseBase(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", fault.Bad("", "not-an-origin", "the base URL must be an http(s) origin like https://go.example.com")
	}
	return u.Scheme + "://" + u.Host, nil
}

// Limits returns an HTTP server for the handler with every limit set: of the
// headers and of the time to send them, of the time to send a body, of idle
// connections. The time to answer is the handler's own, for each request.
func Limits(h http.Handler, addr string) *http.Server {
	return &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		WriteTimeout:   readTimeout + DefaultTimeout + writeGrace, // until the handler sets its own
		MaxHeaderBytes: MaxHeader,
	}
}
