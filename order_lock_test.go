package vendorlogin_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestLockOfAProcessThatDiesIsTakenThoughItsAttemptIsOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		_, err := s.TryLock(t.Context(), f.Account().Key(), 20*time.Second)
		require.NoError(t, err)
		s.put(`{"format":1,"attempts":{"password":{"tries":[{"id":"x-1","owner":"x","open":true,"end":"` +
			time.Now().Add(35*time.Second).Format(time.RFC3339) + `"}]}}}`)
		began := time.Now()
		mustToken(t, newClient(t, f, shared(s)))
		assert.GreaterOrEqual(t, time.Since(began), 20*time.Second)
		assert.LessOrEqual(t, time.Since(began), 23*time.Second)
	})
}

func TestLockIsTriedRarelyWhileTheRecordSaysThatItsHolderIsAtWork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		attempt := `,"attempts":{"password":{"tries":[{"id":"x-1","owner":"x","open":true,"end":"` +
			time.Now().Add(time.Minute).Format(time.RFC3339) + `"}]}}`
		for busy, most := range map[string]int{`,"spent":true`: 7, attempt: 7, "": 60} {
			s := newMemStore()
			f := newRefresher(time.Hour, 0)
			_, err := s.TryLock(t.Context(), f.Account().Key(), 9*time.Second)
			require.NoError(t, err)
			s.put(recordOf("access-0", time.Hour, 0, busy))
			s.commands()
			mustToken(t, newClient(t, f, shared(s)))
			locks := count(s.commands(), "lock")
			assert.LessOrEqual(t, locks, most, busy)
			assert.GreaterOrEqual(t, locks, most/2, busy)
		}
	})
}

// The first looks come quickly, as most renewals are short.
func TestPausesBetweenTriesForTheLockGrow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		_, err := s.TryLock(t.Context(), f.Account().Key(), 2*time.Second)
		require.NoError(t, err)
		var tries []time.Time
		s.before = failAt("lock", func(context.Context) error { tries = append(tries, time.Now()); return nil })
		mustToken(t, newClient(t, f, shared(s)))
		require.Greater(t, len(tries), 4)
		for i, mean := range []time.Duration{50, 100, 200, 200} {
			assert.InDelta(t, mean*time.Millisecond, tries[i+1].Sub(tries[i]), float64(mean*time.Millisecond/4), i)
		}
	})
}

func TestStoreThatFailsWhileTheLockIsAwaitedIsDoneWithout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		_, err := s.TryLock(t.Context(), f.Account().Key(), time.Hour)
		require.NoError(t, err)
		began := time.Now()
		s.before = failAt("load", func(context.Context) error {
			if time.Since(began) >= 2*time.Second {
				return errDisk
			}
			return nil
		})
		assert.Equal(t, "access-1", mustToken(t, newClient(t, f, shared(s))).Access.Reveal())
		assert.Less(t, time.Since(began), 3*time.Second)
	})
}

// An extension that is under way when LoginTimeout ends is not broken off: the lock is held while the renewal may still save.
func TestLastExtensionOfTheLockIsMade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		hangs, s := &fake{}, newMemStore()
		hangs.on = func(context.Context, string, int64) error { time.Sleep(20 * time.Second); return nil }
		s.before = func(ctx context.Context, op string) error {
			if op == "extend" {
				return pass(ctx, 100*time.Millisecond)
			}
			return nil
		}
		o := shared(s)
		o.LoginTimeout = 10*time.Second + 50*time.Millisecond
		_, err := newClient(t, hangs, o).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Equal(t, 3, count(s.commands(), "extend"))
	})
}

func TestCallerHearsWhenTheAttemptOfAnotherEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		end := time.Now().Add(35 * time.Second)
		s.put(`{"format":1,"attempts":{"password":{"tries":[{"id":"x-1","owner":"x","open":true,"end":"` + end.Format(time.RFC3339) + `"}]}}}`)
		f := &fake{life: time.Hour}
		_, err := newClient(t, f, shared(unlocked{s})).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.True(t, end.Equal(e.RetryAt), "%v", e.RetryAt)
		assert.True(t, e.Unprocessed)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, f.logins.Load())
		log := s.commands()
		assert.Equal(t, len(log), count(log, "load"), "nothing is saved: nothing has come about")
	})
}

func TestCloseWaitsForTheExtensionOfTheLock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var inExtend atomic.Int64
		s.before = func(ctx context.Context, op string) error {
			if op == "extend" {
				inExtend.Add(1)
				defer inExtend.Add(-1)
				return pass(ctx, 1900*time.Millisecond)
			}
			return nil
		}
		v := &fake{life: time.Hour, took: 3 * time.Second}
		c, err := vendorlogin.NewClient(v, &vendorlogin.Options{Store: s})
		require.NoError(t, err)
		mustToken(t, c)
		require.NoError(t, c.Close())
		assert.Zero(t, inExtend.Load(), "a goroutine of the Client is in the Store after Close")
	})
}

// A hungSecret is one that is read without regard to ctx.
type hungSecret struct {
	fake
	end chan struct{}
}

func (h *hungSecret) Fingerprint(context.Context) (uint64, error) {
	<-h.end
	return 1, nil
}

// A renewal that has sent nothing when its Client is closed keeps the lock from nobody, even if it hangs.
func TestLockOfAClosedClientIsNotExtended(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &hungSecret{fake{life: time.Hour}, make(chan struct{})}
		defer close(f.end)
		o := shared(s)
		o.LoginTimeout = 10 * time.Minute
		c := newClient(t, f, o)
		go func() { _, _ = c.Token(t.Context()) }()
		time.Sleep(time.Second)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, c.Shutdown(gone))

		time.Sleep(20 * time.Second)
		_, err := s.TryLock(t.Context(), f.Account().Key(), 10*time.Second)
		require.NoError(t, err)
	})
}
