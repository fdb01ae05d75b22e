package jetstream_test

import (
	"context"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/links"
)

// BenchmarkRecord records from 64 goroutines while Run delivers to a sink that
// costs nothing.
func BenchmarkRecord(b *testing.B) {
	for _, publish := range []jetstream.Publish{jetstream.Sync, jetstream.Async} {
		b.Run(string(publish), func(b *testing.B) {
			r := open(b, jetstream.Config{Publish: publish})
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- r.Run(ctx, func(context.Context, []clicks.Visit) error { return nil }) }()
			v := clicks.Visit{Hit: links.Hit{
				At: time.Unix(1_770_000_000, 0), Method: "GET", Address: netip.MustParseAddr("2001:db8::1"), Referrer: "https://l.instagram.com/",
				UserAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 380.0.0.28.104",
			}}
			b.ReportAllocs()
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					for r.Record(ctx, v) != nil { // the window is full
						<-time.After(time.Millisecond)
					}
				}
			})
			b.StopTimer()
			s := r.Stats()
			b.ReportMetric(float64(s.Waiting)/float64(b.N), "waiting/op")
			stop()
			require.NoError(b, <-ended)
		})
	}
}
