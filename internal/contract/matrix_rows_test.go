package contract_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

const matrixFile = "testdata/matrix.yaml"

// matrixRow says how an operation is called on what belongs to somebody; the
// file says more.
type matrixRow struct {
	Path    map[string]string `yaml:"path"`
	Query   string            `yaml:"query"`
	Body    string            `yaml:"body"`
	Match   string            `yaml:"match"`
	Answers int               `yaml:"answers"`
	Effect  string            `yaml:"effect"`
	Open    bool              `yaml:"open"`
	Token   bool              `yaml:"token"`
}

const (
	onNothing    = ""
	onAdvertiser = "advertiser"
	onPlatform   = "platform"
)

// matrixRows reads the file and holds it against the document.
func matrixRows(t testing.TB, d *document) map[string]matrixRow {
	t.Helper()
	content, err := os.ReadFile(matrixFile)
	require.NoError(t, err)
	rows := map[string]matrixRow{}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&rows), matrixFile)
	require.Empty(t, matrixGaps(d.operations, rows), "the matrix is not complete")
	return rows
}

func (op docOperation) name() string { return op.method + " " + op.path }

// matrixGaps returns what is wrong with the rows: an operation without one, a
// row of no operation, parameters that are not filled, things that nobody has.
func matrixGaps(operations []docOperation, rows map[string]matrixRow) []string {
	var gaps []string
	note := func(format string, args ...any) { gaps = append(gaps, fmt.Sprintf(format, args...)) }
	left := maps.Clone(rows)
	for _, op := range operations {
		row, ok := left[op.name()]
		delete(left, op.name())
		if !ok {
			note("%s has no row in %s: say there how it is called on what belongs to brand A", op.name(), matrixFile)
			continue
		}
		var params []string
		for _, p := range op.params {
			if p.in == "path" {
				params = append(params, p.name)
			}
		}
		slices.Sort(params)
		if !slices.Equal(params, slices.Sorted(maps.Keys(row.Path))) {
			note("%s has the parameters %q, its row fills %q", op.name(), params, slices.Sorted(maps.Keys(row.Path)))
		}
		for _, thing := range row.things() {
			if !slices.Contains(slices.Concat(ownThings(), otherThings()), thing) {
				note("%s names a %q, which nobody has", op.name(), thing)
			}
		}
		if (row.Body != "") != (op.body != "") || (row.Match != "") != (op.param("header", "If-Match") != nil) {
			note("%s: body and match must be there where the document has them, and nowhere else", op.name())
		}
		if row.Answers == 0 || !slices.Contains([]string{onNothing, onAdvertiser, onPlatform}, row.Effect) {
			note("%s: answers and effect", op.name())
		}
	}
	for name := range left {
		note("%s of %s is no operation of the document", name, matrixFile)
	}
	slices.Sort(gaps)
	return gaps
}

func TestMatrix_AnOperationWithoutARowIsNamed(t *testing.T) {
	d := loadDocument(t)
	rows := matrixRows(t, d)
	for _, op := range d.operations {
		without := maps.Clone(rows)
		delete(without, op.name())
		gaps := matrixGaps(d.operations, without)
		require.Len(t, gaps, 1)
		require.Contains(t, gaps[0], op.name()+" has no row")
	}
	more := append(slices.Clone(d.operations), docOperation{method: "GET", path: "/api/v1/secrets/{id}"})
	require.Equal(t, []string{"GET /api/v1/secrets/{id} has no row in testdata/matrix.yaml: say there how it is called on what belongs to brand A"}, matrixGaps(more, rows))
	rows["GET /api/v1/campaigns/{id}"] = matrixRow{Path: map[string]string{"name": "nonsense"}, Body: "{}", Effect: "none"}
	require.Len(t, matrixGaps(d.operations, rows), 4)
}

// ownThings are what an advertiser has, and nobody else may know of.
func ownThings() []string {
	return []string{"advertiser", "campaign", "ended_campaign", "influencer", "free_influencer", "coupon", "link", "event", "key"}
}

// otherThings are of the platform, public, or secrets of their own.
func otherThings() []string { return []string{"user", "asset", "link_code", "ticket", "digest"} }

