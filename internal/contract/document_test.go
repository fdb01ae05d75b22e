package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const documentFile = "../../server/openapi.yaml"

// document is the OpenAPI document, read for the tests.
type document struct {
	root       object
	compiler   *jsonschema.Compiler
	operations []docOperation

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema // by pointer
}

// docOperation is an operation as the document has it.
type docOperation struct {
	method, path        string
	id                  string
	audience, scope     string
	limits, description string
	params              []parameter
	body                string // pointer to the schema of the body; "" for none
	responses           map[string]response
	raw                 object
}

// parameter is a parameter of an operation.
type parameter struct {
	name, in string
	required bool
	schema   string // pointer
}

// response is an answer that an operation may give.
type response struct {
	headers map[string]header
	content map[string]string // pointer to the schema by media type
}

type header struct {
	required bool
	schema   string // pointer
}

// theDocument is read once: it is the same for all tests, which do not change it.
var theDocument = sync.OnceValues(func() (*document, error) {
	content, err := os.ReadFile(documentFile)
	if err != nil {
		return nil, err
	}
	return parseDocument(content)
})

func loadDocument(t testing.TB) *document {
	t.Helper()
	d, err := theDocument()
	require.NoError(t, err)
	return d
}

// parseDocument reads a document. What breaks a rule of OpenAPI shows in
// [document.violations].
func parseDocument(content []byte) (*document, error) {
	var loaded any
	if err := yaml.Unmarshal(content, &loaded); err != nil {
		return nil, err
	}
	text, err := json.Marshal(loaded)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	d := &document{root: asObject(root), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", root); err != nil {
		return nil, err
	}
	paths := d.root.sub("paths")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths.sub(path)
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodPut} {
			if raw := item.sub(strings.ToLower(method)); raw != nil {
				d.operations = append(d.operations, d.operation(method, path, item, raw))
			}
		}
	}
	return d, nil
}

func asObject(x any) object { o, _ := x.(map[string]any); return o }

func pointer(parts ...string) string {
	var b strings.Builder
	b.WriteByte('#')
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return b.String()
}

// at returns what a pointer points to, nil where that is nothing.
func (d *document) at(p string) any {
	var here any = map[string]any(d.root)
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(p, "#"), "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch x := here.(type) {
		case map[string]any:
			here = x[part]
		case []any:
			n := -1
			if _, err := fmt.Sscan(part, &n); err != nil || n < 0 || n >= len(x) {
				return nil
			}
			here = x[n]
		default:
			return nil
		}
	}
	return here
}

// follow returns the object behind references, and its pointer.
func (d *document) follow(p string) (object, string) {
	for range 10 {
		o := asObject(d.at(p))
		to := o.str("$ref")
		if to == "" {
			return o, p
		}
		p = to
	}
	return nil, p
}

func (d *document) operation(method, path string, item, raw object) docOperation {
	op := docOperation{
		method: method, path: path, id: raw.str("operationId"), audience: raw.str("x-superher-audience"), scope: raw.str("x-superher-scope"),
		limits: raw.str("x-superher-limits"), description: raw.str("description"), responses: map[string]response{}, raw: raw,
	}
	here := []string{"paths", path, strings.ToLower(method)}
	for _, from := range []struct {
		n  int
		at []string
	}{{len(item.list("parameters")), []string{"paths", path, "parameters"}}, {len(raw.list("parameters")), append(slices.Clone(here), "parameters")}} {
		for i := range from.n {
			found, p := d.follow(pointer(append(slices.Clone(from.at), fmt.Sprint(i))...))
			required, _ := found["required"].(bool)
			op.params = append(op.params, parameter{found.str("name"), found.str("in"), required, p + "/schema"})
		}
	}
	if raw.sub("requestBody") != nil {
		op.body = pointer(append(slices.Clone(here), "requestBody", "content", "application/json", "schema")...)
	}
	for status := range raw.sub("responses") {
		found, p := d.follow(pointer(append(slices.Clone(here), "responses", status)...))
		r := response{map[string]header{}, map[string]string{}}
		for name := range found.sub("headers") {
			h, at := d.follow(p + "/headers/" + name)
			required, _ := h["required"].(bool)
			r.headers[http.CanonicalHeaderKey(name)] = header{required, at + "/schema"}
		}
		for media := range found.sub("content") {
			r.content[media] = p + "/content/" + strings.ReplaceAll(media, "/", "~1") + "/schema"
		}
		op.responses[status] = r
	}
	return op
}

// schema returns the compiled schema behind a pointer.
func (d *document) schema(p string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.schemas[p]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile("openapi.json" + p)
	if err == nil {
		d.schemas[p] = s
	}
	return s, err
}

// allows returns why a JSON text does not fit a schema, nil where it does.
func (d *document) allows(p, text string) error {
	s, err := d.schema(p)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// find returns the operation of a request; nil where the document has none.
func (d *document) find(method string, segments []string) *docOperation {
	var best *docOperation
	for i := range d.operations {
		op := &d.operations[i]
		if op.method == method && fits(op.path, segments) && (best == nil || strings.Contains(best.path, "{")) {
			if best == nil || strings.Count(op.path, "{") < strings.Count(best.path, "{") {
				best = op
			}
		}
	}
	return best
}

// fits reports whether segments of a path are one of a template.
func fits(template string, segments []string) bool {
	parts := strings.Split(template, "/")
	if len(parts) != len(segments) {
		return false
	}
	for i, part := range parts {
		if part != segments[i] && (!strings.HasPrefix(part, "{") || segments[i] == "") {
			return false
		}
	}
	return true
}

// named returns an operation by its id.
func (d *document) named(id string) *docOperation {
	for i := range d.operations {
		if d.operations[i].id == id {
			return &d.operations[i]
		}
	}
	return nil
}

func (op docOperation) param(in, name string) *parameter {
	for i, p := range op.params {
		if p.in == in && p.name == name {
			return &op.params[i]
		}
	}
	return nil
}
