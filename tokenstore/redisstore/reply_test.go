package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/bounded"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
)

func TestReplyReason(t *testing.T) {
	t.Parallel()
	const example = "example-blob"
	const (
		keys    = "the Redis user has no right to the store's keys (NOPERM)"
		rights  = "the Redis user has no right to this command (NOPERM)"
		unknown = "the server has no such command, or has it under another name (unknown command)"
	)
	for reply, want := range map[string]string{
		"NOPERM No permissions to access a key":                              "GET: " + rights,
		"NOPERM no permissions to access one of the keys " + example:         "GET: " + keys,
		"ERR can't access at least one of the keys mentioned in the command": "GET: " + keys,
		"NOPERM this user has no permissions to run the 'evalsha' command":   "EVALSHA: " + rights,
		"NOPERM in script [in PTTL] 'get' " + example:                        "PTTL: " + rights,
		"NOPERM in script [in OTHER] " + example:                             "GET: " + rights,
		"ERR unknown command 'set', with args " + example:                    "SET: " + unknown,
		"ERR Unknown Redis command called from script":                       "GET: " + unknown,
		"WRONGTYPE Operation against a key":                                  "GET: what is under the key is no string, and not ours (WRONGTYPE)",
		"ERR " + example:                                                     "GET: the server returned an error",
	} {
		assert.Equal(t, want, replyReason(reply, "GET"), reply)
	}
	for _, kind := range []string{"READONLY", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "MISCONF",
		"OOM", "BUSY", "NOAUTH", "WRONGPASS", "CROSSSLOT", "NOSCRIPT", "max number of clients"} {
		assert.Equal(t, "GET: the server returned an error: "+kind, replyReason("ERR in a script: "+kind+" "+example, "GET"))
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	s := server{timeout: time.Second}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted} {
		assert.Equal(t, known.Error(), s.reason("GET", fmt.Errorf("example-blob: %w", known)))
	}
	for _, late := range []error{context.DeadlineExceeded, os.ErrDeadlineExceeded, bounded.ErrNoResponse} {
		assert.Equal(t, "no response within 1s", s.reason("GET", fmt.Errorf("example-blob: %w", late)))
	}
	assert.Equal(t, "the client failed with a *errors.errorString", s.reason("GET", errors.New("example-blob")))
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := New(redistest.StartInProcess(t).Client(t, &redis.Options{}), &Options{})
	assert.Equal(t, "vendorlogin:", s.prefix)
	assert.Equal(t, 2*time.Second, s.server.timeout)
	_, _, err := s.Load(t.Context(), "example-0123456789abcdef0123456789abcdef")
	require.Equal(t, vendorlogin.ErrNoRecord, err, "nothing at all is no event")
}
