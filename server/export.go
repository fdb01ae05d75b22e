package server

import (
	"net/http"
	"strconv"

	"github.com/superher/superher/fault"
)

// rowsTrailer comes after a complete export and says how many events it holds.
const rowsTrailer = "X-Superher-Rows"

// export streams the events of a filter as CSV. What fails before the first
// byte is an ordinary problem; after it the connection is cut, so that nobody
// takes a part for the whole.
func (s *server) export(c *call) error {
	if !c.r.ProtoAtLeast(1, 1) { // which has no chunks: a cut would look like the end
		return refuse(http.StatusHTTPVersionNotSupported, fault.New(fault.Unsupported, "http-version",
			"an export needs HTTP/1.1 or later, of every proxy on the way as well"))
	}
	f, err := c.filter(c.query())
	if err != nil {
		return err
	}
	out := &download{c: c}
	rows, err := c.account.Export(c.r.Context(), out, f)
	if err != nil {
		if !out.began {
			return err
		}
		s.log.ErrorContext(c.r.Context(), "an export was cut", "request_id", c.w.id, "rows", rows, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	out.begin()
	c.w.Header().Set(rowsTrailer, strconv.FormatInt(rows, 10))
	return nil
}

// download sets the headers of a file with its first byte.
type download struct {
	c     *call
	began bool
}

func (d *download) begin() {
	if d.began {
		return
	}
	d.began = true
	h := d.c.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="events.csv"`)
	h.Set("Trailer", rowsTrailer)
	d.c.w.WriteHeader(http.StatusOK)
}

// Write implements [io.Writer].
func (d *download) Write(p []byte) (int, error) {
	d.begin()
	return d.c.w.Write(p)
}
