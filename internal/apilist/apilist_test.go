package apilist_test

import (
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/apilist"
	"github.com/vendorlogin/vendorlogin/internal/exportdata"
)

var update = flag.Bool("update", false, "write the lists instead of comparing them")

const (
	root   = "../.."
	module = "github.com/vendorlogin/vendorlogin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAPI compares the exported names of each package with its list in directory api.
func TestAPI(t *testing.T) {
	t.Parallel()
	lists := current(t)
	dir := filepath.Join(root, "api")
	if *update {
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.Mkdir(dir, 0o755))
		for name, list := range lists {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(list), 0o644))
		}
		return
	}
	const how = "if the change is meant, write it down: go test ./internal/apilist -update"
	for name, list := range lists {
		want, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err, how)
		assert.Equal(t, strings.Split(strings.ReplaceAll(string(want), "\r\n", "\n"), "\n"), strings.Split(list, "\n"), "%s: %s", name, how)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		assert.Contains(t, lists, entry.Name(), "the list of a package that is no more: %s", how)
	}
}

// current are the lists of all packages that others can import, in this module and in those nested in it, by file name.
func current(t *testing.T) map[string]string {
	t.Helper()
	lists := map[string]string{}
	for _, dir := range modules(t) {
		packages, err := exportdata.List(dir, true, "./...")
		require.NoError(t, err)
		imp := exportdata.Importer(token.NewFileSet(), packages)
		for _, p := range packages {
			inside := strings.TrimPrefix(p.Path, module)
			ours := strings.HasPrefix(p.Path, module) && !strings.Contains(inside, "/internal/") && !strings.HasPrefix(inside, "/examples/")
			if !ours || p.Name == "main" {
				continue
			}
			compiled, err := imp.Import(p.Path)
			require.NoError(t, err)
			name := strings.ReplaceAll(strings.TrimPrefix(inside, "/"), "/", ".")
			if name == "" {
				name = "vendorlogin"
			}
			if lines := apilist.Lines(compiled); len(lines) > 0 { // a module of tests has none
				lists[name+".txt"] = strings.Join(lines, "\n") + "\n"
			}
		}
	}
	return lists
}

// modules are the directories of this module and of the nested ones that have packages, the tools excepted.
func modules(t *testing.T) []string {
	t.Helper()
	dirs := []string{root}
	for _, pattern := range []string{"*/go.mod", "*/*/go.mod", "*/*/*/go.mod"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, m := range matches {
			sources, err := filepath.Glob(filepath.Join(filepath.Dir(m), "*.go"))
			require.NoError(t, err)
			if len(sources) > 0 {
				dirs = append(dirs, filepath.Dir(m))
			}
		}
	}
	return dirs
}

func TestLines(t *testing.T) {
	t.Parallel()
	const source = `package p
import "io"
const C = "c"
const hidden = 1
var V, w io.Reader
func F(a int, b ...string) (n int, err error) { return }
type S struct { A int; b string; io.Writer }
func (S) M(x S) {}
func (*S) P() {}
func (S) q() {}
type I interface { M(x S) }
type N[T any] []T
type A = S
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", source, 0)
	require.NoError(t, err)
	config := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	p, err := config.Check("p", fset, []*ast.File{file}, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		`const C untyped string = "c"`,
		`func F(a int, b ...string) (n int, err error)`,
		`method (*S) P()`,
		`method (S) M(x S)`,
		`method (S) Write(p []byte) (n int, err error)`,
		`type A = S`,
		`type I interface`,
		`type I interface, M(x S)`,
		`type N[T any] []T`,
		`type S struct`,
		`type S struct, A int`,
		`type S struct, Writer io.Writer`,
		`var V io.Reader`,
	}, apilist.Lines(p))
}
