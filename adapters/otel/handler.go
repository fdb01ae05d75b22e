package otel

import (
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// Handler returns a handler that adds trace_id and span_id, in hexadecimal, to
// the records whose context has a valid span, sampled or not, and changes
// nothing else. Both stand at the top of a record, whatever groups are open, as
// that is where a log store looks for them. It is as safe for concurrent use as
// the inner handler, which must not be nil.
func Handler(inner slog.Handler) slog.Handler {
	return handler{inner: inner, outer: inner}
}

type handler struct {
	inner  slog.Handler
	outer  slog.Handler // inner before the first group was opened
	within []func(slog.Handler) slog.Handler
}

func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

func (h handler) Handle(ctx context.Context, record slog.Record) error {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return h.inner.Handle(ctx, record)
	}
	ids := []slog.Attr{slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String())}
	if len(h.within) == 0 {
		record = record.Clone()
		record.AddAttrs(ids...)
		return h.inner.Handle(ctx, record)
	}
	// What a record adds goes into the open groups; so the ids are added first,
	// and the groups opened again behind them.
	rebuilt := h.outer.WithAttrs(ids)
	for _, step := range h.within {
		rebuilt = step(rebuilt)
	}
	return rebuilt.Handle(ctx, record)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.within) > 0 {
		return h.step(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
	}
	inner := h.inner.WithAttrs(attrs)
	return handler{inner: inner, outer: inner}
}

func (h handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.step(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

// step does something to the handler within a group, in a way that can be repeated.
func (h handler) step(do func(slog.Handler) slog.Handler) slog.Handler {
	return handler{inner: do(h.inner), outer: h.outer, within: append(slices.Clip(h.within), do)}
}
