package links_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/links"
)

func midday() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func humanClick(n byte, after time.Duration) links.Click {
	return links.Click{ID: links.ClickID{n}, Link: links.ID{1}, Visitor: links.Visitor{1}, At: midday().Add(after), Class: links.Human}
}

func classesOf(clicks []links.Click) []links.Class {
	var out []links.Class
	for _, c := range clicks {
		out = append(out, c.Class)
	}
	return out
}

func TestMarkDuplicates_SameVisitorAndLinkWithin30Minutes(t *testing.T) {
	otherLink, otherVisitor := humanClick(8, time.Minute), humanClick(9, time.Minute)
	otherLink.Link, otherVisitor.Visitor = links.ID{2}, links.Visitor{2}
	got := links.MarkDuplicates([]links.Click{
		humanClick(1, 0),
		humanClick(2, links.DuplicateWindow-1),
		humanClick(3, links.DuplicateWindow), // counts again, and opens a window of its own
		humanClick(4, 2*links.DuplicateWindow-1),
		humanClick(5, 2*links.DuplicateWindow),
		otherLink, otherVisitor,
	}, nil)
	require.Equal(t, []links.Class{
		links.Human, links.Duplicate, links.Human, links.Duplicate, links.Human, links.Human, links.Human,
	}, classesOf(got))
	require.Equal(t, "repeat-visit", got[1].Reason)
	require.Empty(t, got[0].Reason)
}

func TestMarkDuplicates_ADuplicateDoesNotExtendTheWindow(t *testing.T) {
	got := links.MarkDuplicates([]links.Click{humanClick(1, 0), humanClick(2, 20*time.Minute), humanClick(3, 40*time.Minute)}, nil)
	require.Equal(t, []links.Class{links.Human, links.Duplicate, links.Human}, classesOf(got))
}

func storedAt(after ...time.Duration) map[links.Visit][]time.Time {
	visit := links.Visit{Link: links.ID{1}, Visitor: links.Visitor{1}}
	counted := map[links.Visit][]time.Time{}
	for _, d := range after {
		counted[visit] = append(counted[visit], midday().Add(d))
	}
	return counted
}

func TestMarkDuplicates_CountedClicksOfTheStore(t *testing.T) {
	for after, want := range map[time.Duration]links.Class{
		0: links.Duplicate, links.DuplicateWindow - 1: links.Duplicate, links.DuplicateWindow: links.Human,
		1 - links.DuplicateWindow: links.Duplicate, -links.DuplicateWindow: links.Human, // a click that arrived late
	} {
		got := links.MarkDuplicates([]links.Click{humanClick(1, after)}, storedAt(0))
		require.Equal(t, want, got[0].Class, after)
	}
	otherLink, otherVisitor := humanClick(1, 0), humanClick(2, 0)
	otherLink.Link, otherVisitor.Visitor = links.ID{2}, links.Visitor{2}
	got := links.MarkDuplicates([]links.Click{otherLink, otherVisitor}, storedAt(0))
	require.Equal(t, []links.Class{links.Human, links.Human}, classesOf(got))
}

func TestMarkDuplicates_ALateClickIsJudgedByBothNeighbours(t *testing.T) {
	const window = links.DuplicateWindow
	for after, want := range map[time.Duration]links.Class{
		10 * time.Minute: links.Duplicate, window - 1: links.Duplicate, window: links.Human, window + 1: links.Duplicate,
		50 * time.Minute: links.Duplicate, 3*window - 1: links.Duplicate, 3 * window: links.Human, 3*window + 1: links.Duplicate,
	} {
		for _, stored := range [][]time.Duration{{0, 2 * window, 4 * window}, {4 * window, 0, 2 * window}} {
			got := links.MarkDuplicates([]links.Click{humanClick(1, after)}, storedAt(stored...))
			require.Equal(t, want, got[0].Class, after)
		}
	}
}

func TestMarkDuplicates_WithinABatchByTimeAndThenID(t *testing.T) {
	got := links.MarkDuplicates([]links.Click{humanClick(3, 0), humanClick(2, 0), humanClick(1, time.Minute)}, nil)
	require.Equal(t, []links.Class{links.Duplicate, links.Human, links.Duplicate}, classesOf(got))
}

