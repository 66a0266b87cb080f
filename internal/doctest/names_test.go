package doctest

import (
	"go/types"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A name in prose is a package or a type of the root, and what is in it: `gcore.New`, `Options.Store`, `client.Token(ctx)`.
var name = regexp.MustCompile("`\\*?(?:vendorlogin\\.)?([A-Za-z0-9]+)\\.([A-Z][A-Za-z]+)")

// TestNames looks up the exported names that the documents' prose has.
func TestNames(t *testing.T) {
	t.Parallel()
	compiler, err := newCompiler()
	require.NoError(t, err)
	known := 0
	for _, document := range documents(t) {
		if document == "CHANGELOG.md" || document == "SECURITY.md" { // names of the past, and of tests: see TestPromises
			continue
		}
		for _, m := range name.FindAllStringSubmatch(prose(read(t, document)), -1) {
			exists, ok := compiler.lookUp(m[1], m[2])
			if ok {
				known++
				assert.True(t, exists, "%s names %s.%s, which does not exist", document, m[1], m[2])
			}
		}
	}
	assert.Greater(t, known, 20)

	exists, ok := compiler.lookUp("Options", "Nothing")
	assert.True(t, ok)
	assert.False(t, exists)
	exists, ok = compiler.lookUp("gcore", "Nothing")
	assert.True(t, ok)
	assert.False(t, exists)
}

// lookUp says whether name is in the package, type of the root, or variable called of; ok is false if that is none of these.
func (c *compiler) lookUp(of, name string) (exists, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if path := c.names[of]; c.known[path] && len(path) > len(rootPath) && path[:len(rootPath)] == rootPath {
		p, err := c.imp.Import(path)
		return err == nil && p.Scope().Lookup(name) != nil, true
	}
	if of == "client" {
		of = "Client"
	}
	p, err := c.imp.Import(rootPath)
	if err != nil {
		return false, false
	}
	object := p.Scope().Lookup(of)
	if object == nil {
		return false, false
	}
	found, _, _ := types.LookupFieldOrMethod(object.Type(), true, p, name)
	return found != nil, true
}

const rootPath = "github.com/vendorlogin/vendorlogin"
