package doctest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/exportdata"
)

// given declares what blocks use without saying where it comes from.
const given = `
var (
	ctx      context.Context
	t        *testing.T
	err      error
	auth     vendorlogin.Authenticator
	client   *vendorlogin.Client
	store    vendorlogin.Store
	token    *vendorlogin.Token
	password vendorlogin.SecretFunc
	rdb      redis.UniversalClient
	db       *sql.DB
	req      *http.Request
	logger   *slog.Logger
)
`

// packages are those outside this module that blocks may use without importing them, by the name that they are used by.
var packages = map[string]string{
	"assert": "github.com/stretchr/testify/assert", "bytes": "bytes", "context": "context", "errors": "errors", "fmt": "fmt",
	"http": "net/http", "httpmock": "github.com/jarcoal/httpmock", "io": "io", "json": "encoding/json", "log": "log",
	"oauth2": "golang.org/x/oauth2", "os": "os", "redis": "github.com/redis/go-redis/v9", "require": "github.com/stretchr/testify/require",
	"slog": "log/slog", "sql": "database/sql", "strings": "strings", "synctest": "testing/synctest", "testing": "testing",
	"time": "time", "tls": "crypto/tls", "net": "net", "url": "net/url",
}

// TestCode compiles each block of Go code in the documents.
func TestCode(t *testing.T) {
	t.Parallel()
	compiler, err := newCompiler()
	require.NoError(t, err)
	n := 0
	for _, name := range documents(t) {
		for _, b := range blocks(read(t, name)) {
			if b.language != "go" {
				assert.NotEmpty(t, b.language, "%s:%d: a block without a language: text, if it is none", name, b.line)
				continue
			}
			n++
			for _, err := range compiler.check(name, b) {
				t.Error(err)
			}
		}
	}
	assert.Greater(t, n, 5, "blocks of Go code")
}

// TestCodeFails shows that the compiler sees what is wrong with a block, and where.
func TestCodeFails(t *testing.T) {
	t.Parallel()
	compiler, err := newCompiler()
	require.NoError(t, err)
	for _, c := range []struct{ text, want string }{
		{"client.Tokn(ctx)", "x.md:7: client.Tokn undefined"},
		{"a := 1\nb := nothing\n_ = b", "x.md:8: undefined: nothing"},
		{"if {", "x.md:7: missing condition"},
		{"package main\n\nfunc main() { println(x) }", "x.md:9: undefined: x"},
		{"import \"os\"\n\nvar x int = os.Args", "x.md:9: cannot use os.Args"},
		{"type T struct{}\n\nfunc (T) m() int { return 0 }\n\nvar s string = T{}.m()", "x.md:11: cannot use T{}.m()"},
		{"import \"example.com/none\"\n\nvar _ = none.X", "example.com/none"},
	} {
		errs := compiler.check("x.md", block{"go", c.text + "\n", 7})
		if assert.NotEmpty(t, errs, c.text) {
			assert.ErrorContains(t, errs[0], c.want)
		}
	}
	assert.Empty(t, compiler.check("x.md", block{"go", "unused := 1\n", 7}), "a block may leave a variable to what follows it")
}

// A compiler type-checks blocks against the packages of this module, of the modules nested in it, and of what they import.
type compiler struct {
	fset  *token.FileSet
	names map[string]string // import paths by package name
	known map[string]bool   // what can be imported
	mu    sync.Mutex        // imp is not safe for concurrent use
	imp   types.Importer
}

