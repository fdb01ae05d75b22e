package otel_test

import (
	"context"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/adapters/otel"
	"github.com/superher/superher/attribution"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Whatever reaches a port as text or bytes is made of these.
const (
	plantedText = "planted-jessica@example.com 203.0.113.77 sk_live_planted"
	plantedByte = 0xAB
)

// traces are how the planted values would show.
func traces() []string {
	return []string{"planted", "jessica", "example.com", "203.0.113", "sk_live", "abab", "ABAB", "q6ur", "171 171", "171,171", `\xab`, "0xab"}
}

// port is one interface of the storage ports and how to reach it.
type port struct {
	name  string
	of    reflect.Type
	reach func(t *testing.T, store storage.Store, use func(port any))
}

func ports() []port {
	read := func(store storage.Store) storage.Reader { return store.Read(brand().View()) }
	write := func(t *testing.T, store storage.Store, use func(storage.Tx)) {
		require.NoError(t, store.Write(t.Context(), brand(), func(_ context.Context, tx storage.Tx) error {
			use(tx)
			return nil
		}))
	}
	return []port{
		{"Store", reflect.TypeFor[storage.Store](), func(_ *testing.T, store storage.Store, use func(any)) { use(store) }},
		{"Reader", reflect.TypeFor[storage.Reader](), func(_ *testing.T, store storage.Store, use func(any)) { use(read(store)) }},
		{"Source", reflect.TypeFor[stats.Source](), func(_ *testing.T, store storage.Store, use func(any)) { use(read(store).Stats()) }},
		{"Tx", reflect.TypeFor[storage.Tx](), func(t *testing.T, store storage.Store, use func(any)) {
			write(t, store, func(tx storage.Tx) { use(tx) })
		}},
		{"Source", reflect.TypeFor[stats.Source](), func(t *testing.T, store storage.Store, use func(any)) {
			write(t, store, func(tx storage.Tx) { use(tx.Stats()) })
		}},
		{"System", reflect.TypeFor[storage.System](), func(_ *testing.T, store storage.Store, use func(any)) { use(store.System()) }},
		{"Platform", reflect.TypeFor[storage.Platform](), func(t *testing.T, store storage.Store, use func(any)) {
			require.NoError(t, store.System().Administer(t.Context(), func(_ context.Context, p storage.Platform) error {
				use(p)
				return nil
			}))
		}},
	}
}

func brand() tenant.Scope { return tenant.For(tenant.ID{1}) }

// stocked returns a store in memory with the advertiser of brand.
func stocked(t testing.TB) storage.Store {
	store := memory.New()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	require.NoError(t, store.System().CreateAdvertiser(context.Background(),
		tenant.Advertiser{ID: brand().Advertiser(), Name: "Sunrise Tea", Zone: "UTC", Currency: "INR", CreatedAt: now, Version: 1}))
	return store
}

// opens reports whether a method only hands out another port.
func opens(method reflect.Method) bool {
	return method.Type.NumOut() == 1 && method.Type.Out(0).Kind() == reflect.Interface && method.Type.Out(0) != reflect.TypeFor[error]()
}

// each calls use for every method of every port that is a call.
func each(t *testing.T, use func(t *testing.T, p port, method reflect.Method)) {
	for _, p := range ports() {
		for method := range p.of.Methods() {
			if !opens(method) {
				t.Run(p.name+"."+method.Name, func(t *testing.T) { use(t, p, method) })
			}
		}
	}
}

// call calls a method by its name and reads to the end what it answers.
func call(ctx context.Context, on any, method reflect.Method, fill func(reflect.Type) reflect.Value) []any {
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.Type.NumIn(); i++ {
		args = append(args, fill(method.Type.In(i)))
	}
	var answers []any
	for _, out := range reflect.ValueOf(on).MethodByName(method.Name).Call(args) {
		if seq, ok := reflect.TypeAssert[iter.Seq2[attribution.Event, error]](out); ok {
			for event, err := range seq {
				answers = append(answers, event, err)
			}
			continue
		}
		answers = append(answers, out.Interface())
	}
	return answers
}

// blank fills with zero values, and with a function that does nothing.
func blank(of reflect.Type) reflect.Value {
	if of.Kind() == reflect.Func {
		return reflect.MakeFunc(of, func([]reflect.Value) []reflect.Value { return []reflect.Value{reflect.Zero(of.Out(0))} })
	}
	if of == reflect.TypeFor[tenant.Scope]() {
		return reflect.ValueOf(brand())
	}
	return reflect.Zero(of)
}

// planted fills with text and bytes that must not be told.
func planted(of reflect.Type) reflect.Value {
	value := reflect.New(of).Elem()
	switch {
	case of == reflect.TypeFor[time.Time](), of == reflect.TypeFor[*time.Location](), of == reflect.TypeFor[tenant.Scope]():
		return blank(of)
	case of.Kind() == reflect.Func:
		return blank(of)
	case of.Kind() == reflect.String:
		value.SetString(plantedText)
	case of.Kind() == reflect.Uint8:
		value.SetUint(plantedByte)
	case of.Kind() == reflect.Slice:
		value.Set(reflect.MakeSlice(of, 2, 2))
		fallthrough
	case of.Kind() == reflect.Array:
		for i := range value.Len() {
			value.Index(i).Set(planted(of.Elem()))
		}
	case of.Kind() == reflect.Map:
		value.Set(reflect.MakeMap(of))
		value.SetMapIndex(planted(of.Key()), planted(of.Elem()))
	case of.Kind() == reflect.Struct:
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				value.Field(i).Set(planted(of.Field(i).Type))
			}
		}
	}
	return value
}

