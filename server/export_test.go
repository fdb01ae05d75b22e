package server_test

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/server"
	"github.com/superher/superher/stats"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// stream is a store whose events come from a function.
type stream struct {
	storage.Store
	events func(ctx context.Context) iter.Seq2[attribution.Event, error]
}

type streamReader struct {
	storage.Reader
	events func(ctx context.Context) iter.Seq2[attribution.Event, error]
}

func (s stream) Read(v tenant.View) storage.Reader { return streamReader{s.Store.Read(v), s.events} }

func (s streamReader) EachEvent(ctx context.Context, _ stats.Filter) iter.Seq2[attribution.Event, error] {
	return s.events(ctx)
}

// streaming makes a store that yields good events and then fails, if err is set.
func streaming(good int, err error) func(*server.Config, *storage.Store) {
	return func(_ *server.Config, store *storage.Store) {
		*store = stream{*store, func(context.Context) iter.Seq2[attribution.Event, error] {
			return func(yield func(attribution.Event, error) bool) {
				for range good {
					if !yield(attribution.Event{Submission: attribution.Submission{Type: "lead"}}, nil) {
						return
					}
				}
				if err != nil {
					yield(attribution.Event{}, err)
				}
			}
		}}
	}
}

func TestExport_CompleteHasItsTrailer(t *testing.T) {
	w := newWorld(t)
	w.a.scene("JESSICA20")
	w.b.post("/events", `{"action":"lead"}`)
	w.a.post("/events", `{"action":"purchase","value":"7","currency":"INR","coupon_code":"JESSICA20","customer_id":"=cmd()"}`)
	w.a.post("/events", `{"action":"lead","occurred_at":"2026-06-14T00:00:00Z"}`)
	got := w.do(http.MethodGet, "/api/v1/exports/events.csv", w.a.key, "")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "text/csv; charset=utf-8", got.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="events_20260517T0000_20260615T1730_Asia-Kolkata.csv"`, got.header.Get("Content-Disposition"))
	require.Equal(t, "2", got.trailer.Get("X-Superher-Rows"))
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Contains(t, got.body, "'=cmd()")

	one := w.do(http.MethodGet, "/api/v1/exports/events.csv?event_type=lead", w.a.key, "")
	require.Equal(t, "1", one.trailer.Get("X-Superher-Rows"), "the export has the filter of the reports")
	none := w.do(http.MethodGet, "/api/v1/exports/events.csv?to=2020-01-01", w.a.key, "")
	require.Equal(t, "0", none.trailer.Get("X-Superher-Rows"))
	require.Equal(t, 1, strings.Count(none.body, "\n"), "only the header")
}

func TestExport_CutStreamIsRecognisable(t *testing.T) {
	for _, good := range []int{1000, 100_000} {
		w := newWorld(t, streaming(good, errors.New("the disk is gone")))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/api/v1/exports/events.csv", http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+w.a.key)
		resp, err := w.Client().Do(req)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			require.Empty(t, resp.Trailer.Get("X-Superher-Rows"))
		}
		require.Error(t, err, "a reader must notice")
		require.Contains(t, w.log.String(), "the disk is gone")
	}
}

func TestExport_FailureBeforeTheFirstByteIsAProblem(t *testing.T) {
	w := newWorld(t, streaming(3, fault.New(fault.Unavailable, "store-busy", "the store is busy")))
	got := w.do(http.MethodGet, "/api/v1/exports/events.csv", w.a.key, "")
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
	require.Equal(t, "store-busy", got.object().str("reason"))
}

func TestExport_IsStreamed(t *testing.T) {
	const rows = 100_000
	w := newWorld(t, streaming(rows, nil))
	got := w.do(http.MethodGet, "/api/v1/exports/events.csv", w.a.key, "")
	require.Equal(t, "100000", got.trailer.Get("X-Superher-Rows"))
	require.Equal(t, rows+1, strings.Count(got.body, "\n"))
	require.Empty(t, got.header.Get("Content-Length"), "nobody knows how long it gets")
}
