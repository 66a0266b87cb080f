package genlogs_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

var (
	bare     = http.Header{"Accept": {"application/json"}, "X-Api-Key": {apiKey}}
	withBody = http.Header{"Accept": {"application/json"}, "X-Api-Key": {apiKey}, "Content-Type": {"application/json"}}
)

func TestLogin(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(200, "token.json"))
	before := time.Now()

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "example-access-token", got.Access.Reveal())
	assert.True(t, got.Refresh.IsZero(), "a refresh token is kept only with UseRefresh")
	assert.Zero(t, got.RefreshExpiresAt)
	assert.Equal(t, "Access-Token", got.Type)
	assert.Equal(t, "example-user", got.Subject)
	assert.Equal(t, map[string]string{"expires": "2096-11-22T10:20:30.123456"}, got.Extra)
	assert.WithinRange(t, got.IssuedAt, before, time.Now())
	assert.WithinDuration(t, time.Date(2096, 11, 22, 10, 20, 30, 123456000, time.UTC), got.ExpiresAt, 0)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, bare, "")
}

func TestLoginInBody(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(200, "token.json"))
	c := config(w)
	c.CredentialsInBody = true

	_, err := authenticator(t, c).Login(t.Context())

	require.NoError(t, err)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", tokenURL, withBody, `{"email":"ops@example.com","password":"1234+ \u0026/ö"}`)
}

// Nobody knows how the vendor writes expires. Every known way is read; a local time without its zone that is past says nothing.
func TestExpires(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	end := now.Add(time.Hour)
	past := now.Add(-4 * time.Hour).UTC().Format("2006-01-02T15:04:05") // an hour ahead, by a clock in a zone 5 hours behind
	for expires, want := range map[string]struct{ opaque, jwt time.Time }{
		end.UTC().Format("2006-01-02T15:04:05.000000"):  {end, end},
		end.UTC().Format("2006-01-02T15:04Z"):           {end.Truncate(time.Minute), end.Truncate(time.Minute)},
		end.UTC().Format("2006-01-02T15:04:05") + "+00": {end, end},
		end.UTC().Format(http.TimeFormat):               {end, end},
		strconv.FormatInt(end.Unix(), 10):               {end, end},
		strconv.FormatInt(end.UnixMilli(), 10):          {end, end},
		"3600s":                                         {end, end},
		"0:30:00":                                       {now.Add(30 * time.Minute * 60), end}, // days, hours, minutes
		past:                                            {time.Time{}, end},
		"on Sunday":                                     {time.Time{}, end},
	} {
		for token, ends := range map[string]time.Time{"opaque": want.opaque, adaptertest.JWTFor("a", now, end): want.jwt} {
			w := adaptertest.NewWire()
			w.On("POST", tokenURL, adaptertest.Reply(200, fmt.Sprintf(`{"access_token_data":{"token":%q,"expires":%q}}`, token, expires)))

			got, err := authenticator(t, config(w)).Login(t.Context())

			require.NoError(t, err)
			assert.WithinDuration(t, ends, got.ExpiresAt, 3*time.Second, "%s, %s", expires, token)
		}
	}
}

