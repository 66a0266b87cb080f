package genericlogin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

var withCookies = http.Header{"Content-Type": {"application/json"}, "Cookie": {"refresh-token=old-refresh; access-token=old-access"}}

func TestWebLogin(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	week := time.Now().Add(7 * 24 * time.Hour).UTC().Format(http.TimeFormat)
	w := adaptertest.NewWire()
	w.On("POST", loginURL, cookied(200, `{"user":{"name":"users/101","email":"ops@example.com"}}`,
		"access-token=old; Path=/; Max-Age=0", "other=x", "access-token=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
		"access-token="+adaptertest.JWT("a", end)+"; Path=/; Expires="+week+"; HttpOnly; SameSite=Lax",
		"refresh-token=refresh-1; Path=/; Max-Age=604800; HttpOnly"))
	c := config(w)
	c.Web = true

	got, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, adaptertest.JWT("a", end), got.Access.Reveal())
	assert.Equal(t, "refresh-1", got.Refresh.Reveal())
	assert.Equal(t, "Bearer", got.Type)
	assert.WithinDuration(t, end, got.ExpiresAt, 0, "not when the cookie ends")
	assert.Equal(t, 7*24*time.Hour, got.RefreshExpiresAt.Sub(got.IssuedAt))
	assert.Equal(t, "users/101", got.Subject)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(
		t, w.Requests()[0], "POST", loginURL, jsonOnly, `{"email":"ops@example.com","password":"example-password","web":true}`,
	)
}

// A cookie whose Expires is past is taken back, whatever is in it, unless a Max-Age says otherwise.
func TestDeletedCookies(t *testing.T) {
	t.Parallel()
	hour := func(d int) string { return time.Now().Add(time.Duration(d) * time.Hour).UTC().Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		attributes, date string
		deleted          bool
	}{
		"the epoch":                     {"; Expires=Thu, 01 Jan 1970 00:00:00 GMT", hour(0), true},
		"an old layout":                 {"; Expires=Thu, 01-Jan-1970 00:00:01 GMT", hour(0), true},
		"an hour ago":                   {"; Expires=" + hour(-1), hour(0), true},
		"Max-Age wins":                  {"; Expires=" + hour(-1) + "; Max-Age=60", hour(0), false},
		"no Max-Age left":               {"; Expires=" + hour(1) + "; Max-Age=0", hour(0), true},
		"to come":                       {"; Expires=" + hour(1), hour(0), false},
		"no end":                        {"", hour(0), false},
		"to come, the server is behind": {"; Expires=" + hour(-1), hour(-2), false},
		"to come, the server is ahead":  {"; Expires=" + hour(1), hour(2), false},
		"past, and no Date":             {"; Expires=" + hour(-1), "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(200, `{}`, "Date", c.date, "Set-Cookie", "access-token=deleted"+c.attributes))
			cfg := config(w)
			cfg.Web = true

			got, err := authenticator(t, cfg).Login(t.Context())

			if c.deleted {
				assert.Equal(t, vendorlogin.ErrBadResponse, adaptertest.VendorError(t, err).Kind)
			} else {
				require.NoError(t, err)
				assert.Equal(t, "deleted", got.Access.Reveal())
			}
		})
	}
}

// Servers of before refresh tokens answer web mode so.
func TestWebLoginWithTheTokenInTheBody(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, `{"token":"a"}`))
	c := config(w)
	c.Web = true

	got, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "a", got.Access.Reveal())
	assert.True(t, got.Refresh.IsZero())
}

func TestEndOfTheRefreshToken(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	expires := "; Expires=" + end.UTC().Format(http.TimeFormat)
	for attributes, want := range map[string]time.Time{
		"":                        {},
		expires:                   end,
		expires + "; Max-Age=60":  time.Now().Add(time.Minute),
		"; Expires=tomorrow":      {},
		"; Max-Age=soon":          {},
		"; Max-Age=999999999999":  {},
		"; Max-Age=60; Max-Age=x": time.Now().Add(time.Minute),
	} {
		w := adaptertest.NewWire()
		w.On("POST", loginURL, cookied(200, `{}`, "access-token=a", "refresh-token=r"+attributes))
		c := config(w)
		c.Web = true

		got, err := authenticator(t, c).Login(t.Context())

		require.NoError(t, err)
		assert.Equal(t, "r", got.Refresh.Reveal())
		if want.IsZero() {
			assert.Zero(t, got.RefreshExpiresAt, "%q tells nothing", attributes)
		} else {
			assert.WithinDuration(t, want, got.RefreshExpiresAt, 30*time.Second, attributes)
		}
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	w := adaptertest.NewWire()
	w.On("POST", refreshURL, cookied(200, `{}`, "access-token="+adaptertest.JWT("b", end), "refresh-token=refresh-2; Max-Age=604800"))
	c := config(w)
	c.Web = true
	old := oldToken()

	got, err := authenticator(t, c).Refresh(t.Context(), old)

	require.NoError(t, err)
	assert.Equal(t, adaptertest.JWT("b", end), got.Access.Reveal())
	assert.Equal(t, "refresh-2", got.Refresh.Reveal())
	assert.WithinDuration(t, end, got.ExpiresAt, 0)
	assert.Equal(t, old.RefreshExpiresAt, got.RefreshExpiresAt, "a rotation does not move the end")
	assert.Equal(t, old.Subject, got.Subject)
	assert.Equal(t, old.Extra, got.Extra)
	got.Extra["mine"] = "x"
	assert.Len(t, old.Extra, 1, "the old token is not touched")
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", refreshURL, withCookies, `{}`)
}

func TestEndOfTheNextRefreshToken(t *testing.T) {
	t.Parallel()
	soon, late := time.Now().Add(time.Minute), time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		old    time.Time
		cookie string
		want   time.Time
	}{
		"the first one's":           {soon, "refresh-token=r; Max-Age=3600", soon},
		"earlier than that":         {late, "refresh-token=r; Max-Age=60", soon},
		"told by the first alone":   {soon, "refresh-token=r", soon},
		"told by the second alone":  {time.Time{}, "refresh-token=r; Max-Age=60", soon},
		"told by none":              {time.Time{}, "refresh-token=r", time.Time{}},
		"of one that is not there":  {soon, "other=x", soon},
		"of one that is taken back": {soon, "refresh-token=; Max-Age=0", soon},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", refreshURL, cookied(200, `{}`, "access-token=a", c.cookie))
			cfg := config(w)
			cfg.Web = true
			old := oldToken()
			old.RefreshExpiresAt = c.old

			got, err := authenticator(t, cfg).Refresh(t.Context(), old)

			require.NoError(t, err)
			assert.WithinDuration(t, c.want, got.RefreshExpiresAt, 30*time.Second)
			assert.False(t, got.Refresh.IsZero())
		})
	}
}

