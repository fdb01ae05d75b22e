package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
)

const (
	sweepEvery   = time.Hour
	sweepTimeout = time.Minute
)

// host is an HTTP server on its way: it listens, but nobody answers yet.
type host struct {
	hosting

	listener  net.Listener
	base      string // origin of short URLs
	log       *slog.Logger
	telemetry *telemetry
	verifier  auth.Verifier // nil: the development issuer's, or none
	signIn    server.SignIn
	dev       bool         // the development issuer is to be on
	issuer    *development // where it is
	clicks    recorder     // open; run closes it
	leaving   atomic.Bool  // no more requests, please
}

func newLog(out io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(otel.Handler(slog.NewJSONHandler(out, options)))
	}
	return slog.New(otel.Handler(slog.NewTextHandler(out, options)))
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

// run answers requests until ctx is done, then ends in order. ready is called
// when the first request would be answered.
func (h *host) run(ctx context.Context, opened storage.Store, ready func(*superher.Client) error) (err error) {
	defer func() { err = errors.Join(err, h.clicks.close()) }()
	client, cache, err := h.client(opened)
	if err != nil {
		return err
	}
	handler, err := h.handler(client)
	if err != nil {
		return err
	}
	if err := h.telemetry.measure(h.clicks); err != nil {
		return err
	}
	if h.issuer != nil {
		if err := h.issuer.people(ctx, client); err != nil {
			return err
		}
		h.issuer.warn(h.stderr, !h.reach().private)
		h.log.Warn("the development issuer is on: anybody who reaches this server signs in as anybody, without a password",
			"issuer", h.issuer.Issuer.Issuer(), "open_to_other_machines", !h.reach().private)
	}
	keeper, err := h.keeper(client)
	if err != nil {
		return err
	}
	web := server.Limits(handler, h.listener.Addr().String())
	web.ErrorLog = slog.NewLogLogger(h.log.Handler(), slog.LevelDebug) // it names peers, which the log otherwise never does

	// Clicks are written and old things swept while requests are answered, and after them.
	behind, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	w := work{web: web, end: end, written: make(chan error, 1), served: make(chan error, 1), swept: make(chan struct{})}
	go func() { w.written <- h.clicks.Run(behind, client.RecordClicks) }()
	go func() {
		defer close(w.swept)
		var all sync.WaitGroup
		all.Go(func() { cache.Run(behind) })
		all.Go(func() { h.sweep(behind, client) })
		all.Go(func() { keeper.Run(behind) })
		all.Wait()
	}()
	go func() { w.served <- web.Serve(h.listener) }()

	failed := ready(client)
	stopped := false
	if failed == nil {
		select {
		case <-ctx.Done():
			stopped = true
		case failed = <-w.served:
		}
	}
	return errors.Join(failed, h.leave(context.WithoutCancel(ctx), w, stopped))
}

// client is superher on a store that tells of itself, with a cache of links
// outermost: what that knows costs no telemetry.
func (h *host) client(opened storage.Store) (*superher.Client, *linkcache.Store, error) {
	told, err := otel.Store(opened, h.telemetry.ports())
	if err != nil {
		return nil, nil, err
	}
	config := linkcache.Config{Store: told, Log: h.log}
	if watched, ok := opened.(interface {
		WatchLinks(ctx context.Context, changed func(links.Code), complete func(until time.Time)) error
	}); ok {
		config.Watch = watched.WatchLinks
	}
	cache, err := linkcache.New(config)
	if err != nil {
		return nil, nil, err
	}
	client, err := superher.New(superher.Config{Store: cache})
	return client, cache, err
}

