package authtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	keySetPath   = "/.well-known/jwks.json"
	redirectPath = "/moved.json"
)

// mode is how the key set answers.
type mode struct {
	name  string
	serve func(i *issuer, w http.ResponseWriter, r *http.Request, set string)
	// late means that the set is good and comes after a while.
	late bool
	// large means that the case measures memory and runs alone.
	large bool
}

// healthy answers with the set.
func healthy() mode {
	return mode{name: "OK", serve: func(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) { send(w, set) }}
}

// gated waits for the gate and answers with the set.
func gated(gate <-chan struct{}) mode {
	return mode{name: "Gated", serve: func(i *issuer, w http.ResponseWriter, r *http.Request, set string) {
		select {
		case <-gate:
		case <-r.Context().Done():
		case <-i.stop:
		}
		send(w, set)
	}}
}

// troubles lists the ways of a key set to be of no use.
func troubles() []mode {
	text := func(name, body string) mode {
		return mode{name: name, serve: func(_ *issuer, w http.ResponseWriter, _ *http.Request, _ string) { send(w, body) }}
	}
	return []mode{
		{name: "Down", serve: func(*issuer, http.ResponseWriter, *http.Request, string) { panic(http.ErrAbortHandler) }},
		{name: "Status500", serve: withStatus(http.StatusInternalServerError)},
		{name: "Status404WithASet", serve: withStatus(http.StatusNotFound)},
		{name: "Status206WithASet", serve: withStatus(http.StatusPartialContent)},
		{name: "Slow", late: true, serve: func(i *issuer, w http.ResponseWriter, r *http.Request, set string) {
			i.wait(r, 1500*time.Millisecond)
			send(w, set)
		}},
		{name: "Hanging", serve: func(i *issuer, _ http.ResponseWriter, r *http.Request, _ string) { i.wait(r, time.Minute) }},
		{name: "Dripping", serve: drip},
		{name: "Body512MB", large: true, serve: padded},
		{name: "Keys100000", large: true, serve: manyKeys},
		text("Entries100000", `{"keys":[`+strings.Repeat("{},", 99_999)+`{}]}`),
		text("EmptySet", `{"keys":[]}`),
		text("EmptyObject", `{}`),
		text("EmptyBody", ``),
		text("Null", `null`),
		text("NullKeys", `{"keys":null}`),
		text("HTML", "<!DOCTYPE html><html><body>Please sign in</body></html>"),
		{name: "CutOff", serve: func(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) { send(w, set[:len(set)-20]) }},
		{name: "CutOffByTheWire", serve: func(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) {
			w.Header().Set("Content-Length", strconv.Itoa(len(set)))
			send(w, set[:len(set)/2])
			panic(http.ErrAbortHandler)
		}},
		{name: "MoreAfterTheSet", serve: func(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) { send(w, set+set) }},
		{name: "Redirecting", serve: func(_ *issuer, w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, redirectPath, http.StatusFound)
		}},
	}
}

func send(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	// Whoever reads no further has closed the connection, as it may.
	_, _ = io.WriteString(w, body)
}

func withStatus(status int) func(*issuer, http.ResponseWriter, *http.Request, string) {
	return func(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) {
		w.WriteHeader(status)
		send(w, set)
	}
}

// drip sends the set in pieces that never let the connection rest, and takes a
// minute for it.
func drip(i *issuer, w http.ResponseWriter, r *http.Request, set string) {
	const pieces = 600
	for at := range pieces {
		from, to := at*len(set)/pieces, (at+1)*len(set)/pieces
		if _, err := io.WriteString(w, set[from:to]); err != nil || i.wait(r, 100*time.Millisecond) {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
}

// padded is the set, then 512 MB of a member nobody needs: good JSON for those
// who read all of it.
func padded(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) {
	send(w, strings.TrimSuffix(set, "}")+`,"padding":"`)
	chunk := strings.Repeat("a", 1<<16)
	for range 512 << 20 / len(chunk) {
		if _, err := io.WriteString(w, chunk); err != nil {
			return
		}
	}
	send(w, `"}`)
}

// manyKeys is a set of 100,000 keys, the good ones last.
func manyKeys(_ *issuer, w http.ResponseWriter, _ *http.Request, set string) {
	list := strings.TrimSuffix(strings.TrimPrefix(set, `{"keys":[`), `]}`)
	one, _, _ := strings.Cut(list, "},{")
	one = strings.TrimSuffix(one, "}")
	before, after, _ := strings.Cut(one, `"kid":"`)
	send(w, `{"keys":[`)
	for n := range 100_000 {
		if _, err := fmt.Fprintf(w, `%s"kid":"%d-%s},`, before, n, after); err != nil {
			return
		}
	}
	send(w, list+"]}")
}

// issuer is a fake issuer: its key set, and a counter of whatever else is asked.
type issuer struct {
	server *httptest.Server
	stop   chan struct{}

	mu       sync.Mutex
	mode     mode
	set      string
	fetches  int
	inFlight int
	most     int // most fetches at one time
	strays   []string
	arrived  chan struct{} // one value for each fetch, as long as somebody reads
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{stop: make(chan struct{}), mode: healthy(), arrived: make(chan struct{}, 1<<16)}
	i.server = httptest.NewUnstartedServer(i)
	// Aborted answers are part of the game.
	i.server.Config.ErrorLog = silent()
	i.server.Start()
	t.Cleanup(func() {
		close(i.stop)
		i.server.CloseClientConnections()
		i.server.Close()
	})
	return i
}

// ServeHTTP answers for the key set, and notes every other address.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	mode, set := i.mode, i.set
	if r.URL.Path != keySetPath {
		i.strays = append(i.strays, r.URL.Path)
		i.mu.Unlock()
		send(w, set) // a verifier that comes here finds what it wants, and is caught
		return
	}
	i.fetches++
	i.inFlight++
	i.most = max(i.most, i.inFlight)
	i.mu.Unlock()
	select {
	case i.arrived <- struct{}{}:
	default:
	}
	defer func() {
		i.mu.Lock()
		i.inFlight--
		i.mu.Unlock()
	}()
	mode.serve(i, w, r, set)
}

// wait waits, and reports whether the wait ended early.
func (i *issuer) wait(r *http.Request, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(r.Context(), d)
	defer cancel()
	select {
	case <-i.stop:
		return true
	case <-ctx.Done():
		return r.Context().Err() != nil
	}
}

func (i *issuer) publish(set string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set = set
}

func (i *issuer) turn(m mode) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mode = m
}

// count returns the number of fetches, and the most at one time.
func (i *issuer) count() (fetches, most int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches, i.most
}

func (i *issuer) visited() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.strays
}
