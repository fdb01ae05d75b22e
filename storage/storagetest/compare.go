package storagetest

import (
	"context"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// plain returns a deep copy in which an empty list is nil and moments are in
// UTC: the differences that do not matter.
func plain[T any](value T) T {
	out := reflect.New(reflect.TypeOf(&value).Elem()).Elem()
	copyPlain(out, reflect.ValueOf(&value).Elem())
	return out.Interface().(T)
}

func copyPlain(to, from reflect.Value) {
	if at, ok := reflect.TypeAssert[time.Time](from); ok {
		to.Set(reflect.ValueOf(at.UTC()))
		return
	}
	switch from.Kind() {
	case reflect.Struct:
		for i := range from.NumField() {
			copyPlain(to.Field(i), from.Field(i))
		}
	case reflect.Slice:
		if from.Len() == 0 {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyPlain(to.Index(i), from.Index(i))
		}
	case reflect.Map:
		if from.Len() == 0 {
			return
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for _, key := range from.MapKeys() {
			item := reflect.New(from.Type().Elem()).Elem()
			copyPlain(item, from.MapIndex(key))
			to.SetMapIndex(key, item)
		}
	default:
		to.Set(from)
	}
}

func same[T any](t *testing.T, want, got T, note ...any) {
	t.Helper()
	require.Equal(t, plain(want), plain(got), note...)
}

// has requires an error of the code, with the reason unless it is empty.
func has(t *testing.T, err error, code fault.Code, reason string) {
	t.Helper()
	require.Error(t, err)
	var e *fault.Error
	require.ErrorAs(t, err, &e, "every error is a *fault.Error")
	require.Equal(t, code, e.Code, err.Error())
	if reason != "" {
		require.True(t, fault.HasReason(err, reason), "want reason %s: %v", reason, err)
	}
}

// hidden requires that what is foreign is refused exactly like what does not exist.
func hidden(t *testing.T, foreign, unknown error) {
	t.Helper()
	has(t, unknown, fault.NotFound, "not-found")
	has(t, foreign, fault.NotFound, "not-found")
	f, u := fault.Of(foreign), fault.Of(unknown)
	require.Equal(t, u.Reason, f.Reason, "the reason must not tell a foreign thing from an absent one")
	require.Equal(t, u.Detail, f.Detail, "the text must not tell a foreign thing from an absent one")
	require.Equal(t, u.Fields, f.Fields)
}

// all walks every page of a list.
func all[T any](t *testing.T, list func(storage.Page) (storage.List[T], error), limit int) []T {
	t.Helper()
	var items []T
	page := storage.Page{Limit: limit}
	for range 10_000 {
		part, err := list(page)
		require.NoError(t, err)
		if limit > 0 {
			require.LessOrEqual(t, len(part.Items), limit)
		}
		items = append(items, part.Items...)
		if part.Next == "" {
			return items
		}
		require.NotEmpty(t, part.Items, "a page with a next one holds items")
		page.Cursor = part.Next
	}
	require.Fail(t, "the list does not end")
	return nil
}

func collect(t *testing.T, seq iter.Seq2[attribution.Event, error]) []attribution.Event {
	t.Helper()
	var out []attribution.Event
	for e, err := range seq {
		require.NoError(t, err)
		out = append(out, e)
	}
	return out
}

func seqError(seq iter.Seq2[attribution.Event, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// dump is everything that can be read of a store.
type dump struct {
	Advertisers []tenant.Advertiser
	Keys        []tenant.APIKey
	Campaigns   []campaigns.Campaign
	Assignments []campaigns.Assignment
	Influencers []campaigns.Influencer
	Links       []links.Link
	Coupons     []coupons.Coupon
	Events      []attribution.Event
	Overview    stats.Overview
}

func dumpOf(t *testing.T, ctx context.Context, r storage.Reader) dump {
	t.Helper()
	d := dump{
		Advertisers: all(t, func(p storage.Page) (storage.List[tenant.Advertiser], error) { return r.Advertisers(ctx, p) }, 0),
		Keys:        all(t, func(p storage.Page) (storage.List[tenant.APIKey], error) { return r.APIKeys(ctx, p) }, 0),
		Campaigns:   all(t, func(p storage.Page) (storage.List[campaigns.Campaign], error) { return r.Campaigns(ctx, p) }, 0),
		Influencers: all(t, func(p storage.Page) (storage.List[campaigns.Influencer], error) {
			return r.Influencers(ctx, campaigns.ID{}, p)
		}, 0),
		Links:   all(t, func(p storage.Page) (storage.List[links.Link], error) { return r.Links(ctx, storage.Of{}, p) }, 0),
		Coupons: all(t, func(p storage.Page) (storage.List[coupons.Coupon], error) { return r.Coupons(ctx, storage.Of{}, p) }, 0),
		Events:  collect(t, r.EachEvent(ctx, forever())),
	}
	for _, c := range d.Campaigns {
		d.Assignments = append(d.Assignments, all(t, func(p storage.Page) (storage.List[campaigns.Assignment], error) {
			return r.Assignments(ctx, c.ID, p)
		}, 0)...)
	}
	var err error
	d.Overview, err = r.Stats().Overview(ctx, forever())
	require.NoError(t, err)
	return plain(d)
}

// platformDump is what can be read of a store beside what views show.
type platformDump struct {
	Users    []tenant.User
	Requests []storage.Request // of A, of B and of the platform
}

func (f *fixture) platformDump(t *testing.T) platformDump {
	t.Helper()
	d := platformDump{Users: f.users(t, "")}
	var part []storage.Request
	note := func(ctx context.Context, w storage.RequestWriter, keys ...string) error {
		part = nil // of an earlier attempt
		for _, key := range keys {
			stored, first, err := w.ClaimRequest(ctx, storage.Request{Key: key, At: start()})
			if err != nil {
				return err
			}
			require.False(t, first, "the request %q is gone", key)
			part = append(part, stored)
		}
		return nil
	}
	for _, p := range []party{f.a, f.b} {
		f.write(t, p, func(ctx context.Context, tx storage.Tx) error { return note(ctx, tx, p.request.Key, p.own.Key) })
		d.Requests = append(d.Requests, part...)
	}
	f.administer(t, func(ctx context.Context, p storage.Platform) error { return note(ctx, p, f.platform().Key) })
	d.Requests = append(d.Requests, part...)
	return plain(d)
}

// unchanged requires that do leaves everything in the store as it was.
func (f *fixture) unchanged(t *testing.T, do func()) {
	t.Helper()
	before, platform := dumpOf(t, f.ctx, f.everyone()), f.platformDump(t)
	do()
	require.Equal(t, before, dumpOf(t, f.ctx, f.everyone()), "nothing may change")
	require.Equal(t, platform, f.platformDump(t), "nothing may change")
}
