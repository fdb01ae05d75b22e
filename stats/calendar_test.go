package stats_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

func starts(t testing.TB, zoneName, from, to string, unit stats.Unit) []string {
	t.Helper()
	f := stats.Filter{From: moment(t, from), To: moment(t, to), Zone: zone(t, zoneName)}
	c, err := stats.NewCalendar(f, unit)
	require.NoError(t, err)
	var out []string
	for _, b := range c.Buckets() {
		out = append(out, b.Start.Format(time.RFC3339))
	}
	return out
}

func TestCalendar_Hours(t *testing.T) {
	for _, tt := range []struct {
		name, zone, from, to string
		want                 []string
	}{
		{
			"a repeated hour gives two buckets", "Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00",
			[]string{"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"},
		},
		{
			"a skipped hour gives none", "Europe/Berlin", "2026-03-29T01:00:00+01:00", "2026-03-29T04:00:00+02:00",
			[]string{"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		},
		{
			"hours of a zone at +5:30 start at its own hour", "Asia/Kolkata", "2026-03-01T00:00:00+05:30", "2026-03-01T02:00:00+05:30",
			[]string{"2026-03-01T00:00:00+05:30", "2026-03-01T01:00:00+05:30"},
		},
		{
			"hours of a zone at +5:45 start at its own hour", "Asia/Kathmandu", "2026-03-01T00:10:00Z", "2026-03-01T01:20:00Z",
			[]string{"2026-03-01T05:00:00+05:45", "2026-03-01T06:00:00+05:45", "2026-03-01T07:00:00+05:45"},
		},
		{
			"a zone that goes back half an hour repeats half an hour", "Australia/Lord_Howe", "2026-04-05T01:00:00+11:00", "2026-04-05T03:00:00+10:30",
			[]string{"2026-04-05T01:00:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30"},
		},
		{
			"a zone that goes ahead half an hour cuts the hour", "Australia/Lord_Howe", "2026-10-04T01:00:00+10:30", "2026-10-04T04:00:00+11:00",
			[]string{"2026-10-04T01:00:00+10:30", "2026-10-04T02:30:00+11:00", "2026-10-04T03:00:00+11:00"},
		},
		{
			"a period that starts within a cut hour starts where the hour does", "Australia/Lord_Howe", "2026-04-05T01:45:00+10:30", "2026-04-05T02:10:00+10:30",
			[]string{"2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30"},
		},
		{
			"the end is excluded", "UTC", "2026-01-01T00:59:59Z", "2026-01-01T02:00:00Z",
			[]string{"2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, starts(t, tt.zone, tt.from, tt.to, stats.Hour))
		})
	}
}

func TestCalendar_Days(t *testing.T) {
	for _, tt := range []struct {
		name, zone, from, to string
		unit                 stats.Unit
		want                 []string
	}{
		{
			"a day without midnight starts at one", "America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "2018-11-05T00:00:00-02:00", stats.Day,
			[]string{"2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		},
		{
			"a day without midnight in Cairo", "Africa/Cairo", "2023-04-28T02:00:00+03:00", "2023-04-28T03:00:00+03:00", stats.Day,
			[]string{"2023-04-28T01:00:00+03:00"},
		},
		{
			"a day without midnight in Beirut", "Asia/Beirut", "2022-03-27T02:00:00+03:00", "2022-03-27T03:00:00+03:00", stats.Day,
			[]string{"2022-03-27T01:00:00+03:00"},
		},
		{
			"a midnight that comes twice is one day", "America/Havana", "2025-11-01T23:00:00-04:00", "2025-11-02T00:30:00-05:00", stats.Day,
			[]string{"2025-11-01T00:00:00-04:00", "2025-11-02T00:00:00-04:00"},
		},
		{
			"a day that was left out has no bucket", "Pacific/Apia", "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", stats.Day,
			[]string{"2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		},
		{
			"a clock that steps back into the day before makes no third bucket", "America/St_Johns", "2010-11-06T23:00:00-02:30", "2010-11-07T01:00:00-03:30", stats.Day,
			[]string{"2010-11-06T00:00:00-02:30", "2010-11-07T00:00:00-02:30"},
		},
		{
			"a period from the minute before the step back still has both days", "America/St_Johns", "2010-11-07T00:00:30-02:30", "2010-11-07T01:00:00-03:30", stats.Day,
			[]string{"2010-11-06T00:00:00-02:30", "2010-11-07T00:00:00-02:30"},
		},
		{
			"weeks start on Monday", "Europe/Berlin", "2026-03-26T00:00:00+01:00", "2026-04-06T00:00:00+02:00", stats.Week,
			[]string{"2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		},
		{
			"a week whose end is a Monday's midnight does not reach the next", "UTC", "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z", stats.Week,
			[]string{"2026-01-05T00:00:00Z"},
		},
		{
			"months", "America/New_York", "2025-12-31T23:59:59-05:00", "2026-02-01T00:00:01-05:00", stats.Month,
			[]string{"2025-12-01T00:00:00-05:00", "2026-01-01T00:00:00-05:00", "2026-02-01T00:00:00-05:00"},
		},
		{
			"a leap February", "Asia/Kolkata", "2028-02-29T00:00:00+05:30", "2028-03-01T00:00:00+05:30", stats.Month,
			[]string{"2028-02-01T00:00:00+05:30"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, starts(t, tt.zone, tt.from, tt.to, tt.unit))
		})
	}
}

func TestCalendar_Limits(t *testing.T) {
	from := moment(t, "2026-01-01T00:00:00Z")
	f := stats.Filter{From: from, To: from.Add(stats.MaxBuckets * time.Hour)}
	c, err := stats.NewCalendar(f, stats.Hour)
	require.NoError(t, err)
	require.Len(t, c.Buckets(), stats.MaxBuckets)

	f.To = f.To.Add(time.Nanosecond)
	_, err = stats.NewCalendar(f, stats.Hour)
	require.ErrorIs(t, err, fault.Invalid)
	require.True(t, fault.HasReason(err, "too-many-buckets"))

	f.To = from.AddDate(0, 0, stats.MaxBuckets)
	_, err = stats.NewCalendar(f, stats.Day)
	require.NoError(t, err)
	f.To = f.To.Add(time.Nanosecond)
	_, err = stats.NewCalendar(f, stats.Day)
	require.True(t, fault.HasReason(err, "too-many-buckets"))

	_, err = stats.NewCalendar(f, "year")
	require.True(t, fault.HasReason(err, "unknown-unit"))
}

// Over every day of a year with changes of the offset, every minute belongs to
// the bucket that its clock says, and the buckets are in order.
func TestCalendar_BucketsAreOrderedAndHoldWhatTheClockSays(t *testing.T) {
	for _, name := range []string{
		"UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin",
		"America/Sao_Paulo", "America/St_Johns", "Africa/Casablanca",
	} {
		t.Run(name, func(t *testing.T) {
			loc := zone(t, name)
			for day := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2010; day = day.AddDate(0, 0, 1) {
				f := stats.Filter{From: day, To: day.AddDate(0, 0, 1), Zone: loc}
				for _, unit := range []stats.Unit{stats.Hour, stats.Day, stats.Week, stats.Month} {
					checkCalendar(t, f, unit)
				}
			}
		})
	}
}

func checkCalendar(t *testing.T, f stats.Filter, unit stats.Unit) {
	c, err := stats.NewCalendar(f, unit)
	require.NoError(t, err)
	buckets := c.Buckets()
	require.NotEmpty(t, buckets)
	used := make([]bool, len(buckets))
	for at := f.From; at.Before(f.To); at = at.Add(10 * time.Minute) {
		i := c.Find(at)
		require.GreaterOrEqual(t, i, 0, at)
		used[i] = true
		local, start := at.In(f.Zone), buckets[i].Start
		require.False(t, start.After(at), "%v starts after %v", start, at)
		switch unit {
		case stats.Hour:
			require.Equal(t, local.Format("2006-01-02T15-07:00"), start.Format("2006-01-02T15-07:00"))
		case stats.Day:
			require.Equal(t, local.Format(time.DateOnly), start.Format(time.DateOnly))
		case stats.Week:
			y1, w1 := local.ISOWeek()
			y2, w2 := start.ISOWeek()
			require.Equal(t, [2]int{y1, w1}, [2]int{y2, w2})
		case stats.Month:
			require.Equal(t, local.Format("2006-01"), start.Format("2006-01"))
		}
		before := start.Add(-time.Second)
		require.False(t, unit == stats.Day && before.Format(time.DateOnly) == start.Format(time.DateOnly), "%v is not the first moment", start)
	}
	for i, b := range buckets {
		require.True(t, used[i], "bucket %v holds nothing of the period", b.Start)
		require.True(t, i == 0 || buckets[i-1].Start.Before(b.Start), "buckets out of order at %v", b.Start)
	}
	require.Equal(t, -1, c.Find(f.From.Add(-1)))
	require.Equal(t, -1, c.Find(f.To))
}

func TestSameOffsets_ComparesThePeriodOnly(t *testing.T) {
	same := func(a, b string, from, to time.Time) bool {
		first, err := time.LoadLocation(a)
		require.NoError(t, err)
		second, err := time.LoadLocation(b)
		require.NoError(t, err)
		return stats.SameOffsets(first, second, from, to)
	}
	january, march := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	year := march.AddDate(1, 0, 0)
	require.True(t, same("Asia/Kolkata", "Asia/Calcutta", january, year))
	require.True(t, same("Europe/London", "UTC", january, march))
	require.False(t, same("Europe/London", "UTC", january, year))
	require.True(t, same("Europe/Berlin", "Africa/Lagos", january, march))
	require.False(t, same("Europe/Berlin", "UTC", january, march))
	require.False(t, same("Europe/Berlin", "America/New_York", january, year), "both change, but not then")
	require.True(t, same("Europe/Berlin", "UTC", january, january), "there is no moment")
}
