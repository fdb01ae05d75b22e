package main

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// A server that was stopped in order leaves nothing running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden file")

func TestPlay_TellsTheWholeLife_AndCanBeRepeated(t *testing.T) {
	err := withServer(t.Context(), filepath.Join(t.TempDir(), "lifecycle.db"), func(a api) error {
		var first, second bytes.Buffer
		if err := play(t.Context(), &first, a, "T1"); err != nil {
			return err
		}
		if *update {
			require.NoError(t, os.WriteFile("testdata/output.txt", first.Bytes(), 0o600))
		}
		golden, err := os.ReadFile("testdata/output.txt")
		require.NoError(t, err)
		require.Equal(t, string(golden), first.String())
		return play(t.Context(), &second, a, "T2")
	})
	require.NoError(t, err)
}

// A server that answers wrongly must not get through.
func TestPlay_EndsAtTheFirstWrongAnswer(t *testing.T) {
	wrong := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"data": [{"name": "One"}, {"name": "Two"}]}`))
	}))
	defer wrong.Close()
	err := play(t.Context(), &bytes.Buffer{}, api{wrong.URL, "sk_live_x"}, "T1")
	require.ErrorContains(t, err, "brands that the key sees: got 2 instead of 1")
}

// What stands between and loses a header must not get through either.
func TestPlay_NoticesALostHeader(t *testing.T) {
	for header, complaint := range map[string]string{
		"Idempotency-Key": "Idempotency-Replayed: got  instead of true",
		"If-Match":        "428 Precondition Required instead of 200",
	} {
		err := withServer(t.Context(), filepath.Join(t.TempDir(), "lifecycle.db"), func(a api) error {
			target, err := url.Parse(a.base)
			if err != nil {
				return err
			}
			proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(target)
				r.Out.Header.Del(header)
			}})
			defer proxy.Close()
			return play(t.Context(), &bytes.Buffer{}, api{proxy.URL, a.key}, "T1")
		})
		require.ErrorContains(t, err, complaint, header)
	}
}

func TestRun_NeedsURLAndKeyTogether(t *testing.T) {
	require.Error(t, run(t.Context(), "http://localhost:1", ""))
}
