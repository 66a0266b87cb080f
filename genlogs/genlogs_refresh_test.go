package genlogs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old+refresh"),
		RefreshExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		Subject:          "old-user",
		Extra:            map[string]string{"customer_name": "Example Customer", "company_id": "1", "expires": "then"},
	}
}

func refreshing(t *testing.T, w *adaptertest.Wire) *genlogs.Authenticator {
	c := config(w)
	c.UseRefresh = true
	return authenticator(t, c)
}

func TestLoginKeepsTheRefreshTokenWithUseRefresh(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(200, "token.json"))

	got, err := refreshing(t, w).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "example-refresh-token", got.Refresh.Reveal())
	assert.WithinDuration(t, time.Date(2096, 11, 23, 10, 20, 30, 123456000, time.UTC), got.RefreshExpiresAt, 0)
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", refreshURL, adaptertest.Reply(200, `{
		"access_token_data": {"token": "a", "expires": "2096-11-22T10:20:30Z"},
		"refresh_token_data": {"token": "r", "expires": "2096-11-23T10:20:30Z"},
		"user_id": 7, "company_id": 12}`))
	old := oldToken()

	got, err := refreshing(t, w).Refresh(t.Context(), old)

	require.NoError(t, err)
	assert.Equal(t, "a", got.Access.Reveal())
	assert.Equal(t, "r", got.Refresh.Reveal())
	assert.WithinDuration(t, time.Date(2096, 11, 22, 10, 20, 30, 0, time.UTC), got.ExpiresAt, 0)
	assert.WithinDuration(t, time.Date(2096, 11, 23, 10, 20, 30, 0, time.UTC), got.RefreshExpiresAt, 0)
	assert.Equal(t, "7", got.Subject)
	assert.Equal(t, map[string]string{"customer_name": "Example Customer", "company_id": "12", "expires": "2096-11-22T10:20:30Z"}, got.Extra)
	assert.Equal(t, oldToken(), old, "the old token belongs to others")
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", refreshURL+"?refresh_token=old%2Brefresh", bare, "")
}

func TestRefreshKeepsWhatTheResponseLeavesOut(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", refreshURL, adaptertest.Reply(200, `{"access_token_data":{"token":"a"}}`))

	got, err := refreshing(t, w).Refresh(t.Context(), oldToken())

	require.NoError(t, err)
	assert.Equal(t, "old+refresh", got.Refresh.Reveal())
	assert.Equal(t, oldToken().RefreshExpiresAt, got.RefreshExpiresAt)
	assert.Equal(t, "old-user", got.Subject)
	assert.Equal(t, map[string]string{"customer_name": "Example Customer", "company_id": "1"}, got.Extra)
}

func TestRefreshSwitchedOffSendsNothing(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()

	got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

	assert.Nil(t, got)
	e := adaptertest.VendorError(t, err)
	assert.Equal(t, vendorlogin.ErrRefreshRejected, e.Kind, "so that a Client logs in instead")
	assert.Equal(t, "refresh", e.Op)
	assert.Empty(t, w.Requests())
}

func TestRefreshWithoutAnAPIKeyIsNoRefusal(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	c := config(w)
	c.UseRefresh, c.APIKey = true, vendorlogin.SecretString("")

	_, err := authenticator(t, c).Refresh(t.Context(), oldToken())

	e := adaptertest.VendorError(t, err)
	assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind)
	assert.NotErrorIs(t, err, vendorlogin.ErrRefreshRejected)
	assert.Empty(t, w.Requests())
}

func TestRefreshThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   error
		also   error
	}{
		"rejected":              {401, "detail_subcode_text.json", vendorlogin.ErrRefreshRejected, nil},
		"not to be used":        {400, "detail_text.json", vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidRequest},
		"no such call":          {404, `{"detail":"Not Found"}`, vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidRequest},
		"forbidden":             {403, "forbidden.json", vendorlogin.ErrRefreshRejected, vendorlogin.ErrForbidden},
		"invalid":               {422, "detail_list.json", vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidRequest},
		"limit":                 {429, ``, vendorlogin.ErrRateLimited, nil},
		"timeout":               {408, ``, vendorlogin.ErrUnavailable, nil},
		"failure":               {500, "message_code.json", vendorlogin.ErrUnavailable, nil},
		"unavailable":           {503, ``, vendorlogin.ErrUnavailable, nil},
		"no access token":       {200, `{"refresh_token_data":{"token":"r"}}`, vendorlogin.ErrBadResponse, nil},
		"redirect to the slash": {307, ``, vendorlogin.ErrBadResponse, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", refreshURL,
				adaptertest.Reply(c.status, c.body).HeaderSet(http.Header{"Retry-After": {"1"}, "Location": {refreshURL + "/"}}),
				adaptertest.Reply(200, "token.json"))

			got, err := refreshing(t, w).Refresh(t.Context(), oldToken())

			assert.Nil(t, got)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			if c.also != nil {
				assert.ErrorIs(t, err, c.also)
			}
			assert.Equal(t, c.status, e.Status)
			assert.Equal(t, "refresh", e.Op)
			assert.Len(t, w.Requests(), 1, "a rotating token is sent once")
		})
	}
}
