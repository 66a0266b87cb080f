package loginspec_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/loginspec-reference.md")

const reference = "../docs/loginspec-reference.md"

// The reference of all keys is made from the comments of the structs, so that it cannot lag. "go test -run TestReference -update"
// writes it.
func TestReference(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "spec.go", nil, parser.ParseComments)
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("# Every key of a description\n\n" +
		"Made from the comments in loginspec/spec.go; do not edit. `docs/describe-a-vendor.md` shows how to write a description.\n")
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		spec := group.Specs[0].(*ast.TypeSpec)
		if spec.Name.Name == "Element" { // it has no keys: in a file the names of elements are the keys
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s", spec.Name.Name, group.Doc.Text())
		if fields, ok := spec.Type.(*ast.StructType); ok {
			describe(t, &b, spec.Name.Name, fields)
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(reference, []byte(b.String()), 0o644))
	}
	data, err := os.ReadFile(reference)
	require.NoError(t, err)
	assert.Equal(t, b.String(), string(data), "run: go test ./loginspec -run TestReference -update")
}

// describe writes the keys of a struct. A comment above a group of fields is about all of them.
func describe(t *testing.T, b *strings.Builder, name string, fields *ast.StructType) {
	doc := ""
	b.WriteString("\n| key | takes | |\n|---|---|---|\n")
	for _, field := range fields.Fields.List {
		if field.Doc != nil {
			doc = strings.Join(strings.Fields(field.Doc.Text()), " ")
		}
		switch {
		case len(field.Names) == 0:
			fmt.Fprintf(b, "| | | and the keys of %s |\n", field.Type.(*ast.Ident).Name)
			continue
		case !field.Names[0].IsExported():
			continue
		}
		require.NotEmpty(t, doc, "%s.%s has no comment", name, field.Names[0])
		key := field.Names[0].Name
		if field.Tag != nil {
			key = reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", key, takes(field.Type), doc)
	}
}

// takes says in words what a field of a type takes.
func takes(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return takes(e.X)
	case *ast.ArrayType:
		return "list of " + takes(e.Elt)
	case *ast.MapType:
		return takes(e.Value) + " by name"
	case *ast.SelectorExpr:
		return "duration"
	case *ast.Ident:
		if word := map[string]string{"string": "text", "bool": "true", "int": "number", "any": "anything"}[e.Name]; word != "" {
			return word
		}
		return e.Name
	}
	return ""
}
