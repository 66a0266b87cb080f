package vendorlogin_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestInvalidate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		c.Invalidate(nil)
		first := mustToken(t, c)
		c.Invalidate(first)
		_, ok := c.Peek()
		assert.False(t, ok)
		assert.EqualValues(t, 1, f.logins.Load(), "it renews nothing by itself")
		second := mustToken(t, c)
		assert.NotSame(t, first, second)
		c.Invalidate(first)
		clone := *second
		c.Invalidate(&clone)
		assert.Same(t, second, mustToken(t, c))
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestInvalidatedTokenIsNotAdoptedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c, other := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		first := mustToken(t, c)
		mustToken(t, other)
		c.Invalidate(first)
		second := mustToken(t, c)
		assert.Equal(t, "access-2", second.Access.Reveal())
		token, ok := other.Peek()
		require.True(t, ok)
		other.Invalidate(token)
		assert.Equal(t, "access-2", mustToken(t, other).Access.Reveal(), "news")
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestRenew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, time.Second)
		c := newClient(t, f, nil)
		first, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.Same(t, first, mustToken(t, c))
		second, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.NotSame(t, first, second, "whatever its age")
		assert.EqualValues(t, 1, f.refreshes.Load())

		results := make(chan *vendorlogin.Token, 20)
		for range 20 {
			go func() {
				token, err := c.Renew(t.Context())
				assert.NoError(t, err)
				results <- token
			}()
		}
		synctest.Wait()
		assert.Same(t, second, mustToken(t, c), "Token does not wait for it")
		third := <-results
		for range 19 {
			assert.Same(t, third, <-results)
		}
		assert.EqualValues(t, 2, f.refreshes.Load())
	})
}

func TestRenewJoinsTheRenewalInTheBackground(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, time.Second)
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		mustToken(t, c)
		token, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "access-2", token.Access.Reveal())
		assert.EqualValues(t, 1, f.refreshes.Load())
	})
}

func TestRenewOfASharedToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c, other := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		mustToken(t, c)
		mustToken(t, other)
		for i := range 3 {
			token, err := c.Renew(t.Context())
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint("access-", i+2), token.Access.Reveal())
		}
		token, err := other.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "access-5", token.Access.Reveal(), "what was there before is no answer")
		assert.EqualValues(t, 4, f.refreshes.Load())
	})
}

func TestPeekStartsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		token := mustToken(t, c)
		for _, at := range []time.Duration{0, 56 * time.Minute, 4*time.Minute - 1} {
			time.Sleep(at)
			got, ok := c.Peek()
			assert.True(t, ok)
			assert.Same(t, token, got)
		}
		time.Sleep(time.Nanosecond)
		_, ok := c.Peek()
		assert.False(t, ok)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}
