package statsql

import (
	"time"

	"github.com/superher/superher/stats"
)

const daySeconds = 24 * 60 * 60

// period is a part of time, its start included.
type period struct{ from, to time.Time }

func (p period) isEmpty() bool { return !p.from.Before(p.to) }

// days is a run of days on the calendar of a zone, numbered since 1970-01-01,
// and the time from the first moment of the first to the last of the last.
type days struct {
	first, end int64 // end excluded
	period
}

// wholeDays returns the days of a zone that lie in the period as a whole, with
// nothing of another day between them. What the period has before and behind
// them is less than a day at each end, or a little more where a change of the
// clocks sends a date back.
func wholeDays(zone *time.Location, in period) (days, bool) {
	var out days
	for day := dateOf(zone, in.from); ; day++ {
		at, clean := midnight(zone, day)
		if !at.Before(in.to) {
			return days{}, false
		}
		if clean && !at.Before(in.from) {
			out.first, out.from = day, at
			break
		}
	}
	for day := dateOf(zone, in.to); day > out.first; day-- {
		if at, clean := midnight(zone, day); clean && !at.After(in.to) {
			out.end, out.to = day, at
			return out, out.from.Before(out.to)
		}
	}
	return days{}, false
}

// dateOf returns the day that a moment is on in a zone.
func dateOf(zone *time.Location, at time.Time) int64 {
	_, offset := at.In(zone).Zone()
	return floorDay(at.Unix() + int64(offset))
}

// midnight returns the first moment whose date is that day or later. It is
// clean if no later moment has an earlier date again, as happens where clocks
// are set back just after midnight.
func midnight(zone *time.Location, day int64) (at time.Time, clean bool) {
	second := day * daySeconds
	const window = 2 * daySeconds // no offset is as far from UTC
	first, last := second+window, second-window
	for _, p := range stats.OffsetPeriods(zone, time.Unix(second-window, 0), time.Unix(second+window, 0)) {
		if p.End.Unix()+p.Offset > second {
			first = min(first, max(p.Start.Unix(), second-p.Offset))
		}
		if p.Start.Unix()+p.Offset < second {
			last = max(last, min(p.End.Unix(), second-p.Offset))
		}
	}
	return time.Unix(first, 0).UTC(), last <= first
}

// span is a run of rows of one grain to add to a sum, or to take away from it.
type span struct {
	months     bool  // rows of months, by their first day
	first, end int64 // days, end excluded
	minus      bool
}

// spans covers the days from first to end by as few rows as there are for it:
// whole months, and of the month at each end the days inside, or the month
// without the days outside where these are fewer.
func spans(first, end int64) []span {
	head, tail := month(first), month(end)
	var out []span
	from, to := head, tail // of the rows of months
	if first > head {
		next := nextMonth(head)
		if next-first <= first-head {
			from = next
			out = append(out, span{first: first, end: next})
		} else {
			out = append(out, span{first: head, end: first, minus: true})
		}
	}
	if end > tail {
		next := nextMonth(tail)
		if end-tail <= next-end {
			out = append(out, span{first: tail, end: end})
		} else {
			to = next
			out = append(out, span{first: end, end: next, minus: true})
		}
	}
	if from >= to {
		return []span{{first: first, end: end}}
	}
	return append(out, span{months: true, first: from, end: to})
}

// month returns the first day of the month that a day is in.
func month(day int64) int64 {
	year, month, _ := time.Unix(day*daySeconds, 0).UTC().Date()
	return floorDay(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix())
}

func nextMonth(first int64) int64 { return month(first + 31) }

// floorDay returns the day that a second is on, as if it were of UTC.
func floorDay(second int64) int64 {
	day := second / daySeconds
	if second%daySeconds < 0 {
		day--
	}
	return day
}
