package vendorlogin_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/vendorlogin/vendorlogin"

// linked lists the packages beyond the standard library that a program links by importing path.
func linked(t *testing.T, path string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", path).Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

func TestAVendorLinksLittle(t *testing.T) {
	t.Parallel()
	for _, vendor := range []string{"gmicloud", "genlogs", "gcore", "secmgmt", "genericlogin"} {
		packages := linked(t, module+"/"+vendor)
		assert.LessOrEqual(t, len(packages), 10, packages)
		for _, p := range packages {
			for _, heavy := range []string{"redis", "otp", "oauth2", "testify", "httpmock", "flock"} {
				assert.NotContains(t, p, heavy)
			}
		}
	}
}

func TestRootLinksNothing(t *testing.T) {
	t.Parallel()
	for _, p := range linked(t, module) {
		assert.True(t, p == module || strings.HasPrefix(p, module+"/internal/"), p)
	}
}

func TestTestServersLinkNothing(t *testing.T) {
	t.Parallel()
	for _, p := range append(linked(t, module+"/vendortest"), linked(t, module+"/authtest")...) {
		assert.True(t, p == module || strings.HasPrefix(p, module+"/"), p)
	}
}
