package contract_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A body that the document does not allow is refused, whatever is wrong with
// it; what it allows is answered in a way that it describes.
func TestNegative_EveryMemberOfEveryBody(t *testing.T) {
	w, d := newWorld(t), loadDocument(t)
	for _, op := range d.operations {
		if op.body == "" {
			continue
		}
		r := w.recipeOf(op.id)
		for _, member := range d.places(op.body, r.body, nil) {
			for _, value := range d.oddValues(member.schema) {
				w.tryBody(r, raw(t, replaced(r.body, member.path, value)), member.name()+" = "+clipped(value))
			}
		}
		text := encoded(t, r.body)
		for what, body := range map[string]string{
			"an unknown member":   `{"no_such_member":1,` + text[1:],
			"a name in capitals":  `{"NAME":"x",` + text[1:],
			"prototype pollution": `{"__proto__":{"admin":true},` + text[1:],
			"a repeated name":     text[:len(text)-1] + "," + text[1:],
			"two values":          text + text,
			"half of it":          text[:len(text)/2],
			"nothing":             " ",
			"null":                "null",
			"a list":              "[" + text + "]",
			"a byte order mark":   "\ufeff" + text,
			"deep nesting":        `{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}",
		} {
			got := w.callWith(r, body)
			require.GreaterOrEqual(t, got.status, http.StatusBadRequest, "%s with %s", op.id, what)
		}
	}
}

func clipped(text string) string { return text[:min(60, len(text))] }

// raw writes a body in which some values are JSON texts already, whatever they
// are: not all of them are JSON.
func raw(t testing.TB, x any) string {
	t.Helper()
	var b strings.Builder
	switch x := x.(type) {
	case json.RawMessage:
		return string(x)
	case object:
		return raw(t, map[string]any(x))
	case map[string]any:
		b.WriteByte('{')
		for name, value := range x {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			b.WriteString(encoded(t, name) + ":" + raw(t, value))
		}
		return b.String() + "}"
	case []any:
		b.WriteByte('[')
		for i, value := range x {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(raw(t, value))
		}
		return b.String() + "]"
	default:
		return encoded(t, x)
	}
}

// tryBody sends a body and holds the answer against what its schema says.
func (w *world) tryBody(r request, body, what string) answer {
	w.t.Helper()
	got := w.callWith(r, body)
	if loadDocument(w.t).allows(r.op.body, body) == nil || got.status >= http.StatusBadRequest {
		return got
	}
	if r.op.id == "recordEvents" {
		for _, result := range got.object().list("results") {
			if result.str("status") == "refused" {
				return got
			}
		}
	}
	w.t.Errorf("%s accepted %s, which the document does not allow: %.300s", r.op.id, what, body)
	return got
}

// Every parameter, wrong in every way that its schema can be broken.
func TestNegative_EveryParameter(t *testing.T) {
	w, d := newWorld(t), loadDocument(t)
	for _, op := range d.operations {
		for _, param := range op.params {
			w.tryParameter(op, param, oddTexts())
		}
	}
}

func oddTexts() []string {
	return []string{
		"", " ", "null", "true", "0", "1", "-1", "50", "500", "501", "1.0", "1e308", "1e400", "9223372036854775807", "9223372036854775808", "\x00", "\ufeff",
		"é", "no-such-value", "NAME", "2026-02-30", "10000-01-01", "2026-06-15T12:00:00", "9999-12-31T23:59:59Z", "0001-01-01", unknownID, unknownID + ",",
		"00000000-0000-0000-0000-000000000000", strings.ToUpper(unknownID), strings.Repeat("x", 100), strings.Repeat("x", 101), strings.Repeat("x", 10_000), "*", `"1"`, "../../etc/passwd",
	}
}

// tryParameter gives a parameter other values.
func (w *world) tryParameter(op docOperation, param parameter, values []string) {
	w.t.Helper()
	r := w.recipeOf(op.id)
	if param.name == "advertiser_id" { // which says something to an admin alone
		r.credential = w.admin.token
		delete(r.body, "advertiser_id")
	}
	if op.id == "redeemExport" || op.method == http.MethodDelete || op.method == http.MethodPost {
		r.headers = map[string]string{}
	}
	for _, value := range values {
		changed := r
		switch param.in {
		case "path":
			if strings.Trim(value, "./ ") == "" || strings.Contains(value, "..") || strings.Contains(value, "\x00") { // another path
				continue
			}
			changed.path = maps.Clone(r.path)
			changed.path[param.name] = value
		case "header":
			if strings.ContainsAny(value, "\x00\r\n") {
				continue
			}
			changed.headers = map[string]string{param.name: value}
		default:
			changed.query = url.Values{param.name: {value}}
		}
		got := w.call(changed)
		good := loadDocument(w.t).allowsText(param.schema, value)
		if !good && got.status < http.StatusBadRequest && !lenient(op, param, value) {
			w.t.Errorf("%s accepted %s=%.60q, which the document does not allow", op.id, param.name, value)
		}
	}
	if param.in != "query" {
		return
	}
	if o, _ := loadDocument(w.t).bare(param.schema); o.str("type") == "array" {
		r.query = url.Values{param.name: {"purchase", ""}}
	} else {
		r.query = url.Values{param.name: {"1", "1"}}
	}
	require.GreaterOrEqual(w.t, w.call(r).status, http.StatusBadRequest, "%s: %s twice", op.id, param.name)
	r.query = url.Values{param.name: make([]string, 101)}
	require.GreaterOrEqual(w.t, w.call(r).status, http.StatusBadRequest, "%s: %s 101 times", op.id, param.name)
}

// lenient reports whether a value means the same as none.
func lenient(op docOperation, param parameter, value string) bool {
	return strings.TrimSpace(value) == value && strings.Trim(value, " ") == "" && (param.name == "cursor" || param.name == "search")
}

// allowsText reports whether the text of a parameter fits its schema.
func (d *document) allowsText(schema, text string) bool {
	o, p := d.bare(schema)
	switch o.str("type") {
	case "array":
		return d.allowsText(p+"/items", text)
	case "integer":
		return d.allows(schema, text) == nil && !strings.ContainsAny(text, ".eE ")
	}
	quoted, err := json.Marshal(text)
	return err == nil && d.allows(schema, string(quoted)) == nil
}

// Lines of SQL in every parameter and every text, on a store that is SQL and on
// one that is not: they are data and nothing else.
func TestNegative_SQLIsDataEverywhere(t *testing.T) {
	for name, w := range map[string]*world{"memory": newWorld(t), "SQLite": newWorld(t, onSQLite(t))} {
		t.Run(name, func(t *testing.T) {
			lines := attacks()
			if name == "SQLite" && !full() {
				lines = lines[:6]
			}
			w.t = t
			w.http.Transport.(*checker).report = t.Errorf
			for _, op := range loadDocument(t).operations {
				for _, param := range op.params {
					w.tryParameter(op, param, lines)
				}
				if op.body == "" {
					continue
				}
				r := w.recipeOf(op.id)
				for _, member := range loadDocument(t).places(op.body, r.body, nil) {
					for _, line := range lines {
						w.tryText(w.fresh(r), member, line)
					}
				}
			}
			require.Equal(t, w.a.event, w.do(http.MethodGet, api+"/events/"+w.a.event, w.a.key, "").object().str("id"), "nothing was dropped")
		})
	}
}

// What the document allows at most is accepted, and one more is not.
func TestNegative_LimitsHoldOnBothSides(t *testing.T) {
	w, d := newWorld(t), loadDocument(t)
	limits := 0
	for _, op := range d.operations {
		if op.body == "" || op.id == "recordEvents" {
			continue
		}
		r := w.recipeOf(op.id)
		for _, member := range d.places(op.body, r.body, nil) {
			o, _ := d.bare(member.schema)
			most, err := strconv.Atoi(numberText(o["maxLength"]))
			if err != nil || !member.text {
				continue
			}
			limits++
			for _, letter := range []string{"x", "é", "😀"} { // the limits are of characters, not of bytes
				require.True(t, w.tryText(w.fresh(r), member, strings.Repeat(letter, most)), "%s %s", op.id, member.name())
				require.False(t, w.tryText(w.fresh(r), member, strings.Repeat(letter, most+1)), "%s %s", op.id, member.name())
			}
		}
	}
	require.Greater(t, limits, 20)
	for _, c := range []struct {
		id, member string
		good, bad  []string
	}{
		{"createCoupons", "count", []string{"1", "1000"}, []string{"0", "1001", "-1"}},
		{"createCoupons", "length", []string{"4", "16", "null"}, []string{"3", "17", "0"}},
		{"rotateKey", "overlap_seconds", []string{"0", "2592000", "null"}, []string{"-1", "2592001"}},
		{"changeTerms", "rate", []string{`"0"`, `"100"`, "12.3456", `"0.0001"`}, []string{`"100.0001"`, `"-1"`, `"1.00001"`, "1e1", "null"}},
		{"recordEvent", "value", []string{`"0"`, `"100000000000.00"`, "1499.00", "0.01"}, []string{`"100000000000.01"`, `"0.001"`, "-0.01", "1e2", "1e400"}},
		{"recordEvent", "occurred_at", []string{`"2000-01-01T00:00:00Z"`, `"2026-06-16T12:00:00Z"`, "null"}, []string{`"1999-12-31T23:59:59Z"`, `"2026-06-16T12:01:00Z"`}},
	} {
		for status, values := range map[bool][]string{true: c.good, false: c.bad} {
			for _, value := range values {
				r := w.recipeOf(c.id)
				got := w.callWith(r, raw(t, replaced(r.body, []string{c.member}, value)))
				require.Equal(t, status, got.status < http.StatusBadRequest, "%s %s = %s: %s", c.id, c.member, value, got.body)
			}
		}
	}
}

// fresh renews what must not be the same twice.
func (w *world) fresh(r request) request {
	if r.op.id == "recordEvent" || r.op.id == "createLink" || r.op.id == "createCoupon" || r.op.id == "assignInfluencer" || r.op.id == "createInfluencer" {
		return w.recipeOf(r.op.id)
	}
	return r
}

// Nothing is trimmed, folded or composed on the way: every text with a trace that
// some helpful program would remove.
func TestNegative_TextsAreKeptAsTheyAre(t *testing.T) {
	w, d := newWorld(t), loadDocument(t)
	for _, op := range d.operations {
		if op.body == "" {
			continue
		}
		r := w.recipeOf(op.id)
		for _, member := range d.places(op.body, r.body, nil) {
			if !member.text {
				continue
			}
			for _, text := range []string{" around ", "e\u0301", "\u00e9", "\ufb01", "\u0130I", "a\u200db", "<b>&amp;</b>", `\"'`, "a\u2028b", "null", "\U0001f469\u200d\U0001f4bb"} {
				require.True(t, w.tryText(w.fresh(r), member, text), "%s %s %q", op.id, member.name(), text)
			}
		}
	}
}

