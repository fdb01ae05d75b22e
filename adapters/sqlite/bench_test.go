package sqlite_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// BenchmarkRecordEvents measures durable ingestion: one transaction for each
// operation, of one event or of a full batch.
func BenchmarkRecordEvents(b *testing.B) {
	for _, size := range []int{1, attribution.MaxBatch} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			store := fresh(b)
			scope := tenant.For(newAdvertiser(b, store).ID)
			random := rand.NewChaCha8([32]byte{1})
			now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
			n := 0
			for b.Loop() {
				events := make([]attribution.Event, size)
				for i := range events {
					id, err := ident.New[attribution.Event](now.Add(time.Duration(n)*time.Microsecond), random)
					require.NoError(b, err)
					n++
					events[i] = attribution.Event{
						ID: id, ReceivedAt: now, Conversion: true,
						Submission: attribution.Submission{
							Type: campaigns.Purchase, Value: money.Of(149_900, "INR"), ExternalID: "order-" + strconv.Itoa(n), OccurredAt: now,
						},
						Decision:   attribution.Decision{Method: attribution.None, Source: attribution.Direct},
						Commission: payouts.Commission{Reason: payouts.NoInfluencer},
					}
				}
				require.NoError(b, store.Write(b.Context(), scope, func(ctx context.Context, tx storage.Tx) error {
					_, err := tx.RecordEvents(ctx, events)
					return err
				}))
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
