package hostile_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	closedWithin = 35 * time.Second // every connection that keeps the server waiting
	slack        = 5 * time.Second  // for a busy machine
	patience     = 10 * time.Second // for an answer to what was sent whole
)

// target is what one kind of hostile client attacks: a server, with the key of
// a brand that must not gain anything by it.
type target struct {
	addr   string
	key    string
	marker string // external id of every event that the kind tries to store
}

func (x target) dial(ctx context.Context) (*net.TCPConn, error) {
	conn, err := (&net.Dialer{Timeout: callTimeout}).DialContext(ctx, "tcp", x.addr)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// head is the beginning of a request that would be served, up to the empty line.
func (x target) head(method, path string, more ...string) string {
	lines := append([]string{
		method + " " + path + " HTTP/1.1", "Host: superher.test", "Authorization: Bearer " + x.key,
	}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// event is the body of an event that would be stored.
func (x target) event() string { return `{"action":"lead","external_id":"` + x.marker + `"}` }

// posting is the head of a JSON body for an operation.
func (x target) posting(path string, more ...string) string {
	return x.head(http.MethodPost, path, append([]string{"Content-Type: application/json"}, more...)...)
}

// post is a whole request that sends JSON to an operation.
func (x target) post(path, body string) string {
	return x.posting(path, fmt.Sprintf("Content-Length: %d", len(body))) + body
}

// hidden is a whole request that would store an event, were it read as one.
func (x target) hidden() string { return x.post("/api/v1/events", x.event()) }

// last is an honest request after which the server closes the connection: that
// it is answered in its turn shows where the server saw the one before it end.
func (x target) last() string {
	return "GET /healthz HTTP/1.1\r\nHost: superher.test\r\nConnection: close\r\n\r\n"
}

// heard is what came back over a connection until it was closed.
type heard struct {
	statuses []int
	text     string // of all answers, cut to something one can read
}

// say sends a text over a connection of its own and listens until the server
// closes it. Both at once: a server may answer before it has read everything.
func (x target) say(ctx context.Context, text io.Reader) (heard, error) {
	conn, err := x.dial(ctx)
	if err != nil {
		return heard{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return heard{}, err
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = io.Copy(conn, text) // it need not take everything
	}()
	got, err := listen(conn)
	_ = conn.Close()
	<-written
	return got, err
}

// listen reads answers until the connection is closed; to be still open in the
// end is an error, as is an answer that is not HTTP.
func listen(conn io.Reader) (got heard, err error) {
	const readable = 4 << 10
	r := bufio.NewReader(conn)
	for {
		if _, err := r.Peek(1); err != nil {
			return got, ended(err)
		}
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return got, fmt.Errorf("an answer that is not HTTP after %v: %w", got.statuses, err)
		}
		got.statuses = append(got.statuses, answer.StatusCode)
		text, err := io.ReadAll(io.LimitReader(answer.Body, readable))
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
		}
		err = errors.Join(err, answer.Body.Close())
		got.text += string(text)
		if err != nil {
			return got, ended(err)
		}
	}
}

// ended tells a connection that was closed, or reset, from one that was not.
func ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the connection is still open")
	}
	return nil
}

// kind is one way of being hostile. It returns an error where the server did not
// bear it as it should.
type kind struct {
	name string
	slow bool // lasts for as long as the server lets it: started with all others of its sort
	try  func(ctx context.Context, x target) error
}

// says is a kind that sends one text and must hear exactly these statuses until
// the connection is closed. None means that it is closed without a word.
func says(name string, text func(x target) string, want ...int) kind {
	return kind{name: name, try: func(ctx context.Context, x target) error {
		got, err := x.say(ctx, strings.NewReader(text(x)))
		return got.expect(err, want)
	}}
}

// floods is a kind that sends more than the server will read: it must hear
// exactly this status, or find the connection reset while it still sends.
func floods(name string, text func(x target) io.Reader, want int) kind {
	return kind{name: name, try: func(ctx context.Context, x target) error {
		got, err := x.say(ctx, text(x))
		if err == nil && len(got.statuses) == 0 {
			return nil
		}
		return got.expect(err, []int{want})
	}}
}

func (got heard) expect(err error, want []int) error {
	if err == nil && !slices.Equal(got.statuses, want) {
		err = errors.New("other answers than expected")
	}
	if err != nil {
		return fmt.Errorf("%w: got %v, want %v\n%s", err, got.statuses, want, got.text)
	}
	return nil
}

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		copied := copy(p[n:], e.text[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.text)
	}
	return n, nil
}
