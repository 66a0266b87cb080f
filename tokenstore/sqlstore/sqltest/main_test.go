//go:build unix

package sqltest

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childMode names what this test binary does when a test starts it as a process of its own.
const childMode = "SQLTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childMode) != "" {
		if err := work(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// Most tests wait for a server, not for a processor. A -parallel on the command line still counts.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	code := m.Run()
	if _, err := findPrograms(); err == nil {
		if p, err := shared(); err == nil {
			p.stop()
		}
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
