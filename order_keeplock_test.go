package vendorlogin_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// holderSteps are where the holder of a refresh token may be stopped: "asked" is before the vendor has the request, "answered" after
// it has acted and before the answer is read.
var holderSteps = []string{"before lock", "after lock", "before mark", "after mark", "asked", "answered", "before save", "after save"}

// stopHolder has a process stop at where while it renews a token, and then others need one. It gives the vendor, and how long the
// others waited.
func stopHolder(t *testing.T, where string, killed bool) (*refresher, time.Duration) {
	f := newRefresher(time.Hour, 0)
	s := newMemStore()
	p := newProcess(s, where)
	var once sync.Once
	stopped := &stoppable{refresher: f, at: func(step string) {
		if step == where {
			once.Do(func() { p.at(step) })
		}
	}}
	c, err := vendorlogin.NewClient(stopped, &vendorlogin.Options{Store: p, RenewBefore: time.Minute})
	require.NoError(t, err)
	var others []*vendorlogin.Client
	for range 4 {
		o, err := vendorlogin.NewClient(f, &vendorlogin.Options{Store: s, RenewBefore: time.Minute})
		require.NoError(t, err)
		others = append(others, o)
	}

	p.where = "" // not while it logs in
	mustToken(t, c)
	require.Empty(t, atOnce(t.Context(), 4, others...).errs)
	require.EqualValues(t, 1, f.logins.Load())
	p.where = where

	time.Sleep(time.Hour) // the token is dead
	var own answers
	var wg sync.WaitGroup
	wg.Go(func() { own = atOnce(t.Context(), 1, c) })
	<-p.frozen

	began := time.Now()
	a := atOnce(t.Context(), 8, others...)
	waited := time.Since(began)
	assert.Empty(t, a.errs, where)
	if !killed {
		p.resume()
		wg.Wait()
		assert.Empty(t, own.errs, where)
	}
	for range 3 { // life goes on
		time.Sleep(time.Hour)
		assert.Empty(t, atOnce(t.Context(), 4, others...).errs, where)
		if !killed {
			mustToken(t, c)
		}
	}
	p.resume() // what was killed must not stay in the bubble
	wg.Wait()
	for _, c := range append(others, c) {
		require.NoError(t, c.Close())
	}
	return f, waited
}

// stoppable stops a process around its refresh.
type stoppable struct {
	*refresher
	at func(step string)
}

func (s *stoppable) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	s.at("asked")
	t, err := s.refresher.Refresh(ctx, old)
	s.at("answered")
	return t, err
}

func TestStoppedHolderOfARefreshToken(t *testing.T) {
	if testing.Short() {
		t.Skip("TestComparison plays the same, and looks at less")
	}
	t.Parallel()
	for _, where := range holderSteps {
		for name, killed := range map[string]bool{"paused": false, "killed": true} {
			t.Run(where+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, waited := stopHolder(t, where, killed)
					assert.Zero(t, f.twice.Load(), "refresh tokens presented twice")
					assert.LessOrEqual(t, waited, 30*time.Second)
					t.Log(where, name, "waited", waited, "logins", f.logins.Load(), "refreshes", f.refreshes.Load())
					synctest.Wait()
				})
			})
		}
	}
}

// A vendor that heeds no context keeps the lock while the renewal may still save, and no longer.
func TestLockOfAVendorThatHangsIsNotExtendedForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		hangs, s := &fake{}, newMemStore()
		hangs.on = func(context.Context, string, int64) error { time.Sleep(time.Hour); return nil }
		c := newClient(t, hangs, shared(s))
		began := time.Now()
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		s.mu.Lock()
		locked := slices.Collect(maps.Keys(s.locks))
		s.mu.Unlock()
		require.Len(t, locked, 1)
		_, err = s.TryLock(t.Context(), locked[0], time.Second)
		require.ErrorIs(t, err, vendorlogin.ErrLocked)
		time.Sleep(time.Until(began.Add(30*time.Second + 5*time.Second + 10*time.Second + time.Second)))
		lease, err := s.TryLock(t.Context(), locked[0], time.Second)
		require.NoError(t, err, "the lease has passed")
		require.NoError(t, lease.Unlock(t.Context()))
		time.Sleep(time.Hour)
	})
}
