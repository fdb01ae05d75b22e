package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// longestLine bounds a line of an answer's head.
const longestLine = 64 << 10

// Conn speaks HTTP/1.1 on one kept-alive connection, which it opens when it is
// needed. It is not safe for concurrent use.
type Conn struct {
	Addr    string        // host:port of this machine
	Timeout time.Duration // for one request, connecting included
	conn    net.Conn
	r       *bufio.Reader
	body    []byte
}

// Do sends the bytes of a request and reads the answer. The body is valid until
// the next call. After an error nobody knows whether the server has acted.
func (c *Conn) Do(wire []byte) (status int, body []byte, err error) {
	end := time.Now().Add(c.Timeout)
	if c.conn == nil {
		if c.conn, err = (&net.Dialer{Deadline: end}).Dial("tcp", c.Addr); err != nil {
			c.conn = nil
			return 0, nil, err
		}
		if c.r == nil {
			c.r = bufio.NewReaderSize(nil, longestLine)
		}
		c.r.Reset(c.conn)
	}
	if err = c.conn.SetDeadline(end); err == nil {
		if _, err = c.conn.Write(wire); err == nil {
			var keep bool
			if status, keep, err = c.read(bytes.HasPrefix(wire, []byte("HEAD "))); err == nil && keep {
				return status, c.body, nil
			}
		}
	}
	c.Close()
	return status, c.body, err
}

// Close closes the connection; the next request opens another.
func (c *Conn) Close() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is on its way any more
		c.conn = nil
	}
}

// read reads an answer, and says whether the connection goes on.
func (c *Conn) read(headOnly bool) (status int, keep bool, err error) {
	c.body = c.body[:0]
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 13 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, false, fmt.Errorf("not an answer of HTTP/1.1: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, err
	}
	length, chunked, keep := 0, false, true
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return status, false, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return status, false, errors.New("a Content-Length that is none")
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("Connection")):
			keep = !bytes.EqualFold(value, []byte("close"))
		}
	}
	switch {
	case headOnly:
	case chunked:
		err = c.chunks()
	case length > 0:
		err = c.take(length)
	}
	return status, keep, err
}

// take reads n bytes of the body.
func (c *Conn) take(n int) error {
	from := len(c.body)
	c.body = append(c.body, make([]byte, n)...)
	_, err := io.ReadFull(c.r, c.body[from:])
	return err
}

// chunks reads a body in chunks, and what follows them.
func (c *Conn) chunks() error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return err
		}
		if size == 0 {
			break
		}
		if err := c.take(int(size)); err != nil {
			return err
		}
		if _, err := c.r.Discard(2); err != nil {
			return err
		}
	}
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil || len(bytes.TrimSpace(line)) == 0 {
			return err
		}
	}
}
