package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The lines that a new user copies are run as they stand.
func TestDemo_EveryLineItPrintsWorks(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	r := start(t, 10*time.Minute, "demo", "--addr", "127.0.0.1:0") // under the race detector, beside other tests
	printed := r.stdout.String()
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "the scratch folder")

	keys := regexp.MustCompile(`(?m) (sk_test_\w+)$`).FindAllStringSubmatch(printed, -1)
	require.Len(t, keys, 3, "one key for each brand")
	for _, key := range keys {
		from, to := time.Now().AddDate(0, 0, -91).Format(time.DateOnly), time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
		status, answer := call(t, http.MethodGet, r.base+"/api/v1/stats/reconcile?from="+from+"&to="+to, key[1], "")
		require.Equal(t, http.StatusOK, status, answer)
		require.Equal(t, true, answer["agrees"])
		require.NotEmpty(t, answer["comparisons"])
	}

	require.Contains(t, r.stderr.String(), "WARNING: the development issuer is on.")
	require.Regexp(t, `(?m)^  brand-3 .*Lindenblüte\n  pending .*\n  suspended `, printed)
	token := regexp.MustCompile(`(?m)^ {2}TOKEN=(\S+)$`).FindStringSubmatch(printed)[1]
	t.Run("curl", func(t *testing.T) {
		if _, err := exec.LookPath("curl"); err != nil {
			t.Skip("NOT RUN: there is no curl on this machine to run the printed lines with")
		}
		lines := regexp.MustCompile(`(?m)^ +curl .*$`).FindAllString(printed, -1)
		wants := []string{`"conversions":`, `"method":"coupon"`, `"verdict":"outranked"`, "ref_code=", "event_id,occurred_at,", `"role":"admin"`, `"conversions":`}
		require.Len(t, lines, len(wants))
		for i, line := range lines {
			out, err := exec.CommandContext(t.Context(), "sh", "-c", "KEY="+keys[0][1]+"\nTOKEN="+token+"\n"+line).CombinedOutput()
			require.NoError(t, err, line)
			require.Contains(t, strings.ReplaceAll(string(out), `": `, `":`), wants[i], line)
		}
	})

	require.Zero(t, r.end(t), r.stderr)
	left, err = os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left, "the scratch database is deleted")
}

func TestDemo_NeverWritesToAFileThatExists(t *testing.T) {
	file := filepath.Join(t.TempDir(), "precious.db")
	require.NoError(t, os.WriteFile(file, []byte("data"), 0o600))
	code, _, stderr := once(t, nothing, "demo", "--db", file, "--fill-only")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--db: "+file+" exists already")
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "data", string(kept))
}

func TestDemo_StoppedHalfWaySaysThatTheFileIsNotComplete(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	file := filepath.Join(t.TempDir(), "demo.db")
	stdout, stderr := newOutput(), newOutput()
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"demo", "--db", file, "--fill-only"}, nothing, stdout, stderr) }()
	<-stdout.news // it is writing
	cancel()
	require.Equal(t, 1, <-code)
	require.Contains(t, stderr.String(), "demo.db is not complete")
}