func TestStore_EveryMethodOfEveryPortHasASpanAndMeasurementOfItsName(t *testing.T) {
	each(t, func(t *testing.T, p port, method reflect.Method) {
		probe := newProbe()
		store, err := otel.Store(stocked(t), probe.config)
		require.NoError(t, err)
		p.reach(t, store, func(port any) { call(t.Context(), port, method, blank) })

		span := probe.only(t, "storage."+p.name+"."+method.Name)
		require.Equal(t, method.Name, attributes(span)["db.operation.name"])
		require.Equal(t, p.name, attributes(span)["superher.storage.port"])
		labels := "db.operation.name=" + method.Name
		failure := attributes(span)["error.type"]
		if failure != nil {
			labels += ",error.type=" + failure.(string)
		}
		labels += ",superher.storage.port=" + p.name
		require.Equal(t, 1, probe.counted(t, "superher.storage.operation.duration")[labels])
		if failure != nil {
			require.Equal(t, 1, probe.counted(t, "superher.storage.operation.errors")[labels])
		} else {
			require.Empty(t, probe.counted(t, "superher.storage.operation.errors"))
		}
	})
}

func TestStore_AnswersAsTheInnerOneDoes(t *testing.T) {
	for what, fill := range map[string]func(reflect.Type) reflect.Value{"blank": blank, "planted": planted} {
		t.Run(what, func(t *testing.T) {
			each(t, func(t *testing.T, p port, method reflect.Method) {
				store, err := otel.Store(stocked(t), newProbe().config)
				require.NoError(t, err)
				var want, got []any
				p.reach(t, stocked(t), func(port any) { want = call(t.Context(), port, method, fill) })
				p.reach(t, store, func(port any) { got = call(t.Context(), port, method, fill) })
				require.Equal(t, want, got)
			})
		})
	}
}

func TestStore_DoorsOpenToDecoratedPortsOnly(t *testing.T) {
	store, err := otel.Store(stocked(t), newProbe().config)
	require.NoError(t, err)
	for _, p := range ports() {
		p.reach(t, store, func(port any) {
			require.True(t, strings.HasSuffix(reflect.TypeOf(port).PkgPath(), "/adapters/otel"), "%s is %T", p.name, port)
		})
	}
}

func TestStore_NothingThatAPortIsGivenIsTold(t *testing.T) {
	each(t, func(t *testing.T, p port, method reflect.Method) {
		probe := newProbe()
		store, err := otel.Store(stocked(t), probe.config)
		require.NoError(t, err)
		for range 2 { // the second call reads or collides with what the first one stored
			p.reach(t, store, func(port any) { call(t.Context(), port, method, planted) })
		}
		told := probe.dump(t)
		require.Contains(t, told, "storage."+p.name+"."+method.Name)
		for _, trace := range traces() {
			require.NotContains(t, told, trace)
		}
	})
}
