package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/superher/superher/ident"
)

// slowest is how long an answer may take.
const slowest = 2 * time.Second

func identOf[T any](text string) (ident.Of[T], error) { return ident.Parse[T](text) }

// checker is a transport that holds every answer against the document.
type checker struct {
	inner  http.RoundTripper
	doc    *document
	report func(format string, args ...any)
	broken bool // failures are meant

	mu   sync.Mutex
	seen map[string]map[int]int // how often each status was answered, by operation
}

// checked returns a transport that fails the test at every answer that the
// document does not describe.
func checked(t testing.TB, inner http.RoundTripper) *checker {
	t.Helper()
	return &checker{inner: inner, doc: loadDocument(t), report: t.Errorf, seen: map[string]map[int]int{}}
}

// RoundTrip implements [http.RoundTripper].
func (c *checker) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil && req.GetBody != nil {
		again, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		if sent, err = io.ReadAll(again); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	resp, err := c.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var wrong []string
	if took := time.Since(began); took > slowest {
		wrong = append(wrong, "it took "+took.String())
	}
	wrong = append(wrong, c.judge(req, resp, body)...)
	wrong = append(wrong, leaks(req, sent, resp.StatusCode, body)...)
	if resp.StatusCode == http.StatusInternalServerError && !c.broken {
		wrong = append(wrong, "the server failed")
	}
	if len(wrong) > 0 {
		c.report("%s %s (%.300s) was answered %d %.600s:\n  %s", req.Method, req.URL.RequestURI(), sent, resp.StatusCode, body, strings.Join(wrong, "\n  "))
	}
	return resp, nil
}

// judge returns what the document does not say of an answer.
func (c *checker) judge(req *http.Request, resp *http.Response, body []byte) []string {
	op := c.doc.find(req.Method, segmentsOf(req.URL))
	if op == nil {
		return c.judgeStray(req, resp, body)
	}
	c.mu.Lock()
	if c.seen[op.id] == nil {
		c.seen[op.id] = map[int]int{}
	}
	c.seen[op.id][resp.StatusCode]++
	c.mu.Unlock()
	said, ok := op.responses[strconv.Itoa(resp.StatusCode)]
	if !ok {
		return []string{"the document has no status " + strconv.Itoa(resp.StatusCode) + " for " + op.id}
	}
	wrong := c.judgeHeaders(op, said, resp.Header)
	if req.Method == http.MethodHead {
		return wrong
	}
	return append(wrong, c.judgeBody(said, resp.Header.Get("Content-Type"), body)...)
}

// judgeStray judges the answer to what is no operation: a problem, or for what
// looks like a short URL a page.
func (c *checker) judgeStray(req *http.Request, resp *http.Response, body []byte) []string {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	below := strings.TrimPrefix(req.URL.Path, api)
	switch {
	case resp.StatusCode == http.StatusNotFound && media == "text/html" && (below == "/r" || strings.HasPrefix(below, "/r/")):
		return nil
	case resp.StatusCode == http.StatusMethodNotAllowed && resp.Header.Get("Allow") == "":
		return []string{"there is no Allow"}
	case resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed:
		return []string{"it is no operation of the document"}
	case media != "application/problem+json":
		return []string{"the answer is " + media}
	case req.Method == http.MethodHead:
		return nil
	}
	if err := c.doc.allows("#/components/schemas/Problem", string(body)); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// common lists the headers that any answer may have: of HTTP itself and those
// that protect a browser.
func common() []string {
	return []string{
		"Date", "Content-Type", "Content-Length", "Connection", "Cache-Control", "X-Content-Type-Options", "X-Frame-Options",
		"Cross-Origin-Resource-Policy", "Content-Security-Policy", "Strict-Transport-Security",
	}
}

func (c *checker) judgeHeaders(op *docOperation, said response, got http.Header) []string {
	var wrong []string
	for name, h := range said.headers {
		if h.required && got.Get(name) == "" {
			wrong = append(wrong, "there is no "+name)
		}
		for _, value := range got.Values(name) {
			quoted, err := json.Marshal(value)
			if err == nil {
				err = c.doc.allows(h.schema, string(quoted))
			}
			if err != nil {
				wrong = append(wrong, name+": "+err.Error())
			}
		}
	}
	if strings.HasPrefix(op.path, "/explorer") { // the page's own package sets what it likes
		return wrong
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := said.headers[name]; !ok && !slices.Contains(common(), name) {
			wrong = append(wrong, "the document has no header "+name)
		}
	}
	return wrong
}

func (c *checker) judgeBody(said response, contentType string, body []byte) []string {
	if len(said.content) == 0 {
		if len(body) > 0 {
			return []string{"the document has no body"}
		}
		return nil
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return []string{"Content-Type: " + err.Error()}
	}
	for pattern, schema := range said.content {
		if ok, _ := path.Match(pattern, media); !ok {
			continue
		}
		if !strings.HasSuffix(media, "json") {
			return nil
		}
		if len(params) > 0 {
			return []string{"JSON has no parameters: " + contentType}
		}
		if err := c.doc.allows(schema, string(body)); err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	return []string{"the document has no " + media}
}

// segmentsOf splits a path where the server does: an escaped slash is part of
// a segment.
func segmentsOf(u *url.URL) []string {
	if !strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") {
		return strings.Split(u.Path, "/")
	}
	segments := strings.Split(u.EscapedPath(), "/")
	for i, segment := range segments {
		if plain, err := url.PathUnescape(segment); err == nil {
			segments[i] = plain
		}
	}
	return segments
}

// innards are words that only the inside of the server knows.
func innards() []string {
	return []string{
		"sqlite", "sqlstate", "pgx", "postgres", "syntax error", "near \"", "no such table", "no such column", "constraint failed",
		"unrecognized token", "goroutine ", "runtime error", "panic", ".go:", "0xc0", "superher/superher", "json: ", "jsontext", "strconv",
		"modernc", "bunrouter", "nil pointer", "context deadline",
	}
}

// leaks returns what an error tells of the inside that the caller did not send.
func leaks(req *http.Request, sent []byte, status int, body []byte) []string {
	if status < http.StatusBadRequest {
		return nil
	}
	plain, err := url.QueryUnescape(req.URL.RawQuery)
	if err != nil {
		plain = req.URL.RawQuery
	}
	known := strings.ToLower(req.URL.Path + plain + string(sent))
	text := strings.ToLower(string(body))
	var wrong []string
	for _, word := range innards() {
		if strings.Contains(text, word) && !strings.Contains(known, word) {
			wrong = append(wrong, fmt.Sprintf("it speaks of %q", word))
		}
	}
	return wrong
}
