package fault

import (
	"context"
	"errors"
	"strings"
)

// Code is the class of a failure. The set is closed: every error that leaves
// superher has exactly one of the codes below, and each maps to one HTTP status.
// A Code is itself an error, so it serves as the sentinel for [errors.Is].
type Code string

// The closed set of codes.
const (
	Invalid         Code = "invalid"         // the caller's input breaks a rule; repeating it cannot help
	Unauthenticated Code = "unauthenticated" // no valid credential
	Forbidden       Code = "forbidden"       // a valid credential without the right
	NotFound        Code = "not_found"       // absent, or another tenant's: the two are never told apart
	Conflict        Code = "conflict"        // collides with what is stored
	Exhausted       Code = "exhausted"       // a limit or a code space is used up; later may work
	Unavailable     Code = "unavailable"     // a dependency is busy, down or too slow; repeating may work
	Unsupported     Code = "unsupported"     // not configured or not offered here
	Internal        Code = "internal"        // a defect or an unknown failure; the cause is only for the log
)

// Codes lists the closed set, for exhaustive tables and tests.
func Codes() []Code {
	return []Code{Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Exhausted, Unavailable, Unsupported, Internal}
}

// Error makes a Code usable as a sentinel.
func (c Code) Error() string { return string(c) }

// Error is the one error type of superher. Values are immutable once returned
// and safe for concurrent use.
type Error struct {
	Code   Code    // class of the failure
	Reason string  // stable, kebab-case, for programs: "coupon-code-taken"
	Detail string  // one sentence for people; never holds a secret or another tenant's data
	Fields []Field // the offending inputs, all at once; only with Invalid
	Err    error   // cause, for the log only; never sent to a caller
}

// Field is one offending input of an [Invalid] error.
type Field struct {
	Name   string // wire name of the input, dotted for nesting: "terms.rate"
	Reason string // stable, kebab-case
	Detail string // one sentence for people
}

// New returns an error of the given code.
func New(code Code, reason, detail string) *Error {
	return &Error{Code: code, Reason: reason, Detail: detail}
}

// Wrap returns an error of the given code that keeps cause for the log.
// A cause that is already an [*Error] is returned as it is: it was classified
// where it happened, and nobody wraps it again.
func Wrap(cause error, code Code, reason, detail string) *Error {
	if known, ok := errors.AsType[*Error](cause); ok {
		return known
	}
	return &Error{Code: code, Reason: reason, Detail: detail, Err: cause}
}

// Of returns err as an [*Error]: itself where it is one already, Unavailable
// for a deadline or a cancellation, Internal for everything else. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if code, ok := errors.AsType[Code](err); ok {
		return &Error{Code: code, Reason: strings.ReplaceAll(string(code), "_", "-"), Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: Unavailable, Reason: "deadline-exceeded", Detail: "the operation did not finish in time", Err: err}
	}
	if errors.Is(err, context.Canceled) {
		return &Error{Code: Unavailable, Reason: "canceled", Detail: "the caller gave up", Err: err}
	}
	return &Error{Code: Internal, Reason: "internal", Detail: "an internal error happened", Err: err}
}

// Error implements error. The text includes the cause and is meant for logs.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Reason != "" {
		b.WriteString(" (" + e.Reason + ")")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, f := range e.Fields {
		b.WriteString("; " + f.Name + ": " + f.Reason)
		if f.Detail != "" && f.Detail != e.Detail {
			b.WriteString(" (" + f.Detail + ")")
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap exposes the code, as a sentinel, and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Err}
}

// HasReason reports whether err is an [*Error] with the given reason, or with
// a field of that reason.
func HasReason(err error, reason string) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	if e.Reason == reason {
		return true
	}
	for _, f := range e.Fields {
		if f.Reason == reason {
			return true
		}
	}
	return false
}
