package hostile_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// headers are requests whose headers are too large, malformed or contradictory.
func headers() []kind {
	with := func(name string, want int, lines ...string) kind {
		return says(name, func(x target) string {
			return x.posting(events, append(lines, fmt.Sprintf("Content-Length: %d", len(x.event())))...) + x.event()
		}, want)
	}
	long := func(name, before string, size int64, repeated, after string) kind {
		return floods(name, func(x target) io.Reader {
			return io.MultiReader(strings.NewReader(before), io.LimitReader(&endless{text: repeated}, size),
				strings.NewReader(after+"Host: superher.test\r\nAuthorization: Bearer "+x.key+"\r\n\r\n"))
		}, 431)
	}
	const line = "GET /api/v1/campaigns HTTP/1.1\r\n"
	return []kind{
		long("2 MB of one header", line+"X-Large: ", 2<<20, "x", "\r\n"),
		long("10,000 headers", line, 10_000*int64(len("X-Many: many\r\n")), "X-Many: many\r\n", ""),
		long("a huge cookie", line+"Cookie: ", 1<<20, "name=value; ", "\r\n"),
		long("endless headers", line, 1<<30, "X-Endless: x\r\n", ""),
		long("a huge path", "GET /", 1<<20, "a/", " HTTP/1.1\r\n"),
		long("a huge query", "GET /api/v1/campaigns?", 1<<20, "limit=1&", " HTTP/1.1\r\n"),
		with("NUL in a header", 400, "X-Text: a\x00b"),
		with("CR in a header", 400, "X-Text: a\rTransfer-Encoding: chunked"),
		with("a control character in a header", 400, "X-Text: a\x07b"),
		with("a header without a colon", 400, "X-Text"),
		with("a space before the colon", 400, "X-Text : a"),
		with("a space in the name of a header", 400, "X Text: a"),
		with("a header without a name", 400, ": a"),
		with("a name that is no token", 400, "X-Te@xt: a"),
		with("a header that is not ASCII", 400, "X-Täxt: a"),
		with("two hosts", 400, "Host: other.test"),
		with("two credentials", 401, "Authorization: Bearer other"),
		with("two media types", 415, "Content-Type: application/json"),
		with("an unknown expectation", 417, "Expect: 200-ok"),
		with("two idempotency keys", 422, "Idempotency-Key: a", "Idempotency-Key: b", "Connection: close"),
		// A line may end with LF alone (RFC 9112, 2.2): the rest of such a header is
		// one of its own, and counts as that.
		with("LF alone before a second length", 400, "X-Text: a\nContent-Length: 0"),
		// A folded header is one value with a space in it (RFC 9112, 5.2).
		with("a folded credential", 401, "Authorization:\r\n Bearer other"),
		with("a folded media type", 415, "Content-Type: text/plain;\r\n\tx=application/json"),
		says("a folded first header", func(x target) string {
			return "POST " + events + " HTTP/1.1\r\n Host: superher.test\r\nHost: superher.test\r\n\r\n"
		}, 400),
		says("LF alone at the end of every line", func(x target) string {
			return strings.ReplaceAll(x.posting(events, "Content-Length: 2"), "\r\n", "\n") + "{}" + x.last()
		}, 422, 200),
		says("CR alone at the end of every line", func(x target) string {
			return strings.ReplaceAll(x.posting(events, "Content-Length: 2"), "\r\n", "\r") + "{}\r\n\r\n"
		}, 400),
		says("no host", func(target) string { return "GET /healthz HTTP/1.1\r\n\r\n" }, 400),
		says("a host with a slash", func(target) string { return "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n" }, 400),
		says("a host with a space", func(target) string { return "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n" }, 400),
		says("another method in a header", func(x target) string {
			body := x.event()
			return x.head(http.MethodGet, events, "X-HTTP-Method-Override: POST", "X-Method-Override: POST", "X-HTTP-Method: POST",
				"Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(body))) + body + x.last()
		}, 200, 200),
		says("another path in a header", func(x target) string {
			body := x.event()
			return x.head(http.MethodPost, "/healthz", "X-Original-URL: "+events, "X-Rewrite-URL: "+events,
				"Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(body))) + body
		}, 405),
	}
}

// lines are first lines that are not those of an ordinary request.
func lines() []kind {
	first := func(name, line string, want ...int) kind {
		return says(name, func(x target) string {
			return line + "\r\nHost: superher.test\r\nAuthorization: Bearer " + x.key + "\r\nConnection: close\r\n\r\n"
		}, want...)
	}
	raw := func(name, text string, want ...int) kind {
		return says(name, func(target) string { return text }, want...)
	}
	return []kind{
		raw("HTTP/0.9", "GET /healthz\r\n\r\n", 400),
		first("HTTP/2.0 in the words of HTTP/1", "GET /healthz HTTP/2.0", 505),
		first("HTTP/9.9", "GET /healthz HTTP/9.9", 505),
		first("HTTP/1.10", "GET /healthz HTTP/1.10", 400),
		first("HTTP/1.2 is answered as 1.1", "GET /healthz HTTP/1.2", 200),
		first("a version in small letters", "GET /healthz http/1.1", 400),
		first("four words", "GET /healthz x HTTP/1.1", 400),
		first("no path", "GET  HTTP/1.1", 400),
		first("a path without a slash", "GET healthz HTTP/1.1", 400),
		first("a method that is no token", "GE(T /healthz HTTP/1.1", 400),
		first("an unknown method", "FROB /api/v1/campaigns HTTP/1.1", 405),
		first("a method in small letters", "get /api/v1/campaigns HTTP/1.1", 405),
		first("TRACE", "TRACE /api/v1/campaigns HTTP/1.1", 405),
		first("CONNECT", "CONNECT intern.test:443 HTTP/1.1", 404),
		first("CONNECT to a path", "CONNECT /api/v1/campaigns HTTP/1.1", 405),
		first("an address of another scheme", "GET file:///etc/passwd HTTP/1.1", 404),
		first("an address at another host is answered, not fetched", "GET http://intern.test/healthz HTTP/1.1", 200),
		first("an address elsewhere", "GET http://intern.test/latest/meta-data HTTP/1.1", 404),
		raw("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", 404),
		raw("the hello of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"+strings.Repeat("\xa5\n", 250), 400),
		raw("the greeting of SSH", "SSH-2.0-OpenSSH_9.9\r\n", 400),
		raw("a mail", "EHLO intern.test\r\nMAIL FROM:<a@b.test>\r\n", 400),
		raw("garbage", strings.Repeat("\x00\xff\x80\r\n", 1000), 400),
		says("a change to websocket", func(x target) string {
			return x.head(http.MethodGet, "/api/v1/campaigns", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==") + x.last()
		}, 200, 200),
		says("a change to HTTP/2", func(x target) string {
			return x.head(http.MethodGet, "/api/v1/campaigns", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
				"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA") + x.last()
		}, 200, 200),
	}
}

// paths are paths and queries that try to get somewhere else.
func paths() []kind {
	with := func(path string, want int) kind {
		return says("path "+path, func(x target) string { return x.head(http.MethodGet, path, "Connection: close") }, want)
	}
	return []kind{
		with("/api/v1/campaigns/%00", 404), with("/r/%00", 404), with("/%00", 404),
		with("/%2e%2e/%2e%2e/etc/passwd", 404), with("/explorer/%2e%2e%2fopenapi.yaml", 404), with("/explorer/..%5c..%5cgo.mod", 404),
		with("/api/v1/../../metrics", 404), with("//api/v1/campaigns", 404), with("/api/v1/campaigns/", 404),
		with("/api/v1/campaigns/%c0%ae%c0%ae", 404), with("/r/%ff%fe", 404), with("/r/%e2%80%ae", 404), with("/r/%0d%0aLocation:%20https:%2f%2fintern.test", 404),
		with("/api/v1/campaigns%2f..%2fapi-keys", 404), with("/api/v1/campaigns;x=1", 404), with("/api/v1/%zz", 400), with("/r/a%", 400),
		with("/api/v1/campaigns?%zz=1", 400), with("/api/v1/campaigns?limit=1;status=active", 400), with("/api/v1/campaigns?limit=1&limit=2", 422),
		with("/api/v1/campaigns?_method=DELETE", 422), with("/api/v1/campaigns?x[__proto__]=1", 422),
		says("a path with a raw NUL", func(x target) string { return x.head(http.MethodGet, "/api/v1/\x00") }, 400),
		says("a query of 10,000 parameters", func(x target) string {
			return x.head(http.MethodGet, "/api/v1/campaigns?"+strings.Repeat("a&", 10_000), "Connection: close")
		}, 400),
		says("a path of 30,000 slashes", func(x target) string {
			return x.head(http.MethodGet, strings.Repeat("/", 30_000), "Connection: close")
		}, 404),
		says("a short code of 30,000 letters", func(x target) string {
			return x.head(http.MethodGet, "/r/"+strings.Repeat("a", 30_000), "Connection: close")
		}, 404),
	}
}
