package hostile_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

const events = "/api/v1/events"

// chunk is one chunk of a body.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

const (
	chunked  = "Transfer-Encoding: chunked"
	lastPart = "0\r\n\r\n"
)

// lengths are requests about whose end two readers could disagree. What one of
// them takes for a body is to the other the next request: it must never be
// carried out.
func lengths() []kind {
	return []kind{
		says("two different lengths", func(x target) string {
			return x.posting(events, "Content-Length: 2", "Content-Length: "+fmt.Sprint(2+len(x.hidden()))) + "{}" + x.hidden()
		}, 400),
		says("a list of different lengths", func(x target) string {
			return x.posting(events, "Content-Length: 2, "+fmt.Sprint(2+len(x.hidden()))) + "{}" + x.hidden()
		}, 400),
		// RFC 9112 lets a server take equal ones for one: then they must count as that.
		says("the same length twice", func(x target) string {
			return x.posting(events, "Content-Length: "+fmt.Sprint(len(x.hidden())), "Content-Length: "+fmt.Sprint(len(x.hidden()))) + x.hidden() + x.last()
		}, 400, 200),
		// RFC 9112, 6.1: after a request with both the connection must be closed.
		says("a length and chunks, the next request after the chunks", func(x target) string {
			body := chunk("{}") + lastPart + x.hidden()
			return x.posting(events, "Content-Length: "+fmt.Sprint(len(body)), chunked) + body
		}, 422),
		says("chunks and a length, the next request in a chunk", func(x target) string {
			body := chunk(x.hidden()) + lastPart
			return x.posting(events, chunked, "Content-Length: 4") + body
		}, 400),
		says("a length in HTTP/1.0 with chunks", func(x target) string {
			text := x.posting(events, "Content-Length: 2", chunked) + "{}" + x.hidden()
			return strings.Replace(text, "HTTP/1.1", "HTTP/1.0", 1)
		}, 422),
		says("a negative length", func(x target) string { return x.posting(events, "Content-Length: -1") + x.hidden() }, 400),
		says("a length with a sign", func(x target) string { return x.posting(events, "Content-Length: +2") + "{}" + x.hidden() }, 400),
		says("a length in hexadecimal", func(x target) string { return x.posting(events, "Content-Length: 0x2") + "{}" + x.hidden() }, 400),
		says("an empty length", func(x target) string { return x.posting(events, "Content-Length: ") + x.hidden() }, 400),
		says("the largest length", func(x target) string { return x.posting(events, "Content-Length: 9223372036854775807") + x.hidden() }, 413),
		says("a length that overflows", func(x target) string {
			return x.posting(events, "Content-Length: 18446744073709551618") + "{}" + x.hidden()
		}, 400),
		says("a body of a read", func(x target) string {
			return x.head(http.MethodGet, "/api/v1/campaigns", "Content-Length: "+fmt.Sprint(len(x.hidden()))) + x.hidden() + x.last()
		}, 200, 200),
	}
}

// encodings are transfer encodings that a proxy in front may read otherwise.
func encodings() []kind {
	with := func(name string, want int, lines ...string) kind {
		return says("transfer encoding "+name, func(x target) string {
			return x.posting(events, append([]string{"Content-Length: 5"}, lines...)...) + lastPart + x.hidden()
		}, want)
	}
	return []kind{
		with("xchunked", 501, "Transfer-Encoding: xchunked"),
		with("identity", 501, "Transfer-Encoding: identity"),
		with("of two words", 501, "Transfer-Encoding: chunked, identity"),
		with("after another", 501, "Transfer-Encoding: gzip, chunked"),
		with("twice in other letters", 501, "Transfer-Encoding: chunked", "transfer-ENCODING: identity"),
		with("with a space before the colon", 400, "Transfer-Encoding : chunked"),
		with("after a vertical tab", 400, "Transfer-Encoding: \vchunked"),
		with("in quotes", 501, `Transfer-Encoding: "chunked"`),
		with("empty", 501, "Transfer-Encoding: "),
	}
}

// chunks are bodies in broken chunks.
func chunks() []kind {
	with := func(name string, body func(x target) string, want ...int) kind {
		return says(name, func(x target) string { return x.posting(events, chunked) + body(x) }, want...)
	}
	return []kind{
		with("a chunk size that is no number", func(x target) string { return "zz\r\n{}\r\n" + lastPart + x.hidden() }, 400),
		with("a negative chunk size", func(x target) string { return "-2\r\n{}\r\n" + lastPart + x.hidden() }, 400),
		with("a chunk size that overflows", func(x target) string { return "10000000000000002\r\n{}\r\n" + lastPart + x.hidden() }, 400),
		with("a chunk longer than its size", func(x target) string { return "1\r\n{}\r\n" + lastPart + x.hidden() }, 400),
		with("a chunk without a size", func(x target) string { return "\r\n{}\r\n" + lastPart + x.hidden() }, 400),
		with("a chunk extension that ends a line alone", func(x target) string {
			return "2;\n" + chunk("xx") + lastPart + x.hidden()
		}, 400),
		says("a length among the trailers", func(x target) string {
			return x.posting(events, chunked, "Connection: close") + chunk("{}") + "0\r\nContent-Length: " + fmt.Sprint(len(x.hidden())) + "\r\nAuthorization: Bearer other\r\n\r\n" + x.hidden()
		}, 422),
		floods("the largest chunk size", func(x target) io.Reader {
			return io.MultiReader(strings.NewReader(x.posting(events, chunked)+"ffffffffffffffff\r\n"), io.LimitReader(&endless{text: x.hidden()}, 1<<30))
		}, 413),
		floods("endless chunks", func(x target) io.Reader {
			return io.MultiReader(strings.NewReader(x.posting(events, chunked)), io.LimitReader(&endless{text: chunk(strings.Repeat(" ", 1<<12))}, 1<<30))
		}, 413),
		floods("an endless chunk extension", func(x target) io.Reader {
			return io.MultiReader(strings.NewReader(x.posting(events, chunked)+"2;"), io.LimitReader(&endless{text: "extension;"}, 1<<30))
		}, 400),
		floods("chunks of one byte with large extensions", func(x target) io.Reader {
			part := "1;" + strings.Repeat("e", 3000) + "\r\n \r\n"
			return io.MultiReader(strings.NewReader(x.posting(events, chunked)), io.LimitReader(&endless{text: part}, 1<<30))
		}, 400),
		floods("endless trailers", func(x target) io.Reader {
			return io.MultiReader(strings.NewReader(x.posting(events, chunked)+chunk(x.event())+"0\r\n"), io.LimitReader(&endless{text: "X-More: x\r\n"}, 1<<30))
		}, 400),
	}
}
