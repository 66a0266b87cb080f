package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

var errDisk = errors.New("disk on fire")

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// faultKinds are the ways in which a command goes wrong.
var faultKinds = map[string]func(s *memStore, op string){
	"error":                     func(s *memStore, op string) { s.before = failAt(op, func(context.Context) error { return errDisk }) },
	"hang":                      func(s *memStore, op string) { s.before = failAt(op, hang) },
	"error although it is done": func(s *memStore, op string) { s.after = failAt(op, func(context.Context) error { return errDisk }) },
	"hang after it is done":     func(s *memStore, op string) { s.after = failAt(op, hang) },
}

func failAt(where string, fault func(ctx context.Context) error) func(context.Context, string) error {
	return func(ctx context.Context, op string) error {
		if op == where || where == "every" {
			return fault(ctx)
		}
		return nil
	}
}

func TestTokensComeThoughTheStoreFails(t *testing.T) {
	for kind, fault := range faultKinds {
		for _, op := range []string{"load", "lock", "claim", "mark", "extend", "save", "unlock", "every"} {
			for locks, wrap := range map[string]func(s *memStore) vendorlogin.Store{
				"locks":    func(s *memStore) vendorlogin.Store { return s },
				"no locks": func(s *memStore) vendorlogin.Store { return unlocked{s} },
			} {
				t.Run(fmt.Sprintf("%s at %s, %s", kind, op, locks), func(t *testing.T) {
					bubble(t, func(t *testing.T) {
						s := newMemStore()
						fault(s, op)
						useFaultyStore(t, wrap(s))
					})
				})
			}
		}
	}
}

// useFaultyStore lives through a cold start and three expiries.
func useFaultyStore(t *testing.T, s vendorlogin.Store) {
	f := newRefresher(time.Hour, 100*time.Millisecond)
	c := newClient(t, f, shared(s))
	for i := range 4 {
		began := time.Now()
		a := atOnce(t.Context(), 10, c)
		require.Empty(t, a.errs)
		for _, token := range a.tokens {
			require.Same(t, a.tokens[0], token)
			require.Greater(t, time.Until(token.ExpiresAt), 59*time.Minute)
		}
		assert.LessOrEqual(t, time.Since(began), 8*time.Second)
		assert.LessOrEqual(t, f.requests(), int64(i+1), "one request an expiry")
		time.Sleep(time.Hour)
	}
	assert.Zero(t, f.twice.Load())
}

func TestFailedSaveIsTriedTwiceAndAgainByTheNextRenewal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		tries := 0
		s.before = failAt("save", func(context.Context) error { tries++; return errDisk })
		token := mustToken(t, c)
		assert.Equal(t, "access-2", token.Access.Reveal(), "it has been paid for")
		synctest.Wait()
		assert.Equal(t, 2, tries)
		assert.True(t, s.record(t).Spent)

		s.before = nil
		time.Sleep(time.Hour)
		assert.Equal(t, "access-3", mustToken(t, c).Access.Reveal())
		assert.Equal(t, "access-3", s.record(t).Token.Access)
		assert.Equal(t, "refresh-3", s.record(t).Token.Refresh)
		assert.False(t, s.record(t).Spent)
		assert.EqualValues(t, 1, f.logins.Load(), "the refresh token that could not be saved is used")
		assert.Zero(t, f.twice.Load())
	})
}

func TestSaveThatFailsOnceIsRepaired(t *testing.T) {
	for name, done := range map[string]bool{"not done": false, "done": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				var seen events
				c := newClient(t, newRefresher(time.Hour, 0), &vendorlogin.Options{Store: s, OnEvent: seen.record})
				failures := 0
				once := failAt("save", func(context.Context) error {
					if failures++; failures == 1 {
						return errDisk
					}
					return nil
				})
				if done {
					s.after = once
				} else {
					s.before = once
				}
				mustToken(t, c)
				assert.Equal(t, "access-1", s.record(t).Token.Access)
				told := types(seen.seen())
				assert.NotContains(t, told, vendorlogin.EventStore)
				assert.NotContains(t, told, vendorlogin.EventAdopt)
				assert.Equal(t, 1, count(s.commands(), "save"), "what was done is not done again")
			})
		})
	}
}

func TestDeadStoreAndWrongPasswordIsOneRequestAClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("every", hang)
		f := &fake{err: wrongPassword()}
		var fleet []*vendorlogin.Client
		for range 5 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		for range 14 * 6 {
			a := atOnce(t.Context(), 5, fleet...)
			require.Len(t, a.errs, 5)
			require.ErrorIs(t, a.errs[0], vendorlogin.ErrInvalidCredentials)
			time.Sleep(8 * time.Second)
		}
		assert.EqualValues(t, 5, f.logins.Load())
	})
}

