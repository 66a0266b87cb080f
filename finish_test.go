package vendorlogin_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// meddle lets somebody else change the record before each of the first n commands of that op.
func (s *memStore) meddle(op string, n int, with func()) {
	s.before = func(_ context.Context, got string) error {
		if got == op && n > 0 {
			n--
			with()
		}
		return nil
	}
}

func TestPaidTokenComesWhateverTheStoreDoes(t *testing.T) {
	t.Run("conflict, then the load fails", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := newMemStore()
			failing := false
			s.before = func(_ context.Context, op string) error {
				switch {
				case op == "save":
					failing = true
					return vendorlogin.ErrRecordChanged
				case op == "load" && failing:
					return errDisk
				}
				return nil
			}
			c := newClient(t, &fake{life: time.Hour}, shared(s))
			assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal())
			assert.True(t, c.Status().Unsaved)
		})
	})
	t.Run("a slow login, slow commands, every save conflicts", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := newMemStore()
			s.before = func(ctx context.Context, op string) error {
				if err := pass(ctx, 1200*time.Millisecond); err != nil {
					return err
				}
				if op == "save" {
					return vendorlogin.ErrRecordChanged
				}
				return nil
			}
			f := &fake{life: time.Hour, took: 20 * time.Second}
			began := time.Now()
			c := newClient(t, f, shared(s))
			assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal())
			assert.LessOrEqual(t, time.Since(began), 36*time.Second)
		})
	})
	t.Run("every save conflicts at once", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := newMemStore()
			saves := 0
			s.before = failAt("save", func(context.Context) error {
				saves++
				return vendorlogin.ErrRecordChanged
			})
			c := newClient(t, &fake{life: time.Hour}, shared(s))
			mustToken(t, c)
			assert.True(t, c.Status().Unsaved)
			assert.Equal(t, 10, saves, "the store is broken")
		})
	})
	t.Run("the extension and two saves take all the time there is", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := newMemStore()
			saves := 0
			s.before = func(ctx context.Context, op string) error {
				switch op {
				case "extend":
					return pass(ctx, 900*time.Millisecond)
				case "save":
					if saves++; saves == 1 {
						_ = pass(ctx, 1900*time.Millisecond)
						return errDisk
					}
					return pass(ctx, 1900*time.Millisecond)
				}
				return nil
			}
			c := newClient(t, &fake{life: time.Hour, took: 29900 * time.Millisecond}, shared(s))
			mustToken(t, c)
			assert.False(t, c.Status().Unsaved, "saving has until LoginTimeout + 5 s")
			assert.Equal(t, "access-1", s.record(t).Token.Access)
		})
	})
}

func TestConflictWithoutATokenIsSavedOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.meddle("save", 1, func() { s.put(`{"format":1}`) })
		began := time.Now()
		mustToken(t, newClient(t, &fake{life: time.Hour}, shared(s)))
		assert.LessOrEqual(t, time.Since(began), 50*time.Millisecond)
		synctest.Wait()
		assert.Equal(t, "access-1", s.record(t).Token.Access)
	})
}

func TestFresherTokenOfAnotherIsTaken(t *testing.T) {
	for _, later := range []time.Duration{0, time.Millisecond} {
		t.Run(later.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				var seen events
				s.meddle("save", 1, func() { s.put(recordOf("other", -later, time.Hour, "")) })
				c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, OnEvent: seen.record})
				assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
				assert.Contains(t, types(seen.seen()), vendorlogin.EventAdopt)
				assert.Equal(t, "other", s.record(t).Token.Access, "and stays in the store")
			})
		})
	}
}

func TestTokenThatAnotherIsRefreshingIsNotTaken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.meddle("save", 1, func() { s.put(recordOf("other", -time.Millisecond, time.Hour, `,"spent":true`)) })
		assert.Equal(t, "access-1", mustToken(t, newClient(t, &fake{life: time.Hour}, shared(s))).Access.Reveal(), "ours is newer, and paid for")
		synctest.Wait()
		assert.Equal(t, "access-1", s.record(t).Token.Access)
	})
}

func TestSaveWhoseResponseWasLostIsOurs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		lost := false
		s.after = func(_ context.Context, op string) error {
			if op == "save" && !lost {
				lost = true
				return errDisk
			}
			return nil
		}
		var seen events
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		mustToken(t, c)
		time.Sleep(time.Minute)
		mustToken(t, c)
		assert.NotContains(t, types(seen.seen()), vendorlogin.EventAdopt)
		assert.False(t, c.Status().Unsaved)
	})
}

