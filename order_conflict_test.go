package vendorlogin_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestConflictCountsNoAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		conflicts := 1
		s.before = func(_ context.Context, op string) error {
			if op == "attempt" && conflicts > 0 {
				conflicts--
				return vendorlogin.ErrRecordChanged
			}
			return nil
		}
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, MaxAttempts: 1})
		mustToken(t, c)
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestSaveKeepsWhatAnotherBroughtMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var once sync.Once
		s.before = func(_ context.Context, op string) error {
			if op == "save" {
				once.Do(func() { s.put(strings.TrimSuffix(string(s.blob().data), "}") + `,"x-later":"example"}`) })
			}
			return nil
		}
		mustToken(t, newClient(t, &fake{life: time.Hour}, shared(s)))
		assert.Equal(t, "access-1", s.record(t).Token.Access)
		assert.Contains(t, string(s.blob().data), `"x-later":"example"`)
	})
}

func TestLostRacesCountNoAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Minute, took: time.Second}
		var clients []*vendorlogin.Client
		for range 4 {
			clients = append(clients, newClient(t, f, shared(unlocked{s})))
		}
		for range 60 {
			a := atOnce(t.Context(), 4, clients...)
			require.Empty(t, a.errs)
			for i, c := range clients {
				require.LessOrEqual(t, c.Status().Attempts, 1, i)
			}
			time.Sleep(time.Minute + time.Second)
		}
	})
}

func TestRefreshTokenIsNotSentTwiceThoughTheStoreGoesBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		mustToken(t, a)
		mustToken(t, b)
		synctest.Wait()
		backup := string(s.blob().data)
		time.Sleep(time.Hour)
		mustToken(t, a)
		mustToken(t, b)
		time.Sleep(time.Hour)
		f.becomes(func() {
			f.on = func(_ context.Context, op string, _ int64) error {
				if op == "refresh" {
					return down()
				}
				return nil
			}
		})
		s.put(backup)
		_, err := a.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.EqualValues(t, 2, f.refreshes.Load(), "the cached one")
		mustToken(t, b)
		assert.EqualValues(t, 2, f.refreshes.Load())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestAdoptedTokenGivesNoWayToAnOlderOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		newer := time.Now().UnixMilli() + 5
		s.put(recordOf("newer", 0, time.Minute, fmt.Sprintf(`,"seq":%d`, newer)))
		c := newClient(t, f, shared(s))
		assert.Equal(t, "newer", mustToken(t, c).Access.Reveal())
		time.Sleep(time.Minute)
		s.put(recordOf("older", 0, time.Hour, fmt.Sprintf(`,"seq":%d`, newer-1)))
		assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal(), "the store has gone back")
	})
}

func TestRefreshTokenThatDoesNotRotateIsSentAgainAfterALostRace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &keeping{fake{life: time.Hour, rotates: true}}
		c := newClient(t, f, shared(s))
		first := mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		theirs := strings.Replace(recordOf("other", 0, time.Hour, fmt.Sprintf(`,"seq":%d`, time.Now().Add(time.Minute).UnixMilli())),
			"refresh-of-other", first.Refresh.Reveal(), 1)
		s.meddle("save", 1, func() { s.put(theirs) })
		require.Equal(t, "other", mustToken(t, c).Access.Reveal())
		synctest.Wait()
		time.Sleep(time.Hour)
		mustToken(t, c)
		assert.EqualValues(t, 2, f.refreshes.Load())
		assert.EqualValues(t, 1, f.logins.Load())
	})
}
