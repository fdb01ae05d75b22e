package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDocument_FollowsTheRulesOfOpenAPI(t *testing.T) {
	require.Empty(t, loadDocument(t).violations())
}

// A check that finds nothing wrong anywhere is none.
func TestDocument_ViolationsAreFound(t *testing.T) {
	content, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"a reference to nothing":      {"'#/components/schemas/AdvertiserList'", "'#/components/schemas/Nothing'"},
		"an id that is used twice":    {"operationId: getCampaign\n", "operationId: getCoupon\n"},
		"a tag that is not declared":  {"tags: [Payouts]", "tags: [Pay]"},
		"a parameter without a place": {"/api/v1/api-keys/{id}/rotate:", "/api/v1/api-keys/rotate:"},
		"a required name unknown":     {"required: [url, expires_at]", "required: [uri, expires_at]"},
		"an unknown type":             {"last_four: { type: string", "last_four: { type: text"},
		"an object that is open":      {"    ExportTicket:\n      type: object\n      additionalProperties: false\n", "    ExportTicket:\n      type: object\n"},
		"an example that breaks it":   {"share_type: percentage, rate: '10', effective_from", "share_type: share, rate: '10', effective_from"},
		"a response without a word":   {"description: OpenAPI 3.1.\n", "summary: OpenAPI 3.1.\n"},
	} {
		require.Contains(t, string(content), change[0], name)
		d, err := parseDocument([]byte(strings.Replace(string(content), change[0], change[1], 1)))
		require.NoError(t, err, name)
		require.NotEmpty(t, d.violations(), name)
	}
}

// violations returns what breaks a rule of OpenAPI 3.1 or a habit of this
// document: every object closed, everything named used.
func (d *document) violations() []string {
	var wrong []string
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if !strings.HasPrefix(d.root.str("openapi"), "3.1.") || d.root.sub("info").str("title") == "" || d.root.sub("info").str("version") == "" {
		note("openapi, info.title and info.version are required")
	}
	used := map[string]bool{}
	d.walk(map[string]any(d.root), "#", func(p string, o object) {
		to, isReference := o["$ref"].(string)
		if !isReference {
			return
		}
		used[to] = true
		if d.at(to) == nil {
			note("%s: %s is nothing", p, to)
		}
	})
	for _, kind := range []string{"schemas", "responses", "parameters", "headers"} {
		for name := range d.root.sub("components").sub(kind) {
			if p := pointer("components", kind, name); !used[p] {
				note("%s is used nowhere", p)
			}
		}
	}
	for name := range d.root.sub("components").sub("schemas") {
		d.checkSchema(pointer("components", "schemas", name), note)
	}
	d.checkOperations(note)
	return wrong
}

// walk visits every object.
func (d *document) walk(x any, p string, visit func(p string, o object)) {
	switch x := x.(type) {
	case map[string]any:
		visit(p, x)
		for _, name := range slices.Sorted(maps.Keys(x)) {
			d.walk(x[name], p+"/"+name, visit)
		}
	case []any:
		for i, item := range x {
			d.walk(item, fmt.Sprint(p, "/", i), visit)
		}
	}
}

// checkSchema compiles a schema, and checks its examples and that what it says
// is there and closed.
func (d *document) checkSchema(p string, note func(string, ...any)) {
	if _, err := d.schema(p); err != nil {
		note("%s: %v", p, err)
		return
	}
	o := asObject(d.at(p))
	if o.str("type") == "object" && o["additionalProperties"] == nil {
		note("%s is open", p)
	}
	required, _ := o["required"].([]any)
	for _, name := range required {
		if _, ok := o.sub("properties")[fmt.Sprint(name)]; !ok {
			note("%s requires %v, which it does not have", p, name)
		}
	}
	examples, _ := o["examples"].([]any)
	for _, example := range examples {
		text, err := json.Marshal(example)
		if err == nil {
			err = d.allows(p, string(text))
		}
		if err != nil {
			note("%s: the example %s: %v", p, text, err)
		}
	}
}

func (d *document) checkOperations(note func(string, ...any)) {
	tags := map[string]bool{}
	for _, tag := range d.root.list("tags") {
		tags[tag.str("name")] = true
	}
	inPath := regexp.MustCompile(`\{([a-z_]+)\}`)
	ids := map[string]bool{}
	for _, op := range d.operations {
		if ids[op.id] {
			note("%s is used twice", op.id)
		}
		ids[op.id] = true
		tagged, _ := op.raw["tags"].([]any)
		for _, tag := range tagged {
			if !tags[fmt.Sprint(tag)] {
				note("%s: the tag %v is not declared", op.id, tag)
			}
		}
		if len(tagged) != 1 {
			note("%s: one tag", op.id)
		}
		seen := map[string]bool{}
		for _, param := range op.params {
			if seen[param.in+" "+param.name] {
				note("%s has %s twice", op.id, param.name)
			}
			seen[param.in+" "+param.name] = true
			if param.in == "path" && (!param.required || !strings.Contains(op.path, "{"+param.name+"}")) {
				note("%s: %s must be required and in the path", op.id, param.name)
			}
			if _, err := d.schema(param.schema); err != nil {
				note("%s: %s: %v", op.id, param.name, err)
			}
		}
		for _, name := range inPath.FindAllStringSubmatch(op.path, -1) {
			if !seen["path "+name[1]] {
				note("%s lacks the parameter %s", op.id, name[1])
			}
		}
		d.checkAnswers(op, note)
	}
}

func (d *document) checkAnswers(op docOperation, note func(string, ...any)) {
	for status, r := range op.responses {
		raw, _ := d.follow(pointer("paths", op.path, strings.ToLower(op.method), "responses", status))
		if raw.str("description") == "" {
			note("%s: %s lacks a description", op.id, status)
		}
		for media, p := range r.content {
			if _, err := d.schema(p); err != nil {
				note("%s: %s %s: %v", op.id, status, media, err)
			}
		}
		for name, h := range r.headers {
			if _, err := d.schema(h.schema); err != nil {
				note("%s: %s %s: %v", op.id, status, name, err)
			}
		}
	}
}