func placeholder() *regexp.Regexp { return regexp.MustCompile(`\{([a-z_]+)\}`) }

// things are what the row names.
func (r matrixRow) things() []string {
	list := slices.Collect(maps.Values(r.Path))
	for _, found := range placeholder().FindAllStringSubmatch(r.Query+" "+r.Body, -1) {
		list = append(list, found[1])
	}
	return list
}

// namesOwn reports whether the row names something of an advertiser.
func (r matrixRow) namesOwn() bool {
	return slices.ContainsFunc(r.things(), func(thing string) bool { return slices.Contains(ownThings(), thing) })
}

// matrixCall is a request that is ready but for its credential.
type matrixCall struct {
	method, path string
	query        url.Values
	body         string
	headers      []string
}

// call makes the request of a row out of things.
func (r matrixRow) call(op docOperation, things func(name string) string) matrixCall {
	fill := func(text string) string {
		return placeholder().ReplaceAllStringFunc(text, func(found string) string { return things(strings.Trim(found, "{}")) })
	}
	path := op.path
	for param, thing := range r.Path {
		path = strings.ReplaceAll(path, "{"+param+"}", things(thing))
	}
	query, _ := url.ParseQuery(fill(r.Query))
	c := matrixCall{method: op.method, path: path, query: query, body: fill(r.Body)}
	if r.Match != "" {
		c.headers = []string{"If-Match", r.Match}
	}
	return c
}

// with adds a parameter to the query.
func (c matrixCall) with(name, value string) matrixCall {
	query := url.Values{}
	maps.Copy(query, c.query)
	query.Set(name, value)
	c.query = query
	return c
}

func (w *world) carryOut(c matrixCall, credential string) answer {
	w.t.Helper()
	path := c.path
	if len(c.query) > 0 {
		path += "?" + c.query.Encode()
	}
	return w.do(c.method, path, credential, c.body, c.headers...)
}

// standing is what somebody is to brand A and to the platform.
type standing int

const (
	isAdmin standing = iota
	isOwner          // a person of A
	isOther          // a person, or a key that may do everything, of B
	isKey            // a key of A
	isInactive
	isStranger
)

// principal is somebody who calls.
type principal struct {
	name     string
	standing standing
	scope    tenant.Permission // of a key of A
	outsider bool              // must not learn anything of A
}

// principals are all who call each operation.
func principals() []principal {
	list := []principal{
		{"admin", isAdmin, "", false}, {"person of A", isOwner, "", false}, {"person of B", isOther, "", true}, {"key of B", isOther, "", true},
		{"pending", isInactive, "", true}, {"suspended", isInactive, "", true},
		{"nobody", isStranger, "", true}, {"expired key of A", isStranger, "", true}, {"revoked key of A", isStranger, "", true},
		{"garbage key", isStranger, "", true}, {"garbage token", isStranger, "", true},
	}
	for _, scope := range tenant.Permissions() {
		list = append(list, principal{"key of A for " + string(scope), isKey, scope, false})
	}
	return list
}

// verdict is what a call must be answered.
type verdict struct {
	status int
	reason string // of a refusal; "" where the call is allowed
	own    bool   // allowed, but on what is the caller's own
}

// judge derives the verdict from what the document says of the operation.
func judge(op docOperation, row matrixRow, p principal) verdict {
	switch audience := server.Audience(op.audience); {
	case row.Token, p.standing == isStranger && audience != server.Anyone:
		return verdict{401, "invalid-credential", false}
	case audience == server.Anyone, audience == server.Identified:
		return verdict{row.Answers, "", false}
	case p.standing == isInactive:
		return verdict{403, "user-not-active", false}
	case p.standing == isAdmin:
		return verdict{row.Answers, "", false}
	case audience == server.Admins:
		return verdict{403, "role-insufficient", false}
	case p.standing == isKey && op.scope != "none" && p.scope != tenant.EverythingAllowed && string(p.scope) != op.scope:
		return verdict{403, "scope-insufficient", false}
	case p.standing == isOther && row.namesOwn():
		return verdict{404, "not-found", false}
	default:
		return verdict{row.Answers, "", p.standing == isOther}
	}
}
