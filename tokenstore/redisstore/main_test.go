package redisstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

func TestMain(m *testing.M) {
	// Most tests wait for a server, not for a processor. A -parallel on the command line still counts.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
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

// until asks done until it is true, but not without end.
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

// A call is one method of the interfaces.
type call struct {
	name string
	do   func(ctx context.Context) error
}

// calls are all methods, as the holder of a record and of a lock would use them. Call it while the server works.
func calls(t *testing.T, store *redisstore.Store) []call {
	t.Helper()
	version, err := store.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	lease, err := store.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	return []call{
		{"load", func(ctx context.Context) error { _, _, err := store.Load(ctx, key); return err }},
		{"save", func(ctx context.Context) error { _, err := store.Save(ctx, key, blob(), version, long); return err }},
		{"delete", func(ctx context.Context) error { return store.Delete(ctx, key, version) }},
		{"lock", func(ctx context.Context) error { _, err := store.TryLock(ctx, key+"-2", long); return err }},
		{"extend", lease.Extend},
		{"unlock", lease.Unlock},
	}
}

// allFail checks that each call returns a store failure, within limit, and that all it says is fit to be logged. What an error
// says is for check.
func allFail(t *testing.T, calls []call, limit time.Duration, check func(t assert.TestingT, err error)) {
	t.Helper()
	var group sync.WaitGroup
	for _, c := range calls {
		group.Go(func() {
			start := time.Now()
			err := c.do(t.Context())
			assert.Less(t, time.Since(start), limit, c.name)
			if assert.ErrorIs(t, err, vendorlogin.ErrStore, c.name) {
				assert.ErrorContains(t, err, "redisstore: "+c.name+": ")
				assert.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline is another")
				tellsNothing(t, err)
				check(t, err)
			}
		})
	}
	group.Wait()
}

// tellsNothing checks err and everything that it wraps for parts of a blob.
func tellsNothing(t assert.TestingT, err error) {
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), "CANARY")
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		if inner := wrapped.Unwrap(); inner != nil {
			tellsNothing(t, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapped.Unwrap() {
			tellsNothing(t, inner)
		}
	}
}

func says(text string) func(assert.TestingT, error) {
	return func(t assert.TestingT, err error) { assert.ErrorContains(t, err, text) }
}

// A recorder notes the commands that a client is given.
type recorder struct {
	mu       sync.Mutex
	commands [][]any
}

func (r *recorder) DialHook(next redis.DialHook) redis.DialHook { return next }
func (r *recorder) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(context.Context, []redis.Cmder) error { return errors.New("pipelines are not used") }
}

func (r *recorder) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		r.mu.Lock()
		r.commands = append(r.commands, cmd.Args())
		r.mu.Unlock()
		return next(ctx, cmd)
	}
}

// take gives what was noted since the last time.
func (r *recorder) take() [][]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	commands := r.commands
	r.commands = nil
	return commands
}
