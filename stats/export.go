package stats

import (
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/money"
)

// exportBuffer is how many bytes are gathered before they are written.
const exportBuffer = 16 << 10

// exportHeader names the columns; it only ever grows at its end.
const exportHeader = "event_id,occurred_at,received_at,event_type,external_id,customer_id,value,currency,conversion," +
	"coupon_code,ref_code,landing_url,method,source,campaign_id,influencer_id,coupon_id,tracking_link_id," +
	"commission,commission_currency,commission_reason\r\n"

// Export writes events as CSV (RFC 4180, UTF-8, a header row, CRLF after every
// row). It holds a few kilobytes, however many events there are. It is not safe
// for concurrent use.
//
// Moments are RFC 3339 in UTC with microseconds, amounts are decimals in their
// currency, ids are UUIDs; what an event does not have is empty. A text that a
// spreadsheet might run as a formula has an apostrophe in front of it. A stream
// that was cut ends within a row or without the error that [Export.Flush]
// would have returned: callers must not end it properly unless Flush did.
type Export struct {
	w   io.Writer
	buf []byte
	err error // of the first write that failed; nothing is written after it
}

// NewExport returns an export to w, which it does not close.
func NewExport(w io.Writer) *Export {
	return &Export{w: w, buf: append(make([]byte, 0, exportBuffer+exportBuffer/4), exportHeader...)}
}

// Write adds one event. The error is that of the underlying writer; after it
// the export is of no use.
func (x *Export) Write(e attribution.Event) error {
	if x.err != nil {
		return x.err
	}
	x.row(e)
	if len(x.buf) < exportBuffer {
		return nil
	}
	return x.Flush()
}

// Flush writes out what is left, the header if there were no events. Only its nil
// error at the end says that the export is complete.
func (x *Export) Flush() error {
	if x.err == nil && len(x.buf) > 0 {
		_, x.err = x.w.Write(x.buf)
		x.buf = x.buf[:0]
	}
	return x.err
}

func (x *Export) row(e attribution.Event) {
	d := e.Decision
	x.id(e.ID)
	x.moment(e.OccurredAt)
	x.moment(e.ReceivedAt)
	x.text(string(e.Type))
	x.text(e.ExternalID)
	x.text(e.CustomerID)
	x.amount(e.Value)
	x.buf = append(strconv.AppendBool(x.buf, e.Conversion), ',')
	x.text(e.CouponCode)
	x.text(e.RefCode)
	x.text(e.LandingURL)
	x.text(string(d.Method))
	x.text(string(d.Source))
	x.id(ident.Of[attribution.Event](d.Campaign))
	x.id(ident.Of[attribution.Event](d.Influencer))
	x.id(ident.Of[attribution.Event](d.Coupon))
	x.id(ident.Of[attribution.Event](d.Link))
	x.amount(e.Commission.Amount)
	x.text(string(e.Commission.Reason))
	x.buf = append(x.buf[:len(x.buf)-1], "\r\n"...) // in place of the last comma
}

func (x *Export) id(id attribution.ID) {
	if !id.IsZero() {
		x.buf, _ = id.AppendText(x.buf) // never fails
	}
	x.buf = append(x.buf, ',')
}

func (x *Export) moment(at time.Time) {
	if !at.IsZero() {
		x.buf = at.UTC().AppendFormat(x.buf, "2006-01-02T15:04:05.000000Z")
	}
	x.buf = append(x.buf, ',')
}

// amount writes two cells; both are made here and need no guard.
func (x *Export) amount(a money.Amount) {
	if a.Currency != "" {
		x.buf = append(x.buf, a.Decimal()...)
		x.buf = append(x.buf, ',')
		x.buf = append(x.buf, a.Currency...)
		x.buf = append(x.buf, ',')
		return
	}
	x.buf = append(x.buf, ',', ',')
}

// text writes a cell that somebody else wrote.
func (x *Export) text(text string) {
	formula := startsFormula(text)
	quoted := strings.ContainsAny(text, "\",\r\n") || strings.HasPrefix(text, " ") || strings.HasSuffix(text, " ")
	if quoted {
		x.buf = append(x.buf, '"')
	}
	if formula {
		x.buf = append(x.buf, '\'')
	}
	for {
		before, after, found := strings.Cut(text, `"`)
		x.buf = append(x.buf, before...)
		if !found {
			break
		}
		x.buf = append(x.buf, '"', '"')
		text = after
	}
	if quoted {
		x.buf = append(x.buf, '"')
	}
	x.buf = append(x.buf, ',')
}

// startsFormula reports whether a spreadsheet might run the text, or might do
// so after it dropped what stands in front: space, quotes, invisible
// characters. The wide forms are run by spreadsheets set up for East Asia.
func startsFormula(text string) bool {
	for _, r := range text {
		switch r {
		case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
			return true
		case '"', '\'', utf8.RuneError:
			continue
		}
		if !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.IsControl(r) {
			return false
		}
	}
	return false
}
