package stats

import (
	"slices"
	"time"

	"github.com/superher/superher/fault"
)

const (
	secondsPerHour = 60 * 60
	secondsPerDay  = 24 * secondsPerHour
	daysPerWeek    = 7
	mondayShift    = 3 // 1970-01-01, day 0, was a Thursday
)

// OffsetPeriod is a stretch of time in which a zone has one offset from UTC.
type OffsetPeriod struct {
	Start, End time.Time // Start included, End excluded
	Offset     int64     // seconds east of UTC
}

// Calendar divides the period of a filter into the buckets of a chart. It is
// what makes buckets the same everywhere: a database only does integer
// arithmetic with the offsets that [Calendar.Periods] lists, and never asks its
// own time zone data. A Calendar is immutable.
//
// A day, week or month holds the moments whose date on the zone's calendar lies
// in it. An hour holds the moments of one hour on the zone's clock between two
// changes of the offset: an hour that a change repeats gives two buckets, one
// that it skips none, and one that it cuts is shorter.
type Calendar struct {
	zone    *time.Location
	unit    Unit
	periods []OffsetPeriod
	since   int64   // second since when the first offset is in force, at most an hour back
	keys    []int64 // of the buckets, ascending
}

// NewCalendar returns the calendar of a filter that has passed its check.
// fault.Invalid: "unknown-unit", or "too-many-buckets" for more than
// [MaxBuckets], which is found out without listing them.
func NewCalendar(f Filter, unit Unit) (Calendar, error) {
	switch unit {
	case Hour, Day, Week, Month:
	default:
		return Calendar{}, fault.Bad("unit", "unknown-unit", "unit must be hour, day, week or month")
	}
	c := Calendar{zone: f.Location(), unit: unit, periods: OffsetPeriods(f.Location(), f.From, f.To)}
	before := OffsetPeriods(c.zone, f.From.Add(-time.Hour), f.From.Add(1))
	c.since = before[len(before)-1].Start.Unix()
	spans := make([]span, len(c.periods))
	for i, p := range c.periods {
		spans[i] = span{c.key(i, p.Start), c.key(i, p.End.Add(-1))}
	}
	if unit == Hour {
		return c.listHours(spans)
	}
	spans = union(spans)
	count := int64(0)
	for _, s := range spans {
		count += s.last - s.first + 1
	}
	if count > MaxBuckets {
		return Calendar{}, tooManyBuckets()
	}
	for _, s := range spans {
		for key := s.first; key <= s.last; key++ {
			c.keys = append(c.keys, key)
		}
	}
	return c, nil
}

func tooManyBuckets() error {
	return fault.Bad("unit", "too-many-buckets", "the chart would have more than 2000 points; take a wider unit or a shorter period")
}

// listHours lists the hours. Their key is the second they start at, so the
// hours of two periods never mix.
func (c Calendar) listHours(spans []span) (Calendar, error) {
	count := int64(0)
	for i := range spans {
		count += c.localHour(i, spans[i].last) - c.localHour(i, spans[i].first) + 1
	}
	if count > MaxBuckets {
		return Calendar{}, tooManyBuckets()
	}
	for i, s := range spans {
		for hour := c.localHour(i, s.first); hour <= c.localHour(i, s.last); hour++ {
			c.keys = append(c.keys, c.hourKey(i, hour))
		}
	}
	return c, nil
}

// localHour returns the hour on the clock at the start of an hour's bucket.
func (c Calendar) localHour(period int, key int64) int64 {
	return floorDiv(key+c.periods[period].Offset, secondsPerHour)
}

// hourKey returns the second at which the bucket of an hour on the clock starts.
func (c Calendar) hourKey(period int, hour int64) int64 {
	since := c.since
	if period > 0 {
		since = c.periods[period].Start.Unix()
	}
	return max(hour*secondsPerHour-c.periods[period].Offset, since)
}

// Periods lists the offsets of the zone during the filter's period, in order,
// without gaps: the first starts at From and the last ends at To.
func (c Calendar) Periods() []OffsetPeriod { return slices.Clone(c.periods) }

// Buckets returns every bucket of the period, in order and empty. The first one
// starts before From where From lies inside of it.
func (c Calendar) Buckets() []Bucket {
	out := make([]Bucket, len(c.keys))
	for i, key := range c.keys {
		start := key
		if c.unit != Hour {
			start = c.firstSecond(key)
		}
		out[i].Start = time.Unix(start, 0).In(c.zone)
	}
	return out
}

