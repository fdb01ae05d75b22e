package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superher/superher/fault"
)

// body reads a JSON body of at most limit bytes.
func (c *call) body(limit int64) ([]byte, error) {
	if err := checkMedia(c.r.Header); err != nil {
		return nil, err
	}
	tooLarge := refuse(http.StatusRequestEntityTooLarge, fault.New(fault.Invalid, "body-too-large", "the body is too large"))
	if c.r.ContentLength > limit {
		c.w.Header().Set("Connection", "close") // the rest is not worth reading
		return nil, tooLarge
	}
	c.took = true
	c.cancel() // a slow body does not use up the time for the answer; who calls was a part of it
	c.timeout -= time.Since(c.began)
	c.r = c.r.WithContext(c.base)
	if err := c.within(c.s.reading, c.s.reading+writeGrace); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w.ResponseWriter, c.r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case err == nil:
		return body, c.begin()
	case errors.As(err, &over):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.w.Header().Set("Connection", "close")
		return nil, refuse(http.StatusRequestTimeout, fault.New(fault.Invalid, "body-too-slow", "the body did not arrive in time"))
	default:
		return nil, refuse(http.StatusBadRequest, fault.New(fault.Invalid, "incomplete-body", "the body could not be read to its end"))
	}
}

// checkMedia accepts plain application/json and nothing else: a form that a web
// page may post across origins must not be taken for it.
func checkMedia(h http.Header) error {
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, given := params["charset"]
	if err != nil || media != "application/json" || len(h.Values("Content-Type")) != 1 || given && !strings.EqualFold(charset, "utf-8") {
		return refuse(http.StatusUnsupportedMediaType,
			fault.New(fault.Invalid, "unsupported-media-type", "the body must be application/json in UTF-8"))
	}
	if len(h.Values("Content-Encoding")) > 0 {
		return refuse(http.StatusUnsupportedMediaType,
			fault.New(fault.Invalid, "unsupported-encoding", "the body must not be compressed"))
	}
	return nil
}

// decode reads one JSON object strictly: duplicate names, names in another
// case, unknown names, invalid UTF-8 and anything after the object are refused.
func decode(body []byte, into any, options ...json.Options) error {
	return decodeWithin(MaxDepth, body, into, options...)
}

// decodeWithin is decode with a limit of its own on the nesting.
func decodeWithin(deepest int, body []byte, into any, options ...json.Options) error {
	if depth(body) > deepest {
		return refuse(http.StatusBadRequest, fault.New(fault.Invalid, "nested-too-deep", "the body is nested too deep"))
	}
	err := json.Unmarshal(body, into, append([]json.Options{json.RejectUnknownMembers(true)}, options...)...)
	value := jsontext.Value(body)
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) || err != nil && !value.IsValid(options...) {
		return malformed(syntax)
	}
	if err != nil && !errors.As(err, new(*json.SemanticError)) {
		return malformed(nil)
	}
	if value.Kind() != '{' {
		return fault.New(fault.Invalid, "not-an-object", "the body must be a JSON object")
	}
	return misfit(err)
}

// malformed says what is wrong with a text that is not strict JSON.
func malformed(err *jsontext.SyntacticError) error {
	e := fault.New(fault.Invalid, "malformed-json", "the body must be one JSON value in UTF-8, with nothing after it")
	if err != nil && errors.Is(err, jsontext.ErrDuplicateName) {
		e = duplicate(dotted(err.JSONPointer))
	}
	return refuse(http.StatusBadRequest, e)
}

func duplicate(name string) *fault.Error {
	return fault.Bad(name, "duplicate-member", "a name must not be repeated in an object")
}

// misfit says which member does not fit.
func misfit(err error) error {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return nil
	}
	name := dotted(semantic.JSONPointer)
	var known *fault.Error
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, json.ErrUnknownName):
		return fault.Bad(name, "unknown-member", "there is no such member here")
	case errors.As(err, &known):
		return fault.Bad(name, known.Reason, known.Detail)
	case semantic.GoType == reflect.TypeFor[time.Time]():
		return fault.Bad(name, "malformed-time", "a time must be RFC 3339 like 2026-01-31T12:00:00Z")
	default:
		return fault.Bad(name, "wrong-type", "the value is not of the type that belongs here")
	}
}

// dotted returns a JSON pointer as the name of a field.
func dotted(pointer jsontext.Pointer) string {
	var parts []string
	for part := range pointer.Tokens() {
		parts = append(parts, part)
	}
	return strings.Join(parts, ".")
}

// depth returns how deep objects and lists are nested, without a parser's
// stack: what it says of a malformed text does not matter.
func depth(body []byte) int {
	level, deepest := 0, 0
	quoted := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			level++
			deepest = max(deepest, level)
		case c == ']' || c == '}':
			level--
		}
	}
	return deepest
}
