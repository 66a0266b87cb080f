package oauth2source_test

import (
	"context"
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

type vendor struct{ err error }

func (v vendor) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: "ops@example.com"}
}

func (v vendor) Login(context.Context) (*vendorlogin.Token, error) {
	if v.err != nil {
		return nil, v.err
	}
	now := time.Now()
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("example-access"), Refresh: vendorlogin.NewSecret("example-refresh"),
		IssuedAt: now, ExpiresAt: now.Add(time.Hour),
	}, nil
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

	resp, err := (&http.Client{Transport: &oauth2.Transport{Source: oauth2source.New(newClient(t, vendor{})), Base: mock}}).Get("https://api.example.com/things")
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

func TestCacheInFrontKeepsNoDroppedTokenForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := vendorlogin.NewClient(vendor{}, nil)
		require.NoError(t, err)
		defer c.Close()
		cached := oauth2.ReuseTokenSource(nil, oauth2source.New(c))
		first, err := cached.Token()
		require.NoError(t, err)
		dropped, _ := c.Peek()
		c.Invalidate(dropped)
		time.Sleep(time.Minute)
		second, err := cached.Token()
		require.NoError(t, err)
		assert.NotSame(t, first, second)
	})
}

func TestClientErrorsComeThrough(t *testing.T) {
	t.Parallel()
	_, err := oauth2source.New(newClient(t, vendor{err: vendorlogin.ErrInvalidCredentials})).Token()
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
}

func TestOwnHeadersAreRefused(t *testing.T) {
	t.Parallel()
	_, err := oauth2source.New(newClient(t, ownHeaders{})).Token()
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.Contains(t, err.Error(), "Client.HTTPClient")
}
