package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
)

// lists holds what narrows a list, and the order of the list of events.
func (h Harness) lists(t *testing.T) {
	h.listsOf(t)
	h.linkClicks(t)
	h.eventLists(t)
	h.eventFilters(t)
	h.eventCursors(t)
}

func (f *fixture) links(t *testing.T, r storage.Reader, of storage.Of) []links.Link {
	t.Helper()
	return all(t, func(p storage.Page) (storage.List[links.Link], error) { return r.Links(f.ctx, of, p) }, 2)
}

func (f *fixture) coupons(t *testing.T, r storage.Reader, of storage.Of) []coupons.Coupon {
	t.Helper()
	return all(t, func(p storage.Page) (storage.List[coupons.Coupon], error) { return r.Coupons(f.ctx, of, p) }, 2)
}

// eventList reads every page of the list of events.
func (f *fixture) eventList(t *testing.T, r storage.Reader, filter storage.EventFilter, limit int) []attribution.Event {
	t.Helper()
	return all(t, func(p storage.Page) (storage.List[attribution.Event], error) { return r.Events(f.ctx, filter, p) }, limit)
}

func (h Harness) listsOf(t *testing.T) {
	t.Run("LinksAndCouponsAreNarrowedToWhomIsNamed", func(t *testing.T) {
		f := newFixture(t, h)
		other, idle := f.newCampaign(f.a, "Other"), f.newCampaign(f.a, "Idle")
		second, unused := f.newInfluencer(f.a, "Second"), f.newInfluencer(f.a, "Unused")
		wantLinks, wantCoupons := []links.Link{f.a.link}, []coupons.Coupon{f.a.coupon}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			wantLinks, wantCoupons = wantLinks[:1], wantCoupons[:1]
			err := firstError(tx.CreateCampaign(ctx, other), tx.CreateCampaign(ctx, idle), tx.CreateInfluencer(ctx, second), tx.CreateInfluencer(ctx, unused))
			for i, campaign := range []campaigns.Campaign{f.a.campaign, other} {
				for j, influencer := range []campaigns.Influencer{f.a.influencer, second, {}} {
					p := f.a
					p.campaign, p.influencer = campaign, influencer
					l, c := f.newLink(p, links.Code(fmt.Sprintf("of-%d-%d", i, j))), f.newCoupon(p, coupons.Code(fmt.Sprintf("OF-%d-%d", i, j)))
					_, couponErr := tx.CreateCoupons(ctx, []coupons.Coupon{c})
					err = firstError(err, couponErr, tx.CreateLink(ctx, l))
					wantLinks, wantCoupons = append(wantLinks, l), append(wantCoupons, c)
				}
			}
			return err
		})
		slices.Reverse(wantLinks)
		slices.Reverse(wantCoupons)
		for _, campaign := range []campaigns.ID{{}, f.a.campaign.ID, other.ID, idle.ID, f.unknown.campaign.ID} {
			for _, influencer := range []campaigns.InfluencerID{{}, f.a.influencer.ID, second.ID, unused.ID, f.unknown.influencer.ID} {
				of := storage.Of{Campaign: campaign, Influencer: influencer}
				matches := func(c campaigns.ID, i campaigns.InfluencerID) bool {
					return (campaign.IsZero() || c == campaign) && (influencer.IsZero() || i == influencer)
				}
				same(t, slices.DeleteFunc(slices.Clone(wantLinks), func(l links.Link) bool { return !matches(l.Campaign, l.Influencer) }),
					f.links(t, f.read(f.a), of), "%+v", of)
				same(t, slices.DeleteFunc(slices.Clone(wantCoupons), func(c coupons.Coupon) bool { return !matches(c.Campaign, c.Influencer) }),
					f.coupons(t, f.read(f.a), of), "%+v", of)
			}
		}
	})
	t.Run("OfASharedInfluencerEachSeesItsOwn", func(t *testing.T) {
		f := newFixture(t, h)
		require.NoError(t, f.store.System().ShareInfluencer(f.ctx, f.b.scope.Advertiser(), f.a.influencer.ID))
		p := f.b
		p.influencer = f.a.influencer
		l, c := f.newLink(p, "shared"), f.newCoupon(p, "SHARED")
		f.write(t, f.b, func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.CreateCoupons(ctx, []coupons.Coupon{c})
			require.NoError(t, firstError(err, tx.CreateLink(ctx, l)))
			of := storage.Of{Influencer: f.a.influencer.ID}
			listed, err := tx.Links(ctx, of, storage.Page{})
			same(t, []links.Link{l}, listed.Items, "a transaction sees its own writes")
			return err
		})
		of := storage.Of{Influencer: f.a.influencer.ID}
		same(t, []links.Link{f.a.link}, f.links(t, f.read(f.a), of))
		same(t, []links.Link{l}, f.links(t, f.read(f.b), of))
		same(t, []links.Link{l, f.a.link}, f.links(t, f.everyone(), of))
		same(t, []coupons.Coupon{f.a.coupon}, f.coupons(t, f.read(f.a), of))
		same(t, []coupons.Coupon{c}, f.coupons(t, f.read(f.b), of))
		same(t, []coupons.Coupon{c, f.a.coupon}, f.coupons(t, f.everyone(), of))
	})
}

