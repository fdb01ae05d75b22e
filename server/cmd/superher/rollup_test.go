package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// tamper changes the file behind the program's back.
func tamper(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestRollup_VerifyFindsWhatRebuildMends(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	for _, name := range []string{"Acme", "Sunrise"} {
		code, _, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", name)
		require.Zero(t, code, stderr)
	}
	code, stdout, stderr := once(t, nothing, "rollup", "verify", "--db", file)
	require.Zero(t, code, stderr)
	require.Regexp(t, `^([0-9a-f-]{36}  is right\n){2}$`, stdout)

	tamper(t, file, "INSERT INTO event_types SELECT min(id), 20000, 'purchase', 'INR', '', 1, 0, 1, 7, 0, 0, 0 FROM advertisers")
	code, stdout, stderr = once(t, nothing, "rollup", "verify", "--db", file)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, `: revenue_minor is off by 7`)
	require.Contains(t, stdout, "day=2024-10-04")
	require.Contains(t, stdout, "is right", "the other one")
	require.Contains(t, stderr, "superher rollup rebuild --advertiser ")

	code, stdout, stderr = once(t, nothing, "rollup", "rebuild", "--db", file, "--advertiser", "all")
	require.Zero(t, code, stderr)
	require.Regexp(t, `^([0-9a-f-]{36}  made anew in \d+\.\d s\n){2}$`, stdout)
	code, _, stderr = once(t, nothing, "rollup", "verify", "--db", file)
	require.Zero(t, code, stderr)
}

func TestRollup_TakesAnAdvertiserOrAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	code, stdout, _ := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme", "--json")
	require.Zero(t, code)
	var made issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))
	code, stdout, _ = once(t, nothing, "rollup", "verify", "--db", file, "--advertiser", made.AdvertiserID)
	require.Zero(t, code)
	require.Equal(t, made.AdvertiserID+"  is right\n", stdout)
	code, _, stderr := once(t, nothing, "rollup", "rebuild", "--db", file, "--advertiser", "01a20584-2247-764d-9337-f6a4c6cd4d3b")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "not-found")
	code, _, stderr = once(t, nothing, "rollup", "verify", "--db", file, "--advertiser", "acme")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--advertiser: must be the id of an advertiser, or all")
}

// stopping is an output that has the program told to end once something is written.
type stopping struct {
	bytes.Buffer
	stop func()
}

func (s *stopping) Write(p []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(p)
}

func TestRollup_EndsWhenItIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "superher.db")
	for _, name := range []string{"Acme", "Sunrise", "Bikes"} {
		code, _, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", name)
		require.Zero(t, code, stderr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := stopping{stop: cancel}, bytes.Buffer{}
	require.Equal(t, 1, run(ctx, []string{"rollup", "verify", "--db", file}, nothing, &stdout, &stderr))
	require.Regexp(t, `^[0-9a-f-]{36}  is right\n$`, stdout.String())
	require.Equal(t, "superher: context canceled\n", stderr.String(), "nothing is said of the others")
}