func TestMarkDuplicates_OnlyHumanClicksCountAndChange(t *testing.T) {
	bot := humanClick(1, 0)
	bot.Class, bot.Reason = links.Bot, "crawler"
	prefetch := humanClick(2, time.Second)
	prefetch.Class, prefetch.Reason = links.Prefetch, "head-request"
	late := humanClick(4, time.Minute)
	late.Class, late.Reason = links.Bot, "crawler"
	got := links.MarkDuplicates([]links.Click{bot, prefetch, humanClick(3, 2*time.Second), late}, nil)
	require.Equal(t, []links.Class{links.Bot, links.Prefetch, links.Human, links.Bot}, classesOf(got),
		"the preview that a messenger loads takes nothing from the person who then taps")
	require.Equal(t, []links.Click{bot, prefetch}, got[:2])
}

func TestMarkDuplicates_NoClicks(t *testing.T) {
	require.Empty(t, links.MarkDuplicates(nil, nil))
}

func TestMarkDuplicates_OrderDoesNotMatterAndInputsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "n")
		clicks := make([]links.Click, n)
		for i := range clicks {
			clicks[i] = humanClick(byte(i), time.Duration(rapid.IntRange(0, 12).Draw(t, "at"))*10*time.Minute)
			clicks[i].Link = links.ID{rapid.ByteRange(1, 2).Draw(t, "link")}
			if rapid.IntRange(0, 4).Draw(t, "class") == 0 {
				clicks[i].Class, clicks[i].Reason = links.Bot, "crawler"
			}
		}
		offsets := rapid.SliceOfN(rapid.Map(rapid.IntRange(-3, 15), func(n int) time.Duration { return time.Duration(n) * 10 * time.Minute }), 0, 5)
		stored := storedAt(offsets.Draw(t, "stored")...)
		kept, keptStored := slices.Clone(clicks), maps.Clone(stored)
		for visit, moments := range keptStored {
			keptStored[visit] = slices.Clone(moments)
		}

		got := links.MarkDuplicates(clicks, stored)
		require.Equal(t, kept, clicks)
		require.Equal(t, keptStored, stored)
		byID := map[links.ClickID]links.Click{}
		counted := map[links.ID][]time.Time{{1}: slices.Clone(stored[links.Visit{Link: links.ID{1}, Visitor: links.Visitor{1}}])}
		for i, c := range got {
			require.Equal(t, clicks[i].ID, c.ID, "same order")
			byID[c.ID] = c
			if c.Class == links.Human {
				for _, other := range counted[c.Link] {
					require.GreaterOrEqual(t, c.At.Sub(other).Abs(), links.DuplicateWindow)
				}
				counted[c.Link] = append(counted[c.Link], c.At)
			}
		}
		for _, c := range got {
			if c.Class == links.Duplicate {
				near := slices.ContainsFunc(counted[c.Link], func(other time.Time) bool { return c.At.Sub(other).Abs() < links.DuplicateWindow })
				require.True(t, near, "a duplicate of nothing")
			}
		}
		for _, c := range links.MarkDuplicates(rapid.Permutation(clicks).Draw(t, "order"), stored) {
			require.Equal(t, byID[c.ID], c)
		}
	})
}

// TestMarkDuplicates_EqualsTheRuleWordByWord compares with a plain walk through
// the clicks by time and id that looks at every counted moment.
func TestMarkDuplicates_EqualsTheRuleWordByWord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.Map(rapid.IntRange(-40, 200), func(n int) time.Duration { return time.Duration(n) * time.Minute })
		var clicks []links.Click
		for i, after := range rapid.SliceOfN(minutes, 0, 20).Draw(t, "clicks") {
			clicks = append(clicks, humanClick(byte(i), after))
		}
		slices.SortStableFunc(clicks, func(a, b links.Click) int { return a.At.Compare(b.At) }) // ids ascend as drawn
		stored := storedAt(rapid.SliceOfN(minutes, 0, 6).Draw(t, "stored")...)
		counted := slices.Clone(stored[links.Visit{Link: links.ID{1}, Visitor: links.Visitor{1}}])
		var want []links.Class
		for _, c := range clicks {
			class := links.Human
			for _, other := range counted {
				if c.At.After(other.Add(-30*time.Minute)) && c.At.Before(other.Add(30*time.Minute)) {
					class = links.Duplicate
				}
			}
			if class == links.Human {
				counted = append(counted, c.At)
			}
			want = append(want, class)
		}
		require.Equal(t, want, classesOf(links.MarkDuplicates(clicks, stored)))
	})
}
