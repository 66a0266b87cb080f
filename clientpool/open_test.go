package clientpool_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

func TestACallerThatLeavesHurtsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		p := clientpool.New(func(ctx context.Context, id string) (vendorlogin.Authenticator, error) {
			opened.Add(1)
			select {
			case <-time.After(time.Minute):
				return &fakeAuth{account: account(id)}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}, nil)
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := p.Client(hasty, "a")
			assert.ErrorIs(t, err, context.DeadlineExceeded, "who leads")
		})
		synctest.Wait()
		callers.Go(func() {
			_, err := p.Client(hasty, "a")
			assert.ErrorIs(t, err, context.DeadlineExceeded, "who waits")
		})
		callers.Go(func() {
			_, err := p.Client(t.Context(), "a")
			assert.NoError(t, err)
		})
		callers.Wait()
		assert.EqualValues(t, 2, opened.Load())
	})
}

func TestAPanicInOpenIsOneCallersOwn(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(){"panic": func() { panic("example") }, "Goexit": runtime.Goexit} {
		synctest.Test(t, func(t *testing.T) {
			var opened atomic.Int64
			p := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
				n := opened.Add(1)
				time.Sleep(time.Second)
				if n == 1 {
					ends()
				}
				return &fakeAuth{account: account(id)}, nil
			}, nil)
			go func() {
				defer func() { _ = recover() }()
				_, _ = p.Client(t.Context(), "a")
			}()
			synctest.Wait()
			_, err := p.Client(t.Context(), "a")
			require.NoError(t, err, name)
			assert.EqualValues(t, 2, opened.Load(), name)
		})
	}
}

func TestForgetWhileOpening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		p := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
			configuration := opened.Add(1)
			time.Sleep(time.Second)
			return &fakeAuth{account: account(id), took: time.Duration(configuration)}, nil
		}, nil)
		var caller sync.WaitGroup
		caller.Go(func() { client(t, p, "a") })
		synctest.Wait()
		assert.Nil(t, p.Forget("a"))
		caller.Wait()
		assert.EqualValues(t, 2, client(t, p, "a").Authenticator().(*fakeAuth).took, "what was read before Forget is not used")
	})
}

func TestShutdownWhileOpening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
			time.Sleep(time.Second)
			return &fakeAuth{account: account(id)}, nil
		}, nil)
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				_, err := p.Client(t.Context(), "a")
				assert.ErrorIs(t, err, vendorlogin.ErrClosed)
			})
		}
		synctest.Wait()
		require.NoError(t, p.Shutdown(t.Context()))
		callers.Wait()
	})
}
