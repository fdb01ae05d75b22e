package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestJetStream_ErrorsNameTheSetting(t *testing.T) {
	key := strings.Repeat("A", 43) + "="
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--nats-url", "nats://127.0.0.1:1"}, "--nats-url: means nothing with --clicks journal"},
		{[]string{"--clicks", "memory", "--clicks-publish", "async"}, "--clicks-publish: means nothing with --clicks memory"},
		{[]string{"--clicks", "jetstream", "--clicks-publish", "later"}, "must be sync or async"},
		{[]string{"--clicks", "jetstream", "--nats-replicas", "3"}, "--nats-replicas: is for a NATS cluster"},
		{[]string{"--clicks", "jetstream", "--clicks-key", key}, "--clicks-key: is for a NATS cluster"},
		{[]string{"--clicks", "jetstream", "--clicks-dir", ""}, "--clicks-dir: is empty"},
		{[]string{"--clicks", "jetstream", "--nats-url", "nats://127.0.0.1:1"}, "--clicks-key: is required"},
		{[]string{"--clicks", "jetstream", "--nats-url", "nats://127.0.0.1:1", "--clicks-key", key[4:]}, "must be 32 bytes in base64"},
		{[]string{"--clicks", "jetstream", "--nats-url", "nats://127.0.0.1:1", "--clicks-key", key, "--clicks-dir", "x"}, "--clicks-dir: means nothing with --nats-url"},
		{[]string{"--clicks", "jetstream", "--nats-url", "nats://127.0.0.1:1", "--clicks-key", key, "--nats-replicas", "2"}, "must be 1, 3 or 5"},
	} {
		code, _, stderr := once(t, nothing, append([]string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db")}, c.args...)...)
		require.Equal(t, 2, code, c.args)
		require.Contains(t, stderr, c.want)
	}
}

func TestServe_AClusterThatIsNotThere(t *testing.T) {
	key := strings.Repeat("A", 43) + "="
	code, stdout, stderr := once(t, nothing, "serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db"),
		"--clicks", "jetstream", "--nats-url", "nats://me:secret@127.0.0.1:1", "--clicks-key", key)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--nats-url: NATS cannot be reached")
	require.NotContains(t, stdout+stderr, "secret")
	require.NotContains(t, stdout+stderr, key)
}

func TestServe_ClicksOverAnEmbeddedJetStream(t *testing.T) {
	for _, publish := range []string{"sync", "async"} {
		file, key := brandWithLink(t)
		r := start(t, 30*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file, "--clicks", "jetstream", "--clicks-publish", publish)
		path := linkOf(t, r.base, key)
		for range 20 {
			require.Equal(t, http.StatusFound, visitOnce(t, r.base+path))
		}
		require.Eventually(t, func() bool { return allClicks(t, r.base, key) == 20 }, 20*time.Second, 50*time.Millisecond)
		require.Zero(t, r.end(t), r.stderr)
		require.DirExists(t, file+jetStreamSuffix)
		require.NoDirExists(t, file+clicksSuffix)
	}
}