var newCompiler = sync.OnceValues(func() (*compiler, error) {
	dirs, err := nestedModules()
	if err != nil {
		return nil, err
	}
	c := &compiler{fset: token.NewFileSet(), names: maps.Clone(packages), known: map[string]bool{}}
	var all []exportdata.Package
	for _, dir := range append([]string{root}, dirs...) {
		wanted := []string{"./..."}
		if dir == root {
			wanted = append(wanted, slices.Sorted(maps.Values(packages))...)
		}
		found, err := exportdata.List(dir, true, wanted...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			if strings.HasPrefix(p.Path, "github.com/vendorlogin/") && p.Name != "main" {
				c.names[p.Name] = p.Path
			}
			if !c.known[p.Path] { // the root module's versions go first
				c.known[p.Path] = true
				all = append(all, p)
			}
		}
	}
	c.imp = exportdata.Importer(c.fset, all)
	return c, nil
})

// nestedModules are the directories below the root that are modules of their own, whose packages users import.
func nestedModules() ([]string, error) {
	var dirs []string
	for _, pattern := range []string{"*/go.mod", "*/*/go.mod", "*/*/*/go.mod"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		for _, m := range matches {
			sources, err := filepath.Glob(filepath.Join(filepath.Dir(m), "*.go"))
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(sources, func(name string) bool { return !strings.HasSuffix(name, "_test.go") }) {
				dirs = append(dirs, filepath.Dir(m))
			}
		}
	}
	return dirs, nil
}

// check returns what is wrong with the block, each with its place in the document.
func (c *compiler) check(name string, b block) []error {
	file, err := c.parse(name, b)
	if err != nil {
		return []error{err}
	}
	files := []*ast.File{file}
	if !strings.HasPrefix(b.text, "package ") {
		context, err := parser.ParseFile(c.fset, "given", "package p\n"+c.imports(given)+given, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		files = append(files, context)
	}
	var errs []error
	config := types.Config{Importer: c.imp, Error: func(err error) {
		if e, ok := err.(types.Error); !ok || !e.Soft { // soft: unused variables and imports
			errs = append(errs, err)
		}
	}}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = config.Check("p", c.fset, files, nil)
	return errs
}

// parse makes a file of a block that is a file, declarations, or statements with or without imports before them.
func (c *compiler) parse(name string, b block) (*ast.File, error) {
	at := func(line int) string { return fmt.Sprintf("//line %s:%d\n", name, line) }
	if strings.HasPrefix(b.text, "package ") {
		return parser.ParseFile(c.fset, "", at(b.line)+b.text, 0)
	}
	head := "package p\n" + c.imports(b.text) + at(b.line)
	if file, err := parser.ParseFile(c.fset, "", head+b.text, 0); err == nil {
		return file, nil
	}
	imports, statements := "", b.text
	if only, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+b.text, parser.ImportsOnly); err == nil && len(only.Imports) > 0 {
		end := int(only.Decls[len(only.Decls)-1].End()) - 1 - len("package p;")
		imports, statements = b.text[:end]+"\n", b.text[end:]
	}
	line := b.line + strings.Count(imports, "\n")
	if imports != "" {
		line-- // the line that ends the imports is in statements too
	}
	return parser.ParseFile(c.fset, "", head+imports+"func _() {\n"+at(line)+statements+"}\n", 0)
}

// imports declares the packages that text uses by name and does not import itself.
func (c *compiler) imports(text string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.names)) {
		path := c.names[name]
		if c.known[path] && strings.Contains(text, name+".") && !strings.Contains(text, strconv.Quote(path)) {
			fmt.Fprintf(&b, "import %s %q\n", name, path)
		}
	}
	return b.String()
}

// TestCommands checks that the packages in the commands that the documents show exist.
func TestCommands(t *testing.T) {
	t.Parallel()
	for _, name := range documents(t) {
		for _, b := range blocks(read(t, name)) {
			if b.language != "sh" {
				continue
			}
			for _, word := range strings.Fields(b.text) {
				dir, ok := strings.CutPrefix(strings.TrimSuffix(word, "/..."), "./")
				if !ok {
					continue
				}
				_, err := os.Stat(filepath.Join(root, dir))
				assert.NoError(t, err, "%s:%d: %s", name, b.line, word)
			}
		}
	}
}
