package main

import (
	"context"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// discreet passes spans on without what the instrumentation of HTTP says of a
// caller: addresses, paths with tickets in them, agents, made-up methods.
type discreet struct{ sdktrace.SpanExporter }

// ExportSpans implements [sdktrace.SpanExporter].
func (d discreet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	clean := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		clean[i] = told{s}
	}
	return d.SpanExporter.ExportSpans(ctx, clean)
}

// told is what is told of a span.
type told struct{ sdktrace.ReadOnlySpan }

// Attributes returns those that hold nothing a caller may choose freely: the
// list says what may pass, so that a new one stays inside.
func (s told) Attributes() []attribute.KeyValue {
	return slices.DeleteFunc(slices.Clone(s.ReadOnlySpan.Attributes()), func(a attribute.KeyValue) bool {
		switch a.Key {
		case "http.request.method", "http.response.status_code", "http.route", "url.scheme", "network.protocol.version",
			"http.request.body.size", "http.response.body.size", "error.type", "db.operation.name", "db.response.returned_rows":
			return false
		}
		return !strings.HasPrefix(string(a.Key), "superher.")
	})
}

// Events returns none: they hold the texts of panics.
func (told) Events() []sdktrace.Event { return nil }

// Links returns none: nothing here makes any.
func (told) Links() []sdktrace.Link { return nil }

// Status returns the code without the text.
func (s told) Status() sdktrace.Status { return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code} }

// SpanContext returns the ids without the state, which comes from outside.
func (s told) SpanContext() trace.SpanContext {
	return s.ReadOnlySpan.SpanContext().WithTraceState(trace.TraceState{})
}

// Parent is as SpanContext.
func (s told) Parent() trace.SpanContext {
	return s.ReadOnlySpan.Parent().WithTraceState(trace.TraceState{})
}
