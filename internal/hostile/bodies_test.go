package hostile_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"
)

// unread are bodies that are not plain JSON: nobody unpacks or parses them.
func unread() []kind {
	with := func(name, media string, body func(x target) string, more ...string) kind {
		return says(name, func(x target) string {
			text := body(x)
			lines := append([]string{"Content-Type: " + media, fmt.Sprintf("Content-Length: %d", len(text))}, more...)
			return x.head(http.MethodPost, events, lines...) + text
		}, 415)
	}
	const plain = "application/json"
	form := "action=lead&external_id="
	return []kind{
		with("a gzip bomb of 1 GB", plain, func(target) string { return gzipBomb() }, "Content-Encoding: gzip"),
		with("a gzip bomb as its own type", "application/gzip", func(target) string { return gzipBomb() }),
		with("a deflate bomb", plain, func(target) string { return deflateBomb() }, "Content-Encoding: deflate"),
		with("a body in br", plain, target.event, "Content-Encoding: br"),
		with("a body packed twice", plain, target.event, "Content-Encoding: gzip, gzip"),
		with("a body packed by nothing", plain, target.event, "Content-Encoding: identity"),
		with("multipart with 1,000 parts", `multipart/form-data; boundary=b`, func(x target) string {
			return strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"+x.event()+"\r\n", 1000) + "--b--\r\n"
		}),
		with("XML that explodes", "application/xml", func(target) string {
			return `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;&c;</a>`
		}),
		with("a form of another site", "application/x-www-form-urlencoded", func(x target) string { return form + x.marker }),
		with("JSON as plain text of another site", "text/plain", target.event),
		with("JSON in UTF-16", "application/json; charset=utf-16", target.event),
		with("JSON by another name", "text/json", target.event),
		with("a media type that is none", "application/json; charset", target.event),
		with("a media type of 30,000 parameters", plain+strings.Repeat(";a", 30_000>>1), target.event),
	}
}

const (
	bombSize = 1 << 30
	member   = 1 << 24 // what each of its parts unpacks to
)

// gzipBomb is little that unpacks to much: gzip takes one member after another.
func gzipBomb() string {
	var part bytes.Buffer
	w := gzip.NewWriter(&part)
	_, _ = w.Write(make([]byte, member))
	_ = w.Close()
	return strings.Repeat(part.String(), bombSize/member)
}

func deflateBomb() string {
	var part bytes.Buffer
	w, err := flate.NewWriter(&part, flate.BestSpeed)
	if err != nil {
		return ""
	}
	_, _ = w.Write(make([]byte, member))
	_ = w.Close()
	return part.String()
}

