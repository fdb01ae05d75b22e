package otel_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// The host brings the providers; here one that keeps the spans, and one that
// measures nothing.
func Example() {
	spans := tracetest.NewSpanRecorder()
	store, err := otel.Store(memory.New(), otel.Config{
		Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
		Meter:  noop.NewMeterProvider(),
	})
	if err != nil {
		log.Fatal(err)
	}
	err = store.Write(context.Background(), tenant.For(tenant.ID{1}), func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.Campaign(ctx, campaigns.ID{7})
		return err
	})
	fmt.Println(err)
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
		for _, a := range span.Attributes() {
			fmt.Println(" ", a.Key, "=", a.Value)
		}
	}
	// Output:
	// not_found (not-found): there is no such thing
	// storage.Tx.Campaign
	//   db.operation.name = Campaign
	//   superher.storage.port = Tx
	//   superher.advertiser.id = 01000000-0000-0000-0000-000000000000
	//   error.type = not_found
	//   superher.error.reason = not-found
	// storage.Store.Write
	//   db.operation.name = Write
	//   superher.storage.port = Store
	//   superher.advertiser.id = 01000000-0000-0000-0000-000000000000
	//   superher.storage.attempts = 1
	//   superher.storage.rolled_back = true
}

// A record says to which span it belongs, however deep its groups are.
func ExampleHandler() {
	lines := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	logger := slog.New(otel.Handler(lines)).WithGroup("mail")
	logger.InfoContext(spanned(context.Background(), 0), "sent", "parts", 3)
	// Output:
	// level=INFO msg=sent trace_id=4b000000000000000000000000000036 span_id=5f000000000000b7 mail.parts=3
}
