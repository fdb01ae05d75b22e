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
// comes less than [DuplicateWindow] away from a counted one of the same visit
// turned to class Duplicate, reason "repeat-visit". Counted are the latest
// counted clicks the store knows, given in last, and the earlier clicks that
// stay human. Exactly [DuplicateWindow] later counts again; a duplicate does
// not extend the window. The order of the clicks does not matter, and neither
// argument is changed.
func MarkDuplicates(clicks []Click, last map[Visit]time.Time) []Click {
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
	latest := make(map[Visit]time.Time, len(order))
	for _, i := range order {
		visit := Visit{Link: out[i].Link, Visitor: out[i].Visitor}
		if within(latest, visit, out[i].At) || within(last, visit, out[i].At) {
			out[i].Class, out[i].Reason = Duplicate, "repeat-visit"
			continue
		}
		latest[visit] = out[i].At
	}
	return out
}

// within reports whether the counted click of the visit is less than
// DuplicateWindow away, before or after: clicks may arrive late.
func within(counted map[Visit]time.Time, visit Visit, at time.Time) bool {
	t, ok := counted[visit]
	return ok && at.Sub(t).Abs() < DuplicateWindow
}
