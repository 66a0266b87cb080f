package vendorlogin_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// limitedBesideASeed lets the vendor say 429 with a Retry-After of 30 minutes to the login of the first Client, while the second brings a
// token of 20 minutes by Seed. The first hands that out. answered is called before the vendor responds.
func limitedBesideASeed(t *testing.T, s *memStore, answered func()) (*fake, *vendorlogin.Client, *vendorlogin.Client) {
	t.Helper()
	f := &fake{life: time.Hour}
	f.on = func(_ context.Context, _ string, n int64) error {
		if n > 1 {
			return nil
		}
		time.Sleep(5 * time.Second)
		answered()
		return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(30 * time.Minute)}
	}
	a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
	go func() {
		time.Sleep(2 * time.Second)
		assert.NoError(t, b.Seed(context.Background(), &vendorlogin.Token{
			Access: vendorlogin.NewSecret("seeded"), ExpiresAt: time.Now().Add(20 * time.Minute),
		}))
	}()
	assert.Equal(t, "seeded", mustToken(t, a).Access.Reveal())
	synctest.Wait()
	return f, a, b
}

// A token that another brought in the same moment is handed out, and yet the vendor's Retry-After holds, here and for the others.
func TestRetryAfterBesideAnothersToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f, a, b := limitedBesideASeed(t, s, func() {})
		for _, c := range []*vendorlogin.Client{a, b, newClient(t, f, shared(s))} {
			time.Sleep(time.Minute)
			_, err := c.Renew(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
			assert.Equal(t, "seeded", mustToken(t, c).Access.Reveal())
		}
		assert.EqualValues(t, 1, f.logins.Load())
		time.Sleep(30 * time.Minute)
		assert.Equal(t, "access-1", mustToken(t, a).Access.Reveal())
	})
}

// It holds here also where the Store fails in the moment in which it is to be told.
func TestRetryAfterBesideAnothersTokenThatCannotBeSaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var full atomic.Bool
		s.before = failAt("save", func(context.Context) error {
			if full.Load() {
				return errDisk
			}
			return nil
		})
		f, a, _ := limitedBesideASeed(t, s, func() { full.Store(true) })
		full.Store(false)
		time.Sleep(time.Minute)
		_, err := a.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// It holds here also where the Store is gone later.
func TestRetryAfterBesideAnothersTokenThatTheStoreLoses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f, a, _ := limitedBesideASeed(t, s, func() {})
		s.before = func(context.Context, string) error { return errDisk }
		time.Sleep(15 * time.Minute)
		_, err := a.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// A Retry-After that the Store could not be told holds here, also after another's token.
func TestRetryAfterThatTheStoreDoesNotKnow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: 20 * time.Minute}
		f.on = func(_ context.Context, _ string, n int64) error {
			if n > 1 {
				return nil
			}
			return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(30 * time.Minute)}
		}
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		s.before = func(context.Context, string) error { return errDisk }
		_, err := a.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		s.before = nil
		mustToken(t, b)
		time.Sleep(time.Minute)
		mustToken(t, a)
		_, err = a.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestFailureBesideAnothersTokenIsNoHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{err: down()}, shared(s))
		s.meddle("save", 1, func() { s.bring(t) })
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Nil(t, c.Status().Hold)
	})
}