func (h Harness) linkClicks(t *testing.T) {
	t.Run("LinkClicksCountThoseByPeople", func(t *testing.T) {
		f := newFixture(t, h)
		unused, bots := f.newLink(f.a, "unused"), f.newLink(f.a, "bots")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			return firstError(tx.CreateLink(ctx, unused), tx.CreateLink(ctx, bots))
		})
		var batch []links.Click
		for i, class := range links.Classes() {
			c := f.newClick(f.a, 2, start().Add(time.Duration(i)*time.Hour))
			c.Class = class
			batch = append(batch, c)
		}
		bot := f.newClick(f.a, 3, start())
		bot.Link, bot.Class = bots.ID, links.Bot
		batch = append(batch, bot, f.newClick(f.a, 1, start().Add(time.Minute))) // the fixture's visitor again: a duplicate
		f.click(t, batch...)
		f.click(t, batch...)
		ids := []links.ID{unused.ID, f.a.link.ID, bots.ID, f.a.link.ID, f.b.link.ID, {}}
		for len(ids) < storage.MaxPage {
			ids = append(ids, newID[links.Link](f.ids))
		}
		want := map[links.ID]int64{f.a.link.ID: 2}
		got, err := f.read(f.a).LinkClicks(f.ctx, ids)
		require.NoError(t, err)
		require.Equal(t, want, got, "what has none is left out")
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			got, err := tx.LinkClicks(ctx, ids)
			require.Equal(t, want, got)
			return err
		})
		f.requireClicksOf(t, f.read(f.a), stats.ByLink, map[[16]byte]int64{f.a.link.ID: 2, bots.ID: 0, unused.ID: 0})
		got, err = f.read(f.a).LinkClicks(f.ctx, nil)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}

func (h Harness) eventLists(t *testing.T) {
	t.Run("EventsAreListedTheLatestFirstAndThenByIDDownwards", func(t *testing.T) {
		f := newFixture(t, h)
		var made []attribution.Event
		for _, offset := range []time.Duration{time.Hour, -time.Hour, 0, time.Microsecond, 0, -time.Hour} {
			e := f.newEvent(f.a, "", 1)
			e.OccurredAt = start().Add(offset)
			made = append(made, e)
		}
		f.record(t, f.a, made[3], made[5], made[0], made[4], made[1], made[2])
		want := []attribution.Event{made[0], made[3], made[4], made[2], f.a.event, made[5], made[1]}
		for _, limit := range []int{0, 1, 2, 3, 6, 7, 8, storage.MaxPage} {
			same(t, want, f.eventList(t, f.read(f.a), storage.EventFilter{Filter: forever()}, limit))
		}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			late := f.newEvent(f.a, "", 1)
			late.OccurredAt = start().Add(2 * time.Hour)
			_, err := tx.RecordEvents(ctx, []attribution.Event{late})
			list, listErr := tx.Events(ctx, storage.EventFilter{Filter: forever()}, storage.Page{Limit: 3})
			require.NoError(t, firstError(err, listErr))
			same(t, []attribution.Event{late, made[0], made[3]}, list.Items, "a transaction sees its own writes")
			return nil
		})
	})
	h.eventPages(t)
}

