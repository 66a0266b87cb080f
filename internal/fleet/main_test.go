// Package fleet_test has the tests that need several processes: some that share a login while one of them, or what they share it
// through, is killed.
package fleet_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

// workerRole is in the environment of a process that is to be a worker.
const workerRole = "VENDORLOGIN_TEST_WORKER"

// patience is how long a test waits for what is to happen at once. It is never waited for when all is well.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	logging.Disable() // go-redis writes to stderr that it cannot dial a server that a test has killed
	if os.Getenv(workerRole) != "" {
		os.Exit(work(os.Stdin, os.Stdout))
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "12") // the tests mostly wait, for tokens to expire and for processes to give up on a lock
	goleak.VerifyTestMain(m)
}
