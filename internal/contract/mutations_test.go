package contract_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// place is a member of a body, however deep, with the schema that it has there.
type place struct {
	path   []string // names, and "0" for the first item of a list
	schema string   // pointer
	text   bool     // free text, which must come back as it was sent
}

func (p place) name() string { return strings.Join(p.path, ".") }

// places lists the members of a body that its schema knows and the body has.
func (d *document) places(schema string, body any, at []string) []place {
	o, p := d.bare(schema)
	var found []place
	switch body := body.(type) {
	case object:
		return d.places(schema, map[string]any(body), at)
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(o.sub("properties"))) {
			here := append(slices.Clone(at), name)
			member := p + "/properties/" + name
			found = append(found, place{here, member, d.isText(member)})
			found = append(found, d.places(member, body[name], here)...)
		}
		if more := o.sub("additionalProperties"); more != nil {
			for _, name := range slices.Sorted(maps.Keys(body)) {
				found = append(found, place{append(slices.Clone(at), name), p + "/additionalProperties", true})
			}
		}
	case []any:
		if len(body) > 0 && o.sub("items") != nil {
			here := append(slices.Clone(at), "0")
			found = append(found, place{here, p + "/items", d.isText(p + "/items")})
			found = append(found, d.places(p+"/items", body[0], here)...)
		}
	}
	return found
}

// bare follows references and leaves null out.
func (d *document) bare(schema string) (object, string) {
	o, p := d.follow(schema)
	if branches := o.list("anyOf"); branches != nil {
		for i, branch := range branches {
			if branch.str("type") != "null" {
				return d.bare(p + "/anyOf/" + strconv.Itoa(i))
			}
		}
	}
	return o, p
}

// isText reports whether a schema is one of free text, stored as it is sent.
func (d *document) isText(schema string) bool {
	o, p := d.bare(schema)
	types := o["type"]
	if list, ok := types.([]any); ok && len(list) == 2 && list[1] == "null" {
		types = list[0]
	}
	unfolded := !strings.Contains(p, "/code") && !strings.Contains(p, "/prefix") && !strings.Contains(p, "/destination") &&
		!strings.Contains(p, "/digest") && !strings.Contains(p, "TimeZone") && !strings.Contains(p, "/time_zone") && !strings.Contains(p, "/email")
	return types == "string" && o["pattern"] == nil && o["format"] == nil && o["enum"] == nil && unfolded
}

// replaced returns the text of a body with another value at a place; "" in its
// stead leaves the member out.
func replaced(body any, path []string, value string) any {
	if len(path) == 0 {
		return json.RawMessage(value)
	}
	switch body := body.(type) {
	case object:
		return replaced(map[string]any(body), path, value)
	case map[string]any:
		out := maps.Clone(body)
		if len(path) == 1 && value == "" {
			delete(out, path[0])
			return out
		}
		out[path[0]] = replaced(body[path[0]], path[1:], value)
		return out
	case []any:
		out := slices.Clone(body)
		if value != "" || len(path) > 1 {
			out[0] = replaced(body[0], path[1:], value)
		}
		return out
	default: // the place is below something that this body does not have
		return body
	}
}

// oddValues lists JSON texts that fit few schemas, made to measure for one.
func (d *document) oddValues(schema string) []string {
	values := []string{
		"", "null", "true", "0", "-1", "1.0", "1e308", "1e400", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		`"1"`, `""`, `" "`, `"no-such-value"`, `"\u0000"`, `"a\u0000b"`, `"\ud800"`, `"\ufeff"`, "\"\xff\"", `[]`, `[null]`, `[1]`, `{}`, `{"a":1}`, `[[]]`,
		`"9999-12-31T23:59:59.9999999Z"`, `"10000-01-01T00:00:00Z"`, `"0000-01-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`, `"1969-12-31T23:59:59Z"`, `"2026-06-15"`,
		`"00000000-0000-0000-0000-000000000000"`, `"018F3C5E-7B1A-7C3D-9E2F-0A1B2C3D4E5F"`, `"` + unknownID + `"`,
		`"` + strings.Repeat("x", 100_000) + `"`, `"-0"`, `"1e3"`, `"0x10"`, `"१"`,
	}
	o, _ := d.bare(schema)
	for _, bound := range []string{"minimum", "maximum"} {
		if n, err := strconv.Atoi(numberText(o[bound])); err == nil {
			values = append(values, strconv.Itoa(n-1), strconv.Itoa(n), strconv.Itoa(n+1))
		}
	}
	for _, bound := range []string{"minLength", "maxLength"} {
		if n, err := strconv.Atoi(numberText(o[bound])); err == nil {
			for _, size := range []int{n - 1, n, n + 1} {
				values = append(values, `"`+strings.Repeat("x", max(0, size))+`"`, `"`+strings.Repeat("é", max(0, size))+`"`)
			}
		}
	}
	if n, err := strconv.Atoi(numberText(o["maxItems"])); err == nil {
		for _, item := range []string{`"purchase"`, `"instagram"`, `"` + unknownID + `"`, `{}`} {
			values = append(values, "["+strings.Repeat(item+",", n)+item+"]", "["+item+","+item+"]")
		}
	}
	if n, err := strconv.Atoi(numberText(o["maxProperties"])); err == nil {
		var many []string
		for i := range n + 1 {
			many = append(many, `"k`+strconv.Itoa(i)+`":"v"`)
		}
		values = append(values, "{"+strings.Join(many, ",")+"}", "{"+strings.Join(many[1:], ",")+"}", `{"":"v"}`, `{"`+strings.Repeat("k", 41)+`":"v"}`, `{"k":null}`)
	}
	return values
}

func numberText(x any) string {
	n, _ := x.(json.Number)
	return n.String()
}

// attacks lists texts that would mean something to a database that was not
// careful.
func attacks() []string {
	return []string{
		"' OR '1'='1", "'; DROP TABLE events; --", `" OR ""="`, "1; SELECT pg_sleep(5)", "1 UNION SELECT * FROM users", "%' OR 1=1 --",
		"admin'--", "') OR ('a'='a", "1/*comment*/", `\'; DELETE FROM coupons; --`, "$1", "?", ":name", "@@version", "%", "_", "x' AND randomblob(100000000) --",
		"'||(SELECT hash FROM api_keys LIMIT 1)||'", "CASE WHEN 1=1 THEN 1 ELSE 0 END", "{{7*7}}", "${jndi:ldap://x}",
	}
}
