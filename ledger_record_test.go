package vendorlogin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestRecordTTL(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339Nano) }
	const margin = 5 * time.Minute
	for name, c := range map[string]struct {
		record string
		want   time.Duration
	}{
		"nothing": {`"spent":false`, margin},
		"access token": {
			fmt.Sprintf(`"token":{"access":"a","issued_at":%q,"expires_at":%q}`, at(0), at(time.Hour)), time.Hour + margin},
		"dead access token": {
			fmt.Sprintf(`"token":{"access":"a","issued_at":%q,"expires_at":%q}`, at(-2*time.Hour), at(-time.Hour)), margin},
		"access token of unknown life": {
			fmt.Sprintf(`"token":{"access":"a","issued_at":%q}`, at(0)), time.Hour + margin},
		"refresh token": {
			fmt.Sprintf(`"token":{"access":"a","refresh":"r","issued_at":%q,"expires_at":%q,"refresh_expires_at":%q}`,
				at(0), at(time.Hour), at(24*time.Hour)),
			24*time.Hour + margin},
		"refresh token that dies first": {
			fmt.Sprintf(`"token":{"access":"a","refresh":"r","issued_at":%q,"expires_at":%q,"refresh_expires_at":%q}`,
				at(0), at(time.Hour), at(time.Minute)),
			time.Hour + margin},
		"refresh token of unknown life": {
			fmt.Sprintf(`"token":{"access":"a","refresh":"r","issued_at":%q,"expires_at":%q}`, at(0), at(time.Hour)), 7*24*time.Hour + margin},
		"hold": {fmt.Sprintf(`"holds":[{"cause":"credentials","until":%q}]`, at(15*time.Minute)), 15*time.Minute + margin},
		"holds": {
			fmt.Sprintf(`"holds":[{"cause":"throttled","until":%q},{"cause":"credentials","until":%q}]`,
				at(time.Minute), at(15*time.Minute)), 15*time.Minute + margin},
		"hold is over": {fmt.Sprintf(`"holds":[{"cause":"credentials","until":%q}]`, at(-time.Minute)), margin},
		"hold outlives the token": {
			fmt.Sprintf(`"holds":[{"cause":"throttled","until":%q}],"token":{"access":"a","issued_at":%q,"expires_at":%q}`,
				at(time.Hour), at(0), at(time.Minute)),
			time.Hour + margin},
		"token outlives the hold": {
			fmt.Sprintf(`"holds":[{"cause":"throttled","until":%q}],"token":{"access":"a","issued_at":%q,"expires_at":%q}`,
				at(time.Minute), at(0), at(time.Hour)),
			time.Hour + margin},
		"claim": {fmt.Sprintf(`"claim":{"owner":"x","until":%q}`, at(35*time.Second)), 35*time.Second + margin},
	} {
		got, err := vendorlogin.RecordTTL([]byte(`{"format":1,`+c.record+`}`), now)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
	eternal, err := vendorlogin.RecordTTL(
		[]byte(`{"format":1,"token":{"access":"a","issued_at":"2026-01-02T00:00:00Z","expires_at":"9999-12-31T00:00:00Z"}}`),
		now,
	)
	require.NoError(t, err)
	assert.Greater(t, eternal, 365*24*time.Hour)
}

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

func FuzzRecord(f *testing.F) {
	for _, seed := range []string{
		`{"format":1}`,
		`{"format":2}`,
		`{"format":1,"token":{"access":"a","refresh":"r","issued_at":"2026-01-02T03:04:05.000000006Z",` +
			`"expires_at":"2026-01-02T04:04:05+02:00"},"spent":true}`,
		`{"format":1,"holds":[{"cause":"credentials","until":"2026-01-02T03:04:05Z","fingerprint":255,"status":401}],` +
			`"claim":{"owner":"x","until":"2026-01-02T03:04:05Z"}}`,
		`{"format":1,"other":[1e400,{"a":null}],"TOKEN":{"access":"b"}}`,
		`{"format":1,"format":1,"token":null}`,
		`null`, `[]`, ``, `{"format":1,"token":{"access":"a","extra":{"":""}}}`,
	} {
		f.Add([]byte(seed))
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := vendorlogin.RecodeRecord(data)
		if err != nil {
			require.NotContains(t, err.Error(), "access")
			return
		}
		twice, err := vendorlogin.RecodeRecord(once)
		require.NoError(t, err, "%s", once)
		require.Equal(t, string(once), string(twice))
		ttl, err := vendorlogin.RecordTTL(once, now)
		require.NoError(t, err)
		require.Positive(t, ttl)
		require.Equal(t, unknownFields(t, data), unknownFields(t, once))
	})
}

// unknownFields are the names and values of what this version does not know.
func unknownFields(t *testing.T, data []byte) map[string]any {
	var all map[string]any
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	require.NoError(t, in.Decode(&all))
	maps.DeleteFunc(all, func(name string, _ any) bool {
		return slices.ContainsFunc(
			[]string{"format", "token", "seq", "spent", "holds", "claim", "attempts", "consumed"},
			func(known string) bool { return strings.EqualFold(known, name) },
		)
	})
	return all
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
		mustToken(t, newClient(t, f, shared(leftover{s})))
		synctest.Wait()
		assert.Equal(t, "access-1", s.record(t).Token.Access)
	})
}
