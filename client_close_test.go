package vendorlogin_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestRenewalOutlivesItsCallers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 10*time.Second)
		c := newClient(t, f, shared(s))
		for i := range 2 { // a login, then a refresh
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			a := atOnce(ctx, 10, c)
			cancel()
			require.Len(t, a.errs, 10)
			require.ErrorIs(t, a.errs[0], context.DeadlineExceeded)
			time.Sleep(10 * time.Second)
			assert.EqualValues(t, i+1, f.requests())
			token, ok := c.Peek()
			require.True(t, ok)
			assert.Equal(t, token.Access.Reveal(), s.record(t).Token.Access)
			time.Sleep(time.Hour)
		}
		assert.EqualValues(t, 1, f.refreshes.Load())
	})
}

func TestNoGoroutineBeforeTheFirstToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, err := vendorlogin.NewClient(
			&fake{},
			&vendorlogin.Options{KeepAlive: true, Store: newMemStore(), OnEvent: func(vendorlogin.Event) {}},
		)
		require.NoError(t, err)
		_ = c.HTTPClient()
		_, ok := c.Peek()
		assert.False(t, ok)
		// Not closed: a goroutine of it would keep the bubble from ending.
	})
}

func TestClosedClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		token := mustToken(t, c)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { assert.NoError(t, c.Close()) })
		}
		wg.Wait()
		_, err := c.Token(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrClosed)
		assert.EqualError(t, err, "fake (ops@example.com): token: client closed")
		_, err = c.Renew(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrClosed)
		assert.ErrorIs(t, c.Logout(t.Context()), vendorlogin.ErrClosed)
		_, ok := c.Peek()
		assert.False(t, ok)
		c.Invalidate(token)
		time.Sleep(24 * time.Hour)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// waiting has a caller wait for c, and gives the error it is given.
func waiting(t *testing.T, c *vendorlogin.Client) <-chan error {
	result := make(chan error, 1)
	go func() { _, err := c.Token(t.Context()); result <- err }()
	synctest.Wait()
	return result
}

func TestCloseCancelsWhatHasSentNothing(t *testing.T) {
	for _, op := range []string{"load", "lock", "attempt", "mark"} {
		t.Run(op, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := newRefresher(time.Hour, 0)
				var seen events
				var store vendorlogin.Store = s
				if op == "attempt" {
					store = unlocked{s}
				}
				c := newClient(t, f, &vendorlogin.Options{Store: store, OnEvent: seen.record})
				if op == "mark" {
					mustToken(t, c)
					time.Sleep(time.Hour)
				}
				seen.seen()
				before := f.requests()
				s.before = failAt(op, hang)
				result := waiting(t, c)
				began := time.Now()
				require.NoError(t, c.Close())
				assert.ErrorIs(t, <-result, vendorlogin.ErrClosed)
				assert.Zero(t, time.Since(began))
				assert.Equal(t, before, f.requests())
				assert.NotContains(t, types(seen.seen()), vendorlogin.EventHold)
			})
		})
	}
}

func TestCloseCancelsTheWaitForTheLock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{}
		_, err := s.TryLock(t.Context(), f.Account().Key(), time.Hour)
		require.NoError(t, err)
		c := newClient(t, f, shared(s))
		result := waiting(t, c)
		began := time.Now()
		require.NoError(t, c.Close())
		assert.ErrorIs(t, <-result, vendorlogin.ErrClosed)
		assert.Zero(t, time.Since(began))
		assert.Zero(t, f.logins.Load())
	})
}

func TestCloseTakesBackTheMarkOfWhatWasNotSent(t *testing.T) {
	for name, wrap := range map[string]func(s *memStore) vendorlogin.Store{
		"locks":    func(s *memStore) vendorlogin.Store { return s },
		"no locks": func(s *memStore) vendorlogin.Store { return unlocked{s} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := newRefresher(time.Hour, 0)
				c := newClient(t, f, shared(wrap(s)))
				mustToken(t, c)
				time.Sleep(time.Hour)
				synctest.Wait()
				s.after = failAt("mark", func(context.Context) error { // closed between the mark and the refresh
					go func() { assert.NoError(t, c.Close()) }()
					synctest.Wait()
					return nil
				})
				_, err := c.Token(t.Context())
				assert.ErrorIs(t, err, vendorlogin.ErrClosed)
				require.NoError(t, c.Close())
				assert.Zero(t, f.refreshes.Load())
				assert.False(t, s.record(t).Spent)
				assert.Nil(t, s.record(t).Claim)
			})
		})
	}
}

