package statsql

import (
	"time"

	"github.com/superher/superher/stats"
)

// A visitor has one pseudonym for each UTC day, so distinct visitors of several
// UTC days add up, while those of two parts of one day do not. A report's
// visitors therefore are the sum over pieces: what each of its buckets has of
// each UTC day.

// piece is what a bucket has of a UTC day.
type piece struct {
	bucket int
	utcDay int64
	// The distinct visitors of the piece are known if it is the whole UTC day, or
	// all of it that is on one day of the totals' zone; else they have to be counted.
	whole, cell bool
	day         int64 // of the cell
	period
}

// pieces divides a period by UTC days and buckets, given by the dates in a
// zone, in order. It reports false where a bucket has several parts of one UTC
// day, with something else between them.
func pieces(zone *time.Location, in period, bucketOf func(day int64) int) ([]piece, bool) {
	var out []piece
	start := floorDay(in.from.Unix())
	var dates []dated
	for utcDay := start; ; utcDay++ {
		day := period{time.Unix(utcDay*daySeconds, 0).UTC(), time.Unix((utcDay+1)*daySeconds, 0).UTC()}
		if !day.from.Before(in.to) {
			return out, true
		}
		dates = datesIn(dates[:0], zone, day)
		known := len(out)
		for _, d := range dates {
			d.period = within(d.period, in)
			if d.isEmpty() {
				continue
			}
			bucket := bucketOf(d.day)
			if n := len(out); n > known && out[n-1].bucket == bucket && out[n-1].to.Equal(d.from) {
				out[n-1].to = d.to
				continue
			}
			for _, p := range out[known:] {
				if p.bucket == bucket {
					return nil, false
				}
			}
			out = append(out, piece{bucket: bucket, utcDay: utcDay, period: d.period})
		}
		for i := range out[known:] {
			out[known+i].recognise(day, dates)
		}
	}
}

// recognise finds out whether the visitors of a piece are known.
func (p *piece) recognise(utcDay period, dates []dated) {
	if p.from.Equal(utcDay.from) && p.to.Equal(utcDay.to) {
		p.whole = true
		return
	}
	for i, d := range dates {
		if !d.from.Equal(p.from) || !d.to.Equal(p.to) {
			continue
		}
		p.cell, p.day = true, d.day
		for j, other := range dates { // the date may come back, and then has more in its cell
			if j != i && other.day == d.day {
				p.cell = false
			}
		}
	}
}

// dated is a part of time that is on one date.
type dated struct {
	day int64
	period
}

// datesIn appends the dates that a period has in a zone, in order.
func datesIn(out []dated, zone *time.Location, in period) []dated {
	for _, p := range stats.OffsetPeriods(zone, in.from, in.to) {
		for at := p.Start; at.Before(p.End); {
			day := floorDay(at.Unix() + p.Offset)
			end := time.Unix((day+1)*daySeconds-p.Offset, 0).UTC()
			if end.After(p.End) {
				end = p.End
			}
			if n := len(out); n > 0 && out[n-1].day == day {
				out[n-1].to = end
			} else {
				out = append(out, dated{day, period{at, end}})
			}
			at = end
		}
	}
	return out
}

// within returns what two periods share; it is empty if that is nothing.
func within(a, b period) period {
	if a.from.Before(b.from) {
		a.from = b.from
	}
	if a.to.After(b.to) {
		a.to = b.to
	}
	return a
}
