package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/server"
)

const (
	defaultAddr  = "127.0.0.1:8080"
	defaultDrain = 5 * time.Second  // for balancers to look at /readyz
	defaultStop  = 14 * time.Second // orchestrators wait 30, systemd 90, and we promise 15
)

// serve is the command.
func (p program) serve(s settings) func(context.Context) error {
	d := s.database()
	waiting := s.clicks()
	o := p.hosting(s, slog.LevelInfo)
	return func(ctx context.Context) error {
		if err := d.choose(); err != nil {
			return err
		}
		if err := waiting.choose(*d.file); err != nil {
			return err
		}
		h, err := o.open(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = h.listener.Close() }() // a second time where the server did it already
		opened, err := d.open(ctx)
		if err != nil {
			return err
		}
		if err := warnOfRole(ctx, opened, h.log); err != nil {
			return errors.Join(err, opened.Close())
		}
		fmt.Fprintf(p.stdout, "superher serves %s with these settings:\n", d)
		s.summary(p.stdout, true)
		if h.dev {
			keyFile := "" // of a database elsewhere, nothing is left here
			if *d.url == "" {
				keyFile = *d.file + ".dev-idp.pem"
			}
			if h.issuer, err = h.develop(keyFile, []role{admin(), pending()}); err != nil {
				return errors.Join(err, opened.Close())
			}
			fmt.Fprintf(p.stdout, "development issuer  %s  (client %s, people: admin, pending)\n", h.issuer.Issuer.Issuer(), devClient)
		}
		if h.clicks, err = waiting.open(ctx, h.log); err != nil {
			return errors.Join(err, opened.Close())
		}
		err = h.run(ctx, opened, func(*superher.Client) error {
			_, err := fmt.Fprintf(p.stdout, "superher is ready on http://%s\n", h.reachable())
			return err
		})
		return errors.Join(err, opened.Close())
	}
}

// hosting are the settings of a host.
type hosting struct {
	program

	settings                settings
	addr, base              *string
	proxies                 *[]netip.Prefix
	level                   *slog.Level
	format                  *string
	timeout, stop, drain    *time.Duration
	caller, tenant, address *server.Rate
	identity                identitySettings
	telemetry               telemetrySettings
	totals                  totalsSettings
}

// hosting adds them.
func (p program) hosting(s settings, level slog.Level) hosting {
	rates := server.DefaultRates()
	s.redacted["base-url"] = bare
	return hosting{
		program: p, settings: s,
		addr:    s.String("addr", defaultAddr, "`address` to listen on; port 0 takes a free one"),
		base:    s.String("base-url", "", "public `origin` of short URLs, like https://go.example.com (default: the address)"),
		proxies: s.proxies("trusted-proxy", "`network` of proxies whose X-Forwarded-For is believed; may be repeated"),
		level:   s.level(level),
		format:  s.choice("log-format", "text", "`form` of the log: text or json", "text", "json"),
		timeout: s.span("timeout", server.DefaultTimeout, time.Second, 10*time.Minute, "`time` for one answer; exports have ten minutes"),
		stop: s.span("shutdown-timeout", defaultStop, time.Second, time.Hour,
			"`time` from the signal to the end, --drain included; then what still runs is cut off"),
		drain: s.span("drain", 0, 0, time.Hour,
			"`time` from the signal on in which /readyz says no and requests are taken (default 5s, or 0s where only this machine reaches the server)"),
		caller:    s.limit("rate-caller", rates.Caller, "requests per second and at once of one API key or person, like `500/1000`, or off"),
		tenant:    s.limit("rate-tenant", rates.Tenant, "the same of one advertiser, like `1000/2000`, or off"),
		address:   s.limit("rate-address", rates.Address, "the same of one address, for requests without a valid credential or code, like `1/100`, or off"),
		identity:  s.identity(),
		telemetry: s.telemetry(),
		totals:    s.totals(),
	}
}

// open checks the settings and listens.
func (o hosting) open(ctx context.Context) (*host, error) {
	s := o.settings
	if s.given("base-url") && server.CheckBaseURL(*o.base) != nil {
		return nil, s.wrong("base-url", "must be an http(s) origin like https://go.example.com")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *o.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, s.wrongNow("addr", *o.addr+" is taken by another program; choose another port, or 127.0.0.1:0 for a free one")
	}
	if err != nil {
		return nil, s.wrongNow("addr", err.Error())
	}
	h := &host{hosting: o, listener: listener, base: *o.base}
	if h.base == "" {
		h.base = "http://" + h.reachable()
		s.effective["base-url"] = h.base
	}
	s.effective["addr"] = listener.Addr().String()
	if err := h.settle(ctx); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return h, nil
}

// settle decides what depends on who can reach the host.
func (h *host) settle(ctx context.Context) (err error) {
	s, who := h.settings, h.reach()
	if !s.given("drain") && !who.private {
		*h.drain = min(defaultDrain, *h.stop/2)
		s.effective["drain"] = h.drain.String()
	}
	if *h.drain >= *h.stop {
		return s.wrong("drain", "must be less than --shutdown-timeout")
	}
	if h.dev, err = h.identity.choose(who); err != nil {
		return err
	}
	if h.verifier, h.signIn, err = h.identity.verifier(); err != nil {
		return err
	}
	metrics, err := h.hosting.telemetry.choose(who.private)
	if err != nil {
		return err
	}
	exporter, err := h.hosting.telemetry.exporter(ctx)
	if err != nil {
		return err
	}
	h.log = newLog(h.stderr, *h.format, *h.level)
	h.telemetry, err = newTelemetry(h.log, exporter, *h.hosting.telemetry.ratio, metrics)
	if metrics && !who.private && *h.hosting.telemetry.token == "" {
		h.log.Warn("/metrics answers everybody; --metrics-token asks for a token")
	}
	return err
}

// reach says whether anybody but this machine can come here: by the address, by
// the name that the server has in public, or through a proxy.
func (h *host) reach() reach {
	at, ok := h.listener.Addr().(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() {
		return reach{because: h.settings.named("addr") + " is not a loopback address"}
	}
	u, err := url.Parse(h.base)
	if err != nil || !loopback(u.Hostname()) {
		return reach{because: h.settings.named("base-url") + " is a public address"}
	}
	if len(*h.proxies) > 0 {
		return reach{because: h.settings.named("trusted-proxy") + " names a proxy in front"}
	}
	return reach{private: true}
}

// loopback reports whether a host is this machine.
func loopback(name string) bool {
	if name == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(name)
	return err == nil && address.Unmap().IsLoopback()
}