func TestCloseWaitsForWhatHasBeenSentAndSavesIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 20*time.Second)
		c := newClient(t, f, shared(s))
		result := waiting(t, c)
		time.Sleep(time.Second)
		began := time.Now()
		closed := make(chan error)
		go func() { closed <- c.Close() }()
		assert.ErrorIs(t, <-result, vendorlogin.ErrClosed)
		assert.Zero(t, time.Since(began), "waiters hear of it at once")
		require.NoError(t, <-closed)
		assert.Equal(t, 19*time.Second, time.Since(began))
		assert.Equal(t, "access-1", s.record(t).Token.Access)
		assert.Empty(t, s.locks)
		_, err := c.Token(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrClosed)
	})
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &deaf{refresher: newRefresher(time.Hour, 0), loginTook: time.Hour}
		c, err := vendorlogin.NewClient(f, nil)
		require.NoError(t, err)
		result := waiting(t, c)
		began := time.Now()
		err = c.Close()
		assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Equal(t, 35*time.Second, time.Since(began))
		assert.ErrorIs(t, <-result, vendorlogin.ErrClosed)
		time.Sleep(time.Hour)
		assert.NoError(t, c.Close())
	})
}

func TestCloseAfterARejectedRefreshLogsInNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(newMemStore()))
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.on = func(ctx context.Context, _ string, _ int64) error {
			_ = pass(ctx, 5*time.Second)
			return vendorlogin.ErrRefreshRejected
		}
		waiting(t, c)
		require.NoError(t, c.Close())
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestCloseEndsWaitToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(30 * time.Minute)}}
		c := newClient(t, f, nil)
		began := time.Now()
		go func() {
			time.Sleep(90 * time.Second)
			_ = c.Close()
		}()
		_, err := c.WaitToken(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrClosed)
		assert.Equal(t, 90*time.Second, time.Since(began))
	})
}

func TestCloseAtEveryStep(t *testing.T) {
	for _, step := range []string{"load", "lock", "attempt", "save", "unlock", "mark", "extend"} {
		for _, wait := range []time.Duration{0, time.Second, 3 * time.Second} {
			t.Run(step, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					s := newMemStore()
					f := newRefresher(time.Hour, time.Second)
					c, err := vendorlogin.NewClient(f, shared(s))
					require.NoError(t, err)
					var closing atomic.Bool
					s.before = func(_ context.Context, op string) error {
						if op == step && closing.CompareAndSwap(false, true) {
							go func() { _ = c.Close() }()
							time.Sleep(wait)
						}
						return nil
					}
					token, err := c.Token(t.Context())
					assert.True(t, (token == nil) != (err == nil))
					time.Sleep(56 * time.Minute)
					token, err = c.Token(t.Context())
					assert.True(t, (token == nil) != (err == nil))
					time.Sleep(time.Minute)
					require.NoError(t, c.Close())
					// another process is not kept waiting, and nothing counts
					s.before = nil
					f2 := newRefresher(time.Hour, time.Second)
					d := newClient(t, f2, shared(s))
					began := time.Now()
					mustToken(t, d)
					assert.LessOrEqual(t, time.Since(began), 5*time.Second)
					assert.Zero(t, d.Status().Attempts)
				})
			})
		}
	}
}

func TestCloseEndsEveryWaitToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{err: down()}, nil)
		var wg sync.WaitGroup
		began := time.Now()
		for range 3 {
			wg.Go(func() {
				_, err := c.WaitToken(t.Context())
				assert.ErrorIs(t, err, vendorlogin.ErrClosed)
			})
		}
		time.Sleep(time.Second)
		require.NoError(t, c.Close())
		wg.Wait()
		assert.Equal(t, time.Second, time.Since(began))
	})
}
