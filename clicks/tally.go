package clicks

import (
	"sync/atomic"

	"github.com/superher/superher/fault"
)

// Tally counts what becomes of visits: the state behind the Stats of a
// recorder. The zero value counts from zero. It is safe for concurrent use and
// must not be copied.
type Tally struct {
	recorded, stored, refused, shed atomic.Int64
}

// Recorded counts visits that Record took; a negative n takes them back.
func (t *Tally) Recorded(n int) { t.recorded.Add(int64(n)) }

// Stored counts visits that the sink took.
func (t *Tally) Stored(n int) { t.stored.Add(int64(n)) }

// Refused counts visits that the sink will never take.
func (t *Tally) Refused(n int) { t.refused.Add(int64(n)) }

// Shed counts visits that Record did not take, or that were left over.
func (t *Tally) Shed(n int) { t.shed.Add(int64(n)) }

// Settled returns how many visits need no more care: stored and refused ones.
func (t *Tally) Settled() int64 { return t.stored.Load() + t.refused.Load() }

// Stats returns the figures, with waiting visits and their bytes from the
// recorder. Each is exact, though visits may move from one to another meanwhile.
func (t *Tally) Stats(waiting, bytes int64) Stats {
	return Stats{
		Stored: t.stored.Load(), Refused: t.refused.Load(), Shed: t.shed.Load(),
		Recorded: t.recorded.Load(), Waiting: waiting, Bytes: bytes,
	}
}

// NoRoom returns the fault.Exhausted "clicks-shed" that Record answers when
// there is no room for a visit.
func NoRoom() *fault.Error {
	return fault.New(fault.Exhausted, "clicks-shed", "there is no room for more clicks until some are stored")
}

// Ended returns the fault.Unavailable "recorder-ended" that Record answers once
// Run has ended and nobody would deliver the visit.
func Ended() *fault.Error {
	return fault.New(fault.Unavailable, "recorder-ended", "the recorder takes no more clicks")
}

// LeftOver returns the fault.Unavailable "clicks-left-over" of a Run that had
// to give up visits at its end.
func LeftOver() *fault.Error {
	return fault.New(fault.Unavailable, "clicks-left-over", "the store did not take the last clicks in time")
}
