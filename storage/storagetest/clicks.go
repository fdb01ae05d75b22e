package storagetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
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
	h.appended(t)
	h.repeatedVisits(t)
	h.lateClicks(t)
	h.clicksOfLinks(t)
}

func (h Harness) appended(t *testing.T) {
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
	t.Run("TheSameIDAtAnotherMomentIsAnotherClick", func(t *testing.T) {
		f := newFixture(t, h)
		c := f.newClick(f.a, 2, start().Add(time.Hour))
		later := c
		later.At = c.At.Add(time.Microsecond)
		same := c
		same.At = c.At.Add(time.Nanosecond)
		f.click(t, c, same)
		f.requireClicks(t, f.a, 2, 2, 2)
		f.click(t, later, same)
		f.requireClicks(t, f.a, 2, 3, 2)
		f.click(t, c, later)
		f.requireClicks(t, f.a, 2, 3, 2)
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
}

func (h Harness) repeatedVisits(t *testing.T) {
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
}

// lateClicks holds that a click which arrives after later ones is judged by
// all counted clicks near it: by the one before and by the one after.
func (h Harness) lateClicks(t *testing.T) {
	const window, least = links.DuplicateWindow, time.Microsecond
	offsets := []struct {
		after   time.Duration
		counted bool
	}{
		{-window, true},
		{-window + least, false},
		{10 * time.Minute, false},
		{window - least, false}, // too near to the first
		{window, true},          // exactly the window away from both
		{window + least, false}, // too near to the second
		{3*window - least, false},
		{3 * window, true},
		{3*window + least, false},
		{5*window - least, false},
		{5 * window, true},
	}
	t.Run("ALateClickIsJudgedByBothNeighbours", func(t *testing.T) {
		f := newFixture(t, h)
		for i, offset := range offsets {
			visitor := byte(i + 10)
			for _, after := range []time.Duration{0, 2 * window, 4 * window} {
				f.click(t, f.newClick(f.a, visitor, start().Add(after)))
			}
			human, all, visitors := f.clicksOf(t, f.a)
			f.click(t, f.newClick(f.a, visitor, start().Add(offset.after)))
			if offset.counted {
				human++
			}
			f.requireClicks(t, f.a, human, all+1, visitors)
		}
	})
	t.Run("InABatchOfLateClicksEachIsJudgedByItsOwnNeighbours", func(t *testing.T) {
		f := newFixture(t, h)
		var early, late []links.Click
		counted := int64(1) // of visitor 1
		for i, offset := range offsets {
			visitor := byte(i + 10)
			for _, after := range []time.Duration{4 * window, 0, 2 * window} {
				early = append(early, f.newClick(f.a, visitor, start().Add(after)))
				counted++
			}
			late = append(late, f.newClick(f.a, visitor, start().Add(offset.after)))
			if offset.counted {
				counted++
			}
		}
		f.click(t, early...)
		f.click(t, late...)
		f.requireClicks(t, f.a, counted, int64(1+len(early)+len(late)), int64(1+len(offsets)))
	})
	t.Run("ALateClickThatCountsIsANeighbourItself", func(t *testing.T) {
		f := newFixture(t, h)
		f.click(t, f.newClick(f.a, 2, start().Add(2*window)))
		f.click(t, f.newClick(f.a, 2, start()))
		f.requireClicks(t, f.a, 3, 3, 2)
		f.click(t, f.newClick(f.a, 2, start().Add(window-least)), f.newClick(f.a, 2, start().Add(window)))
		f.requireClicks(t, f.a, 4, 5, 2)
	})
}

// clicksOfLinks holds whose clicks they are: what a click says of campaign and
// influencer does not matter.
func (h Harness) clicksOfLinks(t *testing.T) {
	t.Run("AnUnknownLinkIsNotFoundAndNothingIsStored", func(t *testing.T) {
		f := newFixture(t, h)
		f.unchanged(t, func() {
			good := f.newClick(f.a, 9, start())
			unknown, mixed := f.newClick(f.unknown, 9, start()), f.newClick(f.a, 9, start())
			mixed.Link = f.b.link.ID // a link of another advertiser than the click's
			for _, bad := range []links.Click{unknown, mixed} {
				has(t, f.store.System().AppendClicks(f.ctx, []links.Click{good, bad}), fault.NotFound, "not-found")
				has(t, f.store.System().AppendClicks(f.ctx, []links.Click{bad, good}), fault.NotFound, "not-found")
			}
		})
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
	t.Run("TheCampaignAndInfluencerAreTheLinksOwn", func(t *testing.T) {
		f := newFixture(t, h)
		for i, says := range []party{f.b, f.unknown, {}} {
			c := f.newClick(f.a, byte(i+2), start())
			c.Campaign, c.Influencer = says.campaign.ID, says.influencer.ID
			f.click(t, c)
		}
		f.requireClicksOf(t, f.read(f.a), stats.ByCampaign, map[[16]byte]int64{f.a.campaign.ID: 4})
		f.requireClicksOf(t, f.read(f.a), stats.ByInfluencer, map[[16]byte]int64{f.a.influencer.ID: 4})
		f.requireClicksOf(t, f.read(f.b), stats.ByCampaign, map[[16]byte]int64{f.b.campaign.ID: 1})
		f.requireClicksOf(t, f.read(f.b), stats.ByInfluencer, map[[16]byte]int64{f.b.influencer.ID: 1})
		f.requireClicksOf(t, f.everyone(), stats.ByCampaign, map[[16]byte]int64{f.a.campaign.ID: 4, f.b.campaign.ID: 1})
		foreign := forever()
		foreign.Influencers = []campaigns.InfluencerID{f.b.influencer.ID}
		o, err := f.everyone().Stats().Overview(f.ctx, foreign)
		require.NoError(t, err)
		require.EqualValues(t, 1, o.AllClicks)
	})
	t.Run("AClickOfALinkWithoutAnInfluencerIsNobodys", func(t *testing.T) {
		f := newFixture(t, h)
		p := f.a
		p.influencer = campaigns.Influencer{}
		p.link = f.newLink(p, "nobodys")
		f.write(t, p, func(ctx context.Context, tx storage.Tx) error { return tx.CreateLink(ctx, p.link) })
		c := f.newClick(p, 2, start())
		c.Influencer = f.a.influencer.ID
		f.click(t, c)
		f.requireClicks(t, f.a, 2, 2, 2)
		f.requireClicksOf(t, f.read(f.a), stats.ByInfluencer, map[[16]byte]int64{f.a.influencer.ID: 1})
	})
}

// requireClicksOf requires the clicks by people in the rows of a table.
func (f *fixture) requireClicksOf(t *testing.T, r storage.Reader, kind stats.Kind, want map[[16]byte]int64) {
	t.Helper()
	table, err := r.Stats().Table(f.ctx, kind, forever(), stats.TableQuery{})
	require.NoError(t, err)
	got := map[[16]byte]int64{}
	for _, row := range table.Rows {
		got[row.ID] = row.Clicks
	}
	require.Equal(t, want, got, kind)
}
