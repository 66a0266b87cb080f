package vendorlogin_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// atMark calls look with the record once the store has been told that a refresh token is consumed.
func (s *memStore) atMark(t *testing.T, look func(savedRecord)) {
	s.after = failAt("mark", func(context.Context) error { look(s.record(t)); return nil })
}

// The mark is for whoever takes over after a crash: it names the token whose refresh token is gone, also where the record had an older one.
func TestMarkIsOfTheTokenThatCouldNotBeSaved(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		s.before = failAt("save", func(context.Context) error { return errDisk })
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
		synctest.Wait()
		require.Equal(t, "access-1", s.record(t).Token.Access)

		s.before = nil
		before := s.record(t).Seq
		var marked []string
		s.atMark(t, func(rec savedRecord) {
			marked = append(marked, rec.Token.Access)
			assert.Greater(t, rec.Seq, before)
		})
		time.Sleep(time.Hour)
		assert.Equal(t, "access-3", mustToken(t, c).Access.Reveal())
		assert.Equal(t, []string{"access-2"}, marked)
	})
}

// A Client that knows an older token leaves the number of the one that it refreshes as it is: a lower one would be no news to the others.
func TestMarkOfAnothersTokenKeepsItsNumber(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		mustToken(t, a)
		time.Sleep(time.Hour)
		assert.Equal(t, "access-2", mustToken(t, b).Access.Reveal())
		synctest.Wait()
		before, marks := s.record(t).Seq, 0
		s.atMark(t, func(rec savedRecord) {
			marks++
			assert.Equal(t, before, rec.Seq)
			assert.Equal(t, "access-2", rec.Token.Access)
		})
		time.Sleep(time.Hour)
		assert.Equal(t, "access-3", mustToken(t, a).Access.Reveal())
		assert.Equal(t, 1, marks)
	})
}

// The budget is of logins: while none is left, a refresh token is sent all the same.
func TestRefreshNeedsNoAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(recordOf("old", time.Hour, -time.Minute, `,"attempts":{"password":{"n":1,"tries":[{"id":"x-1","end":"`+
			time.Now().Format(time.RFC3339)+`"}]}}`))
		f := newRefresher(time.Hour, 0)
		o := shared(s)
		o.MaxAttempts = 1
		mustToken(t, newClient(t, f, o))
		assert.EqualValues(t, 1, f.refreshes.Load())
		assert.Zero(t, f.logins.Load())
	})
}

// The mark stays where the time is over before the token could be taken out: it was sent.
func TestRejectedRefreshTokenThatCannotBeDroppedStaysMarked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		f.becomes(func() {
			f.on = func(context.Context, string, int64) error {
				time.Sleep(29900 * time.Millisecond)
				return vendorlogin.ErrRefreshRejected
			}
		})
		s.before = failAt("delete", func(context.Context) error { return errDisk })
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, s.record(t).Spent)
		assert.Equal(t, "refresh-1", s.record(t).Token.Refresh)
	})
}

func TestClaimGoesWithARejectedRefreshToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		c := newClient(t, f, shared(unlocked{s}))
		mustToken(t, c)
		f.presented = map[string]bool{"refresh-1": true} // the vendor has forgotten it
		time.Sleep(time.Hour)
		synctest.Wait()
		s.commands()
		mustToken(t, c)
		assert.Equal(t, []string{"load", "mark", "refresh", "delete", "attempt", "login", "save"}, s.commands())
	})
}

// A claim that could not be taken back, since the Store failed, is not written again with the login that follows.
func TestClaimThatStayedGoesWithTheNextLogin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, shared(unlocked{s}))
		mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		f.becomes(func() {
			f.on = func(context.Context, string, int64) error {
				s.before = failAt("every", func(context.Context) error { return errDisk })
				return down()
			}
		})
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		synctest.Wait()
		require.NotNil(t, s.record(t).Claim)
		f.becomes(func() {
			f.on = func(context.Context, string, int64) error {
				assert.Nil(t, s.record(t).Claim)
				return nil
			}
		})
		s.before = nil
		time.Sleep(2 * time.Second)
		mustToken(t, c)
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

// behind is a store whose second reading shows what was there before the Client wrote.
type behind struct {
	*memStore
	loads int
	old   memBlob
}

func (b *behind) Load(ctx context.Context, key string) ([]byte, string, error) {
	data, version, err := b.memStore.Load(ctx, key)
	if b.loads++; b.loads == 2 {
		return b.old.data, b.old.version, nil
	}
	return data, version, err
}

// An attempt that was written must not stand for a mark that was not.
func TestRefreshTokenOfAStaleReadingIsNotSentUnmarked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(recordOf("old", 2*time.Hour, -time.Hour, ""))
		b := &behind{memStore: s, old: s.blob()}
		s.put(`{"format":1}`)
		failed := false
		s.after = failAt("attempt", func(context.Context) error {
			if failed {
				return nil
			}
			failed = true
			return errDisk
		})
		f := newNoted(s, time.Hour)
		mustToken(t, newClient(t, f, shared(unlocked{b})))
		assert.Zero(t, f.refreshes.Load(), "%v", s.commands())
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// The vendor has taken it, and gives another one for it: whoever brings it again brings a used one.
func TestRefreshTokenThatWasTakenIsNotSentAfterASeed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, f.refreshes.Load())
		require.NoError(t, c.Seed(t.Context(), first))
		_, err = c.Renew(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, f.refreshes.Load())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestEventsTellHowLongARenewalTookAndForHowLongItIsGood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen events
		f := newRefresher(time.Hour, 2*time.Second)
		c := newClient(t, f, &vendorlogin.Options{OnEvent: seen.record})
		mustToken(t, c)
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		f.becomes(func() {
			f.on = func(context.Context, string, int64) error { time.Sleep(2 * time.Second); return down() }
		})
		_, err = c.Renew(t.Context())
		require.Error(t, err)
		synctest.Wait()
		for _, e := range seen.seen() {
			if e.Type == vendorlogin.EventLogin || e.Type == vendorlogin.EventRefresh {
				assert.Equal(t, 2*time.Second, e.Duration, "%v", e.Type)
				assert.Equal(t, e.Err != nil, e.Expires.IsZero(), "%v", e.Type)
			}
		}
	})
}
