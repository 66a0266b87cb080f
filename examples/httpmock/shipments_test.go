package shipments_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	shipments "github.com/vendorlogin/vendorlogin/examples/httpmock"
)

var (
	password = vendorlogin.SecretString("example-password")
	apiKey   = vendorlogin.SecretString("example-api-key")
)

const (
	tokenURL   = "https://api.genlogs.io/auth/token"
	carrierURL = "https://api.genlogs.io/carrier/123456"
	tokens     = `{"access_token_data": {"token": "example-token", "expires": "2099-01-01T00:00:00Z"}, "user_id": "7"}`
)

// Each test has a MockTransport of its own, so tests can run in parallel.
func TestCarrier(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", tokenURL, httpmock.NewStringResponder(200, tokens))
	mock.RegisterMatcherResponder("GET", carrierURL,
		httpmock.HeaderIs("Access-Token", "example-token").And(httpmock.HeaderIs("X-Api-Key", "example-api-key")),
		httpmock.NewStringResponder(200, `{"name": "Example Freight"}`))

	s, client, err := shipments.New("ops@example.com", password, apiKey, &http.Client{Transport: mock})
	require.NoError(t, err)
	defer client.Close()

	for range 3 {
		name, err := s.Carrier(t.Context(), "123456")
		require.NoError(t, err)
		assert.Equal(t, "Example Freight", name)
	}
	assert.Equal(t, 1, mock.GetCallCountInfo()["POST "+tokenURL], "one login for three calls")
}

// A wrong password is sent once, however often the code under test tries.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", tokenURL, httpmock.NewStringResponder(401, `{"detail": "Incorrect email or password"}`))

	s, client, err := shipments.New("ops@example.com", password, apiKey, &http.Client{Transport: mock})
	require.NoError(t, err)
	defer client.Close()

	for range 3 {
		_, err = s.Carrier(t.Context(), "123456")
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	}
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

// The global mock works too, also when it is activated last: without a transport of its own, each call uses http.DefaultTransport
// as it is then. Such a test cannot run in parallel with others.
func TestWithGlobalMock(t *testing.T) {
	s, client, err := shipments.New("ops@example.com", password, apiKey, nil)
	require.NoError(t, err)
	defer client.Close()

	httpmock.Activate(t)
	httpmock.RegisterResponder("POST", tokenURL, httpmock.NewStringResponder(200, tokens))
	httpmock.RegisterResponder("GET", carrierURL, httpmock.NewStringResponder(200, `{"name": "Example Freight"}`))
	name, err := s.Carrier(t.Context(), "123456")
	require.NoError(t, err)
	assert.Equal(t, "Example Freight", name)
}

// The API's failures are the caller's to see, without the token.
func TestCarrierFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		responder httpmock.Responder
		want      string
	}{
		"unknown":   {httpmock.NewStringResponder(404, ""), "carrier 1/2: 404"},
		"not JSON":  {httpmock.NewStringResponder(200, "<html>"), "carrier 1/2: invalid character"},
		"no answer": {httpmock.ConnectionFailure, "no responder found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder("POST", tokenURL, httpmock.NewStringResponder(200, tokens))
			mock.RegisterResponder("GET", "https://api.genlogs.io/carrier/1%2F2", c.responder)
			s, client, err := shipments.New("ops@example.com", password, apiKey, &http.Client{Transport: mock})
			require.NoError(t, err)
			defer client.Close()
			_, err = s.Carrier(t.Context(), "1/2")
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "example-token")
		})
	}
}

func TestNewHTTPClientWaitsForNothingWithoutEnd(t *testing.T) {
	t.Parallel()
	c := shipments.NewHTTPClient()
	transport, ok := c.Transport.(*http.Transport)
	require.True(t, ok)
	assert.NotSame(t, http.DefaultTransport, transport)
	assert.Positive(t, c.Timeout)
	assert.Less(t, transport.ResponseHeaderTimeout, c.Timeout)
	assert.Less(t, transport.HTTP2.SendPingTimeout+transport.HTTP2.PingTimeout, transport.ResponseHeaderTimeout,
		"the connection is closed before the request on it fails, so that the next one does not use it")
	assert.LessOrEqual(t, transport.IdleConnTimeout, time.Minute)
}
