package gcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

var jsonOnly = http.Header{"Content-Type": {"application/json"}}

func TestLogin(t *testing.T) {
	t.Parallel()
	accessEnd, refreshEnd := time.Now().Add(20*time.Minute).Truncate(time.Second), time.Now().Add(5*time.Hour).Truncate(time.Second)
	access, refresh := adaptertest.JWT("a", accessEnd), adaptertest.JWT("r", refreshEnd)
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, pair(access, refresh)))
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
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly, loginBody)
}

func TestLoginWithTheExampleResponse(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	body := adaptertest.Body("login.json")
	w.On("POST", loginURL, adaptertest.Reply(200, body))

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	var want struct{ Access, Refresh string }
	require.NoError(t, json.Unmarshal([]byte(body), &want))
	assert.Equal(t, want.Access, got.Access.Reveal())
	assert.Equal(t, want.Refresh, got.Refresh.Reveal())
	assert.Equal(t, int64(1601624292), got.ExpiresAt.Unix(), "2020: the token arrives expired, and says so")
	assert.Equal(t, int64(1601707092), got.RefreshExpiresAt.Unix())
}

func TestTokensThatDoNotSayWhenTheyEndLiveAsDocumented(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, first))

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, time.Hour, got.ExpiresAt.Sub(got.IssuedAt))
	assert.Equal(t, 24*time.Hour, got.RefreshExpiresAt.Sub(got.IssuedAt))
}

func TestLoginWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(201, `{"access":"a","new":[1]}`))

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.True(t, got.Refresh.IsZero())
	assert.Zero(t, got.RefreshExpiresAt)
}

func TestSelectsAnAccount(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, first))
	w.On("GET", selectURL, adaptertest.Reply(200, pair("second-access", "second-refresh")))
	c := config(w)
	c.ClientID = "42"

	got, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "second-access", got.Access.Reveal())
	assert.Equal(t, "second-refresh", got.Refresh.Reveal(), "the first one leads back to the first account")
	require.Len(t, w.Requests(), 2)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly, loginBody)
	adaptertest.AssertSent(t, w.Requests()[1], "GET", selectURL, http.Header{"Authorization": {"Bearer first-access"}}, "")
}

func TestClientIDIsEscaped(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, first))
	c := config(w)
	c.ClientID = "../4 2?x=1#/%2F"

	_, err := authenticator(t, c).Login(t.Context())

	require.Error(t, err)
	require.Len(t, w.Requests(), 2)
	assert.Equal(t, "https://api.gcore.com/iam/auth/jwt/clients/..%2F4%202%3Fx=1%23%2F%252F/login", w.Requests()[1].URL)
}

func TestAccountThatCannotBeSelected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		body    string
		kind    error
		code    string
		message string
	}{
		"not the user's": {403, "error-forbidden.json", vendorlogin.ErrForbidden, "", "You do not have permission to perform this action."},
		"token rejected": {401, "error-token.json", vendorlogin.ErrForbidden, "token_not_valid", "Token is invalid or expired"},
		"wrong credentials": {
			400, "error-credentials.json", vendorlogin.ErrForbidden, "", "No active account found with the given credentials.",
		},
		"no such account": {
			404, "error-json.json", vendorlogin.ErrInvalidRequest, "", "JSON parse error - Expecting ',' delimiter: line 3 column 33 (char 77)",
		},
		"server error": {
			500, "error-json.json", vendorlogin.ErrUnavailable, "", "JSON parse error - Expecting ',' delimiter: line 3 column 33 (char 77)",
		},
		"answer of no token": {200, "error-json.json", vendorlogin.ErrBadResponse, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(200, first))
			w.On("GET", selectURL, adaptertest.Reply(c.status, c.body))
			cfg := config(w)
			cfg.ClientID = "42"

			got, err := authenticator(t, cfg).Login(t.Context())

			assert.Nil(t, got, "tokens of the first account are not what was asked for")
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Equal(t, "select", e.Op)
			assert.Equal(t, c.status, e.Status)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.message, e.Message)
			assert.Equal(t, "GET api.gcore.com/iam/auth/jwt/clients/42/login", e.Request)
			assert.Len(t, w.Requests(), 2)
		})
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	for name, clientID := range map[string]string{"first account": "", "another account": "42"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", refreshURL, adaptertest.Reply(200, pair("new-access", "new-refresh")))
			c := config(w)
			c.ClientID = clientID
			old := oldToken()
			kept := *old

			got, err := authenticator(t, c).Refresh(t.Context(), old)

			require.NoError(t, err)
			assert.Equal(t, "new-access", got.Access.Reveal())
			assert.Equal(t, "new-refresh", got.Refresh.Reveal())
			assert.Equal(t, 24*time.Hour, got.RefreshExpiresAt.Sub(got.IssuedAt))
			assert.Equal(t, kept.RefreshExpiresAt, old.RefreshExpiresAt)
			require.Len(t, w.Requests(), 1, "the refresh token is the account's: nothing to select")
			adaptertest.AssertSent(t, w.Requests()[0], "POST", refreshURL, jsonOnly, `{"refresh":"old-refresh"}`)
		})
	}
}

