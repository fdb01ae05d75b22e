//go:build !superher_cut_predicates

package conformance_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// The figures of these benchmarks are recorded in docs/benchmarks.md.

// benchEvents is how many events and a fifth as many clicks the reports run over.
func benchEvents(b *testing.B) int {
	b.Helper()
	text := os.Getenv("SUPERHER_BENCH_EVENTS")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.Atoi(text)
	require.NoError(b, err)
	return n
}

// benchStart is the first moment of the 90 days of the benchmark's events.
var benchStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const benchDays = 90

// world is one brand on one store, with what its events refer to.
type world struct {
	superher.Account
	store   storage.Store
	scope   tenant.Scope
	coupons []coupons.Coupon
	links   []links.Link
}

func onBothDatabases(b *testing.B, bench func(b *testing.B, store storage.Store)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { bench(b, openSQLite(b)) })
	b.Run("postgres", func(b *testing.B) {
		d := needDatabases(b)
		bench(b, openPostgres(b, d.clone(b, d.application)))
	})
}

// newWorld makes a brand with 5 campaigns, 50 influencers, and a coupon and a
// link of each influencer.
func newWorld(b *testing.B, store storage.Store) world {
	b.Helper()
	client, err := superher.New(superher.Config{Store: store, Now: func() time.Time { return benchStart.AddDate(0, 0, benchDays) }})
	require.NoError(b, err)
	brand, err := client.CreateAdvertiser(b.Context(), tenant.NewAdvertiser{Name: "Bench", Zone: "Asia/Kolkata", Currency: "INR"})
	require.NoError(b, err)
	w := world{store: store, scope: tenant.For(brand.ID)}
	w.Account = client.For(w.scope)
	var running []campaigns.Campaign
	for i := range 5 {
		c, err := w.CreateCampaign(b.Context(), campaigns.NewCampaign{Name: fmt.Sprint("Campaign ", i), Status: campaigns.Active})
		require.NoError(b, err)
		running = append(running, c)
	}
	for i := range 50 {
		campaign := running[i%len(running)]
		person, err := w.CreateInfluencer(b.Context(), campaigns.NewInfluencer{Name: fmt.Sprint("Influencer ", i)})
		require.NoError(b, err)
		_, err = w.Assign(b.Context(), campaign.ID, person.ID, payouts.Terms{Share: payouts.Percentage, Rate: 100_000, From: benchStart})
		require.NoError(b, err)
		coupon, err := w.CreateCoupon(b.Context(), fmt.Sprint("CODE", i), coupons.NewCoupon{Campaign: campaign.ID, Influencer: person.ID})
		require.NoError(b, err)
		link, err := w.CreateLink(b.Context(), links.NewLink{Campaign: campaign.ID, Influencer: person.ID, Destination: "https://shop.example/"})
		require.NoError(b, err)
		w.coupons, w.links = append(w.coupons, coupon), append(w.links, link)
	}
	return w
}

// submission draws a realistic event.
func (w world) submission(rng *rand.Rand, n int) attribution.Submission {
	s := attribution.Submission{
		Type: campaigns.Purchase, Value: money.Of(rng.Int64N(500_000), "INR"), ExternalID: fmt.Sprint("order-", n),
		OccurredAt: benchStart.Add(time.Duration(rng.Int64N(int64(benchDays*24*time.Hour)/1000)) * 1000),
	}
	switch rng.IntN(10) {
	case 0, 1:
		s.Type = campaigns.AddToCart
	case 2:
		s.Type, s.Value = campaigns.Signup, money.Amount{}
	case 3:
		s.Value.Currency = "USD"
	}
	if rng.IntN(10) < 4 {
		s.CouponCode = string(w.coupons[rng.IntN(len(w.coupons))].Code)
	}
	if rng.IntN(10) < 7 {
		s.RefCode = string(w.links[rng.IntN(len(w.links))].Code)
	}
	return s
}

func BenchmarkRecordEvent(b *testing.B) {
	onBothDatabases(b, func(b *testing.B, store storage.Store) {
		w := newWorld(b, store)
		rng, n := rand.New(rand.NewPCG(1, 1)), 0
		b.ResetTimer()
		for b.Loop() {
			n++
			_, err := w.RecordEvent(b.Context(), w.submission(rng, n))
			require.NoError(b, err)
		}
	})
}

func BenchmarkRecordEvent_64Clients(b *testing.B) {
	onBothDatabases(b, func(b *testing.B, store storage.Store) {
		w := newWorld(b, store)
		var next atomic.Int64
		b.SetParallelism(64 / runtime.GOMAXPROCS(0))
		b.RunParallel(func(pb *testing.PB) {
			rng := rand.New(rand.NewPCG(uint64(next.Add(1)), 1))
			for pb.Next() {
				_, err := w.RecordEvent(context.Background(), w.submission(rng, int(next.Add(1))))
				require.NoError(b, err)
			}
		})
	})
}

