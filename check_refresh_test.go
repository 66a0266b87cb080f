package vendorlogin_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestRefreshTokenOfAVendorThatTakesNoneIsNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour, rotates: true}, nil)
		mustToken(t, c)
		time.Sleep(time.Hour)
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
	})
}

func TestNoRefreshWithoutARefreshToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		f.rotates = false
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(time.Hour)
		mustToken(t, c)
		assert.Zero(t, f.refreshes.Load())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

// faithful is a vendor that gives the same refresh token always.
type faithful struct {
	fake
	err error // of a refresh
}

func (f *faithful) Login(ctx context.Context) (*vendorlogin.Token, error) {
	t, err := f.fake.Login(ctx)
	t.Refresh = vendorlogin.NewSecret("always")
	return t, err
}

func (f *faithful) Refresh(context.Context, *vendorlogin.Token) (*vendorlogin.Token, error) {
	f.refreshes.Add(1)
	return f.issue(time.Now()), f.err
}

func TestRefreshTokenThatALoginGivesAgainIsSentAgain(t *testing.T) {
	for name, o := range map[string]*vendorlogin.Options{"a store": {Store: newMemStore()}, "none": {}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &faithful{fake: fake{life: time.Hour}, err: down()}
				c := newClient(t, f, o)
				mustToken(t, c)
				time.Sleep(time.Hour)
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrUnavailable, "it may have been used up")
				time.Sleep(time.Minute)
				mustToken(t, c)
				assert.EqualValues(t, 2, f.logins.Load())
				f.becomes(func() { f.err = nil })
				time.Sleep(time.Hour)
				mustToken(t, c)
				assert.EqualValues(t, 2, f.refreshes.Load(), "the vendor has just given it")
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestLoginAfterARejectedRefreshCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: 1})
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.becomes(func() {
			f.err = down()
			f.on = func(_ context.Context, op string, _ int64) error {
				if op == "refresh" {
					return vendorlogin.ErrRefreshRejected
				}
				return nil
			}
		})
		for range 9 * 60 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1, f.refreshes.Load())
		assert.EqualValues(t, 1+1, f.logins.Load())
	})
}

func TestRefreshTokenThatWasNotSentIsKeptWhateverTheErrorSays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.becomes(func() {
			f.on = func(_ context.Context, op string, n int64) error {
				if op == "refresh" && n == 1 {
					return &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials, Unprocessed: true}
				}
				return nil
			}
		})
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		time.Sleep(time.Minute)
		mustToken(t, c)
		assert.EqualValues(t, 2, f.refreshes.Load())
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// The Store fails while logins fail. Then it is back, and has the refresh token of before: the attempts still count.
func TestRefreshForgetsNoAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, r := newMemStore(), newRefresher(10*time.Minute, 0)
		var storeFails, vendorFails atomic.Bool
		r.on = func(context.Context, string, int64) error {
			if vendorFails.Load() {
				return down()
			}
			return nil
		}
		s.before = func(context.Context, string) error {
			if storeFails.Load() {
				return fmt.Errorf("%w: away", vendorlogin.ErrStore)
			}
			return nil
		}
		c := newClient(t, r, &vendorlogin.Options{Store: s})
		mustToken(t, c)
		time.Sleep(10*time.Minute + time.Second)
		began, before := time.Now(), r.logins.Load()
		storeFails.Store(true)
		vendorFails.Store(true)
		for time.Since(began) < 10*time.Minute {
			_, _ = c.Token(t.Context())
			time.Sleep(time.Second)
			storeFails.Store(time.Since(began) < 10*time.Second)
		}
		assert.EqualValues(t, 1, r.refreshes.Load())
		assert.LessOrEqual(t, r.logins.Load()-before, int64(4))
	})
}

// rejecting counts how often each refresh token is sent; the first refresh is rejected after took.
type rejecting struct {
	fake
	took  time.Duration
	sends map[string]int
}

func (r *rejecting) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	r.mu.Lock()
	r.sends[old.Refresh.Reveal()]++
	r.mu.Unlock()
	if r.refreshes.Add(1) == 1 {
		_ = pass(ctx, r.took)
	}
	return nil, &vendorlogin.Error{Op: "refresh", Kind: vendorlogin.ErrRefreshRejected, Status: 400}
}

func TestRejectedRefreshTokenIsNotSentByAnotherThoughTheTimeIsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		v := &rejecting{fake: fake{life: 10 * time.Minute, rotates: true}, took: 29500 * time.Millisecond, sends: map[string]int{}}
		var fast atomic.Bool
		// Once the refresh is sent a command takes 800 ms, within the 2 s that it may take.
		s.before = func(ctx context.Context, op string) error {
			if v.refreshes.Load() > 0 && !fast.Load() {
				return pass(ctx, 800*time.Millisecond)
			}
			return nil
		}
		a := newClient(t, v, &vendorlogin.Options{Store: s})
		mustToken(t, a)
		time.Sleep(11 * time.Minute)
		_, err := a.Token(t.Context())
		require.Error(t, err)
		fast.Store(true)
		b := newClient(t, v, &vendorlogin.Options{Store: s})
		time.Sleep(15 * time.Second)
		mustToken(t, b)
		assert.NotEmpty(t, v.sends)
		for token, n := range v.sends {
			assert.Equal(t, 1, n, token)
		}
	})
}

// noting is a vendor that takes no refresh token, and notes each.
type noting struct {
	fake
	sent []string
	on   func()
}

func (n *noting) Refresh(_ context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	n.sent = append(n.sent, old.Refresh.Reveal())
	n.on()
	return nil, vendorlogin.ErrRefreshRejected
}

func TestRefreshTokensThatOneRenewalSentAreNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(recordOf("first", time.Hour, -time.Minute, ""))
		n := &noting{fake: fake{life: time.Hour}}
		n.on = func() {
			n.on = func() {}
			s.put(recordOf("second", time.Minute, -time.Second, "")) // seeded by another process
		}
		c := newClient(t, n, shared(s))
		mustToken(t, c)
		require.Equal(t, []string{"refresh-of-first", "refresh-of-second"}, n.sent)

		for _, restored := range []string{"first", "second"} {
			time.Sleep(2 * time.Hour)
			s.put(recordOf(restored, time.Minute, -time.Second, `,"seq":9000000000000`))
			mustToken(t, c)
		}
		assert.Equal(t, []string{"refresh-of-first", "refresh-of-second"}, n.sent)
		assert.EqualValues(t, 3, n.logins.Load())
	})
}
