package links

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// Visit is one visitor on one link.
type Visit struct {
	Link    ID
	Visitor Visitor
}

// MarkDuplicates returns the clicks in the given order, each human one that
// repeats a visit turned to class Duplicate, reason "repeat-visit".
//
// A click repeats a visit if a counted click of the visit lies less than
// [DuplicateWindow] away from it, before or after; exactly [DuplicateWindow]
// away, it counts. Counted are the moments in counted, which are those of the
// human clicks that a store holds, and of the clicks themselves, judged in the
// order of time and then id, those that stay human. A duplicate is not
// counted, so it does not extend the window. What a store holds keeps its
// class, whatever arrives late.
//
// Moments at least [DuplicateWindow] away from all clicks make no difference
// and may be left out. The order of the clicks and of the moments does not
// matter, and neither argument is changed.
func MarkDuplicates(clicks []Click, counted map[Visit][]time.Time) []Click {
	out := slices.Clone(clicks)
	order := make([]int, 0, len(out))
	for i, c := range out {
		if c.Class == Human {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		// Ids break ties, so that the same click counts whichever came first.
		return cmp.Or(out[a].At.Compare(out[b].At), bytes.Compare(out[a].ID[:], out[b].ID[:]))
	})
	latest := make(map[Visit]time.Time, len(order)) // of the clicks; earlier ones are no nearer
	for _, i := range order {
		at, visit := out[i].At, Visit{Link: out[i].Link, Visitor: out[i].Visitor}
		near := func(other time.Time) bool { return at.Sub(other).Abs() < DuplicateWindow }
		before, found := latest[visit]
		if found && near(before) || slices.ContainsFunc(counted[visit], near) {
			out[i].Class, out[i].Reason = Duplicate, "repeat-visit"
			continue
		}
		latest[visit] = at
	}
	return out
}
