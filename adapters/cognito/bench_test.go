package cognito_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkVerify_CachedKey is what a request costs: ns/op on one core, and as
// many tokens per second.
func BenchmarkVerify_CachedKey(b *testing.B) {
	p := newPool(b)
	verifier, token := p.verifier(b, p.config()), p.mint(b, nil, nil)
	_, err := verifier.Verify(context.Background(), token)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verifier.Verify(context.Background(), token); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// BenchmarkVerify_WhileAFetchHangs is how long tokens with a cached key take
// while the key set does not answer and others wait for it.
func BenchmarkVerify_WhileAFetchHangs(b *testing.B) {
	p := newPool(b)
	verifier, token, unknown := p.verifier(b, p.config()), p.mint(b, nil, nil), p.mint(b, map[string]any{"kid": "k2"}, nil)
	_, err := verifier.Verify(context.Background(), token)
	require.NoError(b, err)
	config, ahead := p.config(), time.Duration(0)
	config.Now = func() time.Time { return time.Now().Add(ahead) }
	verifier = p.verifier(b, config)
	_, err = verifier.Verify(context.Background(), token)
	require.NoError(b, err)
	arrived := make(chan struct{}, 1)
	p.serve(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	ahead = 11 * time.Second
	waiting := make(chan error, 50)
	for range cap(waiting) {
		go func() {
			_, err := verifier.Verify(context.Background(), unknown)
			waiting <- err
		}()
	}
	<-arrived
	const tokens = 10_000 // less than the three seconds that the fetch hangs
	var took []time.Duration
	for b.Loop() {
		for range tokens {
			began := time.Now()
			if _, err := verifier.Verify(context.Background(), token); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
	}
	b.StopTimer()
	hung := len(waiting) == 0
	for range cap(waiting) {
		require.Error(b, <-waiting)
	}
	require.True(b, hung, "the fetch ended before the measurement did")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-µs")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(took[len(took)-1].Nanoseconds())/1000, "max-µs")
}
