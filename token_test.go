package vendorlogin_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestSchemeGoesOutAsItShould(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, c := range []struct{ typ, access, want string }{
			{"", "abc", "Bearer abc"},
			{"bearer", "abc", "Bearer abc"},
			{" Bearer", "abc", "Bearer abc"},
			{"BEARER\t ", "abc", "Bearer abc"},
			{"", "Bearer abc", "Bearer abc"},
			{"bearer", "bearer  abc", "Bearer abc"},
			{"Token", "abc", "Token abc"},
			{"Token", "token abc", "Token abc"},
			{"Token", "Bearer abc", "Token Bearer abc"},
			{"APIKey", "42_abc", "APIKey 42_abc"},
		} {
			token := &vendorlogin.Token{Access: vendorlogin.NewSecret(c.access), Type: c.typ, ExpiresAt: time.Now().Add(time.Hour)}
			req := &http.Request{}
			require.NoError(t, token.SetAuthHeader(req), c)
			assert.Equal(t, c.want, req.Header.Get("Authorization"), c)

			client := newClient(t, &repeating{token: token}, nil) // the value is built once there
			for range 2 {
				require.NoError(t, client.Authorize(req))
				assert.Equal(t, c.want, req.Header.Get("Authorization"), c)
			}
		}
		for _, access := range []string{"", " ", "Bearer ", "Bearer", "a\nb"} {
			token := &vendorlogin.Token{Access: vendorlogin.NewSecret(access)}
			err := token.SetAuthHeader(&http.Request{})
			if access == "Bearer" {
				require.NoError(t, err, "it may be what the token is called")
				continue
			}
			require.ErrorIs(t, err, vendorlogin.ErrBadResponse, "%q", access)
			require.ErrorContains(t, err, "access token cannot stand in a header")
		}
	})
}

// A vendor's own header holds the token alone, and nothing that would end the line.
func TestSetHeader(t *testing.T) {
	t.Parallel()
	for access, want := range map[string]string{"abc": "abc", "Bearer abc": "abc", "bearer  abc": "abc", "Token abc": "Token abc"} {
		req := &http.Request{}
		require.NoError(t, (&vendorlogin.Token{Access: vendorlogin.NewSecret(access)}).SetHeader(req, "x-auth-token"))
		assert.Equal(t, http.Header{"X-Auth-Token": {want}}, req.Header)
	}
	for _, access := range []string{"", "  ", "Bearer ", "a\nX-Injected: b"} {
		req := &http.Request{}
		err := (&vendorlogin.Token{Access: vendorlogin.NewSecret(access)}).SetHeader(req, "x-auth-token")
		require.ErrorIs(t, err, vendorlogin.ErrBadResponse, "%q", access)
		assert.Nil(t, req.Header)
	}
}

// A login whose token no header can hold has failed: it is remembered, and names the account.
func TestTokenThatNoHeaderHolds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, access := range []string{"a\nb", "a\x00", "Bearer ", " "} {
			a := &repeating{token: &vendorlogin.Token{Access: vendorlogin.NewSecret(access), ExpiresAt: time.Now().Add(time.Hour)}}
			c := newClient(t, a, nil)
			for range 3 {
				token, err := c.Token(t.Context())
				assert.Nil(t, token, "%q", access)
				require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
				assert.Contains(t, err.Error(), "fake (ops@example.com): login: bad response: access token cannot stand in a header")
			}
			assert.Equal(t, 1, c.Status().Attempts)
		}
	})
}

func TestEverythingOfATokenComesFromTheStore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		now := time.Now().Round(0).UTC()
		token := &vendorlogin.Token{
			Access: vendorlogin.NewSecret("access"), Refresh: vendorlogin.NewSecret("refresh"), Type: "Token", Subject: "7",
			IssuedAt: now, ExpiresAt: now.Add(time.Hour), RefreshExpiresAt: now.Add(2 * time.Hour),
			Extra: map[string]string{"region": "x"}, Secrets: map[string]vendorlogin.Secret{"csrf": vendorlogin.NewSecret("canary")},
		}
		s := newMemStore()
		mustToken(t, newClient(t, &repeating{token: token}, shared(s)))
		got := mustToken(t, newClient(t, &fake{err: down()}, shared(s)))
		assert.Equal(t, "canary", got.Secrets["csrf"].Reveal())
		assert.Equal(t, token, got)
	})
}

func TestTokenOfAClockThatIsAheadMayHaveNoExpiry(t *testing.T) {
	t.Parallel()
	got, err := vendorlogin.RecodeToken(&vendorlogin.Token{Access: vendorlogin.NewSecret("a"), IssuedAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	assert.True(t, got.ExpiresAt.IsZero())

	issued := time.Now().Add(time.Hour)
	got, err = vendorlogin.RecodeToken(&vendorlogin.Token{
		Access: vendorlogin.NewSecret("a"), IssuedAt: issued, ExpiresAt: issued.Add(time.Minute),
	})
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), got.IssuedAt, time.Minute)
	assert.Equal(t, time.Minute, got.ExpiresAt.Sub(got.IssuedAt))
}

func TestTokenThatNeverExpiresIsStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		never := &repeating{token: &vendorlogin.Token{
			Access: vendorlogin.NewSecret("access"), ExpiresAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("west", -3600)),
		}}
		c := newClient(t, never, shared(s))
		mustToken(t, c)
		assert.False(t, c.Status().Unsaved)
		assert.Equal(t, "access", s.record(t).Token.Access)
	})
}

func TestHeaderValueDoesNotPrint(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen *vendorlogin.Token
		a := &spying{
			repeating: repeating{
				token: &vendorlogin.Token{Access: vendorlogin.NewSecret("canary-access"), ExpiresAt: time.Now().Add(time.Hour)},
			},
			seen: &seen,
		}
		c := newClient(t, a, nil)
		require.NoError(t, c.Authorize(&http.Request{}))
		for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%d", "%t"} {
			assert.NotContains(t, fmt.Sprintf(verb, seen), "canary", verb)
			assert.NotContains(t, fmt.Sprintf(verb, *seen), "canary", verb)
			assert.NotContains(t, fmt.Sprintf(verb, []any{seen}), "canary", verb)
		}
		fromToken := mustToken(t, c)
		fromToken2 := *fromToken
		assert.Equal(t, fromToken2, *fromToken)
		assert.NotSame(t, seen, fromToken, "the caller's token holds no cache")
	})
}

// spying is a vendor that shows the token that its Authorizer gets.
type spying struct {
	repeating
	seen **vendorlogin.Token
}

func (s *spying) Authorize(req *http.Request, t *vendorlogin.Token) error {
	*s.seen = t
	return t.SetAuthHeader(req)
}

func TestHeaderValueIsBuiltOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var seen *vendorlogin.Token
		a := &spying{seen: &seen}
		a.life = time.Hour
		c := newClient(t, a, nil)
		require.NoError(t, c.Authorize(&http.Request{}))
		first := seen
		require.NoError(t, c.Authorize(&http.Request{}))
		assert.Same(t, first, seen)
		_, err := c.Transport(answer{}).RoundTrip(newRequest(t, "https://api.example.com/things"))
		require.NoError(t, err)
		assert.Same(t, first, seen, "by the Transport neither")
	})
}

func TestTokenThatChangesIsNotServedFromTheCache(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := &spying{
			repeating: repeating{token: &vendorlogin.Token{Access: vendorlogin.NewSecret("one"), ExpiresAt: time.Now().Add(time.Hour)}},
		}
		var seen *vendorlogin.Token
		a.seen = &seen
		c := newClient(t, a, nil)
		req := &http.Request{}
		require.NoError(t, c.Authorize(req))
		changed := *seen
		changed.Access = vendorlogin.NewSecret("two")
		require.NoError(t, changed.SetAuthHeader(req))
		assert.Equal(t, "Bearer two", req.Header.Get("Authorization"))
		changed = *seen
		changed.Type = "Token"
		require.NoError(t, changed.SetAuthHeader(req))
		assert.Equal(t, "Token one", req.Header.Get("Authorization"))
	})
}

func TestNoMonotonicReadingInATokensTimes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		f.refreshLife = time.Hour
		token := mustToken(t, newClient(t, f, nil))
		for _, at := range []time.Time{token.IssuedAt, token.ExpiresAt, token.RefreshExpiresAt} {
			assert.Equal(t, at.Round(0), at)
			assert.NotContains(t, at.String(), "m=")
		}
	})
}

func TestSetHeaderKeepsTheOthers(t *testing.T) {
	t.Parallel()
	req := &http.Request{Header: http.Header{"Accept": {"text/plain"}}}
	require.NoError(t, (&vendorlogin.Token{Access: vendorlogin.NewSecret("example")}).SetHeader(req, "X-Key"))
	assert.Equal(t, http.Header{"Accept": {"text/plain"}, "X-Key": {"example"}}, req.Header)
}

func TestEachSecretOfATokenIsStored(t *testing.T) {
	t.Parallel()
	token, err := vendorlogin.RecodeToken(&vendorlogin.Token{Access: vendorlogin.NewSecret("access"), Secrets: map[string]vendorlogin.Secret{
		"csrf": vendorlogin.NewSecret("one"), "session": vendorlogin.NewSecret("two"),
	}})
	require.NoError(t, err)
	assert.Len(t, token.Secrets, 2)
	assert.Equal(t, "one", token.Secrets["csrf"].Reveal())
	assert.Equal(t, "two", token.Secrets["session"].Reveal())
}