func TestRefreshThatDoesNotRotate(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", refreshURL, adaptertest.Reply(200, `{"access":"new-access"}`))
	old := oldToken()

	got, err := authenticator(t, config(w)).Refresh(t.Context(), old)

	require.NoError(t, err)
	assert.Equal(t, "new-access", got.Access.Reveal())
	assert.Equal(t, "old-refresh", got.Refresh.Reveal())
	assert.Equal(t, old.RefreshExpiresAt, got.RefreshExpiresAt)
}

func TestOneTimePassword(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, first))
	source := adaptertest.Typed(" 012345\n")
	c := config(w)
	c.OTP = source
	a := authenticator(t, c)

	_, err := a.Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, []vendorlogin.Challenge{{Account: a.Account(), Method: "totp", Attempt: 1}}, source.Asked())
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly,
		`{"username":"ops@example.com","password":"example-password","one_time_password":"012345"}`)
}

func TestRefreshAsksForNoOneTimePassword(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", refreshURL, adaptertest.Reply(200, first))
	source := adaptertest.Typed()
	c := config(w)
	c.OTP = source

	_, err := authenticator(t, c).Refresh(t.Context(), oldToken())

	require.NoError(t, err)
	assert.Empty(t, source.Asked())
}

func TestNoCodeNoRequest(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]vendorlogin.OTPSource{
		"none left":    adaptertest.Typed(),
		"an empty one": adaptertest.Typed(" "),
		"a nil source": vendorlogin.OTPFunc(nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			c := config(w)
			c.OTP = source

			_, err := authenticator(t, c).Login(t.Context())

			assert.Equal(t, vendorlogin.ErrOTPRequired, adaptertest.VendorError(t, err).Kind)
			assert.Empty(t, w.Requests())
		})
	}
}

// A code is good once, and so is a refresh token: not even an answer that promises that nothing was done is a reason to send it again.
func TestSentOnce(t *testing.T) {
	t.Parallel()
	again := http.Header{"Retry-After": {"0"}}
	for name, status := range map[string]int{"429": 429, "503": 503} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(status, `{}`).HeaderSet(again), adaptertest.Reply(200, first))
			w.On("POST", refreshURL, adaptertest.Reply(status, `{}`).HeaderSet(again), adaptertest.Reply(200, first))
			c := config(w)
			c.OTP = adaptertest.Typed("012345")
			a := authenticator(t, c)

			_, err := a.Login(t.Context())
			require.Error(t, err)
			assert.Len(t, w.Requests(), 1)
			_, err = a.Refresh(t.Context(), oldToken())
			require.Error(t, err)
			assert.Len(t, w.Requests(), 2)
		})
	}
}

func TestUnsentWhenTheSecretIsNotThere(t *testing.T) {
	t.Parallel()
	vault := errors.New("the vault is sealed")
	for name, c := range map[string]struct {
		secret vendorlogin.SecretFunc
		want   error
	}{
		"empty":   {vendorlogin.SecretString(""), vendorlogin.ErrInvalidRequest},
		"failing": {func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.Secret{}, vault }, vault},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			source := adaptertest.Typed("012345")
			cfg := config(w)
			cfg.Password, cfg.OTP = c.secret, source

			_, err := authenticator(t, cfg).Login(t.Context())

			assert.ErrorIs(t, err, c.want)
			assert.True(t, adaptertest.VendorError(t, err).Unprocessed)
			assert.Empty(t, w.Requests())
			assert.Empty(t, source.Asked(), "nobody is asked for a code that cannot be used")
		})
	}
}