func BenchmarkRecordEvents_1000(b *testing.B) {
	onBothDatabases(b, func(b *testing.B, store storage.Store) {
		w := newWorld(b, store)
		rng, n := rand.New(rand.NewPCG(1, 1)), 0
		b.ResetTimer()
		for b.Loop() {
			batch := make([]attribution.Submission, attribution.MaxBatch)
			for i := range batch {
				n++
				batch[i] = w.submission(rng, n)
			}
			requireStored(b, w, batch)
		}
		b.ReportMetric(float64(b.N*attribution.MaxBatch)/b.Elapsed().Seconds(), "events/s")
	})
}

// requireStored records a batch and looks at every result: a batch that is
// refused item by item is fast, and measures nothing.
func requireStored(b *testing.B, w world, batch []attribution.Submission) {
	b.Helper()
	results, err := w.RecordEvents(b.Context(), batch)
	require.NoError(b, err)
	for _, r := range results {
		if r.Err != nil || r.Repeat {
			b.Fatalf("not stored: %v", r.Err)
		}
	}
}

func BenchmarkFacts_CouponLookup(b *testing.B) {
	onBothDatabases(b, func(b *testing.B, store storage.Store) {
		w := newWorld(b, store)
		made, err := w.GenerateCoupons(b.Context(), coupons.Pattern{}, coupons.MaxBulk, coupons.NewCoupon{Campaign: w.coupons[0].Campaign})
		require.NoError(b, err)
		err = store.Write(b.Context(), w.scope, func(ctx context.Context, tx storage.Tx) error {
			i := 0
			for b.Loop() {
				i++
				facts, err := tx.Facts(ctx, []coupons.Code{made[i%len(made)].Code}, nil)
				if err != nil || len(facts.Coupons) != 1 {
					return fmt.Errorf("%d coupons: %w", len(facts.Coupons), err)
				}
			}
			return nil
		})
		require.NoError(b, err)
	})
}

// fill stores n events and a fifth as many clicks.
func (w world) fill(b *testing.B, n int) {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	for done := 0; done < n; done += attribution.MaxBatch {
		batch := make([]attribution.Submission, min(attribution.MaxBatch, n-done))
		for i := range batch {
			batch[i] = w.submission(rng, done+i)
		}
		requireStored(b, w, batch)
	}
	for done := 0; done < n/5; done += 1000 {
		clicks := make([]links.Click, min(1000, n/5-done))
		for i := range clicks {
			at := benchStart.Add(time.Duration(rng.Int64N(int64(benchDays*24*time.Hour)/1000)) * 1000)
			link := w.links[rng.IntN(len(w.links))]
			id, err := ident.New[links.Click](at, newReader(rng))
			require.NoError(b, err)
			clicks[i] = links.Click{
				ID: id, Advertiser: w.scope.Advertiser(), Link: link.ID, Campaign: link.Campaign, Influencer: link.Influencer, At: at,
				Agent: "Instagram", Class: links.Human,
			}
			clicks[i].Visitor[0], clicks[i].Visitor[1], clicks[i].Visitor[2] = byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32())
		}
		require.NoError(b, w.store.System().AppendClicks(b.Context(), clicks))
	}
}

type rngReader struct{ rng *rand.Rand }

func newReader(rng *rand.Rand) io.Reader { return rngReader{rng} }

func (r rngReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.rng.Uint32())
	}
	return len(p), nil
}

func BenchmarkReports(b *testing.B) {
	onBothDatabases(b, func(b *testing.B, store storage.Store) {
		w := newWorld(b, store)
		w.fill(b, benchEvents(b))
		f := stats.Filter{From: benchStart, To: benchStart.AddDate(0, 0, benchDays)}
		source := w.Stats()
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute) // not the store's own, shorter one
		defer cancel()
		reports := map[string]func() error{
			"overview":  func() error { _, err := source.Overview(ctx, f); return err },
			"chart-day": func() error { _, err := source.Chart(ctx, f, stats.Day); return err },
			"breakdown": func() error { _, err := source.Breakdown(ctx, f); return err },
			"journey":   func() error { _, err := source.Journey(ctx, f); return err },
		}
		for _, kind := range stats.Kinds() {
			reports["table-"+string(kind)] = func() error {
				_, err := source.Table(ctx, kind, f, stats.TableQuery{})
				return err
			}
		}
		for name, report := range reports {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					require.NoError(b, report())
				}
			})
		}
		b.Run("export", func(b *testing.B) { benchExport(b, w, f) })
	})
}

// benchExport measures an export of everything: bytes allocated for each row,
// and how far the heap in use rises above where it began.
func benchExport(b *testing.B, w world, f stats.Filter) {
	b.Helper()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := watchHeap(b)
	var rows int64
	for b.Loop() {
		n, err := w.Export(b.Context(), io.Discard, f)
		require.NoError(b, err)
		rows += n
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(rows), "alloc-B/row")
	b.ReportMetric(float64(peak()-int64(before.HeapAlloc))/(1<<20), "peak-MiB")
}

// watchHeap looks at the heap in use until the returned function is called,
// which gives the largest value seen.
func watchHeap(b *testing.B) func() int64 {
	b.Helper()
	done := make(chan struct{})
	var most int64
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, int64(m.HeapAlloc))
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	return func() int64 {
		close(done)
		wg.Wait()
		return most
	}
}
