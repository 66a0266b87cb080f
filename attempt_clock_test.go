package vendorlogin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestAttemptsOfAFutureClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		at := time.Now().Add(48 * time.Hour)
		var tries []string
		for i := range 4 {
			end := at.Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
			tries = append(tries, fmt.Sprintf(`{"id":"x%d","owner":"x","end":%q}`, i, end))
		}
		s.put(fmt.Sprintf(`{"format":1,"attempts":{"password":{"n":4,"first":%q,"next":%q,"tries":[%s]}}}`,
			at.Format(time.RFC3339), at.Add(10*time.Minute).Format(time.RFC3339), strings.Join(tries, ",")))
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		began := time.Now()
		_, err := c.WaitToken(t.Context())
		require.NoError(t, err)
		assert.LessOrEqual(t, time.Since(began), 12*time.Minute)
	})
}

// Processes died in the middle of a login, and their clocks were days ahead.
func TestOpenAttemptsOfAFutureClock(t *testing.T) {
	for name, c := range map[string]struct {
		store  func(*memStore) vendorlogin.Store
		open   int
		within time.Duration
	}{
		"one, without locks":  {func(s *memStore) vendorlogin.Store { return unlocked{s} }, 1, 0},
		"four, without locks": {func(s *memStore) vendorlogin.Store { return unlocked{s} }, 4, 22 * time.Minute},
		"four, with locks":    {func(s *memStore) vendorlogin.Store { return s }, 4, 22 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var tries []string
				for i := range c.open {
					end := time.Now().Add(72 * time.Hour).Format(time.RFC3339)
					tries = append(tries, fmt.Sprintf(`{"id":"x%d","owner":"x","end":%q,"open":true}`, i, end))
				}
				s := newMemStore()
				s.put(`{"format":1,"attempts":{"password":{"tries":[` + strings.Join(tries, ",") + `]}}}`)
				client, began := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: c.store(s)}), time.Now()
				_, err := client.WaitToken(t.Context())
				require.NoError(t, err)
				assert.LessOrEqual(t, time.Since(began), c.within)
			})
		})
	}
}

func TestRowOfAFutureClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		at := time.Now().Add(48 * time.Hour)
		s.put(strings.ReplaceAll(`{"format":1,"attempts":{"password":{"n":1,"first":"AT","next":"AT",
			"tries":[{"id":"a","owner":"x","end":"AT"}]}}}`, "AT", at.Format(time.RFC3339)))
		f := &fake{life: time.Hour, err: down()}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		e, _ := errors.AsType[*vendorlogin.Error](err)
		assert.LessOrEqual(t, time.Until(e.RetryAt), 12*time.Minute)
	})
}

func TestAnotherLimitDropsNoAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: down()}
		four := newClient(t, f, &vendorlogin.Options{Store: s, MaxAttempts: 4})
		for range 240 {
			_, _ = four.Token(t.Context())
			time.Sleep(time.Second)
		}
		n := f.logins.Load()
		unlimited := newClient(t, f, &vendorlogin.Options{Store: s, MaxAttempts: -1})
		_, _ = unlimited.Renew(t.Context())
		for range 200 {
			third := newClient(t, f, &vendorlogin.Options{Store: s, MaxAttempts: 4})
			_, _ = third.Renew(t.Context())
			time.Sleep(time.Second)
		}
		require.EqualValues(t, 3, n)
		assert.LessOrEqual(t, f.logins.Load(), n+2)
	})
}

// A try of a record that has no id is no attempt of ours.
func TestTryWithoutAnID(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(`{"format":1,"attempts":{"password":{"tries":[{"id":"","end":"` + time.Now().Format(time.RFC3339) + `"}]}}}`)
		f := &fake{err: down()}
		c := newClient(t, f, shared(s))
		for range 600 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.NotZero(t, f.logins.Load())
		assert.LessOrEqual(t, f.logins.Load(), int64(4))
	})
}
