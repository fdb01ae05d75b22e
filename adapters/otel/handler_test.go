package otel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"testing/slogtest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/superher/superher/adapters/otel"
)

func spanned(ctx context.Context, flags trace.TraceFlags) context.Context {
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0: 0x4b, 15: 0x36}, SpanID: trace.SpanID{0: 0x5f, 7: 0xb7}, TraceFlags: flags,
	}))
}

func logged(t *testing.T, out *bytes.Buffer) map[string]any {
	t.Helper()
	record := map[string]any{}
	require.NoError(t, json.Unmarshal(out.Bytes(), &record))
	out.Reset()
	delete(record, "time")
	return record
}

const (
	traceID = "4b000000000000000000000000000036"
	spanID  = "5f000000000000b7"
)

func TestHandler_AddsTheIDsOfASpanSampledOrNot(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(otel.Handler(slog.NewJSONHandler(&out, nil)))
	for _, flags := range []trace.TraceFlags{trace.FlagsSampled, 0} {
		log.With("a", 1).InfoContext(spanned(t.Context(), flags), "hello", "b", 2)
		require.Equal(t, map[string]any{
			"level": "INFO", "msg": "hello", "a": 1.0, "b": 2.0, "trace_id": traceID, "span_id": spanID,
		}, logged(t, &out))
	}
}

func TestHandler_WithoutASpanChangesNothing(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(otel.Handler(slog.NewJSONHandler(&out, nil)))
	log.InfoContext(t.Context(), "hello", "b", 2)
	require.Equal(t, map[string]any{"level": "INFO", "msg": "hello", "b": 2.0}, logged(t, &out))
}

func TestHandler_TheIDsStandAtTheTopWhateverGroupsAreOpen(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(otel.Handler(slog.NewJSONHandler(&out, nil)))
	log = log.With("a", 1).WithGroup("").WithGroup("outer").With("b", 2)
	for range 2 { // a record leaves nothing behind in the handler
		log.WithGroup("inner").InfoContext(spanned(t.Context(), 0), "hello", "c", 3)
		require.Equal(t, map[string]any{
			"level": "INFO", "msg": "hello", "a": 1.0, "trace_id": traceID, "span_id": spanID,
			"outer": map[string]any{"b": 2.0, "inner": map[string]any{"c": 3.0}},
		}, logged(t, &out))
	}
	log.WithGroup("other").InfoContext(t.Context(), "hello", "c", 3)
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "hello", "a": 1.0, "outer": map[string]any{"b": 2.0, "other": map[string]any{"c": 3.0}},
	}, logged(t, &out))
}

func TestHandler_LoggersOfOneParentKeepTheirOwnGroups(t *testing.T) {
	var out bytes.Buffer
	parent := slog.New(otel.Handler(slog.NewJSONHandler(&out, nil))).WithGroup("a").WithGroup("b").WithGroup("c")
	first, second := parent.WithGroup("first"), parent.WithGroup("second")
	for name, log := range map[string]*slog.Logger{"first": first, "second": second} {
		log.InfoContext(spanned(t.Context(), 0), "hello", "d", 4)
		require.Contains(t, out.String(), `"c":{"`+name+`":{"d":4}}`)
		out.Reset()
	}
}

func TestHandler_IsAHandlerLikeAnyOther(t *testing.T) {
	for name, wrap := range map[string]func(slog.Handler) slog.Handler{
		"without a span": func(h slog.Handler) slog.Handler { return h },
		"with a span":    func(h slog.Handler) slog.Handler { return always{h} },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			slogtest.Run(t, func(*testing.T) slog.Handler {
				return wrap(otel.Handler(slog.NewJSONHandler(&out, nil)))
			}, func(t *testing.T) map[string]any {
				record := map[string]any{}
				require.NoError(t, json.Unmarshal(out.Bytes(), &record))
				out.Reset()
				return record
			})
		})
	}
}

// always gives every record a span.
type always struct{ slog.Handler }

func (a always) Handle(ctx context.Context, r slog.Record) error {
	return a.Handler.Handle(spanned(ctx, 0), r)
}
func (a always) WithAttrs(attrs []slog.Attr) slog.Handler { return always{a.Handler.WithAttrs(attrs)} }
func (a always) WithGroup(name string) slog.Handler       { return always{a.Handler.WithGroup(name)} }

// The contract of slog.Handler, which a Logger keeps from its handler.
func TestHandler_AGroupWithoutANameIsNone(t *testing.T) {
	handler := otel.Handler(slog.NewJSONHandler(&bytes.Buffer{}, nil))
	require.Equal(t, handler, handler.WithGroup(""))
}

func TestHandler_AsksTheInnerOneForTheLevel(t *testing.T) {
	handler := otel.Handler(slog.NewJSONHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	require.False(t, handler.Enabled(t.Context(), slog.LevelInfo))
	require.True(t, handler.Enabled(t.Context(), slog.LevelWarn))
}

func TestHandler_IsSafeForConcurrentUse(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(otel.Handler(slog.NewJSONHandler(&out, nil))).WithGroup("outer")
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 50 {
				log.With("b", 2).WithGroup("inner").InfoContext(spanned(t.Context(), 0), "hello", "c", 3)
			}
		})
	}
	running.Wait()
	require.Equal(t, 8*50, bytes.Count(out.Bytes(), []byte("\n")))
	require.Equal(t, 8*50, bytes.Count(out.Bytes(), []byte(`"trace_id":"`+traceID+`"`)))
}
