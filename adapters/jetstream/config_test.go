package jetstream_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
)

func TestOpen_RefusesABadConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clicks")
	for name, c := range map[string]struct {
		cfg    jetstream.Config
		reason string
	}{
		"nowhere":                {jetstream.Config{}, "required"},
		"a cluster without key":  {jetstream.Config{URL: "nats://127.0.0.1:1"}, "required"},
		"a short key":            {jetstream.Config{Dir: dir, Key: make([]byte, 31)}, "clicks-key-length"},
		"another publish":        {jetstream.Config{Dir: dir, Publish: "later"}, "unknown-publish"},
		"a window of nothing":    {jetstream.Config{Dir: dir, Window: -1}, "out-of-range"},
		"a timeout of nothing":   {jetstream.Config{Dir: dir, Timeout: -1}, "out-of-range"},
		"a stream too small":     {jetstream.Config{Dir: dir, MaxBytes: jetstream.MinBytes - 1}, "out-of-range"},
		"replicas of one server": {jetstream.Config{Dir: dir, Replicas: 3}, "out-of-range"},
		"too many replicas":      {jetstream.Config{URL: "nats://127.0.0.1:1", Key: key, Replicas: jetstream.MaxReplicas + 1}, "out-of-range"},
		"a negative fsync":       {jetstream.Config{Dir: dir, Fsync: -2}, "out-of-range"},
		"a short ack wait":       {jetstream.Config{Dir: dir, AckWait: jetstream.MinAckWait - 1}, "out-of-range"},
		"a name with a dot":      {jetstream.Config{Dir: dir, Stream: "a.b"}, "malformed-name"},
	} {
		_, err := jetstream.Open(t.Context(), c.cfg)
		require.ErrorIs(t, err, fault.Invalid, name)
		require.True(t, fault.HasReason(err, c.reason), "%s: %v", name, err)
	}
	require.NoDirExists(t, dir, "nothing is made for a bad config")
}

func TestOpen_AClusterThatIsNotThereIsUnavailable(t *testing.T) {
	_, err := jetstream.Open(t.Context(), jetstream.Config{URL: "nats://127.0.0.1:1", Key: key})
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.HasReason(err, "clicks-unreachable"))
}

func TestOpen_OneProcessAtATime(t *testing.T) {
	first := open(t, jetstream.Config{})
	_, err := jetstream.Open(t.Context(), first.cfg)
	require.ErrorIs(t, err, fault.Conflict)
	require.True(t, fault.HasReason(err, "clicks-store-in-use"))
	first.Close()
	open(t, first.cfg)
}

func TestOpen_MakesAKeyOnceAndForItsOwnerOnly(t *testing.T) {
	first := open(t, jetstream.Config{})
	path := first.cfg.Dir + ".key"
	made, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, made, clicks.KeySize)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	info, err = os.Stat(first.cfg.Dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	first.Close()

	open(t, first.cfg).Close()
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, made, again)

	require.NoError(t, os.WriteFile(path, made[1:], 0o600))
	_, err = jetstream.Open(t.Context(), first.cfg)
	require.True(t, fault.HasReason(err, "clicks-key-length"), "a key that was cut is not replaced: visits wait that it sealed")
}

func TestOpen_WithEveryVisitFlushedRecordsAllTheSame(t *testing.T) {
	r := open(t, jetstream.Config{Fsync: jetstream.EveryVisit})
	ids := record(t, r, 20)
	store := newShelf()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, r.Run(ctx, store.take))
	require.Zero(t, store.has(ids))
}

func TestRecord_AnswersInTimeWhenTheStreamDoesNot(t *testing.T) {
	r := open(t, jetstream.Config{Timeout: 200 * time.Millisecond})
	r.Close()
	began := time.Now()
	err := r.Record(t.Context(), newVisit())
	require.ErrorIs(t, err, fault.Unavailable)
	require.Less(t, time.Since(began), 5*time.Second)
	require.EqualValues(t, 1, r.Stats().Shed)
}
