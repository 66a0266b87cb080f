package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	named    = regexp.MustCompile("`(?:([a-z0-9]+)\\.)?((?:Test|Fuzz)[A-Za-z0-9]+)`")
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]*)\(`)
)

// TestPromises checks that each promise of SECURITY.md names a test, and that each test it names exists.
func TestPromises(t *testing.T) {
	t.Parallel()
	tests := testsByPackage(t)
	promises := 0
	for line := range strings.Lines(read(t, "SECURITY.md")) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| promise") {
			continue
		}
		promises++
		names := named.FindAllStringSubmatch(line, -1)
		assert.NotEmpty(t, names, "no test holds: %s", line)
		for _, m := range names {
			assert.Contains(t, tests[m[1]], m[2], "the tests of package %q", m[1])
		}
	}
	assert.Greater(t, promises, 10)
}

// testsByPackage are the names of tests and fuzz targets by the directory they are in; the root's is "".
func testsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		dir := filepath.Base(filepath.Dir(name))
		if filepath.Dir(name) == filepath.Clean(root) {
			dir = ""
		}
		data, err := os.ReadFile(name)
		for _, m := range declared.FindAllStringSubmatch(string(data), -1) {
			found[dir] = append(found[dir], m[1])
		}
		return err
	})
	require.NoError(t, err)
	return found
}
