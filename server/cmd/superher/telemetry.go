package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	otelport "github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/server"
)

const (
	serviceName   = "superher"
	exportTimeout = 5 * time.Second // of one batch of spans
)

// telemetrySettings are what is told of the work, and to whom.
type telemetrySettings struct {
	settings       settings
	metrics, token *string
	endpoint       *string
	ratio          *float64
}

func (s settings) telemetry() telemetrySettings {
	return telemetrySettings{
		settings: s,
		metrics:  s.choice("metrics", "", "serve /metrics for Prometheus, `on or off` (default: on, where only this machine can ask or --metrics-token is given)", "on", "off"),
		token:    s.secret("metrics-token", "bearer `token` that /metrics asks for"),
		endpoint: s.web("otlp-endpoint", "`URL` that takes traces by OTLP over HTTP, like http://collector:4318 (default: nobody takes any)"),
		ratio:    s.share("trace-ratio", 1, "`share` of the requests that are traced, from 0 to 1"),
	}
}

// choose settles whether there are metrics, on a server that only this machine
// reaches, or not.
func (t telemetrySettings) choose(private bool) (metrics bool, err error) {
	s := t.settings
	metrics = *t.metrics == "on" || *t.metrics == "" && (private || *t.token != "")
	switch {
	case *t.metrics == off && *t.token != "":
		return false, s.wrong("metrics-token", "is given beside "+s.named("metrics")+" off")
	case s.given("metrics-token") && *t.token == "":
		return false, s.wrong("metrics-token", "is empty") // an unset variable must not open the metrics
	}
	if _, err := auth.BearerToken("Bearer " + *t.token); *t.token != "" && err != nil {
		return false, s.wrong("metrics-token", "must be what a bearer token can be: letters, digits and -._~+/, with = at its end only")
	}
	s.effective["metrics"] = off
	if metrics {
		s.effective["metrics"] = "on"
	}
	if *t.endpoint == "" && s.given("trace-ratio") {
		return false, s.wrong("trace-ratio", "needs --otlp-endpoint")
	}
	return metrics, t.checkEndpoint()
}

func (t telemetrySettings) checkEndpoint() error {
	if *t.endpoint == "" {
		return nil
	}
	u, err := url.Parse(*t.endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return t.settings.wrong("otlp-endpoint",
			"must be an address like http://collector:4318, without credentials; those go into OTEL_EXPORTER_OTLP_HEADERS")
	}
	if strings.Trim(u.Path, "/") == "" {
		*t.endpoint = u.Scheme + "://" + u.Host + "/v1/traces"
	}
	return nil
}

// exporter returns who takes the traces, or nil.
func (t telemetrySettings) exporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	if *t.endpoint == "" {
		return nil, nil
	}
	made, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(*t.endpoint), otlptracehttp.WithTimeout(exportTimeout))
	if err != nil {
		return nil, t.settings.wrong("otlp-endpoint", "cannot be used")
	}
	return made, nil
}

// telemetry holds the providers that everything is told to.
type telemetry struct {
	traces  *sdktrace.TracerProvider
	meters  *sdkmetric.MeterProvider
	metrics http.Handler // nil: there are none

	redirects prometheus.Observer // how long those took that waited for nothing; nil: nobody asks
}

// newTelemetry returns the providers. Without an exporter no span is recorded,
// but each still has an id, for the log.
func newTelemetry(log *slog.Logger, exporter sdktrace.SpanExporter, ratio float64, metrics bool) (*telemetry, error) {
	version, _ := built()
	about := resource.NewSchemaless(attribute.String("service.name", serviceName), attribute.String("service.version", version))
	traces := []sdktrace.TracerProviderOption{sdktrace.WithResource(about), sdktrace.WithSampler(sdktrace.NeverSample())}
	if exporter != nil {
		traces = append(traces, sdktrace.WithBatcher(discreet{exporter}),
			sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))))
	}
	t := &telemetry{}
	meters := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithView(withoutStrangersWords())}
	if metrics {
		registry := prometheus.NewRegistry()
		reader, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithoutScopeInfo())
		if err != nil {
			return nil, err
		}
		registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		redirects := prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "superher_redirect_duration_seconds", Buckets: prometheus.ExponentialBuckets(5e-6, 4, 10),
			Help: "Duration of the redirects that were answered from memory; all others are among the requests",
		})
		registry.MustRegister(redirects)
		t.redirects = redirects
		meters = append(meters, sdkmetric.WithReader(reader))
		t.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError)})
	}
	t.traces, t.meters = sdktrace.NewTracerProvider(traces...), sdkmetric.NewMeterProvider(meters...)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("telemetry", "error", err.Error()) }))
	return t, nil
}

// ports returns where the decorators of the ports tell of their calls.
func (t *telemetry) ports() otelport.Config {
	return otelport.Config{Tracer: t.traces, Meter: t.meters}
}

// close tells what has not been told yet, until ctx ends.
func (t *telemetry) close(ctx context.Context) error {
	return errors.Join(t.traces.Shutdown(ctx), t.meters.Shutdown(ctx))
}

// withoutStrangersWords keeps out of the measurements of requests what whoever
// asks may choose freely, such as the host: each word would be a series more.
func withoutStrangersWords() sdkmetric.View {
	return sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.*"}, sdkmetric.Stream{
		AttributeFilter: attribute.NewAllowKeysFilter("http.request.method", "http.response.status_code", "http.route"),
	})
}

// redirecting answers redirects that wait for nothing without a span, and counts
// them: thousands a second, each like the other. A histogram of Prometheus takes
// no lock for that.
func (t *telemetry) redirecting(redirects server.Redirector, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		if !redirects.TryRedirect(w, r) {
			next.ServeHTTP(w, r)
		} else if t.redirects != nil {
			t.redirects.Observe(time.Since(began).Seconds())
		}
	})
}

// around tells of each request. The trace of a caller is gone on with where the
// caller is one of the trusted proxies; a stranger does not choose what is
// recorded here, or under which id. Probes are told of by nobody.
func (t *telemetry) around(next http.Handler, proxies []netip.Prefix) http.Handler {
	options := func(propagator propagation.TextMapPropagator) []otelhttp.Option {
		return []otelhttp.Option{
			otelhttp.WithTracerProvider(t.traces), otelhttp.WithMeterProvider(t.meters), otelhttp.WithPropagators(propagator),
			otelhttp.WithFilter(func(r *http.Request) bool {
				return r.URL.Path != "/healthz" && r.URL.Path != "/readyz" && r.URL.Path != "/metrics"
			}),
		}
	}
	routed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { // the route is known at the end only
			if r.Pattern != "" {
				trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("http.route", r.Pattern))
			}
		}()
		next.ServeHTTP(w, r)
	})
	proxied := otelhttp.NewHandler(routed, serviceName, options(propagation.TraceContext{})...)
	direct := otelhttp.NewHandler(routed, serviceName, options(propagation.NewCompositeTextMapPropagator())...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if trusted(r.RemoteAddr, proxies) {
			proxied.ServeHTTP(w, r)
			return
		}
		direct.ServeHTTP(w, r)
	})
}

// trusted reports whether a peer is one of the proxies.
func trusted(peer string, proxies []netip.Prefix) bool {
	host, _, err := net.SplitHostPort(peer)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range proxies {
		if p.Contains(address.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}
