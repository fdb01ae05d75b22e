package storagetest

import (
	"context"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// doors tries what must be refused whatever is asked for: no tenant, a context
// that is over, a transaction that is over.
func (h Harness) doors(t *testing.T) {
	f := newFixture(t, h)
	t.Run("TheZeroScopeIsRefused", func(t *testing.T) {
		f.unchanged(t, func() {
			err := f.store.Write(f.ctx, tenant.Scope{}, func(context.Context, storage.Tx) error {
				t.Error("fn must not run")
				return nil
			})
			has(t, err, fault.Invalid, "empty-scope")
		})
	})
	t.Run("TheZeroViewIsRefusedByEveryMethod", func(t *testing.T) {
		for _, view := range []tenant.View{{}, tenant.Scope{}.View()} {
			r := f.store.Read(view)
			eachCall(t, r, f.ctx, nil, func(name string, err error) { has(t, err, fault.Invalid, "empty-view") })
			eachCall(t, r.Stats(), f.ctx, nil, func(name string, err error) { has(t, err, fault.Invalid, "empty-view") })
		}
	})
	t.Run("AContextThatIsOverIsUnavailable", func(t *testing.T) {
		canceled, cancel := context.WithCancel(f.ctx)
		cancel()
		late, cancel := context.WithDeadline(f.ctx, time.Unix(0, 0))
		defer cancel()
		f.unchanged(t, func() {
			for _, ctx := range []context.Context{canceled, late} {
				over := func(name string, err error) {
					require.Error(t, err, name)
					has(t, err, fault.Unavailable, "")
				}
				eachCall(t, f.read(f.a), ctx, f, over)
				eachCall(t, f.read(f.a).Stats(), ctx, f, over)
				eachCall(t, f.store.System(), ctx, f, over)
				over("Write", f.store.Write(ctx, f.a.scope, func(context.Context, storage.Tx) error {
					t.Error("fn must not run")
					return nil
				}))
			}
		})
	})
	t.Run("ATransactionMustNotBeUsedAfterFnHasReturned", func(t *testing.T) {
		f.unchanged(t, func() {
			var kept storage.Tx
			f.write(t, f.a, func(_ context.Context, tx storage.Tx) error {
				kept = tx
				return nil
			})
			eachCall(t, kept, f.ctx, f, func(name string, err error) {
				require.Error(t, err, name)
				has(t, err, fault.Internal, "transaction-ended")
			})
		})
	})
	t.Run("AScopeOfNobodyStoresNothing", func(t *testing.T) {
		f.unchanged(t, func() {
			has(t, f.try(f.unknown, func(ctx context.Context, tx storage.Tx) error {
				return tx.CreateCampaign(ctx, f.unknown.campaign)
			}), fault.NotFound, "not-found")
		})
	})
	t.Run("AViewOfNobodyIsEmpty", func(t *testing.T) {
		same(t, dump{}, dumpOf(t, f.ctx, f.read(f.unknown)))
	})
}

// eachCall calls every method of a port that can fail, with arguments that are
// good (party A's of the fixture) or, without a fixture, zero.
func eachCall(t *testing.T, port any, ctx context.Context, f *fixture, check func(name string, err error)) {
	t.Helper()
	value := reflect.ValueOf(port)
	for i := range value.NumMethod() {
		name, method := value.Type().Method(i).Name, value.Method(i)
		if !isPortMethod(name) {
			continue
		}
		args := make([]reflect.Value, method.Type().NumIn())
		for j := range args {
			args[j] = argument(method.Type().In(j), ctx, f)
		}
		results := method.Call(args)
		last := results[len(results)-1].Interface()
		switch result := last.(type) {
		case nil:
			check(name, nil)
		case error:
			check(name, result)
		case iter.Seq2[attribution.Event, error]:
			check(name, seqError(result))
		case stats.Source: // asked by itself
		default:
			require.Fail(t, "a result that is not understood", "%s: %T", name, last)
		}
	}
}

// isPortMethod keeps out what an adapter's type offers beside the ports.
func isPortMethod(name string) bool {
	for _, port := range []reflect.Type{
		reflect.TypeFor[storage.Tx](), reflect.TypeFor[storage.System](), reflect.TypeFor[storage.Platform](), reflect.TypeFor[stats.Source](),
	} {
		if _, found := port.MethodByName(name); found {
			return true
		}
	}
	return false
}

// argument makes an argument of a type; of lists one with a single item.
func argument(of reflect.Type, ctx context.Context, f *fixture) reflect.Value {
	switch of {
	case reflect.TypeFor[context.Context]():
		return reflect.ValueOf(ctx)
	case reflect.TypeFor[stats.Filter]():
		return reflect.ValueOf(forever())
	case reflect.TypeFor[storage.EventFilter]():
		return reflect.ValueOf(storage.EventFilter{Filter: forever()})
	case reflect.TypeFor[func(context.Context, storage.Platform) error]():
		return reflect.ValueOf(func(context.Context, storage.Platform) error { panic("fn must not run") })
	case reflect.TypeFor[stats.Unit]():
		return reflect.ValueOf(stats.Month)
	case reflect.TypeFor[stats.Kind]():
		return reflect.ValueOf(stats.ByLink)
	}
	if f != nil {
		for _, known := range []any{
			f.a.advertiser, f.a.advertiser.ID, f.a.key, f.a.key.ID, f.a.key.Hash, f.a.campaign, f.a.campaign.ID, f.a.influencer,
			f.a.influencer.ID, f.a.assignment, newTerms(7), f.a.link, f.a.link.ID, f.a.link.Code, f.a.coupon, f.a.coupon.ID,
			f.a.coupon.Code, f.a.event, f.a.event.ID, f.newClick(f.a, 9, start()), links.Salt{9}, start(),
			storage.Recommission{Event: f.a.event.ID}, f.newUser("doors"), newID[tenant.User](f.ids), newRequest("doors", ""), newTicket("doors"),
			storage.Of{Campaign: f.a.campaign.ID},
		} {
			if reflect.TypeOf(known) == of {
				return reflect.ValueOf(known)
			}
		}
	}
	if of.Kind() == reflect.Slice {
		return reflect.Append(reflect.Zero(of), argument(of.Elem(), ctx, f))
	}
	return reflect.Zero(of)
}