func (h Harness) eventPages(t *testing.T) {
	t.Run("PagesOfOneMomentMissNothingAndRepeatNothing", func(t *testing.T) {
		f := newFixture(t, h)
		const made = 30
		var events []attribution.Event
		for range made {
			events = append(events, f.newEvent(f.a, "", 1))
		}
		f.record(t, f.a, events...)
		want := collect(t, f.read(f.a).EachEvent(f.ctx, forever()))
		require.Len(t, want, made+1)
		slices.Reverse(want)
		for _, limit := range []int{1, 7, made, made + 1} {
			same(t, want, f.eventList(t, f.read(f.a), storage.EventFilter{Filter: forever()}, limit))
		}
		// What comes in between two pages, before their position, repeats nothing.
		var got []attribution.Event
		page := storage.Page{Limit: 10}
		for {
			list, err := f.read(f.a).Events(f.ctx, storage.EventFilter{Filter: forever()}, page)
			require.NoError(t, err)
			got = append(got, list.Items...)
			if page.Cursor = list.Next; page.Cursor == "" {
				break
			}
			f.record(t, f.a, f.newEvent(f.a, "", 1))
		}
		same(t, want, got)
	})
	t.Run("TheDefaultPage", func(t *testing.T) {
		f := newFixture(t, h)
		var events []attribution.Event
		for range storage.DefaultPage {
			events = append(events, f.newEvent(f.a, "", 1))
		}
		f.record(t, f.a, events...)
		list, err := f.read(f.a).Events(f.ctx, storage.EventFilter{Filter: forever()}, storage.Page{})
		require.NoError(t, err)
		require.Len(t, list.Items, storage.DefaultPage)
		require.NotEmpty(t, list.Next)
	})
	t.Run("EventsAtOddMomentsArePagedInOrder", func(t *testing.T) {
		f := newFixture(t, h)
		for _, at := range oddMoments() {
			one, two := f.newEvent(f.a, "", 1), f.newEvent(f.a, "", 1)
			one.OccurredAt, two.OccurredAt = at, at
			f.record(t, f.a, two, one)
			same(t, []attribution.Event{two, one}, f.eventList(t, f.read(f.a), storage.EventFilter{Filter: stats.Filter{From: at, To: at.Add(time.Microsecond)}}, 1), at.String())
		}
	})
}

func (h Harness) eventFilters(t *testing.T) {
	t.Run("EventsAreFoundByTheirExternalIDByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		var events []attribution.Event
		for _, id := range append(fits(oddTexts(), attribution.MaxExternalID), "") {
			events = append(events, f.newEvent(f.a, id, 1))
		}
		f.record(t, f.a, events...)
		for _, e := range events[:len(events)-1] {
			same(t, []attribution.Event{e}, f.eventList(t, f.read(f.a), storage.EventFilter{Filter: forever(), ExternalID: e.ExternalID}, 0), "%q", e.ExternalID)
		}
		require.Empty(t, f.eventList(t, f.read(f.a), storage.EventFilter{Filter: forever(), ExternalID: "ORDER-1"}, 0))
		require.Len(t, f.eventList(t, f.read(f.a), storage.EventFilter{Filter: forever()}, 0), len(events)+1, "none named is any")
		_, err := f.read(f.a).Events(f.ctx, storage.EventFilter{Filter: forever(), ExternalID: "a\x00"}, storage.Page{})
		if err != nil {
			has(t, err, fault.Invalid, "")
		}
	})
	t.Run("AnExternalIDIsThatOfEveryTypeAndHoldsWithinThePeriod", func(t *testing.T) {
		f := newFixture(t, h)
		signup := f.newEvent(f.a, f.a.event.ExternalID, 1)
		signup.Type, signup.OccurredAt = campaigns.Signup, start().Add(time.Hour)
		f.record(t, f.a, signup)
		filter := storage.EventFilter{Filter: forever(), ExternalID: f.a.event.ExternalID}
		same(t, []attribution.Event{signup, f.a.event}, f.eventList(t, f.read(f.a), filter, 1))
		filter.EventTypes = []campaigns.EventType{campaigns.Signup}
		same(t, []attribution.Event{signup}, f.eventList(t, f.read(f.a), filter, 1))
		filter.EventTypes, filter.To = nil, start().Add(time.Microsecond)
		same(t, []attribution.Event{f.a.event}, f.eventList(t, f.read(f.a), filter, 1))
		filter.Method = attribution.ByRefCode
		require.Empty(t, f.eventList(t, f.read(f.a), filter, 1))
	})
	t.Run("EventsAreFoundByTheirMethod", func(t *testing.T) {
		f := newFixture(t, h)
		want := map[attribution.Method][]attribution.Event{attribution.ByCoupon: {f.a.event}}
		for range 3 {
			for _, method := range attribution.Methods() {
				e := f.newEvent(f.a, "", 1)
				e.Decision.Method = method
				f.record(t, f.a, e)
				want[method] = append([]attribution.Event{e}, want[method]...)
			}
		}
		for _, method := range attribution.Methods() {
			for _, limit := range []int{0, 1, 2} {
				same(t, want[method], f.eventList(t, f.read(f.a), storage.EventFilter{Filter: forever(), Method: method}, limit), method)
			}
		}
	})
	t.Run("ThePeriodCoversFromAndNotTo", func(t *testing.T) {
		f := newFixture(t, h)
		at := func(from, to time.Duration) int {
			return len(f.eventList(t, f.read(f.a), storage.EventFilter{Filter: stats.Filter{From: start().Add(from), To: start().Add(to)}}, 0))
		}
		require.Equal(t, 1, at(0, time.Microsecond))
		require.Equal(t, 0, at(-time.Hour, 0))
		require.Equal(t, 1, at(-time.Hour, time.Microsecond))
		require.Equal(t, 0, at(time.Microsecond, time.Hour))
	})
	t.Run("ABadFilterIsInvalid", func(t *testing.T) {
		f := newFixture(t, h)
		many := forever()
		many.EventTypes = make([]campaigns.EventType, stats.MaxFilterIDs+1)
		for _, bad := range []stats.Filter{{}, {From: start()}, {From: start(), To: start()}, many} {
			list, err := f.read(f.a).Events(f.ctx, storage.EventFilter{Filter: bad}, storage.Page{})
			has(t, err, fault.Invalid, "")
			require.Empty(t, list.Items)
		}
	})
}

