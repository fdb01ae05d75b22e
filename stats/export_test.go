package stats_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
	"github.com/superher/superher/stats"
)

// update rewrites the golden files.
func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files")
	flag.Parse()
	os.Exit(m.Run())
}

// hostile lists texts that a spreadsheet would run, and texts that CSV has to
// quote.
func hostile() []string {
	return []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", `"=1"`, "'=1", "\ufeff=1", "\u200b@x", "＝1",
		"a=1", "1-1", "a,b", `say "hi"`, "two\r\nlines", " padded ", "", "plain", "Ünïcödé 😀", "\x80=1",
	}
}

func exportedEvent(text string) attribution.Event {
	e := attribution.Event{ID: attribution.ID{1}, Conversion: true}
	e.Type, e.Value = campaigns.Purchase, money.Of(149900, "INR")
	e.OccurredAt = time.Date(2026, 3, 1, 5, 30, 0, 123456000, time.FixedZone("IST", 19800))
	e.ReceivedAt = e.OccurredAt.Add(time.Second)
	e.ExternalID, e.CustomerID, e.CouponCode, e.RefCode, e.LandingURL = text, text, text, text, text
	e.Decision = attribution.Decision{
		Method: attribution.ByCoupon, Source: attribution.TrackingLink, Campaign: campaigns.ID{2},
		Influencer: campaigns.InfluencerID{3}, Coupon: coupons.ID{4}, Link: links.ID{5},
	}
	e.Commission = payouts.Commission{Amount: money.Of(5, "INR"), Reason: payouts.Earned}
	return e
}

func TestExport_Golden(t *testing.T) {
	var out bytes.Buffer
	x := stats.NewExport(&out)
	for _, text := range hostile() {
		require.NoError(t, x.Write(exportedEvent(text)))
	}
	require.NoError(t, x.Write(attribution.Event{ID: attribution.ID{9}}))
	require.NoError(t, x.Flush())
	if update() {
		require.NoError(t, os.WriteFile("testdata/export.csv", out.Bytes(), 0o644))
	}
	want, err := os.ReadFile("testdata/export.csv")
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

func TestExport_NoTextCellStartsAFormula(t *testing.T) {
	var out bytes.Buffer
	x := stats.NewExport(&out)
	for _, text := range hostile() {
		require.NoError(t, x.Write(exportedEvent(text)))
	}
	require.NoError(t, x.Flush())
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+len(hostile()))
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for i, row := range rows[1:] {
		for _, cell := range row {
			bare := strings.TrimLeft(strings.ToValidUTF8(cell, ""), " \"\ufeff\u200b")
			require.False(t, strings.HasPrefix(bare, "="), "%q", cell)
			require.False(t, bare != "" && strings.ContainsAny(bare[:1], "=+-@\t\r\n"), "%q", cell)
		}
		// The reader of package csv reads CRLF within a cell as LF.
		plain := strings.ReplaceAll(hostile()[i], "\r\n", "\n")
		for _, name := range []string{"external_id", "customer_id", "coupon_code", "ref_code", "landing_url"} {
			require.Equal(t, plain, strings.TrimPrefix(row[column[name]], "'"), "the text itself is kept")
		}
		require.Equal(t, "1499.00", row[column["value"]], "numbers stay numbers")
		require.Equal(t, "0.05", row[column["commission"]])
		require.Equal(t, "2026-03-01T00:00:00.123456Z", row[column["occurred_at"]])
	}
}

func TestExport_AnEmptyOneHasAHeader(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, stats.NewExport(&out).Flush())
	require.True(t, strings.HasPrefix(out.String(), "event_id,occurred_at,"))
	require.Equal(t, 1, strings.Count(out.String(), "\r\n"))
}

// short refuses to write after n calls.
type short struct{ calls, n, bytes int }

var errFull = errors.New("full")

func (s *short) Write(b []byte) (int, error) {
	s.calls++
	if s.calls > s.n {
		return 0, errFull
	}
	s.bytes = max(s.bytes, len(b))
	return len(b), nil
}

func TestExport_WritesInSmallPiecesAndKeepsTheFirstError(t *testing.T) {
	w := &short{n: 3}
	x := stats.NewExport(w)
	var err error
	for n := 0; err == nil; n++ {
		require.Less(t, n, 1000)
		err = x.Write(exportedEvent(strings.Repeat("x", 100)))
	}
	require.ErrorIs(t, err, errFull)
	require.Less(t, w.bytes, 64<<10)
	require.ErrorIs(t, x.Write(exportedEvent("")), errFull)
	require.ErrorIs(t, x.Flush(), errFull)
	require.Equal(t, 4, w.calls, "nothing is written after an error")
}

func TestExport_AllocatesLittle(t *testing.T) {
	x := stats.NewExport(io.Discard)
	e := exportedEvent("=1")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _ = x.Write(e) }), 6.0)
}

func BenchmarkExport(b *testing.B) {
	d := world(1, 1000)
	r := rand.New(rand.NewSource(1))
	x := stats.NewExport(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		_ = x.Write(pick(r, d.Events))
	}
}
