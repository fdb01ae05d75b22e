package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/superher/superher/fault"
)

// problemType is what the type of every problem begins with; the reason
// follows. It is a name, not an address.
const problemType = "urn:superher:problem:"

// retryAfter is when a caller may try again, in seconds.
const retryAfter = 1

// problem is the body of an error (RFC 9457).
type problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Code     fault.Code     `json:"code"`
	Reason   string         `json:"reason"`
	Detail   string         `json:"detail"`
	Errors   []problemField `json:"errors"`
	Instance string         `json:"instance"`
}

type problemField struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// refusal is an error with a status of its own, for what only HTTP can get
// wrong.
type refusal struct {
	err    *fault.Error
	status int
}

// Error implements error.
func (r refusal) Error() string { return r.err.Error() }

// Unwrap returns the error behind the status.
func (r refusal) Unwrap() error { return r.err }

func refuse(status int, err *fault.Error) refusal { return refusal{err, status} }

// statusOf maps a code to its status.
func statusOf(err error, code fault.Code) int {
	if refused, ok := errors.AsType[refusal](err); ok {
		return refused.status
	}
	switch code {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Exhausted:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		if errors.Is(err, context.DeadlineExceeded) {
			return http.StatusGatewayTimeout
		}
		return http.StatusServiceUnavailable
	case fault.Unsupported:
		return http.StatusNotImplemented
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// problemOf describes an error to a caller. Where an answer must not tell one
// cause from another, its text is fixed here, whatever the store said.
func problemOf(err error, instance string) problem {
	e := fault.Of(err)
	if e == nil {
		e = fault.New(fault.Internal, "", "")
	}
	p := problem{
		Status: statusOf(err, e.Code), Code: e.Code, Reason: e.Reason, Detail: e.Detail, Instance: instance,
		Errors: make([]problemField, 0, len(e.Fields)),
	}
	switch {
	case p.Status == http.StatusInternalServerError:
		p.Code, p.Reason, p.Detail = fault.Internal, "internal", "something went wrong here; the instance names the entry in the log"
	case e.Code == fault.Unauthenticated:
		p.Reason, p.Detail = "invalid-credential", "a valid API key or access token is required: Authorization: Bearer …"
	case e.Code == fault.NotFound && e.Reason != "no-such-route":
		p.Reason, p.Detail = "not-found", "there is nothing under this name"
	default:
		for _, f := range e.Fields {
			p.Errors = append(p.Errors, problemField{Field: clip(f.Name), Reason: f.Reason, Detail: clip(f.Detail)})
		}
	}
	p.Type, p.Title = problemType+p.Reason, http.StatusText(p.Status)
	return p
}

// fail answers with the problem of an error. Nil stands for a defect that has
// been logged already.
func (c *call) fail(err error) {
	p := problemOf(err, c.w.id)
	c.logCause(err, p)
	h := c.w.Header()
	if c.r.ContentLength != 0 && !c.took { // net/http would wait for the body before it sends the answer
		h.Set("Connection", "close")
	}
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", strconv.Itoa(retryAfter))
		}
	}
	body, err := json.Marshal(p)
	if err != nil { // no member of a problem can fail
		body = nil
	}
	c.send(p.Status, "application/problem+json", body)
}

// logCause keeps for the operator what a caller is not told.
func (c *call) logCause(err error, p problem) {
	if _, refused := errors.AsType[refusal](err); refused { // a caller's mistake, whatever its status
		return
	}
	if err != nil && p.Status >= http.StatusInternalServerError {
		c.s.log.ErrorContext(c.r.Context(), "request failed", "request_id", c.w.id, "status", p.Status, "error", err.Error())
	}
}

// maxEcho bounds how much of a caller's own text an error repeats, in
// characters.
const maxEcho = 200

// clip shortens a text that may hold what a caller sent.
func clip(text string) string {
	n := 0
	for i := range text {
		if n == maxEcho {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
