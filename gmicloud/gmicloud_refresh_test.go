package gmicloud_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"),
		RefreshExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	access, refresh := adaptertest.JWT("a", end), adaptertest.JWT("r", end.Add(time.Hour))
	w := adaptertest.NewWire()
	w.On("PATCH", sessionsURL, adaptertest.Reply(200, pair(access, refresh)))
	old := oldToken()

	got, err := authenticator(t, config(w)).Refresh(t.Context(), old)

	require.NoError(t, err)
	assert.Equal(t, access, got.Access.Reveal())
	assert.Equal(t, refresh, got.Refresh.Reveal())
	assert.WithinDuration(t, end, got.ExpiresAt, 0)
	assert.WithinDuration(t, end.Add(time.Hour), got.RefreshExpiresAt, 0)
	assert.Equal(t, oldToken(), old, "the old token belongs to others")
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "PATCH", sessionsURL, andDevice, `{"refreshToken":"old-refresh"}`)
}

func TestRefreshKeepsTheOldTokenWhenThereIsNoNewOne(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("PATCH", sessionsURL, adaptertest.Reply(200, `{"accessToken":"a"}`))

	got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

	require.NoError(t, err)
	assert.Equal(t, "old-refresh", got.Refresh.Reveal())
	assert.Equal(t, oldToken().RefreshExpiresAt, got.RefreshExpiresAt)
}

func TestRefreshThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		code   string
	}{
		"rejected":          {400, "refresh_rejected.json", vendorlogin.ErrRefreshRejected, "auth/1"},
		"another device's":  {400, "wrong_device.json", vendorlogin.ErrInvalidRequest, "auth/0"},
		"invalid field":     {400, "invalid_field.json", vendorlogin.ErrInvalidRequest, "request/0"},
		"no body":           {400, "no_body.json", vendorlogin.ErrInvalidRequest, "request/1"},
		"status alone":      {401, ``, vendorlogin.ErrRefreshRejected, ""},
		"limit":             {429, "rate_limit.json", vendorlogin.ErrRateLimited, "rate-limit/0"},
		"failure":           {500, "user_db.json", vendorlogin.ErrUnavailable, "user/1200"},
		"no access token":   {200, `{"refreshToken":"r"}`, vendorlogin.ErrBadResponse, ""},
		"rotates, no retry": {503, ``, vendorlogin.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("PATCH", sessionsURL, adaptertest.Reply(c.status, c.body, "Retry-After", "1"), adaptertest.Reply(200, pair("a", "r")))

			got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

			assert.Nil(t, got)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.status, e.Status)
			assert.Equal(t, "refresh", e.Op)
			assert.Len(t, w.Requests(), 1, "a rotating token is sent once")
		})
	}
}
