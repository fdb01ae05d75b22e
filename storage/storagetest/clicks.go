package storagetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
)

// clicksOf returns what the overview of a party counts.
func (f *fixture) clicksOf(t *testing.T, p party) (human, all, visitors int64) {
	t.Helper()
	o, err := f.read(p).Stats().Overview(f.ctx, forever())
	require.NoError(t, err)
	return o.Clicks, o.AllClicks, o.Visitors
}

func (f *fixture) requireClicks(t *testing.T, p party, human, all, visitors int64) {
	t.Helper()
	h, a, v := f.clicksOf(t, p)
	require.Equal(t, []int64{human, all, visitors}, []int64{h, a, v}, "clicks by people, all clicks, visitors")
}

func (f *fixture) click(t *testing.T, clicks ...links.Click) {
	t.Helper()
	require.NoError(t, f.store.System().AppendClicks(f.ctx, clicks))
}

// clicks holds what becomes of appended clicks. Each party has one already, by
// visitor 1 at the start.
func (h Harness) clicks(t *testing.T) {
	t.Run("ABatchMayBeSentAgain", func(t *testing.T) {
		f := newFixture(t, h)
		batch := []links.Click{f.newClick(f.a, 2, start()), f.newClick(f.b, 2, start()), f.newClick(f.a, 3, start().Add(time.Hour))}
		for range 3 {
			f.click(t, batch...)
			f.requireClicks(t, f.a, 3, 3, 3)
			f.requireClicks(t, f.b, 2, 2, 2)
		}
		f.click(t, append(batch, f.newClick(f.a, 4, start()))...)
		f.requireClicks(t, f.a, 4, 4, 4)
		twice := f.newClick(f.a, 5, start())
		f.click(t, twice, twice)
		f.requireClicks(t, f.a, 5, 5, 5)
	})
	t.Run("OnlyHumanClicksCountAndEveryHitIsKept", func(t *testing.T) {
		f := newFixture(t, h)
		var batch []links.Click
		for _, class := range links.Classes() {
			c := f.newClick(f.a, 2, start().Add(time.Duration(len(batch))*time.Hour))
			c.Class, c.Reason = class, "reason"
			batch = append(batch, c)
		}
		f.click(t, batch...)
		f.requireClicks(t, f.a, 2, 5, 2)
	})
	t.Run("ARepeatedVisitWithinTheWindowIsADuplicate", func(t *testing.T) {
		for name, offset := range map[string]time.Duration{"later": 1, "earlier": -1} {
			f := newFixture(t, h)
			f.click(t, f.newClick(f.a, 1, start().Add(offset*(links.DuplicateWindow-time.Microsecond))))
			f.requireClicks(t, f.a, 1, 2, 1)
			f = newFixture(t, h)
			f.click(t, f.newClick(f.a, 1, start().Add(offset*links.DuplicateWindow)))
			require.NotEmpty(t, name)
			f.requireClicks(t, f.a, 2, 2, 1)
		}
	})
	t.Run("WithinOneCallTooInAnyOrder", func(t *testing.T) {
		f := newFixture(t, h)
		late := start().Add(50 * time.Minute)
		f.click(t, f.newClick(f.a, 1, late), f.newClick(f.a, 1, start().Add(40*time.Minute)), f.newClick(f.a, 1, start().Add(29*time.Minute)))
		f.requireClicks(t, f.a, 2, 4, 1)
	})
	t.Run("ADuplicateDoesNotExtendTheWindow", func(t *testing.T) {
		f := newFixture(t, h)
		for _, minutes := range []time.Duration{20, 29, 30, 40, 59, 60} {
			f.click(t, f.newClick(f.a, 1, start().Add(minutes*time.Minute)))
		}
		f.requireClicks(t, f.a, 3, 7, 1)
	})
	t.Run("AnotherVisitorLinkOrClassIsNoDuplicate", func(t *testing.T) {
		f := newFixture(t, h)
		bot := f.newClick(f.a, 7, start())
		bot.Class = links.Bot
		f.click(t, bot)
		f.click(t, f.newClick(f.a, 7, start()), f.newClick(f.a, 2, start())) // a bot's hit is not counted
		f.requireClicks(t, f.a, 3, 4, 3)
		f.requireClicks(t, f.b, 1, 1, 1) // the same visitor at another advertiser
	})
	t.Run("SplittingABatchChangesNothing", func(t *testing.T) {
		whole, split := newFixture(t, h), newFixture(t, h)
		var batch []links.Click
		for i := range 60 {
			batch = append(batch, whole.newClick(whole.a, byte(i%3), start().Add(time.Duration(i*i%97)*time.Minute)))
		}
		slices.SortFunc(batch, func(x, y links.Click) int { return x.At.Compare(y.At) })
		require.Equal(t, whole.a.link.ID, split.a.link.ID)
		whole.click(t, batch...)
		for _, c := range batch {
			split.click(t, c)
		}
		wantHuman, wantAll, wantVisitors := whole.clicksOf(t, whole.a)
		require.Less(t, wantHuman, wantAll)
		split.requireClicks(t, split.a, wantHuman, wantAll, wantVisitors)
	})
	t.Run("AnUnknownLinkIsNotFoundAndNothingIsStored", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			good := f.newClick(f.a, 9, start())
			unknown, mixed := f.newClick(f.unknown, 9, start()), f.newClick(f.a, 9, start())
			mixed.Link = f.b.link.ID // a link of another advertiser than the click's
			for _, bad := range []links.Click{unknown, mixed} {
				has(t, f.store.System().AppendClicks(f.ctx, []links.Click{good, bad}), fault.NotFound, "")
				has(t, f.store.System().AppendClicks(f.ctx, []links.Click{bad, good}), fault.NotFound, "")
			}
		})
	})
	t.Run("NoClicksAreNoClicks", func(t *testing.T) {
		f := newFixture(t, h)
		f.click(t)
		f.requireClicks(t, f.a, 1, 1, 1)
	})
	t.Run("ClicksOfManyGoroutinesAreAllKept", func(t *testing.T) {
		f := newFixture(t, h)
		together(t, 64, workers, func(i int) error {
			batch := []links.Click{f.newClick(f.a, byte(i+10), start()), f.newClick(f.b, byte(i+10), start())}
			for range 200 {
				err := f.store.System().AppendClicks(f.ctx, batch)
				if code := fault.Of(err); code == nil || code.Code != fault.Unavailable {
					return err
				}
			}
			return nil
		})
		f.requireClicks(t, f.a, 65, 65, 65)
		f.requireClicks(t, f.b, 65, 65, 65)
	})
	t.Run("AClickCountsForItsLinksCampaignAndInfluencer", func(t *testing.T) {
		f := newFixture(t, h)
		for _, kind := range []stats.Kind{stats.ByCampaign, stats.ByInfluencer, stats.ByLink} {
			table, err := f.read(f.a).Stats().Table(f.ctx, kind, forever(), stats.TableQuery{})
			require.NoError(t, err)
			require.Len(t, table.Rows, 1)
			require.EqualValues(t, 1, table.Rows[0].Clicks, kind)
		}
	})
}
