package loginhttp_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

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

// The caller's pool is the caller's: a failure closes none of its connections.
func TestIdleConnectionsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, v := range []*vendor{failing(dialError()), failing(timeoutError{}), answering(401, ""), answering(429, "", "Retry-After", "900"), answering(302, "")} {
		pool := &pool{RoundTripper: v}
		_, err := endpoint(pool).Do(t.Context(), login(), nil)
		require.Error(t, err)
		assert.Positive(t, v.count())
		assert.Zero(t, pool.closed.Load())
	}
}

type pool struct {
	http.RoundTripper
	closed atomic.Int64
}

func (p *pool) CloseIdleConnections() { p.closed.Add(1) }

// Of the caller's client, neither the cookies nor the redirect policy are used.
func TestNoCookieJar(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	site, err := url.Parse(account.Endpoint)
	require.NoError(t, err)
	jar.SetCookies(site, []*http.Cookie{{Name: "session", Value: "somebody-elses"}})

	v := &vendor{answer: func(n int, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			return reply(200, `{}`, "Set-Cookie", "access-token=new; Path=/"), nil
		}
		return reply(302, "", "Location", "/elsewhere"), nil
	}}
	asked := 0
	client := &http.Client{Transport: v, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return nil }}
	e := loginhttp.Endpoint{Account: account, HTTPClient: client}
	answer, err := e.Do(t.Context(), login(), nil)
	require.NoError(t, err)
	assert.Equal(t, "access-token=new; Path=/", answer.Header.Get("Set-Cookie"))
	_, err = e.Do(t.Context(), login(), nil)
	assertKind(t, vendorlogin.ErrBadResponse, err)

	assert.Len(t, jar.Cookies(site), 1)
	assert.Equal(t, 2, v.count())
	assert.Empty(t, v.requests[0].Header["Cookie"])
	assert.Empty(t, v.requests[0].Header["Authorization"])
	assert.Zero(t, asked)
}

// Cookies that a call brings itself are sent.
func TestOwnCookies(t *testing.T) {
	t.Parallel()
	v := answering(200, `{}`)
	call := login()
	call.Header = http.Header{"Cookie": {"access-token=a; refresh-token=r"}}
	_, err := endpoint(v).Do(t.Context(), call, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"access-token=a; refresh-token=r"}, v.requests[0].Header["Cookie"])
}