// documents are bodies of JSON, and what only looks like it.
func documents() []kind {
	sent := func(name, path string, body func(x target) string, want int) kind {
		return says(name, func(x target) string { return x.post(path, body(x)) + x.last() }, want, 200)
	}
	with := func(name string, body func(x target) string, want int) kind { return sent(name, events, body, want) }
	in := func(member string) func(x target) string {
		return func(x target) string { return strings.TrimSuffix(x.event(), "}") + "," + member + "}" }
	}
	batch := func(text string) func(x target) string {
		return func(x target) string { return `{"events":[` + x.event() + `],"x":` + text + `}` }
	}
	return []kind{
		with("JSON 10,000 deep", in(`"metadata":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)), 400),
		with("JSON of 100,000 brackets", func(target) string { return strings.Repeat("[", 100_000) }, 400),
		with("JSON of 20,000 objects in each other", in(`"metadata":`+strings.Repeat(`{"a":`, 20_000)+"1"+strings.Repeat("}", 20_000)), 400),
		with("a number of 100 KB", in(`"currency":"USD","value":`+strings.Repeat("9", 100_000)), 422),
		with("a fraction of 100 KB", in(`"currency":"USD","value":0.`+strings.Repeat("9", 100_000)), 422),
		with("a number with a huge exponent", in(`"currency":"USD","value":1e999999999`), 422),
		with("8,000 members of one name", in(strings.Repeat(`"ref_code":"a",`, 8_000)+`"ref_code":"a"`), 400),
		with("8,000 members of different names", in(many(8_000)), 422),
		with("8,000 keys of metadata", in(`"metadata":{`+many(8_000)+`}`), 422),
		with("a name in other letters", in(`"ACTION":"lead"`), 422),
		with("a name twice by an escape", in(`"\u0061ction":"lead"`), 400),
		with("a prototype", in(`"__proto__":{"admin":true}`), 422),
		with("invalid UTF-8", in("\"customer_id\":\"\xff\xc0\xae\""), 400),
		with("half of a surrogate pair", in(`"customer_id":"\ud800"`), 400),
		with("JSON after a byte order mark", func(x target) string { return "\xef\xbb\xbf" + x.event() }, 400),
		with("JSON in UTF-16 that says nothing of it", func(x target) string { return wide(x.event()) }, 400),
		with("two values", func(x target) string { return x.event() + x.event() }, 400),
		with("a comment", func(x target) string { return "/* */" + x.event() }, 400),
		with("NaN", in(`"currency":"USD","value":NaN`), 400),
		with("a text that does not end", func(target) string { return `{"action":"` + strings.Repeat(`\`, 100_001) }, 400),
		with("a NUL after the value", func(x target) string { return x.event() + "\x00" }, 400),
		with("an empty body", func(target) string { return "" }, 400),
		sent("a batch with a text of 7 MB beside it", events+"/batch", batch(`"`+strings.Repeat("a", 7<<20)+`"`), 422),
		sent("a batch of 1,000,000 brackets", events+"/batch", batch(strings.Repeat("[", 1_000_000)), 400),
		sent("a batch of 3,000,000 numbers", events+"/batch", func(target) string { return `{"events":[` + strings.Repeat("1,", 3_000_000) + `1]}` }, 422),
		floods("a text of 8 MB", func(x target) io.Reader {
			return strings.NewReader(x.post(events, in(`"customer_id":"`+strings.Repeat("a", 8<<20)+`"`)(x)))
		}, 413),
		floods("a batch over its 8 MB", func(x target) io.Reader {
			return strings.NewReader(x.post(events+"/batch", batch(`"`+strings.Repeat("a", 8<<20)+`"`)(x)))
		}, 413),
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":"",`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// wide is a text in UTF-16, the way a careless client writes it to a file.
func wide(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}

// games are many requests at once, and parts of an answer.
func games() []kind {
	const pipelined = 1000
	ranges := func(name, value string) kind {
		return says(name, func(x target) string {
			return x.head(http.MethodGet, "/api/v1/exports/events.csv", "Range: "+value, "If-Range: x", "Connection: close")
		}, 200) // the whole: half an export would be taken for one
	}
	return []kind{
		says("1,000 requests at once", func(x target) string {
			return strings.Repeat("GET /healthz HTTP/1.1\r\nHost: superher.test\r\n\r\n", pipelined-1) + x.last()
		}, slices.Repeat([]int{200}, pipelined)...),
		says("1,000 bad requests at once", func(x target) string {
			return strings.Repeat(x.post(events, "{}"), 100) + strings.Repeat("FROB", 900) + "\r\n\r\n"
		}, append(slices.Repeat([]int{422}, 100), 400)...),
		ranges("a range of an export", "bytes=0-9"), ranges("a negative range", "bytes=-1"), ranges("a range past the end", "bytes=99999999999999999999-"),
		ranges("1,000 ranges", "bytes="+strings.Repeat("0-,", 1000)+"0-"), ranges("a range of another unit", "rows=0-9"),
		{name: "an export in HTTP/1.0, whose end nobody sees", try: func(ctx context.Context, x target) error {
			text := strings.Replace(x.head(http.MethodGet, "/api/v1/exports/events.csv"), "HTTP/1.1", "HTTP/1.0", 1)
			got, err := x.say(ctx, strings.NewReader(text))
			return got.expect(err, []int{505})
		}},
	}
}
