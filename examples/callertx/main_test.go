package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun_OrderAndEventBecomeLastingTogetherOrNotAtAll(t *testing.T) {
	url := os.Getenv("SUPERHER_TEST_DATABASE_URL")
	if url == "" {
		t.Skip("NOT RUN: SUPERHER_TEST_DATABASE_URL names no PostgreSQL database; .ci/run runs it with one")
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, url))
	require.Equal(t, "paid      1 orders, 1 events\ndeclined  0 orders, 0 events\n", out.String())
}

func TestRun_SaysWhatItNeeds(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), &bytes.Buffer{}, ""), "SUPERHER_TEST_DATABASE_URL")
}
