package loginspec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/loginspec"
)

// A rule of the description that each step covers with one of its own never matches.
func TestCoveredRule(t *testing.T) {
	t.Parallel()
	const text = "name: v\nlogin:\n  - url: https://v.example\n    keep: {access: {json: t}}\n" +
		"    errors: [{status: [400], kind: credentials}]\nerrors: [{status: [400], at: {json: e}, kind: forbidden}]\n"
	assert.Contains(t, mistakes(t, text, loginspec.Config{}), "errors[0] can never match: in each step")
	_, err := loginspec.New(parseYAML(t, text+"logout: [{url: \"https://v.example\", form: {a: \"${access}\"}}]\n"), loginspec.Config{})
	require.NoError(t, err)
}

// A rule of the description may not fail what a step calls a success.
func TestRuleAgainstASuccess(t *testing.T) {
	t.Parallel()
	text := strings.Replace(right, "json: {user:", "status: [409]\n    json: {user:", 1)
	_, err := loginspec.New(parseYAML(t, text), rightConfig())
	require.NoError(t, err)
	text = strings.Replace(text, "\nerrors:\n", "\nerrors:\n  - {status: [409, 410], kind: forbidden}\n", 1)
	assert.Contains(t, mistakes(t, text, rightConfig()), "errors[0] matches every success of login[0]")
}

// A rule for "False" is not behind one that asks whether something is there: false is not.
func TestRuleForFalse(t *testing.T) {
	t.Parallel()
	spec := parseYAML(t, strings.Replace(right, "\nerrors:\n",
		"\nerrors:\n  - {at: {json: ok}, kind: forbidden}\n  - {at: {json: ok}, is: \"False\", kind: credentials}\n", 1))
	_, err := loginspec.New(spec, rightConfig())
	require.NoError(t, err)
}
