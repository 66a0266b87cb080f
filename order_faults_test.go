package vendorlogin_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// TestChaos has a fleet share a store while store, vendor and processes fail at random, and sees that a refresh token is never
// presented twice, that no expired token is handed out, and that nobody fails who has a living one.
func TestChaos(t *testing.T) {
	t.Parallel()
	seeds := uint64(12)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		for name, locks := range map[string]bool{"locks": true, "no locks": false} {
			t.Run(fmt.Sprint(seed, " ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { newChaos(seed, locks).play(t) })
			})
		}
	}
}

// chaos rolls its dice under a lock: what it plays differs from run to run with the order of goroutines, the likelihoods do not.
type chaos struct {
	mu    sync.Mutex
	dice  *rand.Rand
	locks bool
	quiet bool // nothing goes wrong any more

	vendor *refresher
	store  *memStore
}

func newChaos(seed uint64, locks bool) *chaos {
	c := &chaos{
		dice:   rand.New(rand.NewPCG(seed, 1)),
		locks:  locks,
		vendor: newRefresher(10*time.Minute, 200*time.Millisecond),
		store:  newMemStore(),
	}
	c.vendor.refreshLife = time.Hour
	c.vendor.on = c.atVendor
	c.store.before, c.store.after = c.atStore, c.atStore
	return c
}

// chance is true n times in a thousand.
func (c *chaos) chance(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.quiet && c.dice.IntN(1000) < n
}

func (c *chaos) upTo(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.dice.Int64N(int64(d)))
}

func (c *chaos) atStore(ctx context.Context, _ string) error {
	switch {
	case c.chance(30):
		return errDisk
	case c.chance(20):
		return hang(ctx)
	case c.chance(20): // the whole process, whatever ctx says
		time.Sleep(c.upTo(3 * time.Minute))
	case c.chance(50):
		return pass(ctx, c.upTo(3*time.Second))
	}
	return nil
}

func (c *chaos) atVendor(ctx context.Context, op string, _ int64) error {
	switch {
	case c.chance(30):
		return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
	case c.chance(30):
		return down()
	case c.chance(20):
		return hang(ctx)
	case c.chance(10):
		time.Sleep(c.upTo(3 * time.Minute))
	case c.chance(10):
		panic("example")
	case op == "refresh" && c.chance(20):
		return &vendorlogin.Error{Kind: vendorlogin.ErrRefreshRejected}
	case c.chance(10):
		return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, RetryAt: time.Now().Add(c.upTo(time.Minute))}
	}
	return nil
}

// lossy is the vendor as one process reaches it: some answers are lost on the way back.
type lossy struct {
	*refresher
	chaos *chaos
}

func (l lossy) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	t, err := l.refresher.Refresh(ctx, old)
	if err == nil && l.chaos.chance(50) {
		return nil, down()
	}
	return t, err
}

func (c *chaos) play(t *testing.T) {
	var fleet []*vendorlogin.Client
	for range 5 {
		var store vendorlogin.Store = c.store
		if !c.locks {
			store = unlocked{store}
		}
		client, err := vendorlogin.NewClient(lossy{c.vendor, c}, &vendorlogin.Options{Store: store, RenewBefore: 2 * time.Minute})
		require.NoError(t, err)
		fleet = append(fleet, client)
	}
	var wg sync.WaitGroup
	for _, client := range fleet {
		for range 2 {
			wg.Go(func() {
				for began := time.Now(); time.Since(began) < 6*time.Hour; time.Sleep(c.upTo(time.Minute)) {
					c.call(t, client)
				}
			})
		}
	}
	wg.Wait()
	c.mu.Lock()
	c.quiet = true
	c.mu.Unlock()
	time.Sleep(time.Hour)
	assert.Zero(t, c.vendor.twice.Load(), "refresh tokens presented twice")
	before := c.vendor.requests()
	assert.Empty(t, atOnce(t.Context(), 10, fleet...).errs, "all is well again")
	assert.LessOrEqual(t, c.vendor.requests()-before, int64(1))
	for _, client := range fleet {
		assert.NoError(t, client.Close())
	}
}

func (c *chaos) call(t *testing.T, client *vendorlogin.Client) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+c.upTo(time.Minute))
	defer cancel()
	began := time.Now()
	living, ok := client.Peek()
	token, err := client.Token(ctx)
	limit, _ := ctx.Deadline()
	switch {
	case time.Now().After(limit):
		t.Errorf("returned %v after its deadline", time.Since(limit))
	case err != nil && ok && time.Now().Before(living.ExpiresAt):
		t.Errorf("failed although a living token existed: %v", err)
	case err == nil && !token.ExpiresAt.After(began):
		t.Errorf("expired %v before it was asked for", began.Sub(token.ExpiresAt))
	case ok && err == nil && time.Since(began) > 0:
		t.Errorf("waited %v although a living token existed", time.Since(began))
	}
}
