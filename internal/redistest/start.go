package redistest

import (
	"context"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

// TB is what Start and its siblings need of a testing.TB, so that programs that are no tests do not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Context() context.Context
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skip(args ...any)
}

// Start is Launch for a test: the server ends with it. Where CI is set in the environment, a missing redis-server fails the test.
func Start(t TB, args ...string) *Server {
	t.Helper()
	inCI(t)
	s, err := Launch(args...)
	return started(t, s, err)
}

// StartReal is Start for a test that needs a real server: where none is installed it is skipped, or fails in CI.
func StartReal(t TB, args ...string) *Server {
	t.Helper()
	needReal(t)
	s, err := launchReal("", append(forgetful(), args...))
	return started(t, s, err)
}

// StartInProcess is LaunchInProcess for a test.
func StartInProcess(t TB) *Server {
	t.Helper()
	s, err := LaunchInProcess()
	return started(t, s, err)
}

func needReal(t TB) {
	t.Helper()
	inCI(t)
	if !Installed() {
		t.Skip("redis-server is not installed")
	}
}

func inCI(t TB) {
	t.Helper()
	if ci := os.Getenv("CI"); ci != "" && ci != "false" && !Installed() {
		t.Fatalf("redis-server is not installed, which CI needs")
	}
}

func started(t TB, s *Server, err error) *Server {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Client is a client of the server that ends with the test; o, which may be nil, says what else is special about it.
func (s *Server) Client(t TB, o *redis.Options) *redis.Client {
	t.Helper()
	options := redis.Options{}
	if o != nil {
		options = *o
	}
	options.Addr = s.Addr
	rdb := redis.NewClient(&options)
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// await asks done until it is true, and ends the test when that takes too long.
func await(t TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * startLimit); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("redistest: after %v, %s", 2*startLimit, what)
		}
	}
}