func TestLoginResponses(t *testing.T) {
	t.Parallel()
	end := time.Date(2096, 11, 22, 10, 20, 30, 0, time.UTC)
	inJWT := adaptertest.JWT("a", end)
	expires := func(value string) string {
		return `{"access_token_data":{"token":"` + inJWT + `","expires":` + value + `},"user_id":"u"}`
	}
	opaque := func(value string) string { return strings.Replace(expires(value), inJWT, "opaque", 1) }
	for name, c := range map[string]struct {
		body    string
		ends    time.Time
		subject string
		extra   map[string]string
	}{
		"numbers": {"token_numbers.json", end, "4711",
			map[string]string{"company_id": "12", "customer_name": "Example Customer", "expires": "2096-11-22T12:20:30+02:00"}},
		"nulls":               {"token_nulls.json", time.Time{}, "", map[string]string{"expires": "on Sunday"}},
		"Z":                   {opaque(`"2096-11-22T10:20:30Z"`), end, "u", map[string]string{"expires": "2096-11-22T10:20:30Z"}},
		"naive":               {opaque(`"2096-11-22T10:20:30"`), end, "u", map[string]string{"expires": "2096-11-22T10:20:30"}},
		"naive, with a space": {opaque(`"2096-11-22 10:20:30"`), end, "u", map[string]string{"expires": "2096-11-22 10:20:30"}},
		"unreadable, JWT":     {expires(`"on Sunday"`), end, "u", map[string]string{"expires": "on Sunday"}},
		"missing, JWT":        {`{"access_token_data":{"token":"` + inJWT + `"}}`, end, "", map[string]string{}},
		"null, JWT":           {expires(`null`), end, "u", map[string]string{}},
		"object, JWT":         {expires(`{"at":1}`), end, "u", map[string]string{}},
		"nothing more":        {`{"access_token_data":{"token":"opaque"}}`, time.Time{}, "", map[string]string{}},
		"odd user id": {
			`{"access_token_data":{"token":"opaque"},"user_id":["x"],"company_id":true,"new":{}}`, time.Time{}, "", map[string]string{},
		},
		"large number": {
			`{"access_token_data":{"token":"opaque"},"user_id":12345678901234567890}`, time.Time{}, "12345678901234567890", map[string]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokenURL, adaptertest.Reply(200, c.body))

			got, err := authenticator(t, config(w)).Login(t.Context())

			require.NoError(t, err)
			assert.WithinDuration(t, c.ends, got.ExpiresAt, 0)
			assert.Equal(t, c.ends.IsZero(), got.ExpiresAt.IsZero())
			assert.Equal(t, c.subject, got.Subject)
			assert.Equal(t, c.extra, got.Extra)
		})
	}
}

func TestResponsesWithoutATokenAreBad(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no token data": `{"user_id":"u"}`,
		"null data":     `{"access_token_data":null}`,
		"no token":      `{"access_token_data":{"expires":"2096-11-22T10:20:30Z"}}`,
		"empty token":   `{"access_token_data":{"token":""}}`,
		"number":        `{"access_token_data":{"token":1}}`,
		"text":          `{"access_token_data":"x"}`,
		"list":          `[]`,
		"html":          `<html>`,
		"cut":           `{"access_token_data":{"token":"a`,
		"nothing":       ``,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokenURL, adaptertest.Reply(200, body))

			got, err := authenticator(t, config(w)).Login(t.Context())

			assert.Nil(t, got)
			e := adaptertest.VendorError(t, err)
			assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind)
			assert.Equal(t, "login", e.Op)
			assert.Equal(t, 200, e.Status)
			assert.Equal(t, "POST api.genlogs.io/auth/token", e.Request)
		})
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	type mark struct{}
	c.APIKey = func(ctx context.Context) (vendorlogin.Secret, error) {
		assert.Equal(t, true, ctx.Value(mark{}), "the request's context")
		return vendorlogin.NewSecret(apiKey), nil
	}
	ctx := context.WithValue(t.Context(), mark{}, true)
	req, err := http.NewRequestWithContext(ctx, "GET", "https://api.genlogs.io/carrier/profile", nil)
	require.NoError(t, err)

	require.NoError(t, authenticator(t, c).Authorize(req, &vendorlogin.Token{Access: vendorlogin.NewSecret("access")}))

	assert.Equal(t, http.Header{"Access-Token": {"access"}, "X-Api-Key": {apiKey}}, req.Header, "bare, and no Authorization")
}

