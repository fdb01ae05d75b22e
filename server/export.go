package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/stats"
)

// rowsTrailer comes after a complete export and says how many events it holds.
const rowsTrailer = "X-Superher-Rows"

// export streams the events of a filter as CSV.
func (s *server) export(c *call) error {
	f, err := c.filter(c.query())
	if err != nil {
		return err
	}
	return c.stream(f)
}

// stream answers with the events of a filter. What fails before the first byte
// is an ordinary problem; after it the connection is cut, so that nobody takes a
// part for the whole.
func (c *call) stream(f stats.Filter) error {
	if err := c.streamable(); err != nil {
		return err
	}
	out := &download{c: c, name: fileName(f)}
	rows, err := c.viewer.Export(c.r.Context(), out, f)
	if err != nil {
		if !out.began {
			return err
		}
		c.s.log.ErrorContext(c.r.Context(), "an export was cut", "request_id", c.w.id, "rows", rows, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	out.begin()
	c.w.Header().Set(rowsTrailer, strconv.FormatInt(rows, 10))
	return nil
}

// streamable refuses a request whose answer cannot be cut recognisably: before
// HTTP/1.1 there are no chunks, and a cut would look like the end.
func (c *call) streamable() error {
	if c.r.ProtoAtLeast(1, 1) {
		return nil
	}
	return refuse(http.StatusHTTPVersionNotSupported, fault.New(fault.Unsupported, "http-version",
		"an export needs HTTP/1.1 or later, of every proxy on the way as well"))
}

// fileName says what an export holds, in the words of its filter.
func fileName(f stats.Filter) string {
	zone := f.Location()
	day := func(at time.Time) string { return at.In(zone).Format("20060102T1504") }
	return "events_" + day(f.From) + "_" + day(f.To) + "_" + strings.ReplaceAll(zone.String(), "/", "-") + ".csv"
}

// download sets the headers of a file with its first byte.
type download struct {
	c     *call
	name  string
	began bool
}

func (d *download) begin() {
	if d.began {
		return
	}
	d.began = true
	h := d.c.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	h.Set("Trailer", rowsTrailer)
	d.c.w.WriteHeader(http.StatusOK)
}

// Write implements [io.Writer].
func (d *download) Write(p []byte) (int, error) {
	d.begin()
	return d.c.w.Write(p)
}
