package otel_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

// TestStore holds the decorated store to the whole suite, and all that was told
// of it to the closed sets that the comment of the package names.
func TestStore(t *testing.T) {
	spans, reader := &sieve{seen: map[string]map[string]bool{}}, sdkmetric.NewManualReader()
	config := otel.Config{
		Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
		Meter:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	}
	storagetest.Run(t, storagetest.Harness{
		New: func(t *testing.T) storage.Store {
			store, err := otel.Store(memory.New(), config)
			require.NoError(t, err)
			return store
		},
		Texts: []string{plantedText, "<b>jessica</b>@example.com", "2001:db8::203:0:113:77"},
	})

	metrics := &sieve{seen: map[string]map[string]bool{}}
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			metrics.take("metric", m.Name)
			for _, p := range points(m) {
				metrics.takeAll(p.labels.ToSlice())
			}
		}
	}
	names, labels := closed()
	names.holds(t, spans.seen)
	labels.holds(t, metrics.seen)
}

// sieve keeps every different value that spans had, by key.
type sieve struct {
	mu   sync.Mutex
	seen map[string]map[string]bool
}

func (s *sieve) take(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[key] == nil {
		s.seen[key] = map[string]bool{}
	}
	s.seen[key][value] = true
}

func (s *sieve) takeAll(attributes []attribute.KeyValue) {
	for _, a := range attributes {
		s.take(string(a.Key), a.Value.String())
	}
}

func (s *sieve) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (s *sieve) OnEnd(span sdktrace.ReadOnlySpan) {
	s.take("span", span.Name())
	s.takeAll(span.Attributes())
	if text := span.Status().Description; text != "" {
		s.take("status", text)
	}
	for _, event := range span.Events() {
		s.take("event", event.Name)
	}
}
func (s *sieve) Shutdown(context.Context) error   { return nil }
func (s *sieve) ForceFlush(context.Context) error { return nil }

// sets are the keys there may be and what each value has to match whole.
type sets map[string]string

func (s sets) holds(t *testing.T, seen map[string]map[string]bool) {
	t.Helper()
	require.ElementsMatch(t, slices.Collect(maps.Keys(s)), slices.Collect(maps.Keys(seen)), "what is never seen is not checked")
	for key, pattern := range s {
		whole := regexp.MustCompile("^(" + pattern + ")$")
		for value := range seen[key] {
			require.Regexp(t, whole, value, key)
		}
	}
}

// closed returns what spans and what measurements may hold.
func closed() (spans, metrics sets) {
	var names, methods, types []string
	for _, p := range ports() {
		for method := range p.of.Methods() {
			names = append(names, "storage\\."+p.name+"\\."+method.Name)
			methods = append(methods, method.Name)
		}
	}
	for _, code := range fault.Codes() {
		types = append(types, string(code))
	}
	types = append(types, "panic")
	metrics = sets{
		"metric":                `superher\.storage\.operation\.(duration|errors)`,
		"db.operation.name":     strings.Join(methods, "|"),
		"superher.storage.port": "Store|Reader|Source|Tx|System|Platform",
		"error.type":            strings.Join(types, "|"),
	}
	spans = maps.Clone(metrics)
	delete(spans, "metric")
	maps.Copy(spans, sets{
		"span":                         strings.Join(names, "|"),
		"status":                       "[a-z]+(-[a-z]+)*",
		"superher.error.reason":        "[a-z]+(-[a-z]+)*",
		"superher.advertiser.id":       "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
		"superher.storage.attempts":    "[1-9]",
		"superher.storage.rolled_back": "true",
		"db.response.returned_rows":    "[0-9]+",
	})
	return spans, metrics
}
