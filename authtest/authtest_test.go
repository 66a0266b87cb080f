package authtest_test

import (
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
)

// TestReport: both suites fail the test that calls them, as a subtest that says what happened and which rule that breaks. What fails
// runs in a process of its own.
func TestReport(t *testing.T) {
	t.Parallel()
	const child = "AUTHTEST_REPORT_CHILD"
	if os.Getenv(child) != "" {
		t.Run("store", func(t *testing.T) {
			authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return newMemory(faults{emptyVersion: true}) })
		})
		t.Run("authenticator", func(t *testing.T) {
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor { return plainVendor(flaws{retriesWrongPassword: true}, false) })
		})
		return
	}
	const some = "^TestReport$/^(store|authenticator)$/^(round-trip|password|login)$/^(wrong|token)$"
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+some, "-test.v")
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 1, exit.ExitCode())
	for _, line := range []string{
		"--- FAIL: TestReport/store/round-trip", `Save gave the version ""`, "rule: Load gives the blob and the version of the last Save",
		"--- FAIL: TestReport/authenticator/password/wrong", "after a wrong password: 2 requests were sent",
		"rule: wrong credentials are ErrInvalidCredentials, and are sent once", "--- PASS: TestReport/authenticator/login/token",
	} {
		assert.Contains(t, string(out), line)
	}
}

// nameOf names the one field of a struct of bools that is true.
func nameOf(wrong any) string {
	v := reflect.ValueOf(wrong)
	for i := range v.NumField() {
		if v.Field(i).Bool() {
			return v.Type().Field(i).Name
		}
	}
	return "right"
}
