package vendorlogin_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/sent"
)

func TestOnlyARateLimitMakesTheNextLoginOneRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var once []bool
		f := &fake{life: time.Hour}
		f.on = func(ctx context.Context, _ string, n int64) error {
			once = append(once, sent.Once(ctx))
			return []error{down(), vendorlogin.ErrRateLimited, nil, nil}[n-1]
		}
		c := newClient(t, f, nil)
		for range 2 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(10 * time.Minute)
		}
		mustToken(t, c)
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []bool{false, false, true, false}, once)
	})
}

func TestOurOwnAttemptThatCrashedKeepsUsNotWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		f.on = func(_ context.Context, _ string, n int64) error {
			if n == 1 {
				panic(panicText)
			}
			return nil
		}
		c := newClient(t, f, shared(unlocked{newMemStore()}))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		began := time.Now()
		mustToken(t, c)
		assert.Zero(t, time.Since(began))
	})
}
