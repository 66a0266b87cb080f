package vendorlogin_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// newNoted makes a vendor whose requests are written down among the store's commands.
func newNoted(s *memStore, life time.Duration) *refresher {
	f := newRefresher(life, 0)
	f.on = func(_ context.Context, op string, _ int64) error { s.note(op); return nil }
	return f
}

func shared(s vendorlogin.Store) *vendorlogin.Options { return &vendorlogin.Options{Store: s} }

// savedRecord is the record as another program would read it.
type savedRecord struct {
	Format int
	Token  *struct {
		Access, Refresh string
		IssuedAt        time.Time `json:"issued_at"`
		ExpiresAt       time.Time `json:"expires_at"`
	}
	Spent bool
	Seq   int64
	Holds []struct {
		Cause       string
		Until       time.Time
		Fingerprint *int
	}
	Claim *struct {
		Owner string
		Until time.Time
	}
}

func (s *memStore) record(t *testing.T) savedRecord {
	t.Helper()
	var rec savedRecord
	require.NoError(t, json.Unmarshal(s.blob().data, &rec))
	return rec
}

func TestOrderOfARenewal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		c := newClient(t, f, shared(s))

		mustToken(t, c)
		synctest.Wait()
		assert.Equal(t, []string{"load", "lock", "load", "attempt", "login", "extend", "save", "unlock"}, s.commands())
		for range 100 {
			mustToken(t, c)
		}
		assert.Empty(t, s.commands(), "no command while the token is fresh")

		time.Sleep(time.Hour)
		s.after = failAt("mark", func(context.Context) error {
			assert.Nil(t, s.record(t).Claim, "the lock says who is at work")
			return nil
		})
		mustToken(t, c)
		synctest.Wait()
		assert.Equal(t, []string{"load", "lock", "load", "mark", "refresh", "extend", "save", "unlock"}, s.commands())
		rec := s.record(t)
		assert.Equal(t, 1, rec.Format)
		assert.Equal(t, "access-2", rec.Token.Access)
		assert.Equal(t, "refresh-2", rec.Token.Refresh)
		assert.False(t, rec.Spent)
		assert.Nil(t, rec.Claim)

		other := newClient(t, f, shared(s))
		assert.Equal(t, "access-2", mustToken(t, other).Access.Reveal())
		assert.Equal(t, []string{"load"}, s.commands(), "adopting costs one load")
	})
}

func TestStoreThatFailedIsLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("attempt", func(context.Context) error { return errDisk })
		mustToken(t, newClient(t, newNoted(s, time.Hour), shared(s)))
		synctest.Wait()
		log := s.commands()
		assert.Equal(t, []string{"login", "unlock"}, log[len(log)-2:], "no lock extended, no token saved")
	})
}

func TestAttemptIsSavedBeforeTheLoginThoughTheFirstSaveFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		failed := false
		s.before = failAt("attempt", func(context.Context) error {
			if failed {
				return nil
			}
			failed = true
			return errDisk
		})
		mustToken(t, newClient(t, newNoted(s, time.Hour), shared(s)))
		log := s.commands()
		require.Contains(t, log, "attempt")
		assert.Less(t, slices.Index(log, "attempt"), slices.Index(log, "login"))
	})
}

func TestOrderOfARenewalWithoutLocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		c := newClient(t, f, shared(unlocked{s}))
		mustToken(t, c)
		assert.Equal(t, []string{"load", "attempt", "login", "save"}, s.commands())
		assert.Nil(t, s.record(t).Claim)
		time.Sleep(time.Hour)
		mustToken(t, c)
		assert.Equal(t, []string{"load", "mark", "refresh", "save"}, s.commands())
		assert.Nil(t, s.record(t).Claim)
		assert.False(t, s.record(t).Spent)
	})
}

func TestRestartedProgramRefreshesWhatTheLastOneLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		mustToken(t, newClient(t, f, shared(s)))
		time.Sleep(3 * time.Hour)
		mustToken(t, newClient(t, f, shared(s)))
		assert.EqualValues(t, 1, f.logins.Load())
		assert.EqualValues(t, 1, f.refreshes.Load())
	})
}

func TestExpiredRefreshTokenIsNotSent(t *testing.T) {
	for name, store := range map[string]vendorlogin.Store{"store": newMemStore(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.refreshLife = 2 * time.Hour
				c := newClient(t, f, shared(store))
				mustToken(t, c)
				time.Sleep(2*time.Hour + 1)
				mustToken(t, c)
				assert.EqualValues(t, 2, f.logins.Load())
				assert.Zero(t, f.refreshes.Load())
			})
		})
	}
}

func TestAnswerWithoutRefreshTokenKeepsTheOldOne(t *testing.T) {
	for name, store := range map[string]vendorlogin.Store{"store": newMemStore(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &keeping{fake{life: time.Hour, rotates: true, refreshLife: 24 * time.Hour}}
				c := newClient(t, f, shared(store))
				first := mustToken(t, c)
				for range 5 {
					time.Sleep(time.Hour)
					token := mustToken(t, c)
					assert.NotEqual(t, first.Access.Reveal(), token.Access.Reveal())
					assert.Equal(t, first.Refresh.Reveal(), token.Refresh.Reveal())
					assert.True(t, first.RefreshExpiresAt.Equal(token.RefreshExpiresAt))
				}
				assert.EqualValues(t, 1, f.logins.Load())
				assert.EqualValues(t, 5, f.refreshes.Load())
			})
		})
	}
}

