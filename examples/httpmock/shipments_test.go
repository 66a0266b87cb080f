package shipments_test

import (
	"net/http"
	"testing"

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

// A MockTransport of its own for each test, so that tests can run in parallel.
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

// The global kind of mock works too, also when it is activated last: what is not given a transport asks http.DefaultTransport at
// every call. Such a test cannot run in parallel with others.
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