// Every string of the public list of strings that break programs, in the texts:
// what is accepted comes back as it was sent.
func TestNegative_NaughtyStringsComeBackAsTheyWereSent(t *testing.T) {
	file := filepath.Join("..", "..", "..", "shared", "data", "text", "blns.json")
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the list of naughty strings is not beside the checkout: there is no ../shared/data/text/blns.json")
	}
	require.NoError(t, err)
	var strs []string
	require.NoError(t, json.Unmarshal(content, &strs))
	require.Greater(t, len(strs), 400)
	w, d := newWorld(t), loadDocument(t)
	field, accepted := 0, 0
	for _, op := range d.operations {
		if op.body == "" {
			continue
		}
		r := w.recipeOf(op.id)
		for _, member := range d.places(op.body, r.body, nil) {
			if !member.text {
				continue
			}
			field++
			for i, text := range strs {
				if !full() && i%8 != field%8 { // each field gets its share, and the fields together all
					continue
				}
				if w.tryText(w.fresh(r), member, text) {
					accepted++
				}
			}
		}
	}
	require.Greater(t, field, 20)
	require.Greater(t, accepted, field*20, "most of them are good texts")
}

// tryText puts a text at a place and reports whether it was accepted. Free text
// that was must be read back equal, from the answer and from what is stored.
func (w *world) tryText(r request, at place, text string) bool {
	w.t.Helper()
	quoted := encoded(w.t, text)
	got := w.tryBody(r, raw(w.t, replaced(r.body, at.path, quoted)), at.name()+" = "+clipped(quoted))
	if got.status >= http.StatusBadRequest {
		return false
	}
	if !at.text || r.op.id == "recordEvents" || at.path[0] == "digest" {
		return true
	}
	stored := got
	if where := got.header.Get("Location"); where != "" {
		stored = w.do(http.MethodGet, where, r.credential, "")
	} else if r.op.method == http.MethodPatch {
		stored = w.do(http.MethodGet, r.target(), r.credential, "")
	}
	for _, a := range []answer{got, stored} {
		var back any = map[string]any(a.object())
		for _, name := range at.path {
			switch x := back.(type) {
			case map[string]any:
				back = x[name]
			case []any:
				back = x[0]
			}
		}
		if back == nil {
			back = ""
		}
		require.Equal(w.t, text, back, "%s: %s", r.op.id, at.name())
	}
	return true
}
