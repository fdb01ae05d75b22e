package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
	"github.com/superher/superher/server"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, nil))
}

func newAdvertiser(name, zone, currency string) tenant.NewAdvertiser {
	return tenant.NewAdvertiser{Name: name, Zone: zone, Currency: money.Currency(currency)}
}

// at sets the clock of the server.
func at(now time.Time) func(*server.Config, *storage.Store) {
	return func(c *server.Config, _ *storage.Store) { c.Now = func() time.Time { return now } }
}

// fieldsOf lists the fields that a problem names.
func fieldsOf(a answer) []string {
	var names []string
	for _, f := range a.object().list("errors") {
		names = append(names, f.str("field"))
	}
	return names
}

func parseInfluencer(id string) (campaigns.InfluencerID, error) {
	return ident.Parse[campaigns.Influencer](id)
}

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// request is one from an address of the test's choice.
func request(t *testing.T, path, from string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	r.RemoteAddr = from
	return r
}
