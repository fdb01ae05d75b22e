package statsql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The zones have odd offsets, clocks that are set back just after midnight, a
// date that is skipped and one that lasts two days.
func drawZone(t *rapid.T) (*time.Location, time.Time) {
	at := rapid.SampledFrom([]struct {
		zone  string
		month time.Month
		year  int
	}{
		{"UTC", 3, 2026}, {"Asia/Kolkata", 3, 2026}, {"Asia/Kathmandu", 3, 2026}, {"America/New_York", 3, 2026}, {"America/New_York", 11, 2026},
		{"Australia/Lord_Howe", 4, 2026}, {"Africa/Casablanca", 2, 2026}, {"Africa/Casablanca", 3, 2026}, {"America/Sao_Paulo", 2, 2018},
		{"America/Sao_Paulo", 11, 2018}, {"America/St_Johns", 10, 2006}, {"America/St_Johns", 4, 2006}, {"Pacific/Apia", 12, 2011},
		{"Pacific/Kwajalein", 8, 1993}, {"America/Juneau", 10, 1867}, {"Pacific/Kiritimati", 12, 1994}, {"Asia/Manila", 12, 1844},
	}).Draw(t, "zone")
	zone, err := time.LoadLocation(at.zone)
	require.NoError(t, err)
	return zone, time.Date(at.year, at.month, 1, 0, 0, 0, 0, time.UTC)
}

// drawMoment prefers hours, as zones do, and now and then their last moment.
func drawMoment(t *rapid.T, around time.Time, label string) time.Time {
	at := around.Add(time.Duration(rapid.IntRange(-4*24*4, 36*24*4).Draw(t, label)) * 15 * time.Minute)
	return at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, -1, 60_000_000}).Draw(t, label+" off")) * time.Microsecond)
}

func drawPeriod(t *rapid.T, around time.Time) period {
	p := period{drawMoment(t, around, "from"), drawMoment(t, around, "to")}
	if p.to.Before(p.from) {
		p.from, p.to = p.to, p.from
	}
	p.to = p.to.Add(time.Microsecond)
	return p
}

func (p period) holds(at time.Time) bool { return !at.Before(p.from) && at.Before(p.to) }

// moments calls with moments in and around a period, a quarter of an hour apart,
// the last one before each, and the minutes behind it that some clocks change at.
func moments(p period, call func(at time.Time)) {
	for at := p.from.Truncate(time.Hour).Add(-49 * time.Hour); at.Before(p.to.Add(49 * time.Hour)); at = at.Add(15 * time.Minute) {
		call(at)
		call(at.Add(-time.Microsecond))
		call(at.Add(time.Minute))
	}
	for _, at := range []time.Time{p.from, p.to} {
		call(at)
		call(at.Add(-time.Microsecond))
	}
}

func TestWholeDays_HaveAllMomentsOfTheirDatesAndNoOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, around := drawZone(t)
		p := drawPeriod(t, around)
		days, found := wholeDays(zone, p)
		if !found {
			require.Less(t, p.to.Sub(p.from), 6*24*time.Hour, "no period of six days is without a whole one")
			return
		}
		require.False(t, days.from.Before(p.from))
		require.False(t, days.to.After(p.to))
		moments(p, func(at time.Time) {
			date := dateOf(zone, at)
			if days.holds(at) != (days.first <= date && date < days.end) {
				t.Fatalf("%s is on day %d", at, date)
			}
		})
	})
}

func TestWholeDays_OfADayAreThatDay(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	one := period{from, from.AddDate(0, 0, 1)}
	days, found := wholeDays(zone, one)
	require.True(t, found)
	require.Equal(t, days.first+1, days.end)
	require.True(t, one.from.Equal(days.from))
	require.True(t, one.to.Equal(days.to))
	_, found = wholeDays(zone, period{from.Add(1), one.to})
	require.False(t, found)
	_, found = wholeDays(zone, period{from, one.to.Add(-1)})
	require.False(t, found)
}

func TestSpans_CountEveryDayOnceAndNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(-1000, 30_000).Draw(t, "first")
		end := first + rapid.Int64Range(1, 800).Draw(t, "days")
		counted, single := map[int64]int{}, 0
		for _, s := range spans(first, end) {
			require.Less(t, s.first, s.end)
			if s.months {
				require.Equal(t, s.first, month(s.first))
				require.Equal(t, s.end, month(s.end))
			} else {
				single += int(s.end - s.first)
			}
			for day := s.first; day < s.end; day++ {
				counted[day]++
				if s.minus {
					counted[day] -= 2
				}
			}
		}
		for day := first - 40; day < end+40; day++ {
			want := 0
			if day >= first && day < end {
				want = 1
			}
			if counted[day] != want {
				t.Fatalf("day %d counts %d times", day, counted[day])
			}
		}
		require.LessOrEqual(t, single, 31, "rows of at most a month of days in all")
	})
}

func TestPieces_HaveEveryMomentOnceAndKnowTheirVisitors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, around := drawZone(t)
		p := drawPeriod(t, around)
		wide := rapid.SampledFrom([]int64{1, 1, 7, 1000}).Draw(t, "days of a bucket")
		bucketOf := func(day int64) int { return int((day + 100_000) / wide) }
		found, ok := pieces(zone, p, bucketOf)
		if !ok {
			return
		}
		cells := map[[2]int64]int{} // moments of a date in a UTC day, also outside of the period
		known := map[[2]int64]int{}
		moments(p, func(at time.Time) {
			date, utcDay := dateOf(zone, at), floorDay(at.Unix())
			cells[[2]int64{date, utcDay}]++
			holders := 0
			for _, part := range found {
				if !part.holds(at) {
					continue
				}
				holders++
				if part.bucket != bucketOf(date) || part.utcDay != utcDay || part.cell && part.day != date {
					t.Fatalf("%s is in %+v", at, part)
				}
				if part.cell {
					known[[2]int64{date, utcDay}]++
				}
			}
			if holders > 1 || p.holds(at) != (holders == 1) {
				t.Fatalf("%s is in %d pieces", at, holders)
			}
		})
		for cell, n := range known {
			require.Equal(t, cells[cell], n, "a piece of a cell is all of it")
		}
		for i, part := range found {
			if part.whole {
				require.Equal(t, 24*time.Hour, part.to.Sub(part.from))
			}
			for _, other := range found[:i] {
				require.False(t, other.bucket == part.bucket && other.utcDay == part.utcDay, "a visitor counts once for a bucket and UTC day")
			}
		}
	})
}

// Where all is as usual nothing has to be counted.
func TestPieces_OfWholeDaysAreKnown(t *testing.T) {
	for _, name := range []string{"UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		from := time.Date(2026, 2, 1, 0, 0, 0, 0, zone)
		for _, bucketOf := range []func(int64) int{func(day int64) int { return int(day) }, func(int64) int { return 0 }} {
			found, ok := pieces(zone, period{from, from.AddDate(0, 3, 0)}, bucketOf)
			require.True(t, ok)
			for _, part := range found {
				require.True(t, part.whole || part.cell, "%s %+v", name, part)
			}
		}
	}
}

// In 2006 clocks in Newfoundland went from 00:01 back to 23:01 of the day before.
func TestWholeDays_SkipAMidnightThatComesTwice(t *testing.T) {
	zone, err := time.LoadLocation("America/St_Johns")
	require.NoError(t, err)
	twice := time.Date(2006, 10, 29, 2, 30, 0, 0, time.UTC)
	require.Equal(t, 29, twice.In(zone).Day())
	require.Equal(t, 28, twice.Add(time.Minute).In(zone).Day())
	days, found := wholeDays(zone, period{twice, twice.AddDate(0, 0, 5)})
	require.True(t, found)
	require.Equal(t, dateOf(zone, twice)+1, days.first)
	days, found = wholeDays(zone, period{twice.AddDate(0, 0, -5), twice})
	require.True(t, found)
	require.Equal(t, dateOf(zone, twice)-1, days.end)
}