// Whoever saw our token before we knew that it was saved may be sending its refresh token.
func TestSaveWhoseResponseWasLostTakesNoMarkBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		lost := false
		s.after = func(_ context.Context, op string) error {
			if op == "save" && !lost {
				lost = true
				s.put(strings.Replace(string(s.blob().data), `{"format":1`, `{"format":1,"spent":true`, 1))
				return errDisk
			}
			return nil
		}
		mustToken(t, newClient(t, &fake{life: time.Hour}, shared(s)))
		assert.True(t, s.record(t).Spent)
	})
}

func TestFleetLearnsOfAHoldThoughTheFirstSaveConflicts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: wrongPassword()}
		s.meddle("save", 1, func() { s.put(`{"format":1,"region":"x"}`) })
		_, err := newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		synctest.Wait()
		s.before = nil
		_, err = newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestHoldThatCannotBeSavedIsAnEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		var seen events
		_, err := newClient(t, &fake{err: wrongPassword()}, &vendorlogin.Options{Store: s, OnEvent: seen.record}).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Contains(t, types(seen.seen()), vendorlogin.EventStore)
	})
}

func TestOnlyTheOwnClaimIsTakenOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(unlocked{s}))
		mustToken(t, c)
		time.Sleep(time.Hour)
		claim := `,"spent":true,"claim":{"owner":"another","until":"` + time.Now().Add(30*time.Second).Format(time.RFC3339) + `"}`
		f.becomes(func() {
			f.on = func(context.Context, string, int64) error {
				s.put(recordOf("access-1", time.Hour, 0, claim))
				return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
			}
		})
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		rec := s.record(t)
		require.NotNil(t, rec.Claim)
		assert.Equal(t, "another", rec.Claim.Owner)
		assert.True(t, rec.Spent, "nor is another's mark taken back")
	})
}

func TestWaiterTakesWhatAppearsWhileTheLockIsHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		_, err := s.TryLock(t.Context(), f.Account().Key(), time.Hour)
		require.NoError(t, err)
		time.AfterFunc(2*time.Second, func() { s.put(recordOf("other", 0, time.Hour, "")) })
		began := time.Now()
		assert.Equal(t, "other", mustToken(t, newClient(t, f, shared(s))).Access.Reveal())
		assert.LessOrEqual(t, time.Since(began), 3*time.Second)
		assert.Zero(t, f.logins.Load())
	})
}

func TestClaimThatGoesAwayFreesTheWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(`{"format":1,"claim":{"owner":"another","until":"` + time.Now().Add(time.Minute).Format(time.RFC3339) + `"}}`)
		time.AfterFunc(time.Second, func() { s.put(`{"format":1}`) })
		began := time.Now()
		mustToken(t, newClient(t, &fake{life: time.Hour}, shared(unlocked{s})))
		assert.GreaterOrEqual(t, time.Since(began), time.Second)
		assert.LessOrEqual(t, time.Since(began), 2*time.Second)
	})
}

func TestRecordWithoutAUsableTokenStillHolds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(
			`{"format":1,"token":{"issued_at":"2000-01-01T00:00:00Z"},"holds":[{"cause":"throttled","status":429,"until":"2000-01-01T00:05:00Z"}]}`,
		)
		f := &fake{life: time.Hour}
		_, err := newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.Zero(t, f.logins.Load())
	})
}

func TestLoginThatCannotBeSavedCountsForNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		failing := false
		s.before = func(_ context.Context, op string) error {
			if failing = failing || op == "save"; failing {
				return errDisk
			}
			return nil
		}
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		mustToken(t, c)
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestTokensThatExpireOnTheirWayCountThoughTheyCannotBeSaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		f := &fake{life: 2 * time.Second}
		c := newClient(t, f, shared(s))
		for range 100 {
			_, _ = c.Token(t.Context())
			time.Sleep(6 * time.Second)
		}
		assert.EqualValues(t, 4, f.logins.Load())
	})
}

func TestTokenThatArrivesExpiredHoldsAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: -time.Second}
		for range 4 {
			_, _ = newClient(t, f, shared(s)).Token(t.Context())
		}
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestResponsesWithoutATokenAreAskedForLessOften(t *testing.T) {
	for status, most := range map[int]int64{200: 8, 302: 16} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrBadResponse, Status: status}}
				c := newClient(t, f, nil)
				for range 40 * 60 {
					_, err := c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
					time.Sleep(time.Second)
				}
				assert.InDelta(t, most-1, f.logins.Load(), 1)
			})
		})
	}
}
