package tokenstore_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childMode names the part that this test binary plays when a test starts it as a process of its own.
const childMode = "TOKENSTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(playChild(mode))
	}
	goleak.VerifyTestMain(m)
}
