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

// newMayfly makes a vendor that refreshes a token only while it lives.
func newMayfly() *mayfly { return &mayfly{*newRefresher(15*time.Minute, time.Second)} }

type mayfly struct{ refresher }

func (m *mayfly) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	if !time.Now().Before(old.ExpiresAt) {
		return nil, vendorlogin.ErrRefreshRejected
	}
	return m.refresher.Refresh(ctx, old)
}

func TestKeepAliveRefreshesThoughNobodyAsks(t *testing.T) {
	for name, store := range map[string]func() vendorlogin.Store{
		"no store": func() vendorlogin.Store { return nil },
		"store":    func() vendorlogin.Store { return newMemStore() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newMayfly()
				c := newClient(t, f, &vendorlogin.Options{KeepAlive: true, Store: store()})
				time.Sleep(time.Hour)
				assert.Zero(t, f.requests(), "nothing before the first token is asked for")
				mustToken(t, c)
				for range 24 * 60 {
					time.Sleep(time.Minute)
					_, ok := c.Peek()
					require.True(t, ok)
				}
				assert.EqualValues(t, 1, f.logins.Load())
				assert.InDelta(t, 24*60/10, f.refreshes.Load(), 24*60/10*0.06)
				assert.Zero(t, f.twice.Load())

				require.NoError(t, c.Close())
				before := f.requests()
				time.Sleep(24 * time.Hour)
				assert.Equal(t, before, f.requests())
			})
		})
	}
}

func TestWithoutKeepAliveTheNextCallLogsIn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newMayfly()
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(time.Hour)
		assert.EqualValues(t, 1, f.requests())
		mustToken(t, c)
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestKeepAliveOutlivesAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newMayfly()
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		mustToken(t, c)
		time.Sleep(time.Minute)
		f.becomes(func() { f.on = func(context.Context, string, int64) error { return down() } })
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		tries := f.requests()
		assert.Less(t, tries, int64(24+9*6+3), "four in 10 minutes, and later one in 12")
		assert.Greater(t, tries, int64(9*4))
		f.becomes(func() { f.on = nil })
		time.Sleep(13 * time.Minute)
		_, ok := c.Peek()
		assert.True(t, ok, "and it heals by itself")
	})
}

func TestKeepAliveDoesNotHammerAfterWrongCredentials(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true, RenewBefore: 25 * time.Minute})
		mustToken(t, c)
		f.becomes(func() { f.err = wrongPassword() })
		time.Sleep(48 * time.Hour)
		assert.LessOrEqual(t, f.logins.Load(), int64(1+3), "once a cooldown while the token lives, then it waits for somebody to ask")
		assert.Greater(t, f.logins.Load(), int64(1+1))
		f.becomes(func() { f.err = nil })
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(3 * time.Hour)
		_, ok := c.Peek()
		assert.True(t, ok)
	})
}

func TestKeepAliveHeedsAHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		mustToken(t, c)
		time.Sleep(54 * time.Minute)
		f.becomes(func() { f.err = wrongPassword() })
		_, err := c.Renew(t.Context())
		require.Error(t, err)
		time.Sleep(14 * time.Minute)
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestKeepAliveWithoutATokenStartsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: down()}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		_, err := c.Token(t.Context())
		require.Error(t, err)
		time.Sleep(time.Hour)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestKeepAliveBacksOffFromCrashes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		mustToken(t, c)
		f.becomes(func() { f.on = func(context.Context, string, int64) error { panic(panicText) } })
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		assert.Less(t, f.logins.Load(), int64(65*2+12))
	})
}

func TestKeepAliveOfATokenThatIsStaleForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{} // of unknown life
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		mustToken(t, c)
		time.Sleep(24*time.Hour + time.Minute)
		synctest.Wait()
		assert.EqualValues(t, 25, f.logins.Load())
	})
}

func TestKeepAliveAndInvalidate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		c.Invalidate(mustToken(t, c))
		time.Sleep(2 * time.Hour)
		_, ok := c.Peek()
		assert.True(t, ok)
		assert.LessOrEqual(t, f.logins.Load(), int64(4))
	})
}

func TestKeepAliveRenewsARejectedTokenOnceAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		c.Invalidate(mustToken(t, c))
		time.Sleep(time.Second)
		second, ok := c.Peek()
		require.True(t, ok)
		c.Invalidate(second)
		time.Sleep(58 * time.Second)
		assert.EqualValues(t, 2, f.logins.Load())
		time.Sleep(2 * time.Second)
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

func TestKeepAliveRenewsAShortTokenWithinTheMinuteAfterARejection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 40 * time.Second}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		c.Invalidate(mustToken(t, c))
		for range 120 {
			time.Sleep(time.Second)
			_, ok := c.Peek()
			require.True(t, ok)
		}
	})
}

func TestKeepAliveWaitsForSomebodyWhereAPersonMustBeAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		var seen events
		f := &coded{fake: fake{life: time.Hour}, source: person(&asked)}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true, OnEvent: seen.record})
		mustToken(t, c)
		seen.seen()
		time.Sleep(48 * time.Hour)
		assert.Equal(t, []vendorlogin.EventType{"login", "hold"}, types(seen.seen()), "it tries once")
		mustToken(t, c)
		assert.EqualValues(t, 2, asked.Load())
	})
}

func TestKeepAliveRenewsARejectedTokenThatHasExpiredWithinTheMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 40 * time.Second}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true})
		c.Invalidate(mustToken(t, c))
		time.Sleep(time.Second)
		second, ok := c.Peek()
		require.True(t, ok)
		c.Invalidate(second)
		time.Sleep(41 * time.Second)
		c.Invalidate(second) // as one does whose request was under way
		time.Sleep(time.Second)
		_, ok = c.Peek()
		assert.True(t, ok)
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

func TestKeepAliveOfTokensThatAreStaleAtOnceIsOneLoginASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 300 * time.Millisecond}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true, RenewBefore: 150 * time.Millisecond})
		mustToken(t, c)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		assert.LessOrEqual(t, f.logins.Load(), int64(1+10))
		assert.GreaterOrEqual(t, f.logins.Load(), int64(1+9))
	})
}

func TestKeepAliveThatWaitedForAnOutageStopsAfterWrongCredentials(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{KeepAlive: true, Cooldown: time.Second, MaxAttempts: -1})
		mustToken(t, c)
		f.becomes(func() { f.err = down() })
		time.Sleep(3 * time.Hour) // now it tries every 12 minutes
		f.becomes(func() { f.err = wrongPassword() })
		_, err := c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		before := f.logins.Load()
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, before, f.logins.Load())
	})
}