// keeping is a vendor whose refresh token stays as it is.
type keeping struct{ fake }

func (k *keeping) Refresh(_ context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	sent := time.Now()
	k.refreshes.Add(1)
	t := k.issue(sent)
	t.Refresh, t.RefreshExpiresAt = vendorlogin.Secret{}, time.Time{}
	return t, nil
}

func TestConflictAtTheMarkSendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		c, other := newClient(t, f, shared(s)), newClient(t, f, shared(unlocked{s}))
		mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		once := true
		s.before = func(_ context.Context, op string) error {
			if op == "mark" && once {
				once = false
				mustToken(t, other) // which moves on first
			}
			return nil
		}
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
		assert.EqualValues(t, 1, f.refreshes.Load())
		assert.EqualValues(t, 1, f.logins.Load())
		assert.Zero(t, f.twice.Load())
	})
}

func TestSpentRecordIsNeverRefreshed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		issued := time.Now().Add(-2 * time.Hour)
		data, err := json.Marshal(map[string]any{"format": 1, "spent": true, "token": map[string]any{
			"access": "access-0", "refresh": "refresh-0", "issued_at": issued, "expires_at": issued.Add(time.Hour)}})
		require.NoError(t, err)
		s.put(string(data))
		mustToken(t, newClient(t, f, shared(s)))
		assert.Zero(t, f.refreshes.Load())
		assert.EqualValues(t, 1, f.logins.Load())
		assert.False(t, s.record(t).Spent)
	})
}

func TestSpentTokenThatLivesIsStillGood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		data, err := json.Marshal(map[string]any{"format": 1, "spent": true, "token": map[string]any{
			"access": "access-0", "refresh": "refresh-0", "issued_at": time.Now(), "expires_at": time.Now().Add(time.Hour)}})
		require.NoError(t, err)
		s.put(string(data))
		assert.Equal(t, "access-0", mustToken(t, newClient(t, f, shared(s))).Access.Reveal())
		assert.Zero(t, f.requests())
	})
}

func TestRejectedRefreshDropsTheTokenAndLogsIn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		f.presented = map[string]bool{"refresh-1": true} // the vendor has forgotten it
		time.Sleep(time.Hour)
		synctest.Wait()
		s.commands()
		mustToken(t, c)
		synctest.Wait()
		assert.Equal(
			t,
			[]string{"load", "lock", "load", "mark", "refresh", "delete", "attempt", "login", "extend", "save", "unlock"},
			s.commands(),
		)
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Equal(t, "refresh-2", s.record(t).Token.Refresh)
	})
}

func TestRejectedRefreshUsesWhatTheStoreHasMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		turns := 0
		pacer := pacerFunc(func(context.Context, vendorlogin.Account, string) (func(bool, error), error) {
			turns++
			return func(bool, error) {}, nil
		})
		c := newClient(t, f, &vendorlogin.Options{Store: s, Pacer: pacer})
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.on = func(_ context.Context, op string, _ int64) error {
			if op != "refresh" {
				return nil
			}
			data, err := json.Marshal(map[string]any{"format": 1, "token": map[string]any{
				"access": "access-of-another", "issued_at": time.Now(), "expires_at": time.Now().Add(time.Hour)}})
			require.NoError(t, err)
			s.put(string(data))
			return vendorlogin.ErrRefreshRejected
		}
		assert.Equal(t, "access-of-another", mustToken(t, c).Access.Reveal())
		assert.EqualValues(t, 1, f.logins.Load())
		assert.Equal(t, 2, turns, "of the login and of the refresh: another's token needs none")
	})
}

func TestOnlyARejectedRefreshFallsBackToThePassword(t *testing.T) {
	for name, store := range map[string]vendorlogin.Store{"store": newMemStore(), "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.on = func(_ context.Context, op string, _ int64) error {
					if op == "refresh" {
						return down()
					}
					return nil
				}
				c := newClient(t, f, shared(store))
				mustToken(t, c)
				time.Sleep(time.Hour)
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
				assert.EqualValues(t, 1, f.logins.Load())
				time.Sleep(time.Second)
				mustToken(t, c)
				assert.EqualValues(t, 1, f.refreshes.Load(), "its fate is unknown: never again")
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestUnprocessedRefreshTakesItsMarkBack(t *testing.T) {
	for name, store := range map[string]vendorlogin.Store{"locks": newMemStore(), "no locks": unlocked{newMemStore()}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.on = func(_ context.Context, op string, n int64) error {
					if op == "refresh" && n <= 2 {
						return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
					}
					return nil
				}
				c := newClient(t, f, shared(store))
				mustToken(t, c)
				time.Sleep(time.Hour)
				for range 2 {
					_, err := c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
					time.Sleep(2 * time.Second)
				}
				assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
				assert.EqualValues(t, 3, f.refreshes.Load())
				assert.EqualValues(t, 1, f.logins.Load())
			})
		})
	}
}
