package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimiters_MomentsThatComeOutOfOrderGiveNothingTwice(t *testing.T) {
	l, err := newLimiters("caller", Rate{PerSecond: 10, Burst: 10})
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
	require.Equal(t, 10, accepted, "the burst, and nothing of the second between the two")
}
