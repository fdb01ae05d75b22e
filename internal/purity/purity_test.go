package purity_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pure lists the folders whose rules depend on nothing but their arguments.
func pure() []string {
	return []string{"fault", "ident", "money", "tenant", "payouts", "campaigns", "links", "coupons", "attribution", "stats", "storage"}
}

func TestPurePackages_NoFloatsClocksRandomSourcesOrGlobals(t *testing.T) {
	for _, folder := range pure() {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
		require.NoError(t, err)
		checked := 0
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, breach := range breaches(t, name, string(source)) {
				t.Error(breach)
			}
			checked++
		}
		require.Positive(t, checked, "%s has no Go files: was it renamed?", folder)
	}
}

// breaches parses one file and describes every line that breaks a rule.
func breaches(t *testing.T, name, source string) []string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution|parser.ParseComments)
	require.NoError(t, err)
	var found []string
	report := func(at token.Pos, what string) { found = append(found, files.Position(at).String()+": "+what) }

	imports := map[string]string{} // local name to path
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		local := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			local = spec.Name.Name
		}
		imports[local] = path
		switch {
		case path == "math/rand", path == "math/rand/v2", path == "crypto/rand":
			report(spec.Pos(), "a random source is an argument, not an import of "+path)
		case local == ".":
			report(spec.Pos(), "a dot import hides what is used")
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				globals(d, report)
			}
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				report(d.Pos(), "init runs before anybody asked")
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Ident:
			switch x.Name {
			case "float32", "float64", "complex64", "complex128":
				report(x.Pos(), "a float: "+x.Name)
			}
		case *ast.BasicLit:
			if x.Kind == token.FLOAT || x.Kind == token.IMAG {
				report(x.Pos(), "a float literal: "+x.Value)
			}
		case *ast.SelectorExpr:
			if pkg, ok := x.X.(*ast.Ident); ok {
				if what := forbidden(imports[pkg.Name], x.Sel.Name); what != "" {
					report(x.Pos(), what)
				}
			}
		}
		return true
	})
	return found
}

// globals refuses package variables, except error sentinels, embedded files
// and the assertions that a type implements an interface.
func globals(d *ast.GenDecl, report func(token.Pos, string)) {
	for _, spec := range d.Specs {
		value := spec.(*ast.ValueSpec)
		embedded := embeds(d.Doc) || embeds(value.Doc)
		for _, name := range value.Names {
			if name.Name != "_" && !strings.HasPrefix(name.Name, "Err") && !strings.HasPrefix(name.Name, "err") && !embedded {
				report(name.Pos(), "package state: var "+name.Name)
			}
		}
	}
}

func embeds(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// forbidden explains what is wrong with a name of the standard library, "" if nothing.
func forbidden(path, name string) string {
	switch path {
	case "time":
		switch name {
		case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker":
			return "the time is an argument, not time." + name
		}
	case "math":
		switch name {
		case "MaxInt", "MinInt", "MaxInt8", "MinInt8", "MaxInt16", "MinInt16", "MaxInt32", "MinInt32", "MaxInt64", "MinInt64",
			"MaxUint", "MaxUint8", "MaxUint16", "MaxUint32", "MaxUint64":
		default:
			return "floats: math." + name
		}
	case "strconv":
		if strings.Contains(name, "Float") || strings.Contains(name, "Complex") {
			return "floats: strconv." + name
		}
	case "math/big":
		if strings.Contains(name, "Float") {
			return "floats: big." + name
		}
	}
	return ""
}

// The check itself must be able to fail.
func TestBreaches_FindsEachKind(t *testing.T) {
	for source, want := range map[string]string{
		"var x float64":                                  "a float: float64",
		"func f(x float32) {}":                           "a float: float32",
		"type t struct{ x []map[string]float64 }":        "a float: float64",
		"const half = 0.5":                               "a float literal: 0.5",
		"const k = 1e3":                                  "a float literal: 1e3",
		"const i = 2i":                                   "a float literal: 2i",
		"import \"time\"\nvar _ = time.Now":              "time.Now",
		"import clock \"time\"\nvar _ = clock.Now()":     "time.Now",
		"import \"time\"\nfunc f() { time.Sleep(1) }":    "time.Sleep",
		"import _ \"math/rand\"":                         "math/rand",
		"import _ \"math/rand/v2\"":                      "math/rand/v2",
		"import _ \"crypto/rand\"":                       "crypto/rand",
		"import . \"time\"":                              "dot import",
		"import \"math\"\nvar _ = math.Pi":               "math.Pi",
		"import \"strconv\"\nvar _ = strconv.ParseFloat": "strconv.ParseFloat",
		"import \"math/big\"\nvar _ big.Float":           "big.Float",
		"var cache = map[string]int{}":                   "var cache",
		"var (\n\ta, b int\n)":                           "var b",
		"func init() {}":                                 "init",
	} {
		require.Contains(t, strings.Join(breaches(t, "planted.go", "package planted\n"+source), "\n"), want, source)
	}
	for _, source := range []string{
		"import \"math\"\nconst x = math.MaxInt64",
		"import \"errors\"\nvar ErrGone = errors.New(\"gone\")",
		"import _ \"embed\"\n//go:embed list.txt\nvar list string",
		"var _ error = (*fault)(nil)",
		"type t struct{}\nfunc (t) init() { var local int; _ = local }",
		"import \"time\"\nfunc f(now time.Time) time.Time { return now.Add(time.Hour) }",
		"const hex = 0x1F",
	} {
		require.Empty(t, breaches(t, "planted.go", "package planted\n"+source), source)
	}
}
