package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
)

const (
	defaultAddr  = "127.0.0.1:8080"
	saltsEvery   = time.Hour
	saltsTimeout = time.Minute
	stopTimeout  = 20 * time.Second // for requests that are still being answered
)

// host is an HTTP server on its way: it listens, but nobody answers yet.
type host struct {
	listener net.Listener
	base     string // origin of short URLs
	baseFrom string // the setting it was given by
	proxies  []netip.Prefix
	log      *slog.Logger
}

// listening adds the settings of a host; open is called once they are parsed.
func (p program) listening(s settings, level slog.Level) (open func(context.Context) (*host, error)) {
	addr := s.String("addr", defaultAddr, "`address` to listen on; port 0 takes a free one")
	base := s.String("base-url", "", "public `origin` of short URLs, like https://go.example.com (default: the address)")
	proxies := s.proxies("trusted-proxy", "`network` of proxies whose X-Forwarded-For is believed; may be repeated")
	least := s.level(level)
	return func(ctx context.Context) (*host, error) {
		if *base != "" && server.CheckBaseURL(*base) != nil {
			return nil, s.wrong("base-url", "must be an http(s) origin like https://go.example.com")
		}
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, s.wrongNow("addr", *addr+" is taken by another program; choose another port, or 127.0.0.1:0 for a free one")
		}
		if err != nil {
			return nil, s.wrongNow("addr", err.Error())
		}
		h := &host{listener: listener, base: *base, baseFrom: s.named("base-url"), proxies: *proxies}
		h.log = slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: *least}))
		if h.base == "" {
			h.base = "http://" + h.reachable()
		}
		return h, nil
	}
}

// wrongNow is an error about a setting that makes sense, but not here and now.
func (s settings) wrongNow(name, detail string) error {
	return fmt.Errorf("%s: %s", s.named(name), detail)
}

// reachable is an address at which this machine itself finds the host.
func (h *host) reachable() string {
	at, ok := h.listener.Addr().(*net.TCPAddr)
	if !ok {
		return h.listener.Addr().String()
	}
	if at.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", at.Port)
	}
	return at.String()
}

// serve is the command.
func (p program) serve(ctx context.Context, args []string) error {
	s := p.settings("serve")
	d := s.database()
	listen := p.listening(s, slog.LevelInfo)
	if err := s.parse(args); err != nil {
		return err
	}
	if err := d.choose(); err != nil {
		return err
	}
	h, err := listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = h.listener.Close() }() // a second time where the server did it already
	opened, err := d.open(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "database         %s\nshort URLs       %s/r/…\ntrusted proxies  %s\n", d, h.base, h.trusted())
	err = h.run(ctx, opened, func(*superher.Client) error {
		_, err := fmt.Fprintf(p.stdout, "superher is ready on http://%s\n", h.reachable())
		return err
	})
	return errors.Join(err, opened.Close())
}

func (h *host) trusted() string {
	names := make([]string, len(h.proxies))
	for i, p := range h.proxies {
		names[i] = p.String()
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// run answers requests until ctx is done, then ends in order: it takes no new
// ones, finishes those it has, and writes the clicks that are still waiting.
// ready is called when the first request would be answered.
func (h *host) run(ctx context.Context, opened storage.Store, ready func(*superher.Client) error) error {
	client, err := superher.New(superher.Config{Store: opened})
	if err != nil {
		return err
	}
	clicks := client.NewClickBuffer(0, h.log)
	handler, err := server.New(server.Config{
		Client: client, Clicks: clicks, BaseURL: h.base, Log: h.log, TrustedProxies: h.proxies,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", h.baseFrom, err) // all else is of our own making
	}
	web := server.Limits(handler, h.listener.Addr().String())
	web.ErrorLog = slog.NewLogLogger(h.log.Handler(), slog.LevelDebug) // it names peers, which the log otherwise never does

	// Clicks and salts go on while requests do, and end after them.
	behind, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	written, served := make(chan error, 1), make(chan error, 1)
	swept := make(chan struct{})
	go func() { written <- clicks.Run(behind) }()
	go func() { defer close(swept); h.sweep(behind, client) }()
	go func() { served <- web.Serve(h.listener) }()

	failed := ready(client)
	if failed == nil {
		select {
		case <-ctx.Done():
		case failed = <-served:
		}
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := web.Shutdown(grace); err != nil {
		failed = errors.Join(failed, fmt.Errorf("requests were cut off, they took longer than %s", stopTimeout), web.Close())
	}
	end()
	<-swept
	failed = errors.Join(failed, <-written)
	if shed := clicks.Shed(); shed > 0 {
		h.log.Error("clicks were lost", "count", shed)
	}
	return failed
}

// sweep deletes the salts of past days, so that their visitors stay unknown.
func (h *host) sweep(ctx context.Context, client *superher.Client) {
	tick := time.NewTicker(saltsEvery)
	defer tick.Stop()
	for {
		one, cancel := context.WithTimeout(ctx, saltsTimeout)
		if err := client.DropSalts(one); err != nil && ctx.Err() == nil {
			h.log.Error("visitor salts could not be deleted; the next try is in an hour", "error", err)
		}
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
