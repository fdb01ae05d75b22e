package otel_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// scripted is a store in memory whose Write, Campaign and EachEvent are replaced.
type scripted struct {
	storage.Store
	write    func(ctx context.Context, fn func(context.Context, storage.Tx) error) error
	campaign func(ctx context.Context) error
	events   []attribution.Event
	failure  error
}

func (s scripted) Write(ctx context.Context, scope tenant.Scope, fn func(context.Context, storage.Tx) error) error {
	if s.write == nil {
		return s.Store.Write(ctx, scope, fn)
	}
	return s.write(ctx, fn)
}

func (s scripted) Read(view tenant.View) storage.Reader {
	return scriptedReader{Reader: s.Store.Read(view), script: s}
}

type scriptedReader struct {
	storage.Reader
	script scripted
}

func (r scriptedReader) Campaign(ctx context.Context, id campaigns.ID) (campaigns.Campaign, error) {
	if r.script.campaign == nil {
		return r.Reader.Campaign(ctx, id)
	}
	return campaigns.Campaign{}, r.script.campaign(ctx)
}

func (r scriptedReader) EachEvent(context.Context, stats.Filter) iter.Seq2[attribution.Event, error] {
	return func(yield func(attribution.Event, error) bool) {
		for _, event := range r.script.events {
			if !yield(event, nil) {
				return
			}
		}
		if r.script.failure != nil {
			yield(attribution.Event{}, r.script.failure)
		}
	}
}

func decorated(t *testing.T, inner scripted) (storage.Store, *probe) {
	t.Helper()
	inner.Store = stocked(t)
	probe := newProbe()
	store, err := otel.Store(inner, probe.config)
	require.NoError(t, err)
	return store, probe
}

func TestStore_NamesEveryMissingField(t *testing.T) {
	_, err := otel.Store(nil, otel.Config{})
	require.ErrorIs(t, err, fault.Invalid)
	var names []string
	for _, field := range fault.Of(err).Fields {
		names = append(names, field.Name)
	}
	require.Equal(t, []string{"Store", "Tracer", "Meter"}, names)
}

func TestConstructors_AnInstrumentThatIsRefusedIsInternal(t *testing.T) {
	config := func(histograms bool) otel.Config {
		return otel.Config{Tracer: tracenoop.NewTracerProvider(), Meter: refusing{histograms: histograms}}
	}
	for _, makes := range []func() error{
		func() error { _, err := otel.Store(stocked(t), config(true)); return err },
		func() error { _, err := otel.Store(stocked(t), config(false)); return err },
		func() error { _, err := otel.Verifier(verifying(nil), config(false)); return err },
		func() error { _, err := otel.Sender(sending(nil), config(false)); return err },
	} {
		err := makes()
		require.ErrorIs(t, err, fault.Internal)
		require.True(t, fault.HasReason(err, "instrument-refused"))
	}
}

// refusing makes no counters, and histograms only if they are not refused too.
type refusing struct {
	metricnoop.MeterProvider
	histograms bool
}

func (r refusing) Meter(string, ...metric.MeterOption) metric.Meter {
	return refusingMeter{histograms: r.histograms}
}

type refusingMeter struct {
	metricnoop.Meter
	histograms bool
}

func (r refusingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	if r.histograms {
		return nil, errors.New("no")
	}
	return metricnoop.Float64Histogram{}, nil
}

func (refusingMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errors.New("no")
}

func TestWrite_ItsSpanEnclosesTheInnerOnes(t *testing.T) {
	store, probe := decorated(t, scripted{})
	require.NoError(t, store.Write(t.Context(), brand(), func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.Campaigns(ctx, storage.Page{})
		require.NoError(t, err)
		_, err = tx.Stats().Breakdown(ctx, stats.Filter{From: time.Unix(0, 0), To: time.Unix(1, 0)})
		return err
	}))
	require.Equal(t, []string{"storage.Tx.Campaigns", "storage.Source.Breakdown", "storage.Store.Write"}, probe.names(), "in the order of their ends")
	write := probe.only(t, "storage.Store.Write")
	require.Equal(t, trace.SpanKindInternal, write.SpanKind())
	for _, name := range []string{"storage.Tx.Campaigns", "storage.Source.Breakdown"} {
		require.Equal(t, write.SpanContext().SpanID(), probe.only(t, name).Parent().SpanID(), name)
	}
}

func TestWrite_FnRunsWithTheContextThatTheStoreGives(t *testing.T) {
	type key struct{}
	store, _ := decorated(t, scripted{write: func(ctx context.Context, fn func(context.Context, storage.Tx) error) error {
		return fn(context.WithValue(ctx, key{}, "of the store"), nil)
	}})
	require.NoError(t, store.Write(t.Context(), brand(), func(ctx context.Context, _ storage.Tx) error {
		require.Equal(t, "of the store", ctx.Value(key{}))
		return nil
	}))
}

