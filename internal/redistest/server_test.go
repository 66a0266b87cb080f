package redistest_test

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// oneTry is a client that says at once what is wrong.
var oneTry = redis.Options{MaxRetries: -1, DialerRetries: 1}

func TestServer(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(redistest.TB) *redistest.Server{
		"real":       func(t redistest.TB) *redistest.Server { return redistest.StartReal(t) },
		"in-process": redistest.StartInProcess,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			assert.Equal(t, name == "real", s.Real())
			assert.Contains(t, s.Kind(), s.Addr)
			rdb := s.Client(t, &oneTry)
			require.NoError(t, rdb.Set(t.Context(), "key", "value", 0).Err())

			s.Kill()
			s.Kill()
			require.Error(t, rdb.Get(t.Context(), "key").Err())
			require.NoError(t, s.Restart())
			_ = rdb.Ping(t.Context()) // the connection that broke
			assert.ErrorIs(t, rdb.Get(t.Context(), "key").Err(), redis.Nil, "it begins empty")
			require.NoError(t, s.Restart(), "of one that runs")
		})
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	s := redistest.StartReal(t)
	hasty := oneTry
	hasty.ReadTimeout = 100_000_000
	rdb := s.Client(t, &hasty)
	require.NoError(t, rdb.Ping(t.Context()).Err())
	require.NoError(t, s.Pause())
	err := rdb.Ping(t.Context()).Err()
	network, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	require.True(t, ok, "%v", err)
	assert.True(t, network.Timeout())
	require.NoError(t, s.Resume())
	require.NoError(t, rdb.Ping(t.Context()).Err())

	inside := redistest.StartInProcess(t)
	require.Error(t, inside.Pause(), "cannot be done")
}
