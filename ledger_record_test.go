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

func TestTokenSurvivesTheRecord(t *testing.T) {
	t.Parallel()
	now := time.Now().Round(0)
	want := vendorlogin.Token{
		Access: vendorlogin.NewSecret(`a"\ <é>`), Refresh: vendorlogin.NewSecret("r"), Type: "Token",
		IssuedAt: now, ExpiresAt: now.Add(time.Hour + 1), RefreshExpiresAt: now.Add(24 * time.Hour),
		Subject: "17", Extra: map[string]string{"region": "eu"},
	}
	got, err := vendorlogin.RecodeToken(&want)
	require.NoError(t, err)
	assert.Equal(t, want.Access.Reveal(), got.Access.Reveal())
	assert.Equal(t, want.Refresh.Reveal(), got.Refresh.Reveal())
	assert.Equal(t, want.Type, got.Type)
	assert.True(t, want.IssuedAt.Equal(got.IssuedAt))
	assert.True(t, want.ExpiresAt.Equal(got.ExpiresAt))
	assert.True(t, want.RefreshExpiresAt.Equal(got.RefreshExpiresAt))
	assert.Equal(t, want.Subject, got.Subject)
	assert.Equal(t, want.Extra, got.Extra)

	got, err = vendorlogin.RecodeToken(&vendorlogin.Token{Access: want.Access, IssuedAt: now})
	require.NoError(t, err)
	assert.True(t, got.ExpiresAt.IsZero())
	assert.True(t, got.RefreshExpiresAt.IsZero())
	assert.True(t, got.Refresh.IsZero())
}

func TestCorruptRecordIsReportedAndReplaced(t *testing.T) {
	for name, data := range map[string]string{
		"empty object": "{}",
		"not JSON":     "access-0 example",
		"torn":         `{"format":1,"token":{"access":"acc`,
		"a list":       "[]",
		"null":         "null",
		"format 0":     `{"format":0,"token":{"access":"access-0"}}`,
		"format -1":    `{"format":-1}`,
		"wrong types":  `{"format":1,"token":{"access":7}}`,
		"wrong time":   `{"format":1,"token":{"access":"access-0","issued_at":"yesterday"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				s.put(data)
				var seen events
				f := newRefresher(time.Hour, 0)
				c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record})
				mustToken(t, c)
				assert.EqualValues(t, 1, f.logins.Load())
				assert.Equal(t, "access-1", s.record(t).Token.Access)
				all := seen.seen()
				assert.Contains(t, types(all), vendorlogin.EventStore)
				for _, e := range all {
					assert.NotContains(t, fmt.Sprint(e.Err), "access-0")
				}
			})
		})
	}
}

func TestLaterFormatIsLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		const later = `{"format":2,"token":{"access":"access-0"},"holds":"a new kind"}`
		s.put(later)
		f := newRefresher(time.Hour, 0)
		var seen events
		c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		for range 3 {
			mustToken(t, c)
			time.Sleep(time.Hour)
		}
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.Error(t, c.Logout(t.Context()))
		assert.Equal(t, later, string(s.blob().data))
		assert.EqualValues(t, 4, f.requests())
		assert.Contains(t, types(seen.seen()), vendorlogin.EventStore)
	})
}

func TestUnknownFieldsSurviveASave(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, 0)
		s.put(`{"format":1,"region":{"a":[1,2.50,"x"]},"Token2":"y"}`)
		c := newClient(t, f, shared(s))
		for range 3 {
			mustToken(t, c)
			synctest.Wait()
			assert.Contains(t, string(s.blob().data), `"region":{"a":[1,2.50,"x"]}`)
			assert.Contains(t, string(s.blob().data), `"Token2":"y"`)
			time.Sleep(time.Hour)
		}
		f.err = wrongPassword() // a hold is saved
		f.presented = map[string]bool{"refresh-3": true}
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.NotEmpty(t, s.record(t).Holds)
		assert.Contains(t, string(s.blob().data), `"region":{"a":[1,2.50,"x"]}`)
	})
}

func TestRecordFormat(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		mustToken(t, newClient(t, newRefresher(time.Hour, 0), shared(s)))
		assert.JSONEq(t, `{"format":1,"token":{"access":"access-1","refresh":"refresh-1",
			"issued_at":"2000-01-01T00:00:00Z","expires_at":"2000-01-01T01:00:00Z"},"seq":946684800000}`, string(s.blob().data))
	})
}

// leftover is a store that says a version with the blob that cannot be read.
type leftover struct{ *memStore }

func (s leftover) Load(ctx context.Context, key string) ([]byte, string, error) {
	data, version, err := s.memStore.Load(ctx, key)
	if errors.Is(err, vendorlogin.ErrNoRecord) {
		return data, "v-of-a-ruin", fmt.Errorf("%w: it is a ruin", err)
	}
	return data, version, err
}

func TestBlobThatCannotBeReadIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		var all events
		o := shared(leftover{s})
		o.OnEvent = all.record
		c := newClient(t, f, o)
		mustToken(t, c)
		var told []error
		for _, e := range all.seen() {
			if e.Type == vendorlogin.EventStore {
				told = append(told, e.Err)
			}
		}
		require.Len(t, told, 2, "at the start, and with the lock")
		for _, err := range told {
			assert.ErrorContains(t, err, "it is a ruin")
		}
		assert.NoError(t, c.Status().StoreErr, "the save went well")
		assert.Equal(t, "access-1", s.record(t).Token.Access)
	})
}

func TestStoreThatOnlyHadToBeReadWorksAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		broken := true
		s.before = func(context.Context, string) error {
			if broken {
				return vendorlogin.ErrStore
			}
			return nil
		}
		f := &fake{life: time.Hour}
		c := newClient(t, f, shared(s))
		mustToken(t, c)
		require.Error(t, c.Status().StoreErr)
		time.Sleep(time.Hour)
		broken = false
		mustToken(t, newClient(t, f, shared(s)))
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
		assert.NoError(t, c.Status().StoreErr)
	})
}
