// Package exportdata reads compiled packages back as go/types packages, for the tests that check documentation and the exported API.
// It runs the go command, which takes what it needs from the build cache and the module cache.
package exportdata

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Package is one package as go list sees it.
type Package struct{ Path, Name, file string }

// format has the sources of the main module's packages at its end.
const format = `{{.ImportPath}}	{{.Name}}	{{.Export}}	{{if .Module}}{{if .Module.Main}}{{.Dir}}	{{join .GoFiles "\t"}}{{end}}{{end}}`

// List returns the packages that match patterns in the module of dir; deps adds the packages that they import, directly or not.
func List(dir string, deps bool, patterns ...string) ([]Package, error) {
	args := []string{"list", "-export", "-f", format}
	if deps {
		args = append(args, "-deps")
	}
	cmd := exec.Command("go", append(args, patterns...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w: %s", dir, err, stderr.String())
	}
	var packages []Package
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		packages = append(packages, Package{Path: f[0], Name: f[1], file: f[2]})
		if err := depend(f[3:]); err != nil {
			return nil, err
		}
	}
	return packages, nil
}

// depend looks at a directory and the files in it: go test keeps a result only while what its test looked at is the same.
func depend(sources []string) error {
	for i, name := range sources {
		if i > 0 {
			name = filepath.Join(sources[0], name)
		}
		if _, err := os.Stat(name); name != "" && err != nil {
			return err
		}
	}
	return nil
}

// Importer returns an importer that knows the packages given.
func Importer(fset *token.FileSet, packages []Package) types.Importer {
	files := map[string]string{}
	for _, p := range packages {
		files[p.Path] = p.file
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file, known := files[path]
		if !known || file == "" {
			return nil, fmt.Errorf("no compiled package %s", path)
		}
		return os.Open(file)
	})
}
