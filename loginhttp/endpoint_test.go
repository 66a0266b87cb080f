package loginhttp_test

import (
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Base sends one call to another host, under the rules of Account.Endpoint.
func TestBase(t *testing.T) {
	t.Parallel()
	v := responding(401, `{}`)
	call := login()
	call.Base = "https://login.example.net/oauth/"
	answer, err := endpoint(v).Do(t.Context(), call, nil)
	assert.Equal(t, "https://login.example.net/oauth/login", v.requests[0].URL.String())
	assert.Equal(t, "POST login.example.net/oauth/login", failure(t, err).Request)
	assert.Equal(t, account, failure(t, err).Account)
	assert.Equal(t, "POST login.example.net/oauth/login", endpoint(v).Missing(call, answer, "token").Request)

	for _, bad := range []string{"http://login.example.net", "https://u:example-password@login.example.net",
		"https://login.example.net?a=b", "login.example.net", "//x"} {
		call.Base = bad
		_, err = endpoint(v).Do(t.Context(), call, nil)
		assertKind(t, vendorlogin.ErrInvalidRequest, err)
		assert.Equal(t, "Base", failure(t, err).Fields[0].Field)
		assertHides(t, err, "example-password")
	}
	assert.Equal(t, 1, v.count())

	e := endpoint(v)
	e.AllowPlainHTTP, call.Base = true, "http://login.example.net"
	_, _ = e.Do(t.Context(), call, nil)
	e.AllowPlainHTTP, call.Base = false, "http://127.0.0.1:1"
	_, _ = e.Do(t.Context(), call, nil)
	assert.Equal(t, 3, v.count())
}

// httpmock's own ways of taking over work after the Endpoint was made.
func TestHTTPMock(t *testing.T) { // not parallel: Activate changes http.DefaultTransport
	byDefault := loginhttp.Endpoint{Account: account}
	httpmock.Activate(t)
	httpmock.RegisterResponder("POST", "https://api.example.com/v1/login", httpmock.NewStringResponder(200, `{"access":"mocked"}`))
	var out struct{ Access string }
	_, err := byDefault.Do(t.Context(), login(), &out)
	require.NoError(t, err)
	assert.Equal(t, "mocked", out.Access)
	assert.Equal(t, 1, httpmock.GetTotalCallCount())

	client := &http.Client{}
	own := loginhttp.Endpoint{Account: account, HTTPClient: client}
	httpmock.ActivateNonDefault(client)
	_, err = own.Do(t.Context(), login(), &out)
	require.NoError(t, err)
	assert.Equal(t, 2, httpmock.GetTotalCallCount())
}

// Users of httpmock need to read that a responder is missing, and for what.
func TestHTTPMockWithoutResponder(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	_, err := endpoint(mock).Do(t.Context(), secretCall(), nil)
	assertKind(t, vendorlogin.ErrUnavailable, err)
	require.ErrorIs(t, err, httpmock.NoResponderFound)
	assert.Contains(t, err.Error(), "no responder found")
	assertHides(t, err, secrets...)
}