func (h Harness) eventCursors(t *testing.T) {
	t.Run("ABadPageOfEventsIsInvalid", func(t *testing.T) {
		f := newFixture(t, h)
		f.record(t, f.a, f.newEvent(f.a, "", 1), f.newEvent(f.a, "", 1))
		ask := func(p storage.Page) (storage.List[attribution.Event], error) {
			return f.read(f.a).Events(f.ctx, storage.EventFilter{Filter: forever()}, p)
		}
		for _, limit := range []int{-1, storage.MaxPage + 1} {
			_, err := ask(storage.Page{Limit: limit})
			has(t, err, fault.Invalid, "out-of-range")
		}
		_, err := ask(storage.Page{Cursor: "garbage"})
		has(t, err, fault.Invalid, "malformed-cursor")
		for _, other := range []ident.Cursor{{ID: f.a.event.ID}, {Sort: "name", Key: "x", ID: [16]byte{1}}} {
			_, err = ask(storage.Page{Cursor: other.String()})
			has(t, err, fault.Invalid, "cursor-of-another-order")
		}
		list, err := ask(storage.Page{Limit: 1})
		require.NoError(t, err)
		_, err = f.read(f.a).Links(f.ctx, storage.Of{}, storage.Page{Cursor: list.Next})
		has(t, err, fault.Invalid, "cursor-of-another-order")
		given, err := ident.ParseCursor(list.Next)
		require.NoError(t, err)
		for _, key := range []string{"", "x", "-1", "0", "00", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1.5", "'", "NaN"} {
			made := given // by a caller: a position at best, never a failure of the store
			made.Key = key
			if list, err := ask(storage.Page{Cursor: made.String()}); err != nil {
				has(t, err, fault.Invalid, "")
			} else {
				require.LessOrEqual(t, len(list.Items), 3)
			}
		}
	})
	t.Run("AForeignCursorIsAPositionAndNotARight", func(t *testing.T) {
		f := newFixture(t, h)
		var mine []attribution.Event
		var theirs attribution.Event
		for i := range 4 {
			e := f.newEvent(f.a, "", 1)
			theirs = f.newEvent(f.b, "", 1)
			e.OccurredAt = start().Add(time.Duration(i+1) * time.Hour)
			theirs.OccurredAt = e.OccurredAt
			f.record(t, f.a, e)
			f.record(t, f.b, theirs)
			mine = append([]attribution.Event{e}, mine...)
		}
		mine = append(mine, f.a.event)
		for behind := range 4 { // B's event of a moment has the larger id
			foreign, err := f.read(f.b).Events(f.ctx, storage.EventFilter{Filter: forever()}, storage.Page{Limit: behind + 1})
			require.NoError(t, err)
			list, err := f.read(f.a).Events(f.ctx, storage.EventFilter{Filter: forever()}, storage.Page{Cursor: foreign.Next})
			require.NoError(t, err)
			same(t, mine[behind:], list.Items)
		}
	})
}
