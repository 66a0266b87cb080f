// Package house_test holds how the files of a package are arranged, as CONTRIBUTING.md says: calls go down.
package house_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/exportdata"
)

const (
	root     = "../.."
	module   = "github.com/vendorlogin/vendorlogin"
	maxLines = 360
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// calls are which files of a package call functions of which others, and what they call there.
type calls map[string]map[string]string

// TestCallsGoDown finds files that call each other, directly or through others. Account, errors and secret of the root may.
func TestCallsGoDown(t *testing.T) {
	t.Parallel()
	packages, err := exportdata.List(root, true, "./...")
	require.NoError(t, err)
	fset := token.NewFileSet()
	importer := exportdata.Importer(fset, packages)
	looked := 0
	for _, p := range packages {
		if p.Path != module && !strings.HasPrefix(p.Path, module+"/") {
			continue
		}
		files := sources(t, fset, filepath.Join(root, strings.TrimPrefix(p.Path, module)))
		found := callsOf(t, fset, importer, p.Path, files)
		if p.Path == module {
			for _, name := range []string{"account.go", "errors.go", "secret.go"} {
				delete(found, name)
			}
		}
		looked++
		for _, circle := range circles(found) {
			t.Errorf("%s: files call each other: %s", p.Path, strings.Join(circle, " "))
		}
	}
	assert.Greater(t, looked, 40)
}

// sources are the parsed files of a package, without its tests and without those of other systems.
func sources(t *testing.T, fset *token.FileSet, dir string) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		assert.LessOrEqual(t, bytes.Count(data, []byte("\n")), maxLines, name)
		file, err := parser.ParseFile(fset, name, data, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

func callsOf(t *testing.T, fset *token.FileSet, importer types.Importer, path string, files []*ast.File) calls {
	t.Helper()
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer, Error: func(error) {}} // the files of another system declare the same again
	pkg, _ := config.Check(path, fset, files, info)
	require.NotNil(t, pkg)
	found := calls{}
	for id, object := range info.Uses {
		f, isFunc := object.(*types.Func)
		if !isFunc || f.Pkg() != pkg {
			continue
		}
		from, to := filepath.Base(fset.Position(id.Pos()).Filename), filepath.Base(fset.Position(f.Pos()).Filename)
		if from != to {
			if found[from] == nil {
				found[from] = map[string]string{}
			}
			found[from][to] = f.Name()
		}
	}
	return found
}

// circles are the files that reach themselves, each with a way there.
func circles(c calls) (all [][]string) {
	for _, from := range slices.Sorted(maps.Keys(c)) {
		if way := c.way(from, from, map[string]bool{}); way != nil {
			all = append(all, append([]string{from}, way...))
		}
	}
	return all
}

func (c calls) way(from, to string, been map[string]bool) []string {
	for _, next := range slices.Sorted(maps.Keys(c[from])) {
		step := "-> " + next + " (" + c[from][next] + ")"
		if next == to {
			return []string{step}
		}
		if !been[next] {
			been[next] = true
			if rest := c.way(next, to, been); rest != nil {
				return append([]string{step}, rest...)
			}
		}
	}
	return nil
}

func TestCircles(t *testing.T) {
	t.Parallel()
	down := calls{"a": {"b": "f", "c": "g"}, "b": {"c": "h"}}
	assert.Empty(t, circles(down))
	down["c"] = map[string]string{"a": "k"}
	assert.Equal(t, []string{"a", "-> b (f)", "-> c (h)", "-> a (k)"}, circles(down)[0])
}
