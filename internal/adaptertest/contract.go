package adaptertest

import "testing"

// TestContract checks what every adapter owes, whatever its vendor looks like.
func TestContract(t *testing.T, v Contract) {
	for name, test := range map[string]func(*testing.T, Contract){
		"configuration":            testConfiguration,
		"fingerprint":              testFingerprint,
		"redirect":                 testRedirect,
		"names":                    testNames,
		"secrets":                  testSecrets,
		"a success without tokens": testNoToken,
		"byte order mark":          testByteOrderMark,
		"Retry-After":              testRetryAfter,
		"pages":                    testPages,
		"statuses":                 testStatuses,
		"rejected refresh":         testRejectedRefresh,
		"scheme in the token":      testScheme,
		"clocks":                   testClocks,
		"prompt":                   testPrompt,
		"budget":                   testBudget,
		"later step":               testLaterStep,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, v)
		})
	}
}
