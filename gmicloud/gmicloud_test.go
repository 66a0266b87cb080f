package gmicloud_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

var (
	jsonOnly  = http.Header{"Content-Type": {"application/json"}}
	andDevice = http.Header{"Content-Type": {"application/json"}, "Ce-Clientid": {device}}
)

func TestLogin(t *testing.T) {
	t.Parallel()
	accessEnd, refreshEnd := time.Now().Add(time.Hour).Truncate(time.Second), time.Now().Add(24*time.Hour).Truncate(time.Second)
	access, refresh := adaptertest.JWT("a", accessEnd), adaptertest.JWT("r", refreshEnd)
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokensURL, adaptertest.Reply(status, `{"authToken":"first","is2FARequired":false,"new":[1]}`))
			w.On("POST", sessionsURL, adaptertest.Reply(status, pair(access, refresh)))
			before := time.Now()

			got, err := authenticator(t, config(w)).Login(t.Context())

			require.NoError(t, err)
			assert.Equal(t, access, got.Access.Reveal())
			assert.Equal(t, refresh, got.Refresh.Reveal())
			assert.Equal(t, "Bearer", got.Type)
			assert.WithinRange(t, got.IssuedAt, before, time.Now())
			assert.WithinDuration(t, accessEnd, got.ExpiresAt, 0)
			assert.WithinDuration(t, refreshEnd, got.RefreshExpiresAt, 0)
			assert.Empty(t, got.Subject)
			assert.Nil(t, got.Extra)
			sent := w.Requests()
			require.Len(t, sent, 2)
			adaptertest.AssertSent(t, sent[0], "POST", tokensURL, jsonOnly, loginBody)
			adaptertest.AssertSent(t, sent[1], "POST", sessionsURL, andDevice, `{"authToken":"first"}`)
		})
	}
}

func TestLoginWithoutExpiryInTheTokens(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, `{"authToken":"first","is2FARequired":false}`))
	w.On("POST", sessionsURL, adaptertest.Reply(201, `{"accessToken":"opaque"}`))

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "opaque", got.Access.Reveal())
	assert.True(t, got.Refresh.IsZero())
	assert.Zero(t, got.ExpiresAt, "unknown is not a time")
	assert.Zero(t, got.RefreshExpiresAt)
}

func TestLoginSendsTheSessionTypeWhenToldTo(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, `{"authToken":"first","is2FARequired":false}`))
	w.On("POST", sessionsURL, adaptertest.Reply(201, pair("a", "r")))
	c := config(w)
	c.SessionType = "native"

	_, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, `{"authToken":"first","type":"native"}`, w.Requests()[1].Body)
}

func TestCreateAuthToken(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(201, "auth_token.json"))

	got, err := authenticator(t, config(w)).CreateAuthToken(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "eyJhbGciOiJIUzI1NiIsInR...", got.Token.Reveal())
	assert.True(t, got.Is2FARequired)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", tokensURL, jsonOnly, loginBody)
}

