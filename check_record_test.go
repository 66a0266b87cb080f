package vendorlogin_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// restore brings back what a store held before, as a failover that lost writes does, or a backup.
func (s *memStore) restore(b memBlob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.blobs {
		s.versions++
		b.version = fmt.Sprint("restored-", s.versions)
		s.blobs[key] = b
	}
}

func TestOlderRecordIsNotTakenBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		synctest.Wait()
		backup := s.blob()
		backup.ends = time.Now().Add(1000 * time.Hour)
		_, err := c.Renew(t.Context()) // refresh-1 is consumed
		require.NoError(t, err)
		synctest.Wait()
		s.restore(backup)

		c.Invalidate(mustToken(t, c))
		assert.Equal(t, "access-3", mustToken(t, c).Access.Reveal(), "not the older access-1")
		time.Sleep(time.Hour)
		mustToken(t, c)
		assert.Zero(t, f.twice.Load())
		assert.EqualValues(t, 1, f.logins.Load(), "nor is the refresh token of its own thrown away")
	})
}

func TestRefreshTokenOfUnknownFateIsNotSentThoughTheStoreHandsItBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		synctest.Wait()
		backup := s.blob()
		backup.ends = time.Now().Add(1000 * time.Hour)
		f.becomes(func() {
			f.on = func(_ context.Context, op string, _ int64) error {
				if op == "refresh" {
					f.presented = map[string]bool{"refresh-1": true} // the vendor has acted
					return down()
				}
				return nil
			}
		})
		time.Sleep(time.Hour)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		synctest.Wait()
		s.restore(backup) // unspent
		f.becomes(func() { f.on = nil })
		time.Sleep(10 * time.Second)
		mustToken(t, c)
		assert.Zero(t, f.twice.Load())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestRefreshTokenThatDoesNotRotateIsSentAgain(t *testing.T) {
	for name, store := range map[string]func() vendorlogin.Store{
		"store": func() vendorlogin.Store { return newMemStore() }, "none": func() vendorlogin.Store { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &keeping{fake{life: time.Hour, rotates: true}}
				c := newClient(t, f, shared(store()))
				for range 20 {
					mustToken(t, c)
					time.Sleep(time.Hour)
				}
				assert.EqualValues(t, 1, f.logins.Load())
				assert.EqualValues(t, 19, f.refreshes.Load())
			})
		})
	}
}

func TestNumbersOnlyGrow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		last := int64(0)
		for i := range 20 {
			_, err := []*vendorlogin.Client{a, b}[i%2].Renew(t.Context()) // all in the same millisecond
			require.NoError(t, err)
			seq := seqOf(t, s)
			assert.Greater(t, seq, last)
			last = seq
		}
		s.put(recordOf("ahead", 0, time.Hour, `,"seq":9000000000000`)) // by a clock that is wrong
		assert.Equal(t, "ahead", mustToken(t, newClient(t, f, shared(s))).Access.Reveal())
		_, err := a.Renew(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, int64(9000000000001), seqOf(t, s))
	})
}

func TestRenewOfAFreshProcessRenews(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		mustToken(t, newClient(t, f, shared(s)))
		token, err := newClient(t, f, shared(s)).Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "access-2", token.Access.Reveal(), "the stored one may have been revoked")
	})
}

func TestRenewTakesWhatComesWhileItWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: time.Second}
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		mustToken(t, a)
		go func() { _, _ = a.Renew(t.Context()) }()
		time.Sleep(time.Millisecond)
		token, err := b.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "access-2", token.Access.Reveal())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestTokenFromAClockThatIsAheadIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		now := time.Now()
		s.put(fmt.Sprintf(`{"format":1,"token":{"access":"ahead","issued_at":%q,"expires_at":%q}}`,
			now.Add(1000*time.Hour).Format(time.RFC3339), now.Add(1001*time.Hour).Format(time.RFC3339)))
		c := newClient(t, f, shared(s))
		assert.Equal(t, "ahead", mustToken(t, c).Access.Reveal())
		assert.Equal(t, time.Hour, time.Until(mustToken(t, c).ExpiresAt), "no longer than its whole lifetime")
	})
}

func TestFirstVersionAndThisOneShareAStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		s.put(
			recordOf(
				"first-version",
				30*time.Minute,
				10*time.Minute,
				`,"holds":[{"cause":"throttled","until":"2000-01-01T00:00:01Z","status":429}]`,
			),
		)
		c := newClient(t, f, shared(s))
		assert.Equal(t, "first-version", mustToken(t, c).Access.Reveal())
		time.Sleep(10 * time.Minute)
		mustToken(t, c)
		assert.True(t, f.presented["refresh-of-first-version"])

		// The first version refreshes, and leaves alone what it does not know: the number.
		s.put(recordOf("later", 0, time.Hour, fmt.Sprintf(`,"seq":%d`, seqOf(t, s))))
		c.Invalidate(mustToken(t, c))
		assert.Equal(t, "later", mustToken(t, c).Access.Reveal())
		assert.Zero(t, f.twice.Load())
		assert.Zero(t, f.logins.Load())
	})
}

func seqOf(t *testing.T, s *memStore) int64 {
	t.Helper()
	return s.record(t).Seq
}

func TestWaitingPodsAskTheStoreLittle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, took: 2 * time.Second}
		const pods = 200
		var fleet []*vendorlogin.Client
		for range pods {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		began := time.Now()
		a := atOnce(t.Context(), pods, fleet...)
		require.Empty(t, a.errs)
		assert.EqualValues(t, 1, f.logins.Load())
		assert.LessOrEqual(t, time.Since(began), 2500*time.Millisecond)
		synctest.Wait()
		commands := s.commands()
		assert.LessOrEqual(t, len(commands), 20*pods)
		assert.LessOrEqual(t, count(commands, "lock"), 4*pods, "while the holder is at work the lock is tried every two seconds only")
	})
}

func TestHolderThatIsKilledCostsOneLoginMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		m := &mortal{memStore: s}
		f := &fake{life: time.Hour, took: 2 * time.Second}
		f.on = func(_ context.Context, _ string, n int64) error {
			if n == 1 {
				m.dead = true
				return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}
			}
			return nil
		}
		holder := newClient(t, f, shared(m))
		go func() { _, _ = holder.Token(t.Context()) }()
		synctest.Wait()
		var fleet []*vendorlogin.Client
		for range 50 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		began := time.Now()
		a := atOnce(t.Context(), 50, fleet...)
		require.Empty(t, a.errs)
		assert.LessOrEqual(t, f.logins.Load(), int64(2))
		assert.LessOrEqual(t, time.Since(began), 15*time.Second, "the lease ends after ten seconds")
	})
}

func TestStaleNewsAreBetterThanARejectedToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		c.Invalidate(mustToken(t, c))
		s.put(recordOf("other", 59*time.Minute, time.Minute, fmt.Sprintf(`,"seq":%d`, time.Now().UnixMilli()+1)))
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestHoldOfTheFirstVersionIsNamedByItsStatus(t *testing.T) {
	for status, want := range map[int]error{429: vendorlogin.ErrRateLimited, 503: vendorlogin.ErrUnavailable} {
		t.Run(want.Error(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				s.put(fmt.Sprintf(`{"format":1,"holds":[{"cause":"failed","status":%d,"until":%q}]}`, status,
					time.Now().Add(time.Minute).Format(time.RFC3339)))
				_, err := newClient(t, &fake{life: time.Hour}, shared(s)).Token(t.Context())
				assert.ErrorIs(t, err, want)
			})
		})
	}
}

func TestConflictAtARejectedRefreshTokenUsesWhatTheStoreHas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.becomes(func() {
			f.on = func(_ context.Context, op string, _ int64) error {
				s.before = func(_ context.Context, op string) error {
					if op == "save" || op == "delete" {
						s.before = nil
						s.put(recordOf("other", 0, time.Hour, fmt.Sprintf(`,"seq":%d`, time.Now().UnixMilli()+1)))
					}
					return nil
				}
				return vendorlogin.ErrRefreshRejected
			}
		})
		began := time.Now()
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Zero(t, time.Since(began), "at once")
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestTokenOfAFutureClockWithoutExpiryIsShared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(fmt.Sprintf(`{"format":1,"token":{"access":"other","issued_at":%q}}`, time.Now().Add(time.Minute).Format(time.RFC3339)))
		f := &fake{}
		assert.Equal(t, "other", mustToken(t, newClient(t, f, shared(s))).Access.Reveal())
		assert.Zero(t, f.logins.Load())
	})
}
