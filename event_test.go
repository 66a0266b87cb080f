package vendorlogin_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, time.Second)
		var seen events
		c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		began := time.Now()

		first := mustToken(t, c)
		all := seen.seen()
		require.Equal(t, []vendorlogin.EventType{"login"}, types(all))
		assert.Equal(t, f.Account(), all[0].Account)
		assert.Equal(t, time.Second, all[0].Duration)
		assert.Equal(t, began.Add(time.Second), all[0].Time)
		assert.Equal(t, first.ExpiresAt, all[0].Expires)
		assert.NoError(t, all[0].Err)

		time.Sleep(56 * time.Minute)
		for range 50 {
			mustToken(t, c)
		}
		time.Sleep(2 * time.Second)
		all = seen.seen()
		assert.Equal(t, []vendorlogin.EventType{"stale", "refresh"}, types(all), "stale once a renewal")
		assert.Equal(t, time.Second, all[1].Duration)

		f.on = func(context.Context, string, int64) error { return down() }
		_, err := c.Renew(t.Context())
		require.Error(t, err)
		all = seen.seen()
		require.Equal(t, []vendorlogin.EventType{"refresh", "hold"}, types(all))
		assert.ErrorIs(t, all[0].Err, vendorlogin.ErrUnavailable)
		hold, ok := errors.AsType[*vendorlogin.Error](all[1].Err)
		require.True(t, ok)
		assert.True(t, hold.RetryAt.After(time.Now()))

		require.NoError(t, c.Logout(t.Context()))
		assert.Equal(t, []vendorlogin.EventType{"logout"}, types(seen.seen()))
	})
}

func TestEventsOfAFleet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: 2 * time.Second}
		var first, second events
		a := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: first.record})
		b := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: second.record})
		waiting(t, a)
		time.Sleep(time.Second)
		token := mustToken(t, b)
		assert.Equal(t, []vendorlogin.EventType{"login"}, types(first.seen()))
		all := second.seen()
		require.Equal(t, []vendorlogin.EventType{"lock_wait", "adopt"}, types(all))
		assert.GreaterOrEqual(t, all[0].Duration, time.Second)
		assert.Equal(t, token.ExpiresAt, all[1].Expires)
	})
}

func TestSlowObserverDelaysNobodyButClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		var order []vendorlogin.EventType
		c := newClient(t, f, &vendorlogin.Options{OnEvent: func(e vendorlogin.Event) {
			time.Sleep(5 * time.Second)
			order = append(order, e.Type)
		}})
		began := time.Now()
		mustToken(t, c)
		f.err = down()
		_, err := c.Renew(t.Context())
		require.Error(t, err)
		_ = c.Logout(t.Context())
		_, err = c.Token(t.Context())
		require.Error(t, err)
		assert.Zero(t, time.Since(began))
		require.NoError(t, c.Close())
		assert.Equal(t, 20*time.Second, time.Since(began))
		assert.Equal(t, []vendorlogin.EventType{"login", "login", "hold", "logout"}, order)
	})
}

func TestObserverThatHangsKeepsCloseFiniteTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		c, err := vendorlogin.NewClient(&fake{life: time.Hour}, &vendorlogin.Options{OnEvent: func(vendorlogin.Event) { <-release }})
		require.NoError(t, err)
		mustToken(t, c)
		began := time.Now()
		assert.ErrorIs(t, c.Close(), vendorlogin.ErrUnavailable)
		assert.Equal(t, 35*time.Second, time.Since(began))
		close(release)
	})
}

func TestObserverThatCrashesIsAskedAgain(t *testing.T) {
	for kind, crash := range crashes {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var told atomic.Int64
				c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{OnEvent: func(vendorlogin.Event) { told.Add(1); crash() }})
				for range 5 {
					_, err := c.Renew(t.Context())
					require.NoError(t, err)
				}
				require.NoError(t, c.Close())
				assert.EqualValues(t, 5, told.Load())
			})
		})
	}
}

// crashingHandler is a log handler that crashes.
type crashingHandler struct{ slog.Handler }

func (crashingHandler) Handle(context.Context, slog.Record) error { runtime.Goexit(); return nil }

func TestLoggerThatCrashesHarmsNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Logger: slog.New(crashingHandler{slog.NewTextHandler(nil, nil)})})
		for range 3 {
			_, err := c.Renew(t.Context())
			require.NoError(t, err)
		}
	})
}

func TestObserverMayCallTheClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		var c *vendorlogin.Client
		got := make(chan string, 10)
		c = newClient(t, f, &vendorlogin.Options{OnEvent: func(vendorlogin.Event) {
			token, err := c.Token(context.Background())
			assert.NoError(t, err)
			got <- token.Access.Reveal() + c.String()
		}})
		mustToken(t, c)
		assert.Equal(t, "access-1vendorlogin.Client(fake ops@example.com: fresh)", <-got)
	})
}

func TestEventsOfATroubledClientAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		release := make(chan struct{})
		var told atomic.Int64
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{OnEvent: func(vendorlogin.Event) { <-release; told.Add(1) }})
		for range 5000 {
			_, err := c.Renew(t.Context())
			require.NoError(t, err)
		}
		close(release)
		synctest.Wait()
		assert.LessOrEqual(t, told.Load(), int64(1025))
		assert.Greater(t, told.Load(), int64(1000))
	})
}

func TestEventContext(t *testing.T) {
	type key struct{}
	bubble(t, func(t *testing.T) {
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{OnEvent: seen.record})
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
		_, err := c.Token(ctx)
		require.NoError(t, err)
		cancel()
		all := seen.seen()
		require.NotEmpty(t, all)
		for _, e := range all {
			assert.Equal(t, "trace", e.Context().Value(key{}))
			require.NoError(t, e.Context().Err(), "it never ends")
			_, err = c.Token(e.Context())
			require.NoError(t, err, "an observer may use it")
		}
		assert.NotNil(t, vendorlogin.Event{}.Context())
	})
}
