package tokenstore_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childMode names what this test binary does when a test starts it as a process of its own.
const childMode = "TOKENSTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(runAsChild(mode))
	}
	goleak.VerifyTestMain(m)
}
