package main

import (
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/journal"
)

func TestClicks_ErrorsNameTheSetting(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--clicks", "queue"}, "must be journal, jetstream or memory"},
		{[]string{"--clicks", "memory", "--clicks-dir", "x"}, "--clicks-dir: means nothing with --clicks memory"},
		{[]string{"--clicks", "memory", "--clicks-fsync", "1s"}, "--clicks-fsync: means nothing"},
		{[]string{"--clicks", "memory", "--clicks-limit", "1GiB"}, "--clicks-limit: means nothing"},
		{[]string{"--clicks-dir", ""}, "--clicks-dir: is empty"},
		{[]string{"--clicks-fsync", "2h"}, "clicks-fsync"},
		{[]string{"--clicks-limit", "1048575"}, "at least 1MiB"},
		{[]string{"--clicks-limit", "lots"}, "must be a size like 512MiB"},
		{[]string{"--clicks-limit", "99999999TiB"}, "must be a size like 512MiB"},
	} {
		code, _, stderr := once(t, nothing, append([]string{"serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db")}, c.args...)...)
		require.Equal(t, 2, code, c.args)
		require.Contains(t, stderr, c.want)
	}
}

func TestSize_IsReadAsItIsShown(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "1": 1, "1023": 1023, "1KiB": 1 << 10, "512MiB": 512 << 20, "3GiB": 3 << 30, "8388607TiB": 8388607 << 40} {
		n, ok := parseSize(text)
		require.True(t, ok, text)
		require.Equal(t, want, n, text)
		require.Equal(t, text, sizeText(n))
	}
	for _, text := range []string{"", "-1", "MiB", "1.5GiB", "1 GiB", "1gib", "8388608TiB", "9223372036854775808"} {
		_, ok := parseSize(text)
		require.False(t, ok, text)
	}
}

func TestServe_ClicksInMemoryNeedNoDirectory(t *testing.T) {
	file, _ := brandWithLink(t)
	r := start(t, 30*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file, "--clicks", "memory")
	require.Zero(t, r.end(t), r.stderr)
	require.NoDirExists(t, file+clicksSuffix)
}

func TestServe_AJournalBelongsToOneServer(t *testing.T) {
	file, _ := brandWithLink(t)
	j, err := journal.Open(journal.Config{Dir: file + clicksSuffix})
	require.NoError(t, err)
	code, _, stderr := once(t, nothing, "serve", "--addr", "127.0.0.1:0", "--db", file)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--clicks-dir: another process uses the journal")
	require.NoError(t, j.Close())
}

// What becomes of clicks is told, and redirects from memory are counted.
func TestServe_MeasuresClicks(t *testing.T) {
	file, key := brandWithLink(t)
	r := start(t, 30*time.Second, "serve", "--addr", "127.0.0.1:0", "--db", file)
	path := linkOf(t, r.base, key)
	for range 20 {
		require.Equal(t, http.StatusFound, visitOnce(t, r.base+path))
	}
	require.Eventually(t, func() bool {
		_, metrics := fetch(t, r.base+"/metrics")
		for _, want := range []string{
			"superher_clicks_recorded_total 20", "superher_clicks_stored_total 20", "superher_clicks_shed_total 0", "superher_clicks_refused_total 0",
			"superher_clicks_waiting 0", "superher_clicks_waiting_size_bytes ", "superher_redirect_duration_seconds_count 19",
		} {
			if !containsLine(metrics, want) {
				return false
			}
		}
		return true
	}, 20*time.Second, 50*time.Millisecond)
	status, _ := fetch(t, r.base+"/readyz")
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, r.end(t), r.stderr)
}

// allClicks asks how many clicks are stored.
func allClicks(t *testing.T, base, key string) int {
	t.Helper()
	status, answer := call(t, http.MethodGet, base+"/api/v1/stats/overview", key, "")
	require.Equal(t, http.StatusOK, status)
	n, err := strconv.Atoi(strconv.FormatFloat(answer["all_clicks"].(float64), 'f', -1, 64))
	require.NoError(t, err)
	return n
}