func TestAuthorizeRejectsWhatNoHeaderHolds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token, key string
		kind       error
	}{
		"token of two lines": {"canary\r\nX: y", apiKey, vendorlogin.ErrBadResponse},
		"key of two lines":   {"access", "canary\nX: y", vendorlogin.ErrInvalidRequest},
		"empty key":          {"access", "", vendorlogin.ErrInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := config(adaptertest.NewWire())
			conf.APIKey = vendorlogin.SecretString(c.key)
			req, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.genlogs.io/", nil)
			require.NoError(t, err)

			err = authenticator(t, conf).Authorize(req, &vendorlogin.Token{Access: vendorlogin.NewSecret(c.token)})

			e := adaptertest.VendorError(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.NotContains(t, adaptertest.Tree(err), adaptertest.Canary)
			assert.Empty(t, req.Header)
		})
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	a := authenticator(t, config(adaptertest.NewWire()))
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Minute)
	for _, c := range []struct {
		status int
		ends   time.Time
		want   bool
	}{
		{401, future, true}, {401, past, true}, {401, time.Time{}, true},
		{403, past, true}, {403, future, false}, {403, time.Time{}, false},
		{200, past, false}, {404, past, false}, {500, past, false},
	} {
		got := a.Rejected(&http.Response{StatusCode: c.status}, &vendorlogin.Token{ExpiresAt: c.ends})
		assert.Equalf(t, c.want, got, "%d %v", c.status, c.ends)
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	assert.Equal(t, vendorlogin.Account{Vendor: "genlogs", Endpoint: "https://api.genlogs.io", Principal: email},
		authenticator(t, config(adaptertest.NewWire())).Account())
}

func TestFingerprintCoversBothSecrets(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	seen := map[uint64]bool{}
	for _, secrets := range [][2]string{{"p", "k"}, {"q", "k"}, {"p", "l"}, {"p", "k"}} {
		c.Password, c.APIKey = vendorlogin.SecretString(secrets[0]), vendorlogin.SecretString(secrets[1])
		f, err := authenticator(t, c).Fingerprint(t.Context())
		require.NoError(t, err)
		seen[f] = true
	}
	assert.Len(t, seen, 3)
}

func TestAPIKeyIsFetchedOncePerLogin(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(401, "detail_text.json"))
	c := config(w)
	fetch, calls := adaptertest.Fetched("key-")
	c.APIKey = fetch.Interactive()
	client, err := vendorlogin.NewClient(authenticator(t, c), nil)
	require.NoError(t, err)
	defer client.Close()
	_, err = client.Token(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.EqualValues(t, 1, calls.Load())
}

func TestAPIKeyIsRequired(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	c.APIKey = nil
	a, err := genlogs.New(c)
	assert.Nil(t, a)
	adaptertest.AssertInvalid(t, err, "genlogs", "APIKey")
}

func TestNewTakes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*genlogs.Config){
		"the least":            func(c *genlogs.Config) { *c = genlogs.Config{Email: email, Password: c.Password, APIKey: c.APIKey} },
		"loopback over http":   func(c *genlogs.Config) { c.BaseURL = "http://[::1]:8080" },
		"plain http, as asked": func(c *genlogs.Config) { c.BaseURL, c.AllowPlainHTTP = "http://example.com", true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(adaptertest.NewWire())
			change(&c)
			_, err := genlogs.New(c)
			assert.NoError(t, err)
		})
	}
}

func TestUnusableSecretsAreRejectedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ password, key, field string }{
		"empty password":   {"", apiKey, "Password"},
		"empty key":        {password, "", "APIKey"},
		"key of two lines": {password, "canary\nX: y", "APIKey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			conf := config(w)
			conf.Password, conf.APIKey = vendorlogin.SecretString(c.password), vendorlogin.SecretString(c.key)

			_, err := authenticator(t, conf).Login(t.Context())

			e := adaptertest.VendorError(t, err)
			assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind)
			assert.Equal(t, "login", e.Op)
			require.Len(t, e.Fields, 1)
			assert.True(t, strings.EqualFold(c.field, e.Fields[0].Field), e.Fields[0].Field)
			assert.NotContains(t, adaptertest.Tree(err), adaptertest.Canary)
			assert.Empty(t, w.Requests())
		})
	}
}

// A program may hold 100,000 of them.
func TestAuthenticatorIsSmall(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(genlogs.Authenticator{}), uintptr(130))
}
