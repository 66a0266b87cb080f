package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// recordOf is a record with a token that was issued ago and lives for another left.
func recordOf(access string, ago, left time.Duration, more string) string {
	now := time.Now()
	return fmt.Sprintf(`{"format":1,"token":{"access":%q,"refresh":"refresh-of-%s","issued_at":%q,"expires_at":%q}%s}`,
		access, access, now.Add(-ago).Format(time.RFC3339Nano), now.Add(left).Format(time.RFC3339Nano), more)
}

func TestFleetSharesOneLogin(t *testing.T) {
	for name, wrap := range map[string]func(s *memStore) vendorlogin.Store{
		"locks":    func(s *memStore) vendorlogin.Store { return s },
		"no locks": func(s *memStore) vendorlogin.Store { return unlocked{s} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := newRefresher(time.Hour, time.Second)
				var fleet []*vendorlogin.Client
				for range 8 {
					fleet = append(fleet, newClient(t, f, shared(wrap(s))))
				}
				for i := range 4 { // cold, then at expiry
					a := atOnce(t.Context(), 80, fleet...)
					require.Empty(t, a.errs)
					for _, token := range a.tokens {
						require.Equal(t, fmt.Sprint("access-", i+1), token.Access.Reveal())
					}
					assert.EqualValues(t, i+1, f.requests())
					time.Sleep(time.Hour)
				}
				assert.EqualValues(t, 1, f.logins.Load())
			})
		})
	}
}

func TestFleetRenewsEarlyOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, time.Second)
		var fleet []*vendorlogin.Client
		for range 8 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		for began := time.Now(); time.Since(began) < 10*time.Hour; time.Sleep(10 * time.Second) {
			at := time.Now()
			require.Empty(t, atOnce(t.Context(), 8, fleet...).errs)
			if at != began {
				require.Zero(t, time.Since(at), "nobody waits")
			}
		}
		assert.EqualValues(t, 1, f.logins.Load())
		assert.InDelta(t, 10, f.refreshes.Load(), 1)
		assert.Zero(t, f.twice.Load())
	})
}

func TestInvalidatedTokenIsNotAdoptedAfterAFailureEither(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		first := mustToken(t, c)
		c.Invalidate(first)
		f.becomes(func() { f.on = func(context.Context, string, int64) error { return down() } })
		for range 3 {
			assert.Same(t, first, mustToken(t, c), "nobody has decided that it is no good")
			time.Sleep(time.Minute)
		}
		f.becomes(func() { f.on = nil })
		time.Sleep(10 * time.Minute)
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
	})
}

func TestTokenThatCouldNotBeSavedGivesNoWayToAnOlderOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Minute)
		synctest.Wait()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		second, err := c.Renew(t.Context())
		require.NoError(t, err)
		require.Equal(t, "access-2", second.Access.Reveal())
		c.Invalidate(second)
		synctest.Wait()
		s.before = nil
		assert.Equal(t, "access-3", mustToken(t, c).Access.Reveal())
		assert.Zero(t, f.twice.Load())
	})
}

func TestTokenThatCouldNotBeSavedGivesWayToALaterOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		s.put(recordOf("later", time.Minute, time.Hour, ""))
		mustToken(t, c)
		synctest.Wait()
		assert.Equal(t, "later", mustToken(t, c).Access.Reveal())
		assert.EqualValues(t, 1, f.requests())
	})
}

func TestTokenThatCouldNotBeSavedIsNotRefreshedWhereTheFleetHasMovedOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		synctest.Wait()
		s.before = nil
		time.Sleep(2 * time.Hour)
		s.put(recordOf("later", 90*time.Minute, -time.Minute, ""))
		mustToken(t, c)
		assert.Equal(t, map[string]bool{"refresh-of-later": true}, f.presented)
	})
}

func TestStaleNewsAreNoBetterThanAStaleToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		s.put(recordOf("other", 55*time.Minute, 3*time.Minute, ""))
		mustToken(t, c)
		synctest.Wait()
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
		assert.True(t, f.presented["refresh-of-other"], "the record's refresh token is the fleet's")
	})
}

func TestStaleNewsAreBetterThanNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, time.Second)
		s.put(recordOf("other", 55*time.Minute, 3*time.Minute, ""))
		c := newClient(t, f, shared(s))
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		time.Sleep(time.Second)
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		time.Sleep(2 * time.Second)
		assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal(), "renewed behind")
	})
}

func TestMarkOfAnotherProcessIsNotTakenBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.becomes(func() {
			f.on = func(context.Context, string, int64) error { // meanwhile others logged in, and are refreshing that token already
				s.put(recordOf("other", 2*time.Hour, -time.Hour, `,"spent":true`))
				return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
			}
		})
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.True(t, s.record(t).Spent)
		assert.Equal(t, "other", s.record(t).Token.Access)
	})
}

func TestFailureTakesWhatAnotherBroughtMeanwhile(t *testing.T) {
	for name, answer := range map[string]error{
		"unavailable, unprocessed": &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true},
		"wrong password":           wrongPassword(),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := newRefresher(time.Hour, 0)
				f.rotates = name != "wrong password" // which is an answer to a login
				c := newClient(t, f, shared(s))
				mustToken(t, c)
				time.Sleep(time.Hour)
				f.becomes(func() {
					f.on = func(context.Context, string, int64) error {
						s.put(recordOf("other", 0, time.Hour, ""))
						return answer
					}
				})
				assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
				assert.Empty(t, s.record(t).Holds, "and nobody is held up")
			})
		})
	}
}

func TestThrottleDoublesThoughEveryProcessIsNew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: vendorlogin.ErrRateLimited}
		for _, minutes := range []time.Duration{1, 2, 4, 8, 15} {
			_, err := newClient(t, f, shared(s)).Token(t.Context())
			e, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			assert.Equal(t, minutes*time.Minute, time.Until(e.RetryAt))
			time.Sleep(minutes * time.Minute)
		}
	})
}

func TestEachCommandIsBounded(t *testing.T) {
	for limit, timeout := range map[time.Duration]time.Duration{2 * time.Second: 0, 500 * time.Millisecond: 3 * time.Second} {
		t.Run(limit.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				var unbounded []string
				s.before = func(ctx context.Context, op string) error {
					if end, ok := ctx.Deadline(); !ok || time.Until(end) > limit {
						unbounded = append(unbounded, op)
					}
					return nil
				}
				f := newRefresher(time.Hour, 0)
				c := newClient(t, f, &vendorlogin.Options{Store: s, LoginTimeout: timeout})
				mustToken(t, c)
				time.Sleep(time.Hour)
				mustToken(t, c)
				f.becomes(func() { f.presented["refresh-2"] = true })
				time.Sleep(time.Hour)
				mustToken(t, c)
				require.NoError(t, c.Logout(t.Context()))
				synctest.Wait()
				assert.Empty(t, unbounded)
			})
		})
	}
}

func TestLoginThatAsksItsOwnClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var c *vendorlogin.Client
		f := &fake{life: time.Hour}
		f.on = func(ctx context.Context, _ string, _ int64) error {
			for _, call := range []func() error{
				func() error { _, err := c.Token(ctx); return err },
				func() error { _, err := c.Renew(ctx); return err },
				func() error { return c.Logout(ctx) },
			} {
				assert.ErrorIs(t, call(), vendorlogin.ErrInvalidRequest)
			}
			return nil
		}
		c = newClient(t, f, nil)
		mustToken(t, c)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestExpiredTokenGivesWayToOneThatIsSoonToBeRenewed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		o := shared(s)
		o.RenewBefore = 30 * time.Minute
		a, b := newClient(t, f, o), newClient(t, f, o)
		mustToken(t, a)
		mustToken(t, b)
		time.Sleep(40 * time.Minute)
		mustToken(t, a) // renews in the background
		synctest.Wait()
		require.EqualValues(t, 2, f.logins.Load())
		time.Sleep(45 * time.Minute)
		assert.Equal(t, "access-2", mustToken(t, b).Access.Reveal())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}
