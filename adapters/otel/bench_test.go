package otel_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/storage"
)

// BenchmarkRead measures what the decorator adds to the cheapest call there is,
// a read of one campaign from memory: without it, with nobody listening, and
// with every span and measurement recorded.
func BenchmarkRead(b *testing.B) {
	inner := stocked(b)
	summer := campaigns.Campaign{
		ID: campaigns.ID{7}, Name: "Summer", Status: campaigns.Active, CreatedAt: time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC), Version: 1,
	}
	require.NoError(b, inner.Write(b.Context(), brand(), func(ctx context.Context, tx storage.Tx) error {
		return tx.CreateCampaign(ctx, summer)
	}))
	decorated := func(config otel.Config) storage.Store {
		store, err := otel.Store(inner, config)
		require.NoError(b, err)
		return store
	}
	for _, c := range []struct {
		name  string
		store storage.Store
	}{
		{"plain", inner},
		{"noop", decorated(otel.Config{Tracer: tracenoop.NewTracerProvider(), Meter: metricnoop.NewMeterProvider()})},
		{"recorded", decorated(otel.Config{
			Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(tracetest.NewNoopExporter())),
			Meter:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader())),
		})},
	} {
		b.Run(c.name, func(b *testing.B) {
			reader := c.store.Read(brand().View())
			b.ReportAllocs()
			for b.Loop() {
				if _, err := reader.Campaign(b.Context(), summer.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
