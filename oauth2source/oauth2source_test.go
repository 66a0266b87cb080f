package oauth2source_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/oauth2source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A vendor logs in to nothing.
type vendor struct {
	err          error
	access, kind string        // zero: "example-access", ""
	lifetime     time.Duration // zero: an hour; negative: the vendor does not say
}

func (v vendor) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: "ops@example.com"}
}

func (v vendor) Login(context.Context) (*vendorlogin.Token, error) {
	if v.err != nil {
		return nil, v.err
	}
	now := time.Now()
	t := &vendorlogin.Token{
		Access: vendorlogin.NewSecret(cmp.Or(v.access, "example-access")), Refresh: vendorlogin.NewSecret("example-refresh"),
		Type: v.kind, IssuedAt: now,
	}
	if v.lifetime >= 0 {
		t.ExpiresAt = now.Add(cmp.Or(v.lifetime, time.Hour))
	}
	return t, nil
}

type ownHeaders struct{ vendor }

func (ownHeaders) Authorize(*http.Request, *vendorlogin.Token) error { return nil }

func newClient(t *testing.T, a vendorlogin.Authenticator) *vendorlogin.Client {
	t.Helper()
	c, err := vendorlogin.NewClient(a, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestTokenGoesOnRequests(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterMatcherResponder("GET", "https://api.example.com/things",
		httpmock.HeaderIs("Authorization", "Bearer example-access"), httpmock.NewStringResponder(200, "ok"))

	api := &http.Client{Transport: &oauth2.Transport{Source: oauth2source.New(newClient(t, vendor{})), Base: mock}}
	resp, err := api.Get("https://api.example.com/things")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 200, resp.StatusCode)
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

func TestTokenIsTheClients(t *testing.T) {
	t.Parallel()
	c := newClient(t, vendor{})
	got, err := oauth2source.New(c).Token()
	require.NoError(t, err)
	assert.Equal(t, "example-access", got.AccessToken)
	assert.LessOrEqual(t, time.Until(got.Expiry), time.Minute, "a cache in front has to ask again soon")
	assert.True(t, got.Valid())
	assert.Equal(t, "Bearer", got.Type())
	assert.Empty(t, got.RefreshToken, "only the Client may use the refresh token")
}

// https://www.rfc-editor.org/rfc/rfc6749#section-5.1: the token type is case insensitive.
func TestTypeIsNormalized(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, access, wantType, wantAccess string }{
		{"", "abc", "Bearer", "abc"},
		{"bearer", "abc", "Bearer", "abc"},
		{" BEARER ", "abc", "Bearer", "abc"},
		{"Bearer", "Bearer abc", "Bearer", "abc"},
		{"", "bearer abc", "Bearer", "abc"},
		{"Token", "abc", "Token", "abc"},
		{"DPoP", "abc def", "DPoP", "abc def"},
	} {
		got, err := oauth2source.New(newClient(t, vendor{kind: c.kind, access: c.access})).Token()
		require.NoError(t, err)
		assert.Equal(t, c.wantType, got.TokenType, "%+v", c)
		assert.Equal(t, c.wantAccess, got.AccessToken, "%+v", c)
	}
}

func TestTokenThatNoHeaderMayHold(t *testing.T) {
	t.Parallel()
	got, err := oauth2source.New(newClient(t, vendor{access: "abc\r\nX-Injected: 1"})).Token()
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.NotContains(t, err.Error(), "Injected")
	assert.Nil(t, got)
}

func TestExpiryIsTheTokensWhereThatIsSooner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for lifetime, want := range map[time.Duration]time.Duration{-1: time.Minute, time.Hour: time.Minute, 40 * time.Second: 40 * time.Second} {
			got, err := oauth2source.New(newClient(t, vendor{lifetime: lifetime})).Token()
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now().Add(want), got.Expiry, 0)
		}
	})
}

func TestCacheInFrontKeepsNoRejectedTokenForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, vendor{})
		cached := oauth2.ReuseTokenSource(nil, oauth2source.New(c))
		first, err := cached.Token()
		require.NoError(t, err)
		rejected, _ := c.Peek()
		c.Invalidate(rejected)
		time.Sleep(time.Minute)
		second, err := cached.Token()
		require.NoError(t, err)
		assert.NotSame(t, first, second)
	})
}

// What the Client says reaches the caller through x/oauth2 and net/http.
func TestErrorsPass(t *testing.T) {
	t.Parallel()
	source := oauth2source.New(newClient(t, vendor{err: vendorlogin.ErrInvalidCredentials}))
	_, err := source.Token()
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)

	mock := httpmock.NewMockTransport()
	api := &http.Client{Transport: &oauth2.Transport{Source: oauth2.ReuseTokenSource(nil, source), Base: mock}}
	_, err = api.Get("https://api.example.com/things")
	failure, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.Equal(t, "ops@example.com", failure.Account.Principal)
	assert.Equal(t, vendorlogin.ErrInvalidCredentials, failure.Kind)
	assert.False(t, failure.RetryAt.IsZero(), "nothing is sent before")
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestVendorsWithOwnHeadersAreRejected(t *testing.T) {
	t.Parallel()
	_, err := oauth2source.New(newClient(t, ownHeaders{})).Token()
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.ErrorContains(t, err, "Client.HTTPClient")
}
