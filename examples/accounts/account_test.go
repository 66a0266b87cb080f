package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadAccounts(t *testing.T) {
	t.Parallel()
	const password = `"password": {"env": "EXAMPLE_PASSWORD"}`
	for says, content := range map[string]string{
		"":                          `[{"id": "a", "vendor": "gcore", "user": "ops@example.com", ` + password + `}]`,
		"unexpected EOF":            `[{"id": "a"`,
		`unknown field "pass"`:      `[{"id": "a", "pass": "example"}]`,
		"account 1: id is required": `[{"vendor": "gcore", "user": "ops@example.com", ` + password + `}]`,
		`account 2: id "a" is there twice`: `[{"id": "a", "vendor": "gcore", "user": "ops@example.com", ` + password + `},
			{"id": "a", "vendor": "gcore", "user": "ops@example.com", ` + password + `}]`,
		`account "a": vendor "acme" is not one of`: `[{"id": "a", "vendor": "acme", "user": "ops@example.com", ` + password + `}]`,
		"Password is required":                     `[{"id": "a", "vendor": "gcore", "user": "ops@example.com"}]`,
		"no such file":                             `[{"id": "a", "description": "none.yaml"}]`,
		"base_url":                                 `[{"id": "a", "description": "portal.yaml", "values": {"username": "ops@example.com"}}]`,
		"BaseURL is required":                      `[{"id": "a", "vendor": "secmgmt", "user": "ops@example.com", ` + password + `}]`,
	} {
		file := filepath.Join(t.TempDir(), "accounts.json")
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(file), "portal.yaml"), portal, 0o600))
		accounts, err := ReadAccounts(file)
		if says == "" {
			require.NoError(t, err)
			assert.Equal(t, "gcore", accounts["a"].Vendor)
			continue
		}
		assert.ErrorContains(t, err, says)
	}
	_, err := ReadAccounts(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