func TestWrite_APanicOfFnIsToldWithoutItsValueAndGoesOn(t *testing.T) {
	store, probe := decorated(t, scripted{})
	require.PanicsWithValue(t, plantedText, func() {
		_ = store.Write(t.Context(), brand(), func(context.Context, storage.Tx) error { panic(plantedText) })
	})
	span := probe.only(t, "storage.Store.Write")
	require.Equal(t, "panic", attributes(span)["error.type"])
	require.EqualValues(t, 1, attributes(span)["superher.storage.attempts"])
	require.NotContains(t, probe.dump(t), "planted")
}

func TestWrite_CountsTheRunsOfFn(t *testing.T) {
	store, probe := decorated(t, scripted{write: func(ctx context.Context, fn func(context.Context, storage.Tx) error) error {
		_ = fn(ctx, nil)
		return fn(ctx, nil)
	}})
	require.NoError(t, store.Write(t.Context(), brand(), func(context.Context, storage.Tx) error { return nil }))
	require.EqualValues(t, 2, attributes(probe.only(t, "storage.Store.Write"))["superher.storage.attempts"])
}

// sliced is an error that == must not be asked about.
type sliced []string

func (s sliced) Error() string { return "sliced" }

func TestWrite_AnErrorOfFnIsARollbackAndNotAFailureOfTheStore(t *testing.T) {
	for name, own := range map[string]error{"plain": errors.New("on second thoughts, no"), "fault": fault.New(fault.Unavailable, "elsewhere", "")} {
		t.Run(name, func(t *testing.T) {
			store, probe := decorated(t, scripted{})
			err := store.Write(t.Context(), brand(), func(context.Context, storage.Tx) error { return own })
			require.Same(t, own, err)
			span := probe.only(t, "storage.Store.Write")
			require.Equal(t, true, attributes(span)["superher.storage.rolled_back"])
			require.NotContains(t, attributes(span), "error.type")
			require.Equal(t, codes.Unset, span.Status().Code)
			require.Empty(t, probe.counted(t, "superher.storage.operation.errors"))
		})
	}
	t.Run("one that cannot be compared comes back all the same", func(t *testing.T) {
		store, _ := decorated(t, scripted{})
		require.Equal(t, sliced{"a"}, store.Write(t.Context(), brand(), func(context.Context, storage.Tx) error { return sliced{"a"} }))
	})
}

// A store that gives up after collisions keeps the last of them as the cause.
func TestWrite_AnErrorOfTheStoreIsItsFailureEvenIfItHoldsThatOfFn(t *testing.T) {
	store, probe := decorated(t, scripted{write: func(ctx context.Context, fn func(context.Context, storage.Tx) error) error {
		return &fault.Error{Code: fault.Unavailable, Reason: "store-busy", Err: fn(ctx, nil)}
	}})
	err := store.Write(t.Context(), brand(), func(context.Context, storage.Tx) error { return errors.New("collision") })
	require.ErrorIs(t, err, fault.Unavailable)
	span := probe.only(t, "storage.Store.Write")
	require.Equal(t, "unavailable", attributes(span)["error.type"])
	require.Equal(t, "store-busy", attributes(span)["superher.error.reason"])
	require.NotContains(t, attributes(span), "superher.storage.rolled_back")
	require.Equal(t, codes.Error, span.Status().Code)
	require.Equal(t, map[string]int{"db.operation.name=Write,error.type=unavailable,superher.storage.port=Store": 1},
		probe.counted(t, "superher.storage.operation.errors"))
}

func TestRead_EveryErrorIsCountedByItsCodeAndOnlyTroubleIsRed(t *testing.T) {
	for _, code := range append(fault.Codes(), "made-up") {
		store, probe := decorated(t, scripted{campaign: func(context.Context) error { return fault.New(code, "a-reason", "") }})
		_, err := store.Read(brand().View()).Campaign(t.Context(), campaigns.ID{})
		require.ErrorIs(t, err, code)
		want := code
		if code == "made-up" { // labels come from a closed set
			want = fault.Internal
		}
		span := probe.only(t, "storage.Reader.Campaign")
		require.Equal(t, string(want), attributes(span)["error.type"])
		require.Equal(t, want == fault.Internal || want == fault.Unavailable, span.Status().Code == codes.Error, code)
		require.Equal(t, map[string]int{"db.operation.name=Campaign,error.type=" + string(want) + ",superher.storage.port=Reader": 1},
			probe.counted(t, "superher.storage.operation.errors"))
	}
}

func TestRead_APanicIsToldWithoutItsValueAndGoesOn(t *testing.T) {
	store, probe := decorated(t, scripted{campaign: func(context.Context) error { panic(plantedText) }})
	require.PanicsWithValue(t, plantedText, func() { _, _ = store.Read(brand().View()).Campaign(t.Context(), campaigns.ID{}) })
	span := probe.only(t, "storage.Reader.Campaign")
	require.Equal(t, "panic", attributes(span)["error.type"])
	require.Equal(t, codes.Error, span.Status().Code)
	require.NotContains(t, probe.dump(t), "planted")
}

