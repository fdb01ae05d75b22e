package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimiters_MomentsThatComeOutOfOrderGiveNothingTwice(t *testing.T) {
	l, err := newLimiters("caller", Rate{PerSecond: 1, Burst: 1})
	require.NoError(t, err)
	early := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	late := early.Add(time.Second)
	accepted := 0
	for range 100 {
		for _, now := range []time.Time{late, early} {
			if _, _, ok := l.take("somebody", now); ok {
				accepted++
			}
		}
	}
	require.Equal(t, 1, accepted, "of a burst of one, all at the later moment")
}
