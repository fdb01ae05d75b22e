package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/uptrace/bunrouter"

	"github.com/superher/superher/ident"
)

// requestIDHeader names the request in its answer; net/http sends it as
// X-Request-Id.
const requestIDHeader = "X-Request-ID"

// requestTag gives request ids a type of their own.
type requestTag struct{}

// recorder is the response of one request with what the access log says of it.
type recorder struct {
	http.ResponseWriter
	id     string // X-Request-Id, made here and never taken from outside
	route  string // pattern of the route, never the path itself
	caller string // name of the caller, which is no secret
	status int    // 0: nothing is written yet
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// ServeHTTP implements [http.Handler].
func (s *server) ServeHTTP(inner http.ResponseWriter, r *http.Request) {
	if s.TryRedirect(inner, r) {
		return
	}
	began := s.now()
	w := &recorder{ResponseWriter: inner, id: newRequestID(began)}
	w.Header().Set(requestIDHeader, w.id)
	s.protect(w.Header())
	defer func() { //nolint:contextcheck // the request carries its context
		cut := s.recovered(w, r, recover())
		r.Pattern = w.route // for a host's own instrumentation around the handler
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", known(r.Method)), slog.String("route", w.route), slog.Int("status", w.status),
			slog.String("caller", w.caller), slog.Duration("duration", s.now().Sub(began)), slog.Int64("bytes", w.bytes), slog.Bool("cut", cut),
			slog.String("request_id", w.id))
		if cut {
			panic(http.ErrAbortHandler)
		}
	}()
	if len(r.TransferEncoding) > 0 {
		// net/http hides whether there was a length as well, in which case what
		// follows may be a hidden request (RFC 9112, 6.1).
		w.Header().Set("Connection", "close")
	}
	s.route(w, r)
}

// protect sets the headers that every answer has. A page of its own replaces the
// policy. There is no Referrer-Policy: shops want to know where a shopper came
// from, and a redirect passes it on.
func (s *server) protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(s.base, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// route finds the operation. The router would redirect a path with a slash too
// many, and does not bear a zero byte; here such paths are no route.
func (s *server) route(w *recorder, r *http.Request) {
	if r.URL.RawPath != "" && !strings.Contains(strings.ToLower(r.URL.RawPath), "%2f") {
		r = r.Clone(r.Context())
		r.URL.RawPath = "" // an escape that only spells a character differently means that character
	}
	path := r.URL.Path
	if bunrouter.CleanPath(path) != path || len(path) > 1 && strings.HasSuffix(path, "/") || strings.Contains(path, "\x00") {
		_ = s.noRoute(w, bunrouter.NewRequest(r)) //nolint:contextcheck // the request carries its context; it has answered
		return
	}
	s.router.ServeHTTP(w, r)
}

// recovered deals with a panic of a handler and reports whether the connection
// has to be cut, since an answer that has begun cannot be taken back.
func (s *server) recovered(w *recorder, r *http.Request, panicked any) bool {
	if panicked == nil {
		return false
	}
	if err, ok := panicked.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	s.log.ErrorContext(r.Context(), "panic", "request_id", w.id, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
	if w.status != 0 {
		return true
	}
	s.newCall(w, r).fail(nil) //nolint:contextcheck // the request carries its context
	return false
}

// newRequestID returns a new id; where the random source fails, one that at
// least says when.
func newRequestID(now time.Time) string {
	id, err := ident.New[requestTag](now, rand.Reader)
	if err != nil {
		return now.UTC().Format("20060102T150405.000000000Z")
	}
	return id.String()
}

// known keeps what a stranger calls a method out of the log.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
