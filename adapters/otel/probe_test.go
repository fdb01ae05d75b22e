package otel_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/superher/superher/adapters/otel"
)

// probe keeps what the decorators tell.
type probe struct {
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
	config otel.Config
}

func newProbe() *probe {
	p := &probe{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	p.config = otel.Config{
		Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p.spans)),
		Meter:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.reader)),
	}
	return p
}

// only returns the one span of a name.
func (p *probe) only(t *testing.T, name string) sdktrace.ReadOnlySpan {
	t.Helper()
	var found []sdktrace.ReadOnlySpan
	for _, span := range p.spans.Ended() {
		if span.Name() == name {
			found = append(found, span)
		}
	}
	require.Len(t, found, 1, name)
	return found[0]
}

// names returns the ended spans in the order of their ends.
func (p *probe) names() []string {
	var names []string
	for _, span := range p.spans.Ended() {
		names = append(names, span.Name())
	}
	return names
}

// metrics returns the measurements so far by name.
func (p *probe) metrics(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, p.reader.Collect(t.Context(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/superher/superher/adapters/otel", scope.Scope.Name)
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// counted returns a counter's values, or a histogram's counts, by labels.
func (p *probe) counted(t *testing.T, name string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, point := range points(p.metrics(t)[name]) {
		counts[point.labels.Encoded(attribute.DefaultEncoder())] = point.count
	}
	return counts
}

type point struct {
	labels attribute.Set
	count  int
}

func points(m metricdata.Metrics) []point {
	var all []point
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, int(p.Value)})
		}
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			all = append(all, point{p.Attributes, int(p.Count)})
		}
	}
	return all
}

// dump returns everything that was told as text.
func (p *probe) dump(t *testing.T) string {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, p.reader.Collect(t.Context(), &all))
	told, err := json.Marshal(all)
	require.NoError(t, err)
	text := string(told)
	for _, span := range tracetest.SpanStubsFromReadOnlySpans(p.spans.Ended()) {
		text += fmt.Sprintf("\n%s %v %v %+v %+v %+v", span.Name, span.Attributes, span.Status, span.Events, span.Links, span.SpanContext.TraceState())
	}
	return text
}

// attributes returns those of a span by key.
func attributes(span sdktrace.ReadOnlySpan) map[string]any {
	byKey := map[string]any{}
	for _, a := range span.Attributes() {
		byKey[string(a.Key)] = a.Value.AsInterface()
	}
	return byKey
}
