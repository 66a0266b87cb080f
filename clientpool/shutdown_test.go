package clientpool_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

// renewing is a Pool whose Clients have all sent a login that takes 5 seconds.
func renewing(t *testing.T, clients int) *clientpool.Pool {
	o := &opener{auth: func(id string) *fakeAuth { return &fakeAuth{account: account(id), took: 5 * time.Second} }}
	p := clientpool.New(o.open, &clientpool.Options{Client: vendorlogin.Options{Pacer: unpaced{}}})
	for n := range clients {
		c := client(t, p, fmt.Sprint(n))
		go func() { _, _ = c.Token(context.Background()) }()
	}
	synctest.Wait()
	return p
}

func TestNothingIsOpenedAfterShutdown(t *testing.T) {
	t.Parallel()
	o := &opener{}
	p := clientpool.New(o.open, nil)
	for range 2 {
		require.NoError(t, p.Shutdown(t.Context()))
	}
	_, err := p.Client(t.Context(), "a")
	require.ErrorIs(t, err, vendorlogin.ErrClosed)
	require.ErrorContains(t, err, `the Pool is shut down, id "a"`)
	e, _ := errors.AsType[*vendorlogin.Error](err)
	assert.True(t, e.Unprocessed)
	assert.Zero(t, o.calls.Load())
}

func TestShutdownTakesAsLongAsTheSlowest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := renewing(t, 20)
		c := client(t, p, "0")
		began := time.Now()
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Equal(t, 5*time.Second, time.Since(began))
		_, err := p.Client(t.Context(), "0")
		assert.ErrorIs(t, err, vendorlogin.ErrClosed)
		_, err = c.Token(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrClosed)
		assert.Empty(t, ids(p))
		assert.Nil(t, p.Forget("0"))
	})
}

func TestShutdownEndsAllBeforeItWaitsForOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := renewing(t, 20)
		idle := make([]*vendorlogin.Client, 20)
		for n := range idle {
			idle[n] = client(t, p, fmt.Sprint("idle-", n))
		}
		go func() {
			time.Sleep(time.Second)
			for _, c := range idle {
				_, err := c.Token(context.Background())
				assert.ErrorIs(t, err, vendorlogin.ErrClosed)
				assert.Zero(t, c.Authenticator().(*fakeAuth).logins.Load(), "it is too late to begin a login")
			}
		}()
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := renewing(t, 20)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := p.Shutdown(ctx)
		assert.Equal(t, time.Second, time.Since(began))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "and 10 Clients more")
		assert.Equal(t, 10, strings.Count(err.Error(), "example ("), "the first ones by name")
		require.NoError(t, p.Shutdown(t.Context()), "called again, it waits longer")
		assert.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestShutdownEndsForgottenClientsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := clientpool.New((&opener{}).open, nil)
		held := client(t, p, "old")
		time.Sleep(time.Hour)
		client(t, p, "new")
		require.Equal(t, []string{"new"}, ids(p))
		require.NoError(t, p.Shutdown(t.Context()))
		_, err := held.Token(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrClosed)
		runtime.KeepAlive(held)
	})
}
