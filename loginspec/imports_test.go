package loginspec_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Who uses one Go vendor links neither descriptions nor the libraries of YAML and JWT, and who reads JSON links no YAML.
func TestImports(t *testing.T) {
	t.Parallel()
	const module = "github.com/vendorlogin/vendorlogin/"
	for name, never := range map[string][]string{
		"gcore":              {"loginspec", "yaml", "jwt"},
		"gmicloud":           {"loginspec", "yaml", "jwt"},
		"genlogs":            {"loginspec", "yaml", "jwt"},
		"secmgmt":            {"loginspec", "yaml", "jwt"},
		"genericlogin":       {"loginspec", "yaml", "jwt"},
		"loginspec":          {"yaml"},
		"loginspec/specyaml": {"testing"},
	} {
		out, err := exec.Command("go", "list", "-deps", module+name).CombinedOutput()
		require.NoError(t, err, string(out))
		for path := range strings.FieldsSeq(string(out)) {
			for _, word := range never {
				assert.NotContains(t, path, word, "%s links it", name)
			}
		}
	}
}