func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  httpmock.Responder
		kind    error
		code    string
		message string
	}{
		"rejected": {
			adaptertest.Reply(401, "error-refresh.json"), vendorlogin.ErrRefreshRejected, "16", "invalid or expired refresh token",
		},
		"forbidden": {adaptertest.Reply(403, "error-forbidden.json"), vendorlogin.ErrForbidden, "7", "password sign-in is disallowed"},
		"limit": {
			adaptertest.Reply(429, "error-lockout.json"), vendorlogin.ErrRateLimited, "8", "too many failed login attempts, please try again later",
		},
		"not for now":     {adaptertest.Reply(503, `{}`, "Retry-After", "0"), vendorlogin.ErrUnavailable, "", ""},
		"no cookie":       {adaptertest.Reply(200, `{}`), vendorlogin.ErrBadResponse, "", ""},
		"one cookie":      {cookied(200, `{}`, "refresh-token=r"), vendorlogin.ErrBadResponse, "", ""},
		"the page":        {adaptertest.Reply(200, `<html>`), vendorlogin.ErrBadResponse, "", ""},
		"in the old body": {adaptertest.Reply(200, `{"token":"a"}`), vendorlogin.ErrBadResponse, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", refreshURL, c.answer, cookied(200, `{}`, "access-token=a", "refresh-token=r"))
			cfg := config(w)
			cfg.Web = true

			got, err := authenticator(t, cfg).Refresh(t.Context(), oldToken())

			assert.Nil(t, got)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Equal(t, "refresh", e.Op)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.message, e.Message)
			assert.Len(t, w.Requests(), 1, "the refresh token may be consumed")
		})
	}
}

// What a stored token holds must not become another cookie, or another header.
func TestTokensThatAreNoCookies(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"a; other=x", "a\r\nX: y", "a\x00", "ä"} {
		for _, change := range []func(*vendorlogin.Token){
			func(o *vendorlogin.Token) { o.Refresh = vendorlogin.NewSecret(value) },
			func(o *vendorlogin.Token) { o.Access = vendorlogin.NewSecret(value) },
		} {
			w := adaptertest.NewWire()
			c := config(w)
			c.Web = true
			a := authenticator(t, c)
			token := oldToken()
			change(token)

			_, err := a.Refresh(t.Context(), token)

			e := adaptertest.VendorError(t, err)
			assert.Equal(t, vendorlogin.ErrRefreshRejected, e.Kind, "a new login is the way out")
			assert.True(t, e.Unprocessed)
			assert.NotContains(t, adaptertest.Tree(err), value)
			assert.Equal(t, vendorlogin.ErrInvalidRequest, adaptertest.VendorError(t, a.Revoke(t.Context(), token)).Kind)
			assert.Empty(t, w.Requests())
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token  *vendorlogin.Token
		header http.Header
	}{
		"web": {oldToken(), withCookies},
		"plain": {
			&vendorlogin.Token{Access: vendorlogin.NewSecret("a")}, http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer a"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", logoutURL, cookied(200, `{}`, "access-token=; Max-Age=0"), adaptertest.Reply(401, "error-refresh.json"))
			a := authenticator(t, config(w))

			require.NoError(t, a.Revoke(t.Context(), c.token))

			require.Len(t, w.Requests(), 1)
			adaptertest.AssertSent(t, w.Requests()[0], "POST", logoutURL, c.header, `{}`)
			err := a.Revoke(t.Context(), c.token)
			assert.Equal(t, "logout", adaptertest.VendorError(t, err).Op)
			assert.Equal(t, "16", adaptertest.VendorError(t, err).Code)
		})
	}
}
