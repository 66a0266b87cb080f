package vendorlogin_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// bring puts the token of another process into the record, beside what it has.
func (s *memStore) bring(t *testing.T) {
	t.Helper()
	token := strings.TrimPrefix(recordOf("other", 0, time.Hour, ""), `{"format":1`)
	s.put(strings.TrimSuffix(string(s.blob().data), "}") + token)
}

func TestSuccessBesideAnothersTokenCountsNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newSpending("idp-code")
		f.life = 20 * time.Minute
		f.err = &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Status: 500}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.Equal(t, 1, c.Status().Attempts)
		time.Sleep(time.Minute)
		synctest.Wait()

		f.becomes(func() { f.err, f.code = nil, vendorlogin.SecretString("another-code") })
		s.meddle("save", 1, func() {
			s.bring(t)
			s.put(strings.Replace(string(s.blob().data), `"consumed"`, `"lost"`, 1))
		})
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Zero(t, c.Status().Attempts)
		synctest.Wait()
		data := string(s.blob().data)
		assert.NotContains(t, data, `"tries"`)
		assert.Contains(t, data, `"consumed":[{"fingerprint"`, "both codes were sent")
	})
}

func TestUselessTokenBesideAnothersStillCounts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{life: -time.Second}, shared(s))
		s.meddle("save", 1, func() { s.bring(t) })
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Equal(t, 1, c.Status().Attempts)
		assert.Contains(t, string(s.blob().data), `"tries"`)
	})
}

func TestRefreshBesideAnothersTokenSavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, newNoted(s, time.Hour), shared(s))
		mustToken(t, c)
		time.Sleep(time.Hour)
		synctest.Wait()
		s.commands()
		var once sync.Once
		s.before = failAt("save", func(context.Context) error {
			once.Do(func() { s.put(recordOf("other", 0, time.Hour, `,"seq":9000000000000`)) })
			return nil
		})
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Equal(t, 1, count(s.commands(), "save"), "the one that came too late")
	})
}

// The attempt stays open in the Store, and yet the one who made it knows better.
func TestSuccessBesideAnothersTokenThatCannotBeSavedCountsNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, err: down()}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		time.Sleep(time.Minute)
		f.becomes(func() { f.err = nil })
		saves := 0
		s.before = failAt("save", func(context.Context) error {
			if saves++; saves == 1 {
				s.bring(t)
				return nil
			}
			return errDisk
		})
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Contains(t, string(s.blob().data), `"open":true`)
		assert.Zero(t, c.Status().Attempts)
	})
}

// RenewBefore says how little is enough, where it is shorter than what is.
func TestShortTokenIsGoodForWhoRenewsLate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: 5 * time.Second}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 2 * time.Second})
		for range 20 {
			mustToken(t, c)
			time.Sleep(5 * time.Second)
		}
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestNumberOfATokenGrowsThoughTheStoreIsEmpty(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{life: time.Hour}, shared(s))
		mustToken(t, c)
		synctest.Wait()
		before := s.record(t).Seq
		s.empty()
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		assert.Greater(t, s.record(t).Seq, before)
	})
}

func TestStoreThatFailsIsToldOfOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("every", func(context.Context) error { return errDisk })
		var seen events
		_, err := newClient(t, &fake{err: down()}, &vendorlogin.Options{Store: s, OnEvent: seen.record}).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		n := 0
		for _, event := range seen.seen() {
			if event.Type == vendorlogin.EventStore {
				n++
			}
		}
		assert.Equal(t, 1, n)
	})
}

// A secret that was not sent is good again, and what others sent is not.
func TestUnsentSecretLeavesThoseOfOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(`{"format":1,"consumed":[{"fingerprint":7,"at":"` + time.Now().Format(time.RFC3339) + `"}]}`)
		f := newSpending("idp-code")
		f.err = &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
		_, err := newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		synctest.Wait()
		data := string(s.blob().data)
		assert.Contains(t, data, `"consumed":[{"fingerprint":7,`)
		assert.Equal(t, 1, strings.Count(data, `"fingerprint"`), data)
	})
}
