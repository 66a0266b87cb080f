package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// The environment is the process's, so these tests do not run in parallel.
func clearEnvironment(t *testing.T) {
	for _, v := range liveVendors {
		for _, name := range append(v.required, v.optional...) {
			t.Setenv(name, "")
		}
	}
}

func TestWithoutCredentials(t *testing.T) {
	clearEnvironment(t)
	var out bytes.Buffer
	require.ErrorContains(t, againstVendors(t.Context(), &out), "no vendor's credentials are in the environment")
	assert.Contains(t, out.String(), "gcore: left out, since the environment lacks GCORE_USERNAME, GCORE_PASSWORD\n")
	assert.Equal(t, len(liveVendors), bytes.Count(out.Bytes(), []byte("left out")))
}

func TestVendorsWithCredentials(t *testing.T) {
	clearEnvironment(t)
	server := vendortest.NewGenericLogin(&vendortest.Options{
		Users: []vendortest.User{{Email: email, Password: "example-password", TOTP: totpSecret}},
	}).Start()
	defer server.Close()
	t.Setenv("GENERICLOGIN_EMAIL", email)
	t.Setenv("GENERICLOGIN_PASSWORD", "example-password")
	t.Setenv("GENERICLOGIN_BASE_URL", server.URL)
	t.Setenv("GENERICLOGIN_TOTP", totpSecret)

	var out bytes.Buffer
	require.NoError(t, againstVendors(t.Context(), &out))
	assert.Regexp(t, `genericlogin +ops@example.com +\[redacted\] +Bearer`, out.String())
	assert.Equal(t, 1, server.Counts().OTPs)

	t.Setenv("GENERICLOGIN_PASSWORD", "not-the-password")
	require.ErrorIs(t, againstVendors(t.Context(), &out), vendorlogin.ErrInvalidCredentials)
	assert.Equal(t, 1, server.Counts().WrongPasswords)
}
