package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// brandWithLink makes a brand in a new file; linkOf makes its link.
func brandWithLink(t *testing.T) (file, key string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "superher.db")
	code, stdout, stderr := once(t, nothing, "advertiser", "create", "--db", file, "--name", "Acme", "--json")
	require.Zero(t, code, stderr)
	var made issued
	require.NoError(t, json.Unmarshal([]byte(stdout), &made))
	return file, made.Key
}

// linkOf makes a link and returns the path of its short URL.
func linkOf(t *testing.T, base, key string) string {
	t.Helper()
	status, answer := call(t, http.MethodPost, base+"/api/v1/campaigns", key, `{"name": "Summer"}`)
	require.Equal(t, http.StatusCreated, status, answer)
	status, answer = call(t, http.MethodPost, base+"/api/v1/tracking-links", key,
		`{"campaign_id": "`+answer["id"].(string)+`", "destination": "https://shop.example/"}`)
	require.Equal(t, http.StatusCreated, status, answer)
	short, err := url.Parse(answer["short_url"].(string))
	require.NoError(t, err)
	return short.Path
}

// visitOnce asks for a short URL and does not follow it.
func visitOnce(t *testing.T, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// containsLine reports whether a line of a text begins with want.
func containsLine(text, want string) bool {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, want) {
			return true
		}
	}
	return false
}
