package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/superher/superher/clicks"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
)

// Redirector answers redirects that need no waiting, and leaves everything else
// alone: it then writes nothing and returns false. The handler that [New]
// returns is one, and asks itself first. What a host puts around the handler,
// such as instrumentation, can ask it before that, and spare redirects the cost.
type Redirector interface {
	TryRedirect(w http.ResponseWriter, r *http.Request) (answered bool)
}

// fixed holds the values of headers that are the same in every redirect. They
// are shared by all answers and never written to.
type fixed struct {
	names  []string
	values [][]string
	zero   []string
}

// newFixed returns what protect sets, once and for all.
func (s *server) newFixed() fixed {
	h := http.Header{}
	s.protect(h)
	made := fixed{zero: []string{"0"}}
	for name, values := range h {
		made.names, made.values = append(made.names, name), append(made.values, slices.Clip(values))
	}
	return made
}

// TryRedirect implements [Redirector]: for links that are active and that the
// store knows at once, see storage.LinkCache. Such a redirect waits for the
// recorder of clicks alone, which sees to its own time, and so has no time limit
// here. Its X-Request-Id is the id of its click, and the log tells of it at the
// level debug only: measurements count it.
func (s *server) TryRedirect(w http.ResponseWriter, r *http.Request) bool {
	head := r.Method == http.MethodHead
	if r.Method != http.MethodGet && !head || r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.URL.RawPath != "" {
		return false
	}
	path := strings.TrimPrefix(r.URL.Path, apiPrefix)
	code, ok := strings.CutPrefix(path, redirectPrefix)
	if !ok {
		return false
	}
	link, location, known := s.client.KnownLink(code)
	if !known || link.Status != links.Active {
		return false
	}
	hit := s.hit(r)
	id := s.keep(r.Context(), link, hit)
	h := w.Header()
	for i, name := range s.fixed.names {
		h[name] = s.fixed.values[i]
	}
	values := [2]string{id, location}
	h["X-Request-Id"], h["Location"] = values[0:1:1], values[1:2:2]
	if head { // else net/http adds it
		h["Content-Length"] = s.fixed.zero
	}
	route := redirectPrefix + ":code"
	if len(path) < len(r.URL.Path) {
		route = apiPrefix + redirectPrefix + ":code"
	}
	r.Pattern = route // for a host's own instrumentation around the handler
	w.WriteHeader(http.StatusFound)
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		s.log.LogAttrs(r.Context(), slog.LevelDebug, "request",
			slog.String("method", r.Method), slog.String("route", route), slog.Int("status", http.StatusFound), slog.String("caller", ""),
			slog.Duration("duration", s.now().Sub(hit.At)), slog.Int64("bytes", 0), slog.Bool("cut", false), slog.String("request_id", id))
	}
	return true
}

// keep takes note of a click and returns a name for the request: the id of the
// click where there is one. Whatever goes wrong, the shopper is sent on.
func (s *server) keep(ctx context.Context, link links.Link, hit links.Hit) (requestID string) {
	visit, err := s.client.NewVisit(link, hit)
	if err != nil {
		s.noteLost(ctx, err)
		return newRequestID(hit.At)
	}
	s.noteLost(ctx, s.record(ctx, visit))
	return visit.ID.String()
}

// record hands a visit to the recorder; that it panics is an error.
func (s *server) record(ctx context.Context, visit clicks.Visit) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fault.New(fault.Internal, "recorder-panicked", fmt.Sprint("the recorder of clicks panicked: ", panicked))
		}
	}()
	return s.clicks.Record(ctx, visit)
}