// Find returns the index of the bucket that holds a moment of the filter's
// period, -1 for another moment.
func (c Calendar) Find(at time.Time) int {
	period, found := slices.BinarySearchFunc(c.periods, at, func(p OffsetPeriod, at time.Time) int {
		switch {
		case !p.End.After(at):
			return -1
		case p.Start.After(at):
			return 1
		default:
			return 0
		}
	})
	if !found {
		return -1
	}
	return c.find(c.key(period, at))
}

// FindDay returns the index of the bucket that holds a date, given as days
// since 1970-01-01, for units from [Day] on; -1 if there is none.
func (c Calendar) FindDay(day int64) int { return c.find(c.dayKey(day)) }

// FindHour returns the index of the bucket of an hour on the zone's clock,
// given as hours since 1970-01-01 00:00, during one of [Calendar.Periods], for
// [Hour]; -1 if there is none.
func (c Calendar) FindHour(period int, hour int64) int {
	if period < 0 || period >= len(c.periods) {
		return -1
	}
	return c.find(c.hourKey(period, hour))
}

func (c Calendar) find(key int64) int {
	if i, found := slices.BinarySearch(c.keys, key); found {
		return i
	}
	return -1
}

// key returns the key of the bucket that a moment of an offset period is in.
func (c Calendar) key(period int, at time.Time) int64 {
	local := at.Unix() + c.periods[period].Offset
	if c.unit == Hour {
		return c.hourKey(period, floorDiv(local, secondsPerHour))
	}
	return c.dayKey(floorDiv(local, secondsPerDay))
}

// dayKey numbers the days, weeks or months by a day of them.
func (c Calendar) dayKey(day int64) int64 {
	switch c.unit {
	case Week:
		return floorDiv(day+mondayShift, daysPerWeek)
	case Month:
		date := time.Unix(day*secondsPerDay, 0).UTC()
		return int64(date.Year())*12 + int64(date.Month()) - 1
	default:
		return day
	}
}

// days returns the first day of a key and the first day after it.
func (c Calendar) days(key int64) (first, end int64) {
	switch c.unit {
	case Week:
		return key*daysPerWeek - mondayShift, (key+1)*daysPerWeek - mondayShift
	case Month:
		return monthDay(key), monthDay(key + 1)
	default:
		return key, key + 1
	}
}

func monthDay(month int64) int64 {
	return time.Date(0, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
}

// firstSecond returns the first second whose date in the zone is in the bucket.
// Midnight is not taken for granted: a change of the offset may skip it, and
// even a whole day, or repeat it.
func (c Calendar) firstSecond(key int64) int64 {
	first, end := c.days(key)
	first, end = first*secondsPerDay, end*secondsPerDay
	const widest = secondsPerDay // no offset is a whole day from UTC
	for _, p := range OffsetPeriods(c.zone, time.Unix(first-widest, 0), time.Unix(end+widest, 0)) {
		from, to := max(p.Start.Unix()+p.Offset, first), min(p.End.Unix()+p.Offset, end)
		if from < to {
			return from - p.Offset
		}
	}
	return first // not reached: the keys are those of dates that occur
}

// OffsetPeriods lists the offsets of a zone from one moment to another, in
// order and without gaps. Changes that leave the offset alone, of the name
// only, are none here.
func OffsetPeriods(zone *time.Location, from, to time.Time) []OffsetPeriod {
	var out []OffsetPeriod
	for at := from; at.Before(to); {
		local := at.In(zone)
		_, offset := local.Zone()
		_, end := local.ZoneBounds()
		if end.IsZero() || end.After(to) {
			end = to
		}
		if n := len(out); n > 0 && out[n-1].Offset == int64(offset) {
			out[n-1].End = end
		} else {
			out = append(out, OffsetPeriod{Start: at, End: end, Offset: int64(offset)})
		}
		at = end
	}
	return out
}

// SameOffsets reports whether two zones have the same offset at every moment of
// a period: all of it is on the same dates and hours in both.
func SameOffsets(a, b *time.Location, from, to time.Time) bool {
	return slices.EqualFunc(OffsetPeriods(a, from, to), OffsetPeriods(b, from, to), func(p, q OffsetPeriod) bool {
		return p.Offset == q.Offset && p.End.Equal(q.End)
	})
}

// span is a run of keys, both ends included.
type span struct{ first, last int64 }

// union returns the same keys as runs in order that do not meet: the dates of
// two neighbouring offset periods share a day, and may even step back a day.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(a.first - b.first) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, s.last)
		} else {
			out = append(out, s)
		}
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
