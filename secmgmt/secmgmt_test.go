package secmgmt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

var jsonOnly = http.Header{"Content-Type": {"application/json"}}

func TestLoginWithTheExampleResponse(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	body := adaptertest.Body("login.json")
	w.On("POST", tokenURL, adaptertest.Reply(200, body))
	before := time.Now()

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	var want struct {
		Content []struct{ Token, RefreshToken string }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &want))
	assert.Equal(t, want.Content[0].Token, got.Access.Reveal())
	assert.Equal(t, want.Content[0].RefreshToken, got.Refresh.Reveal())
	assert.Equal(t, "Bearer", got.Type)
	assert.Equal(t, "e7fcef24-5c03-41dd-9e33-995b7d6f47a7", got.Subject)
	assert.WithinRange(t, got.IssuedAt, before, time.Now())
	assert.Equal(t, time.Hour, got.ExpiresAt.Sub(got.IssuedAt))
	assert.Equal(t, got.ExpiresAt, got.RefreshExpiresAt, "only a living access token can be refreshed")
	assert.Nil(t, got.Extra)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", tokenURL, jsonOnly, loginBody)
}

func TestContent(t *testing.T) {
	t.Parallel()
	token := `{"token":"a","refreshToken":"r","validityTime":60}`
	for name, body := range map[string]string{
		"list":                answer("[" + token + "]"),
		"the first of two":    answer("[" + token + `,{"token":"other"}]`),
		"alone":               answer(token),
		"no pageable":         `{"content":` + token + `}`,
		"pageable of nothing": `{"content":` + token + `,"pageable":""}`,
		"pageable unknown":    `{"content":` + token + `,"pageable":[1]}`,
		"null errors":         `{"errorCode":null,"errorMessage":null,"content":` + token + `,"pageable":null}`,
		"blank error":         `{"errorCode":" ","content":` + token + `}`,
		"new fields":          `{"new":{},"content":[{"token":"a","refreshToken":"r","validityTime":60,"new":[]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokenURL, adaptertest.Reply(200, body))

			got, err := authenticator(t, config(w)).Login(t.Context())

			require.NoError(t, err)
			assert.Equal(t, "a", got.Access.Reveal())
			assert.Equal(t, "r", got.Refresh.Reveal())
			assert.Equal(t, time.Minute, got.ExpiresAt.Sub(got.IssuedAt))
		})
	}
}

func TestValidityTime(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(2 * time.Hour).Truncate(time.Second)
	for raw, want := range map[string]time.Duration{
		`3600`: time.Hour, `3600.5`: time.Hour + 500*time.Millisecond, `"3600"`: time.Hour, `" 90 "`: 90 * time.Second, `1e2`: 100 * time.Second,
		`0`: 0, `-1`: 0, `"-1"`: 0, `1e300`: 0, `99999999999999999999`: 0, `"soon"`: 0, `""`: 0, `null`: 0, `[]`: 0, `{}`: 0, `true`: 0,
	} {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			for _, token := range []string{"opaque", adaptertest.JWT("a", end)} {
				w := adaptertest.NewWire()
				w.On("POST", tokenURL, adaptertest.Reply(200, answer(fmt.Sprintf(`[{"token":%q,"refreshToken":"r","validityTime":%s}]`, token, raw))))

				got, err := authenticator(t, config(w)).Login(t.Context())

				require.NoError(t, err)
				switch {
				case want > 0:
					assert.Equal(t, want, got.ExpiresAt.Sub(got.IssuedAt))
				case token == "opaque":
					assert.Zero(t, got.ExpiresAt, "unknown is not a time")
				default:
					assert.WithinDuration(t, end, got.ExpiresAt, 0)
				}
				assert.Equal(t, got.ExpiresAt, got.RefreshExpiresAt)
			}
		})
	}
}

// A lifetime in milliseconds beside a token that says an hour is an hour: the earlier holds.
func TestTheEarlierOfFieldAndTokenHolds(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	for validity, want := range map[string]time.Duration{"3600000": time.Hour, "3600": time.Hour, "60": time.Minute, `"0:01:00"`: time.Hour} {
		w := adaptertest.NewWire()
		token := adaptertest.JWTFor("a", now, now.Add(time.Hour))
		w.On("POST", tokenURL, adaptertest.Reply(200, answer(`[{"token":"`+token+`","refreshToken":"r","validityTime":`+validity+`}]`)))

		got, err := authenticator(t, config(w)).Login(t.Context())

		require.NoError(t, err)
		assert.WithinDuration(t, now.Add(want), got.ExpiresAt, 3*time.Second, validity)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("PUT", tokenURL, adaptertest.Reply(200, "refresh.json"))
	old := oldToken()

	got, err := authenticator(t, config(w)).Refresh(t.Context(), old)

	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(got.Access.Reveal(), "eyJ"))
	assert.True(t, strings.HasPrefix(got.Refresh.Reveal(), "eyJ"))
	assert.NotEqual(t, got.Access.Reveal(), got.Refresh.Reveal())
	assert.Equal(t, "old-customer", got.Subject, "a refresh does not tell it")
	assert.Equal(t, time.Hour, got.ExpiresAt.Sub(got.IssuedAt))
	assert.Equal(t, got.ExpiresAt, got.RefreshExpiresAt)
	assert.Equal(t, "old-access", old.Access.Reveal())
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "PUT", tokenURL, jsonOnly, `{"token":"old-access","refreshToken":"old-refresh"}`)
}

func TestRefreshThatDoesNotRotate(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("PUT", tokenURL, adaptertest.Reply(200, answer(`[{"token":"a","validityTime":60,"customerId":"new-customer"}]`)))

	got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

	require.NoError(t, err)
	assert.Equal(t, "old-refresh", got.Refresh.Reveal())
	assert.Equal(t, got.ExpiresAt, got.RefreshExpiresAt)
	assert.Equal(t, "new-customer", got.Subject)
}

// PUT counts as idempotent elsewhere. Here it rotates.
func TestRefreshIsSentOnce(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		w := adaptertest.NewWire()
		w.On("PUT", tokenURL, adaptertest.Reply(status, `{}`, "Retry-After", "0"), adaptertest.Reply(200, "refresh.json"))

		_, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

		require.Error(t, err)
		assert.Len(t, w.Requests(), 1)
	}
}

func TestBaseURLWithOrWithoutTheAPIPath(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		base:                                    base,
		base + "/":                              base,
		base + "/api/v2":                        base,
		base + "/api/v2/":                       base,
		base + "/tenant/api/v2":                 base + "/tenant",
		base + "/tenant":                        base + "/tenant",
		"https://PORTAL.example.com:443/api/v2": base,
	} {
		w := adaptertest.NewWire()
		w.On("POST", want+"/api/v2/auth/token", adaptertest.Reply(200, "login.json"))
		c := config(w)
		c.BaseURL = given
		a := authenticator(t, c)

		_, err := a.Login(t.Context())

		require.NoError(t, err, given)
		assert.Equal(t, vendorlogin.Account{Vendor: "secmgmt", Endpoint: want, Principal: username}, a.Account())
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
			cfg := config(w)
			cfg.Password = c.secret

			_, err := authenticator(t, cfg).Login(t.Context())

			assert.ErrorIs(t, err, c.want)
			assert.True(t, adaptertest.VendorError(t, err).Unprocessed)
			assert.Empty(t, w.Requests())
		})
	}
}

func TestBaseURLIsRequired(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	c.BaseURL = ""
	a, err := secmgmt.New(c)
	assert.Nil(t, a)
	adaptertest.AssertInvalid(t, err, "secmgmt", "BaseURL")
}

func TestSize(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(secmgmt.Authenticator{}), uintptr(130), "there may be 100,000 of them")
}
