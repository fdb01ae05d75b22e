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

func TestMarkDuplicates_CountedClicksOfTheStore(t *testing.T) {
	visit := links.Visit{Link: links.ID{1}, Visitor: links.Visitor{1}}
	for after, want := range map[time.Duration]links.Class{
		0: links.Duplicate, links.DuplicateWindow - 1: links.Duplicate, links.DuplicateWindow: links.Human,
		1 - links.DuplicateWindow: links.Duplicate, -links.DuplicateWindow: links.Human, // a click that arrived late
	} {
		got := links.MarkDuplicates([]links.Click{humanClick(1, after)}, map[links.Visit]time.Time{visit: midday()})
		require.Equal(t, want, got[0].Class, after)
	}
	got := links.MarkDuplicates([]links.Click{humanClick(1, 0)}, map[links.Visit]time.Time{{Link: links.ID{2}, Visitor: visit.Visitor}: midday()})
	require.Equal(t, links.Human, got[0].Class, "another link")
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
		last := map[links.Visit]time.Time{{Link: links.ID{1}, Visitor: links.Visitor{1}}: midday().Add(time.Duration(rapid.IntRange(-3, 12).Draw(t, "last")) * 10 * time.Minute)}
		kept, keptLast := slices.Clone(clicks), maps.Clone(last)

		got := links.MarkDuplicates(clicks, last)
		require.Equal(t, kept, clicks)
		require.Equal(t, keptLast, last)
		byID := map[links.ClickID]links.Click{}
		counted := map[links.ID][]time.Time{{1}: {last[links.Visit{Link: links.ID{1}, Visitor: links.Visitor{1}}]}}
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
		for _, c := range links.MarkDuplicates(rapid.Permutation(clicks).Draw(t, "order"), last) {
			require.Equal(t, byID[c.ID], c)
		}
	})
}