func TestResponsesWithoutATokenAreBad(t *testing.T) {
	t.Parallel()
	first := `{"authToken":"first","is2FARequired":false}`
	for name, c := range map[string]struct{ first, session, field string }{
		"no auth token":        {`{"is2FARequired":true}`, "", "authToken"},
		"empty auth token":     {`{"authToken":"","is2FARequired":false}`, "", "authToken"},
		"null auth token":      {`{"authToken":null}`, "", "authToken"},
		"number auth token":    {`{"authToken":1}`, "", ""},
		"html":                 {`<html>`, "", ""},
		"nothing":              {``, "", ""},
		"no access token":      {first, `{"refreshToken":"r"}`, "accessToken"},
		"empty access token":   {first, `{"accessToken":"","refreshToken":"r"}`, "accessToken"},
		"the first step again": {first, first, "accessToken"},
		"cut session":          {first, `{"accessToken":"a`, ""},
		"empty session":        {first, ``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokensURL, adaptertest.Reply(201, c.first))
			w.On("POST", sessionsURL, adaptertest.Reply(200, c.session))

			got, err := authenticator(t, config(w)).Login(t.Context())

			assert.Nil(t, got)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind)
			assert.Equal(t, "login", e.Op)
			assert.NotZero(t, e.Status)
			assert.True(t, strings.HasPrefix(e.Request, "POST console.gmicloud.ai/api/v1/me/"), e.Request)
			if c.field != "" {
				assert.Equal(t, c.field, e.Fields[0].Field)
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	a := authenticator(t, config(adaptertest.NewWire()))
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://console.gmicloud.ai/api/v1/me/profile", nil)
	require.NoError(t, err)

	require.NoError(t, a.Authorize(req, &vendorlogin.Token{Access: vendorlogin.NewSecret("access"), Type: "Bearer"}))

	assert.Equal(t, http.Header{"Authorization": {"Bearer access"}, "Ce-Clientid": {device}}, req.Header)
}

func TestAuthorizeRejectsWhatEndsAHeader(t *testing.T) {
	t.Parallel()
	a := authenticator(t, config(adaptertest.NewWire()))
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://console.gmicloud.ai/", nil)
	require.NoError(t, err)

	err = a.Authorize(req, &vendorlogin.Token{Access: vendorlogin.NewSecret("canary\r\nX: y")})

	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.NotContains(t, err.Error(), "canary")
	assert.Empty(t, req.Header)
}

func TestAccount(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	assert.Equal(t, vendorlogin.Account{Vendor: "gmicloud", Endpoint: gmicloud.DefaultBaseURL, Principal: email, Scope: device},
		authenticator(t, c).Account())

	c.DeviceID = ""
	scope := authenticator(t, c).Account().Scope
	assert.Regexp(t, `^[0-9a-zA-Z]{7}$`, scope)
	assert.Equal(t, "a9d5f3e", scope, "programs of different releases must agree on it")
	assert.Equal(t, scope, authenticator(t, c).Account().Scope)

	c.Email = "other@example.com"
	assert.NotEqual(t, scope, authenticator(t, c).Account().Scope)
	c.Email, c.BaseURL = email, "https://staging.example.com/api/v1"
	assert.NotEqual(t, scope, authenticator(t, c).Account().Scope)
}

func TestDeviceIDsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"gmicloud", "dev-1", "gerät", "١٢"} {
		c := config(adaptertest.NewWire())
		c.DeviceID = id
		a, err := gmicloud.New(c)
		assert.Nil(t, a)
		adaptertest.AssertInvalid(t, err, "gmicloud", "DeviceID")
	}
}

func TestNewTakes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*gmicloud.Config){
		"the least":            func(c *gmicloud.Config) { *c = gmicloud.Config{Email: email, Password: c.Password} },
		"a device of 1":        func(c *gmicloud.Config) { c.DeviceID = "Z" },
		"a device of 7":        func(c *gmicloud.Config) { c.DeviceID = "aZ09aZ0" },
		"loopback over http":   func(c *gmicloud.Config) { c.BaseURL = "http://127.0.0.1:8080/api/v1" },
		"plain http, as asked": func(c *gmicloud.Config) { c.BaseURL, c.AllowPlainHTTP = "http://example.com", true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(adaptertest.NewWire())
			change(&c)
			_, err := gmicloud.New(c)
			assert.NoError(t, err)
		})
	}
}

func TestEmptySecretsAreRejectedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	c := config(w)
	c.Password = vendorlogin.SecretString("")
	a := authenticator(t, c)

	_, err := a.Login(t.Context())
	_, first := a.CreateAuthToken(t.Context())

	for _, err := range []error{err, first} {
		e := adaptertest.VendorError(t, err)
		assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind)
		assert.Equal(t, "login", e.Op)
		assert.Contains(t, err.Error(), "Password")
	}
	assert.Empty(t, w.Requests())
}

func TestThePasswordIsReadAtEveryLogin(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokensURL, adaptertest.Reply(400, "wrong_password.json"), adaptertest.Reply(400, "wrong_password.json"))
	current := "old"
	c := config(w)
	c.Password = func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.NewSecret(current), nil }
	a := authenticator(t, c)

	_, _ = a.Login(t.Context())
	current = "new"
	_, _ = a.Login(t.Context())

	assert.Contains(t, w.Requests()[0].Body, `"old"`)
	assert.Contains(t, w.Requests()[1].Body, `"new"`)
}

// A program may hold 100,000 of them.
func TestAuthenticatorIsSmall(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(gmicloud.Authenticator{}), uintptr(130))
}
