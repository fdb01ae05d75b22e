package server

import (
	"context"
	"sync/atomic"
	"time"
)

// lostEvery is how often the log says at most that clicks are lost.
const lostEvery = time.Second

// losses counts clicks that could not be recorded, between two lines in the log.
type losses struct {
	count atomic.Int64
	said  atomic.Int64 // nanoseconds since the epoch
}

// noteLost notes that a click was lost, if it was. The log says so once in a
// while and not for each: a full disk loses them by the thousand.
func (s *server) noteLost(ctx context.Context, err error) {
	if err == nil {
		return
	}
	s.lost.count.Add(1)
	now, said := time.Now().UnixNano(), s.lost.said.Load()
	if now-said >= int64(lostEvery) && s.lost.said.CompareAndSwap(said, now) {
		s.log.ErrorContext(ctx, "clicks were lost; shoppers are sent on all the same", "count", s.lost.count.Swap(0), "error", err.Error())
	}
}
