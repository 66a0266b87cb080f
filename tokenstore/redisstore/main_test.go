package redisstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

func TestMain(m *testing.M) {
	logging.Disable() // go-redis writes to stderr that it cannot dial a server that a test has stopped
	// A pool that could not dial asks once a second whether the server is back, and sees only then that it has been closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

const (
	key  = "gcore-0123456789abcdef0123456789abcdef"
	long = time.Minute
)

// newStore is a store in s, and a client to look behind it.
func newStore(t *testing.T, s *redistest.Server) (*redisstore.Store, *redis.Client) {
	t.Helper()
	rdb := s.Client(t, nil)
	return redisstore.New(rdb, nil), rdb
}

// until asks done until it is true, but not for ever.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 30 s, %s", what)
		}
	}
}

// keys are all there are.
func keys(t *testing.T, rdb *redis.Client) []string {
	t.Helper()
	all, err := rdb.Keys(context.WithoutCancel(t.Context()), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// canary is a blob that is found again, whole or in pieces.
const canary = "CANARY-4f1c-blob"

func blob() []byte { return []byte(strings.Repeat(canary+" ", 20)) }
