package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestSeed(t *testing.T) {
	for name, store := range map[string]*memStore{"store": newMemStore(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				o := &vendorlogin.Options{}
				if store != nil {
					o.Store = store
				}
				f.err = wrongPassword()
				c := newClient(t, f, o)
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)

				given := &vendorlogin.Token{Access: vendorlogin.NewSecret("elsewhere"), Refresh: vendorlogin.NewSecret("refresh-elsewhere"),
					ExpiresAt: time.Now().Add(time.Hour), Extra: map[string]string{"a": "b"}}
				require.NoError(t, c.Seed(t.Context(), given))
				given.Extra["a"] = "changed"
				token := mustToken(t, c)
				assert.Equal(t, "elsewhere", token.Access.Reveal())
				assert.Equal(t, "b", token.Extra["a"], "a copy")
				assert.Equal(t, time.Now(), token.IssuedAt.In(time.Now().Location()), "now")
				assert.Nil(t, c.Status().Hold)
				assert.Equal(t, 1, c.Status().Attempts, "what was tried still counts")
				if store != nil {
					assert.Equal(t, "elsewhere", mustToken(t, newClient(t, f, o)).Access.Reveal(), "for all")
					assert.Empty(t, store.record(t).Holds)
				}

				require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("refresh-only")}))
				f.becomes(func() { f.err = nil })
				assert.Equal(t, "access-1", trimIssued(mustToken(t, c)), "by the refresh token")
				assert.True(t, f.presented["refresh-only"])
				assert.EqualValues(t, 1, f.refreshes.Load())
			})
		})
	}
}

// What the vendor said of when to come back holds beside a seeded token too.
func TestSeedDoesNotEndARetryAfter(t *testing.T) {
	for name, store := range map[string]vendorlogin.Store{"store": newMemStore(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.err = &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: time.Now().Add(30 * time.Minute)}
				c := newClient(t, f, shared(store))
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
				require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("elsewhere")}))
				clients := []*vendorlogin.Client{c}
				if store != nil {
					clients = append(clients, newClient(t, f, shared(store)))
				}
				for _, c := range clients {
					_, err = c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
				}
				assert.EqualValues(t, 1, f.requests())

				time.Sleep(31 * time.Minute)
				mustToken(t, c)
				assert.EqualValues(t, 1, f.refreshes.Load())
			})
		})
	}
}

// Only the Retry-After holds, not what more a Client waits after many.
func TestSeedEndsWhatGoesBeyondARetryAfter(t *testing.T) {
	for name, store := range map[string]vendorlogin.Store{"store": newMemStore(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.on = func(_ context.Context, op string, _ int64) error {
					if op != "login" {
						return nil
					}
					return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Status: 429, Unprocessed: true, RetryAt: time.Now().Add(2 * time.Second)}
				}
				c := newClient(t, f, shared(store))
				for range 600 {
					_, err := c.Token(t.Context())
					e, ok := errors.AsType[*vendorlogin.Error](err)
					require.True(t, ok)
					if !e.Remembered && time.Until(e.RetryAt) > time.Minute {
						break
					}
					time.Sleep(time.Second)
				}
				require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("elsewhere")}))
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
				time.Sleep(2 * time.Second)
				if store != nil {
					mustToken(t, newClient(t, f, shared(store)))
				}
				mustToken(t, c)
			})
		})
	}
}

func TestSeededRefreshTokenIsNoValidToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		f.err = down()
		f.presented = map[string]bool{"of no use": true}
		c := newClient(t, f, nil)
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{
			Refresh: vendorlogin.NewSecret("of no use"), ExpiresAt: time.Now().Add(time.Hour),
		}))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Less(t, time.Until(e.RetryAt), 4*time.Second, "there is a hurry")
	})
}

func TestSeededTokenThatHasExpiredIsRefreshed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, nil)
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{
			Access: vendorlogin.NewSecret("old"), Refresh: vendorlogin.NewSecret("good"), ExpiresAt: time.Now().Add(-time.Second),
		}))
		assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal())
		assert.EqualValues(t, 1, f.refreshes.Load())
	})
}

func TestSeedTakesOverACopy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{}, nil)
		now := time.Now()
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{
			Access: vendorlogin.NewSecret("a"), IssuedAt: now, ExpiresAt: now.Add(time.Hour), RefreshExpiresAt: now.Add(2 * time.Hour),
		}))
		token := mustToken(t, c)
		for _, at := range []time.Time{token.IssuedAt, token.ExpiresAt, token.RefreshExpiresAt} {
			assert.NotContains(t, at.String(), "m=", "no monotonic reading")
		}
	})
}

func TestSeedRejectsWhatIsOfNoUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		for name, token := range map[string]*vendorlogin.Token{
			"nil": nil, "empty": {}, "expired": {Access: vendorlogin.NewSecret("a"), ExpiresAt: time.Now().Add(-time.Second)},
		} {
			require.ErrorIs(t, c.Seed(t.Context(), token), vendorlogin.ErrInvalidRequest, name)
		}
		assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal())
	})
}

func TestSeededTokenIsLaterThanWhatAnotherBroughtMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		ahead := time.Now().Add(time.Hour).UnixMilli()
		var once sync.Once
		s.before = failAt("save", func(context.Context) error {
			once.Do(func() { s.put(recordOf("other", 0, time.Hour, fmt.Sprintf(`,"seq":%d`, ahead))) })
			return nil
		})
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded"), ExpiresAt: time.Now().Add(time.Hour)}))
		assert.Greater(t, s.record(t).Seq, ahead)
		assert.Equal(t, "seeded", mustToken(t, newClient(t, &fake{}, shared(s))).Access.Reveal())
	})
}

func TestSeedAfterCloseWritesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{}, shared(s))
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("late")}), vendorlogin.ErrClosed)
		require.ErrorIs(t, c.Logout(t.Context()), vendorlogin.ErrClosed)
		assert.Empty(t, s.commands())
	})
}

func TestSeedSaysThatTheStoreFailed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		s.before = failAt("save", func(context.Context) error { return errDisk })
		err := c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("elsewhere")})
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		assert.Equal(t, "elsewhere", mustToken(t, c).Access.Reveal(), "nothing is lost")
		assert.True(t, c.Status().Unsaved)
	})
}

// Another process seeds a session while ours is rejected: that one is refreshed, and no login goes out uncounted.
func TestSeedWhileARefreshIsRejected(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, r := newMemStore(), newRefresher(10*time.Minute, time.Second)
		a, b := newClient(t, r, shared(s)), newClient(t, r, shared(s))
		mustToken(t, a)
		time.Sleep(11 * time.Minute)
		var seeded error
		r.on = func(_ context.Context, op string, n int64) error {
			if op == "refresh" && n == 1 {
				seeded = b.Seed(context.Background(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("example-seeded")})
				return &vendorlogin.Error{Op: "refresh", Kind: vendorlogin.ErrRefreshRejected, Status: 401}
			}
			return nil
		}
		mustToken(t, a)
		require.NoError(t, seeded)
		assert.EqualValues(t, 2, r.refreshes.Load())
		assert.EqualValues(t, 1, r.logins.Load(), "the first of all")
	})
}

// What a refresh that failed has sent is not sent again, though it is seeded.
func TestSeedOfARefreshTokenThatWasSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		f.on = func(_ context.Context, op string, _ int64) error {
			if op == "refresh" {
				return down()
			}
			return nil
		}
		c := newClient(t, f, nil)
		seeded := &vendorlogin.Token{Access: vendorlogin.NewSecret("old"), Refresh: vendorlogin.NewSecret("refresh-0")}
		for range 3 {
			require.NoError(t, c.Seed(t.Context(), seeded))
			_, _ = c.Renew(t.Context())
			time.Sleep(time.Hour)
		}
		assert.EqualValues(t, 1, f.refreshes.Load())
		assert.EqualValues(t, 2, f.logins.Load(), "instead")
	})
}

func TestSeedOfWhatNoRequestCanCarry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		for _, token := range []*vendorlogin.Token{
			{Access: vendorlogin.NewSecret("from-a-file\n")},
			{Access: vendorlogin.NewSecret("a"), Refresh: vendorlogin.NewSecret("b\r")},
			{Access: vendorlogin.NewSecret("a"), Type: "Bearer\x00"},
			{Access: vendorlogin.NewSecret("caf\xe9")},
			{Access: vendorlogin.NewSecret("a"), Refresh: vendorlogin.NewSecret("\xff")},
		} {
			require.ErrorIs(t, c.Seed(t.Context(), token), vendorlogin.ErrInvalidRequest)
		}
		assert.False(t, c.Status().Ready())
	})
}

func TestSeedBeginsTheRowOfFailuresAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{err: &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true}}, nil)
		for range 6 {
			time.Sleep(10 * time.Second)
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		}
		seeded := &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded"), ExpiresAt: time.Now().Add(time.Hour)}
		require.NoError(t, c.Seed(t.Context(), seeded))
		_, err := c.Renew(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.LessOrEqual(t, time.Until(e.RetryAt), time.Second)
	})
}
