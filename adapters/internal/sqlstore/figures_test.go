package sqlstore

import (
	"math"
	"testing"
	"time"

	must "github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
)

func TestFigures_ASumThatDoesNotFitIsAnError(t *testing.T) {
	for _, c := range []struct {
		a, b int64
		fits bool
	}{
		{math.MaxInt64, 0, true}, {math.MaxInt64 - 1, 1, true}, {math.MaxInt64, 1, false}, {math.MaxInt64, math.MaxInt64, false},
		{math.MinInt64, 0, true}, {math.MinInt64 + 1, -1, true}, {math.MinInt64, -1, false}, {math.MinInt64, math.MaxInt64, true},
	} {
		got, err := figures{events: 1, payout: c.a}.plus(figures{events: 2, payout: c.b})
		if !c.fits {
			must.True(t, fault.HasReason(err, "amount-overflow"), "%d + %d", c.a, c.b)
			continue
		}
		must.NoError(t, err)
		must.Equal(t, figures{events: 3, payout: c.a + c.b}, got)
	}
}

func TestFigures_TheOppositeTakesBackWhateverHasOne(t *testing.T) {
	f := figures{1, 2, 3, math.MaxInt64, 5, -6, math.MinInt64 + 1}
	back, err := f.negative()
	must.NoError(t, err)
	none, err := f.plus(back)
	must.NoError(t, err)
	must.Equal(t, figures{}, none)
	f.payout = math.MinInt64
	_, err = f.negative()
	must.True(t, fault.HasReason(err, "amount-overflow"))
}

func TestDateNumber_IsThatOfTheZonesCalendar(t *testing.T) {
	apia, err := time.LoadLocation("Pacific/Apia") // has no 30 December 2011
	must.NoError(t, err)
	for _, c := range []struct {
		at         string
		zone       *time.Location
		day, month int64
	}{
		{"1970-01-01T00:00:00Z", time.UTC, 0, 0},
		{"1969-12-31T23:59:59.999999Z", time.UTC, -1, -31},
		{"1970-02-01T00:00:00Z", time.UTC, 31, 31},
		{"2011-12-30T09:59:59Z", apia, 15337, 15309},
		{"2011-12-30T10:00:00Z", apia, 15339, 15309},
	} {
		at, err := time.Parse(time.RFC3339Nano, c.at)
		must.NoError(t, err)
		day, month := dateNumber(at, c.zone)
		must.Equal(t, [2]int64{c.day, c.month}, [2]int64{day, month}, c.at)
	}
}