// handler is the API with all that stands around it.
func (h *host) handler(client *superher.Client) (http.Handler, error) {
	verifier, signIn := h.verifier, h.signIn
	var err error
	if h.issuer != nil {
		if verifier, signIn, err = h.issuer.verifier(); err != nil {
			return nil, fmt.Errorf("%s: %w", h.settings.named("base-url"), err)
		}
	}
	if verifier != nil {
		if verifier, err = otel.Verifier(verifier, h.telemetry.ports()); err != nil {
			return nil, err
		}
	}
	api, err := server.New(server.Config{
		Client: client, Clicks: h.clicks, BaseURL: h.base, Log: h.log, TrustedProxies: *h.proxies, Timeout: *h.timeout,
		Verifier: verifier, SignIn: signIn, Rates: &server.Rates{Caller: *h.caller, Tenant: *h.tenant, Address: *h.address},
		Ready: h.ready(client), Metrics: h.telemetry.metrics, MetricsToken: *h.hosting.telemetry.token,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.settings.named("base-url"), err) // all else is of our own making
	}
	redirects, _ := api.(server.Redirector)
	if h.issuer != nil {
		api = h.issuer.before(api, !h.reach().private)
	}
	return h.telemetry.redirecting(redirects, h.telemetry.around(api, *h.proxies)), nil
}

// ready says no from the signal on, so that balancers go elsewhere while this
// server still answers.
func (h *host) ready(client *superher.Client) func(context.Context) error {
	return func(ctx context.Context) error {
		if h.leaving.Load() {
			return fault.New(fault.Unavailable, "stopping", "this server is stopping")
		}
		return client.Ready(ctx)
	}
}

// work is what goes on while a host runs.
type work struct {
	web             *http.Server
	end             context.CancelFunc
	written, served chan error
	swept           chan struct{}
}

// leave ends in order: readiness goes off, requests are still taken for the time
// of the drain, those under way are finished, then the clicks and the telemetry
// that wait are written. Nothing lasts beyond the time to stop; of the last of
// it each step leaves a part for the next.
func (h *host) leave(ctx context.Context, w work, stopped bool) (failed error) {
	h.leaving.Store(true)
	h.log.Info("stopping", "drain", h.drain.String(), "at_most", h.stop.String())
	end := time.Now().Add(*h.stop)
	if stopped && *h.drain > 0 {
		select {
		case <-time.After(*h.drain):
		case failed = <-w.served:
		}
	}
	rest := time.Until(end)
	grace, cancel := context.WithTimeout(ctx, rest*3/4)
	defer cancel()
	if err := w.web.Shutdown(grace); err != nil {
		failed = errors.Join(failed, errors.New("requests were cut off at the end of --shutdown-timeout"), w.web.Close())
	}
	w.end()
	late, stop := context.WithDeadline(ctx, end.Add(-rest/16))
	defer stop()
	select {
	case err := <-w.written:
		failed = errors.Join(failed, err)
		<-w.swept
	case <-late.Done():
		if h.clicks.keeps == "" {
			failed = errors.Join(failed, errors.New("clicks were lost: the store did not take them before the end of --shutdown-timeout"))
		}
	}
	stats := h.clicks.Stats()
	if stats.Shed > 0 {
		h.log.Error("clicks were lost", "count", stats.Shed)
	}
	if stats.Waiting > 0 && h.clicks.keeps != "" {
		h.log.Warn("the store did not take the last clicks; they are kept and stored after the next start", "count", stats.Waiting, "in", h.clicks.keeps)
	}
	last, done := context.WithDeadline(ctx, end)
	defer done()
	if err := h.telemetry.close(last); err != nil {
		h.log.Warn("the last telemetry was lost", "error", err.Error()) // no reason to fail: the work is done
	}
	h.log.Info("stopped")
	return failed
}

// sweep forgets what has outlived its time, such as the salts of past days by
// which their visitors could be told.
func (h *host) sweep(ctx context.Context, client *superher.Client) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		one, cancel := context.WithTimeout(ctx, sweepTimeout)
		if err := client.Sweep(one); err != nil && ctx.Err() == nil {
			h.log.Error("what is out of date could not be deleted; the next try is in an hour", "error", err)
		}
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