func TestRead_TheTextOfAnErrorIsNeverTold(t *testing.T) {
	store, probe := decorated(t, scripted{campaign: func(context.Context) error {
		return &fault.Error{
			Code: fault.Internal, Reason: "internal", Detail: plantedText, Err: errors.New(plantedText),
			Fields: []fault.Field{{Name: plantedText, Reason: plantedText, Detail: plantedText}},
		}
	}})
	_, err := store.Read(brand().View()).Campaign(t.Context(), campaigns.ID{})
	require.ErrorContains(t, err, "planted")
	require.NotContains(t, probe.dump(t), "planted")
}

func TestStore_TheAdvertiserIsOnSpansOnlyAndOnlyWhereItIsOne(t *testing.T) {
	store, probe := decorated(t, scripted{})
	id := brand().Advertiser().String()
	read := func(view tenant.View) { _, _ = store.Read(view).Campaigns(t.Context(), storage.Page{}) }
	read(brand().View())
	require.Equal(t, id, attributes(probe.only(t, "storage.Reader.Campaigns"))["superher.advertiser.id"])
	probe.spans.Reset()
	read(tenant.Everyone())
	require.NotContains(t, attributes(probe.only(t, "storage.Reader.Campaigns")), "superher.advertiser.id")
	probe.spans.Reset()
	read(tenant.View{})
	require.NotContains(t, attributes(probe.only(t, "storage.Reader.Campaigns")), "superher.advertiser.id")

	require.NoError(t, store.Write(t.Context(), brand(), func(ctx context.Context, tx storage.Tx) error {
		_, err := tx.Campaigns(ctx, storage.Page{})
		return err
	}))
	require.Equal(t, id, attributes(probe.only(t, "storage.Store.Write"))["superher.advertiser.id"])
	require.Equal(t, id, attributes(probe.only(t, "storage.Tx.Campaigns"))["superher.advertiser.id"])
	probe.spans.Reset()
	require.NotContains(t, probe.dump(t), id, "measurements have no tenant")
}

func TestStore_DurationsAreInSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, probe := decorated(t, scripted{campaign: func(context.Context) error {
			<-time.After(250 * time.Millisecond) // of the bubble's clock: no time passes
			return nil
		}})
		_, err := store.Read(brand().View()).Campaign(t.Context(), campaigns.ID{})
		require.NoError(t, err)
		duration := probe.metrics(t)["superher.storage.operation.duration"]
		require.Equal(t, "s", duration.Unit)
		told := duration.Data.(metricdata.Histogram[float64]).DataPoints[0]
		require.InDelta(t, 0.25, told.Sum, 1e-9)
		require.Equal(t, []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}, told.Bounds)
	})
}

func TestEachEvent_CountsRowsAndEndsItsSpanWhenTheSequenceEnds(t *testing.T) {
	three := make([]attribution.Event, 3)
	rows := func(probe *probe) any {
		return attributes(probe.only(t, "storage.Reader.EachEvent"))["db.response.returned_rows"]
	}
	t.Run("read to its end", func(t *testing.T) {
		store, probe := decorated(t, scripted{events: three})
		sequence := store.Read(brand().View()).EachEvent(t.Context(), stats.Filter{})
		require.Empty(t, probe.spans.Started(), "a sequence that nobody reads has none")
		for _, err := range sequence {
			require.NoError(t, err)
			require.Empty(t, probe.names(), "it lasts as long as the sequence is read")
		}
		require.EqualValues(t, 3, rows(probe))
		require.Empty(t, probe.counted(t, "superher.storage.operation.errors"))
	})
	t.Run("left early", func(t *testing.T) {
		store, probe := decorated(t, scripted{events: three})
		for range store.Read(brand().View()).EachEvent(t.Context(), stats.Filter{}) {
			break
		}
		require.EqualValues(t, 1, rows(probe))
		require.NotContains(t, attributes(probe.only(t, "storage.Reader.EachEvent")), "error.type")
	})
	t.Run("ended by an error", func(t *testing.T) {
		store, probe := decorated(t, scripted{events: three, failure: fault.New(fault.Unavailable, "store-busy", "")})
		var last error
		for _, err := range store.Read(brand().View()).EachEvent(t.Context(), stats.Filter{}) {
			last = err
		}
		require.ErrorIs(t, last, fault.Unavailable)
		require.EqualValues(t, 3, rows(probe))
		require.Equal(t, map[string]int{"db.operation.name=EachEvent,error.type=unavailable,superher.storage.port=Reader": 1},
			probe.counted(t, "superher.storage.operation.errors"))
	})
	t.Run("left by a panic of its reader", func(t *testing.T) {
		store, probe := decorated(t, scripted{events: three})
		require.Panics(t, func() {
			for range store.Read(brand().View()).EachEvent(t.Context(), stats.Filter{}) {
				panic(plantedText)
			}
		})
		require.EqualValues(t, 1, rows(probe))
		require.NotContains(t, probe.dump(t), "planted")
	})
}
