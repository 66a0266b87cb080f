package vendorlogin_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// slowLoads is a store that takes a second for each load.
func slowLoads() *memStore {
	s := newMemStore()
	s.before = failAt("load", func(ctx context.Context) error { return pass(ctx, time.Second) })
	return s
}

func seedOf(access string) *vendorlogin.Token {
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(access), ExpiresAt: time.Now().Add(time.Hour)}
}

func TestLogoutsAtOnceAreOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: slowLoads(), OnEvent: seen.record})
		mustToken(t, c)
		seen.seen()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { assert.NoError(t, c.Logout(t.Context())) })
		}
		wg.Wait()
		assert.Equal(t, []vendorlogin.EventType{vendorlogin.EventLogout}, types(seen.seen()))
	})
}

func TestSeedsAtOnceComeOneAfterTheOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, shared(slowLoads()))
		var wg sync.WaitGroup
		for _, access := range []string{"one", "two"} {
			wg.Go(func() { assert.NoError(t, c.Seed(t.Context(), seedOf(access))) })
			synctest.Wait()
		}
		wg.Wait()
		assert.Equal(t, "two", mustToken(t, c).Access.Reveal())
	})
}

func TestTokenIsHandedOutUntilTheSeededOneIsThere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, shared(slowLoads()))
		first := mustToken(t, c)
		var wg sync.WaitGroup
		wg.Go(func() { assert.NoError(t, c.Seed(t.Context(), seedOf("seeded"))) })
		synctest.Wait()
		assert.Same(t, first, mustToken(t, c))
		_, ok := c.Peek()
		assert.True(t, ok)
		wg.Wait()
		assert.Equal(t, "seeded", mustToken(t, c).Access.Reveal())
	})
}

func TestSeededTokenKeepsItsTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{}, nil)
		token := seedOf("seeded")
		token.IssuedAt = time.Now().Add(-time.Hour)
		require.NoError(t, c.Seed(t.Context(), token))
		assert.True(t, mustToken(t, c).IssuedAt.Equal(token.IssuedAt))
	})
}