func TestOneOfManyGoesOnWithoutTheLock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: 2 * time.Second}
		_, err := s.TryLock(t.Context(), f.Account().Key(), time.Hour) // by somebody who is gone
		require.NoError(t, err)
		var fleet []*vendorlogin.Client
		for range 20 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		began := time.Now()
		a := atOnce(t.Context(), 20, fleet...)
		assert.Empty(t, a.errs)
		assert.EqualValues(t, 1, f.logins.Load())
		assert.GreaterOrEqual(t, time.Since(began), 15*time.Second, "half of LoginTimeout")
		assert.LessOrEqual(t, time.Since(began), 20*time.Second)
	})
}

// Whoever waited for another in vain has made no attempt, and yet does not ask again at once.
func TestWaitingInVainIsNoAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: 9 * time.Second}
		slow := newClient(t, f, &vendorlogin.Options{Store: s, LoginTimeout: 10 * time.Second})
		hasty := newClient(t, f, &vendorlogin.Options{Store: s, LoginTimeout: 4 * time.Second})
		go func() { _, _ = slow.Token(t.Context()) }()
		time.Sleep(time.Second)
		_, err := hasty.Token(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind)
		assert.GreaterOrEqual(t, time.Until(e.RetryAt), 500*time.Millisecond)
		assert.LessOrEqual(t, time.Until(e.RetryAt), time.Second)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// The time for saving begins when LoginTimeout is over, not when the token comes.
func TestSavingHasTheRestOfLoginTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		saves := 0
		s.before = func(ctx context.Context, op string) error {
			if err := pass(ctx, time.Second); err != nil || op != "save" {
				return err
			}
			if saves++; saves <= 6 {
				return vendorlogin.ErrRecordChanged
			}
			return nil
		}
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		mustToken(t, c)
		assert.False(t, c.Status().Unsaved)
	})
}

func TestWaitersStopWhenAFreshRecordAppears(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: 3 * time.Second}
		var fleet []*vendorlogin.Client
		for range 20 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		began := time.Now()
		var wg sync.WaitGroup
		for _, c := range fleet {
			wg.Go(func() {
				mustToken(t, c)
				assert.LessOrEqual(t, time.Since(began), 3*time.Second+500*time.Millisecond)
			})
		}
		wg.Wait()
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestClaimOfACrashedProcessBarsNobodyForLong(t *testing.T) {
	for name, c := range map[string]struct{ until, waits time.Duration }{
		"just made":          {35 * time.Second, 8 * time.Second},
		"its clock is ahead": {5 * time.Minute, 0},
		"nonsense":           {1000 * time.Hour, 0},
		"over":               {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := &fake{life: time.Hour}
				s.put(fmt.Sprintf(`{"format":1,"claim":{"owner":"x","until":%q}}`, time.Now().Add(c.until).Format(time.RFC3339Nano)))
				client := newClient(t, f, shared(unlocked{s}))
				began := time.Now()
				mustToken(t, client)
				assert.LessOrEqual(t, time.Since(began), c.waits)
				assert.GreaterOrEqual(t, time.Since(began), c.waits*9/10, "a quarter of LoginTimeout")
				assert.EqualValues(t, 1, f.logins.Load())
			})
		})
	}
}

// disagreeing is a store whose Save always says that the record has changed, as one whose reads are behind does for a while.
type disagreeing struct{ *memStore }

func (d disagreeing) Save(ctx context.Context, _ string, _ []byte, _ string, _ time.Duration) (string, error) {
	return "", d.do(ctx, "save", func() error { return vendorlogin.ErrRecordChanged })
}

func TestStoreThatAlwaysDisagreesIsNotHammered(t *testing.T) {
	for name, lock := range map[string]bool{"locks": true, "no locks": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := newRefresher(time.Hour, 0)
				var store vendorlogin.Store = disagreeing{s}
				if !lock {
					store = unlocked{store}
				}
				c := newClient(t, f, shared(store))
				began := time.Now()
				_, err := c.Token(t.Context())
				if err != nil {
					assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
				}
				assert.LessOrEqual(t, time.Since(began), 36*time.Second)
				assert.GreaterOrEqual(t, time.Since(began), time.Second, "it pauses more and more")
				assert.LessOrEqual(t, f.logins.Load(), int64(1))
				assert.Less(t, len(s.commands()), 50)
			})
		})
	}
}
