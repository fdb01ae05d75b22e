package jetstream

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

func TestPublish_AGroupWhoseFirstHasWaitedForTheTimeoutIsGivenUp(t *testing.T) {
	r, err := Open(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "clicks")})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	r.publisher.busy = true // another one is on its way meanwhile
	late, refused := r.join(r.sealer.Seal(nil, clicks.Visit{}))
	require.Nil(t, refused)
	late.formed = late.formed.Add(-r.cfg.Timeout)
	r.publishAll()
	require.ErrorIs(t, late.failed, fault.Unavailable)
	require.EqualValues(t, 1, r.Stats().Shed)
	require.Zero(t, r.Stats().Waiting)
	require.Nil(t, r.publisher.silent, "the stream was not asked")
	require.NoError(t, r.Record(t.Context(), clicks.Visit{}))
}

func TestComplaints_AreOneASecondAndCountAll(t *testing.T) {
	var c complaints
	now := time.Unix(1_770_000_000, 0)
	say := func(n int, at time.Duration) (int, bool) { return c.add(n, now.Add(at)) }
	n, due := say(3, 0)
	require.True(t, due)
	require.Equal(t, 3, n)
	_, due = say(1, time.Millisecond)
	require.False(t, due)
	_, due = say(4, complainEvery-1)
	require.False(t, due)
	n, due = say(2, complainEvery)
	require.True(t, due)
	require.Equal(t, 7, n)
}
