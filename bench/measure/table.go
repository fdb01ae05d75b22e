//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"
)

// line is a figure beside its limit.
type line struct {
	section, what, unit string
	got                 float64
	against             string // what the limit is; "" where there is none
	limit               float64
	least, most         float64 // of the ratio got/limit, or of got where there is no limit; 0: not promised
	faster              float64 // least of limit/got, for times
	lost                string  // "" where nothing could be lost
}

// table is everything that was measured.
type table struct {
	lines []line
	loose bool // sizes are too small for the promises: only losses count
}

func (t *table) add(l line) {
	t.lines = append(t.lines, l)
	fmt.Print(l)
}

func (t *table) broken() (n int) {
	for _, l := range t.lines {
		if !l.kept() && !t.loose || l.lost != "" && l.lost != "0" {
			n++
		}
	}
	return n
}

// String is the table, with a head.
func (t *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %-60s %12s %-7s %12s  %-26s %8s  %-14s %s\n",
		"", "what", "figure", "", "limit", "which is", "ratio", "promised", "lost")
	for _, l := range t.lines {
		b.WriteString(l.String())
	}
	if t.loose {
		b.WriteString("The sizes are small: that anything is promised and missed says nothing here, that something is lost or wrong does.\n")
	}
	fmt.Fprintf(&b, "%d figures, %d that break a promise\n", len(t.lines), t.broken())
	return b.String()
}

func (l line) ratio() float64 {
	switch {
	case l.against == "":
		return l.got
	case l.faster > 0:
		return l.limit / l.got
	default:
		return l.got / l.limit
	}
}

func (l line) kept() bool {
	r := l.ratio()
	return (l.least == 0 || r >= l.least) && (l.most == 0 || r <= l.most) && (l.faster == 0 || r >= l.faster)
}

// String is a row of the table.
func (l line) String() string {
	limit, ratio, promise := "", "", ""
	if l.against != "" {
		limit, ratio = number(l.limit), fmt.Sprintf("%.2f", l.ratio())
	}
	switch {
	case l.least > 0:
		promise = fmt.Sprintf("≥ %g", l.least)
	case l.most > 0:
		promise = fmt.Sprintf("≤ %g", l.most)
	case l.faster > 0:
		promise = fmt.Sprintf("≥ %g ×", l.faster)
	}
	if promise != "" && !l.kept() {
		promise += "  MISSED"
	}
	return fmt.Sprintf("%-9s %-60s %12s %-7s %12s  %-26s %8s  %-14s %s\n", l.section, l.what, number(l.got), l.unit, limit, l.against, ratio, promise, l.lost)
}

// number prints three digits that matter.
func number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	default:
		return fmt.Sprintf("%.2f", f)
	}
}

// median returns the middle one, and of an even number the mean of two.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	if len(sorted) == 0 {
		return 0
	}
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
