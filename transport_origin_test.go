package vendorlogin_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestTokenStaysOnItsOrigins(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"https://api.example.com/x":            true,
		"https://API.example.com:443/x":        true,
		"http://api.example.com/x":             false,
		"https://api.example.com:8443/x":       false,
		"https://example.com/x":                false,
		"https://api.example.com.evil.test/x":  false,
		"https://evil.test/api.example.com":    false,
		"https://api.example.com@evil.test/x":  false,
		"https://second.example.com/elsewhere": false,
	} {
		m, a := &mint{}, &api{}
		resp, err := newTransportClient(t, m, nil).Transport(a).RoundTrip(newRequest(t, url))
		if want {
			require.NoError(t, err, url)
			require.NoError(t, resp.Body.Close())
			continue
		}
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, url)
		assert.Contains(t, err.Error(), newRequest(t, url).URL.Host)
		assert.Empty(t, a.requests())
		assert.Zero(t, m.logins.Load(), "not even a login")
	}
	a := &api{}
	rt := newTransportClient(t, &mint{}, &vendorlogin.Options{Origins: []string{"https://second.example.com"}}).Transport(a)
	status, _ := get(t, rt, "https://second.example.com/elsewhere")
	assert.Equal(t, 200, status)
}

func TestForeignBodyIsClosed(t *testing.T) {
	t.Parallel()
	var closed atomic.Int64
	req, err := http.NewRequest(http.MethodPost, "https://evil.test/", &countedBody{io.NopCloser(strings.NewReader("x")), &closed})
	require.NoError(t, err)
	_, err = newTransportClient(t, &mint{}, nil).Transport(&api{}).RoundTrip(req)
	require.Error(t, err)
	assert.EqualValues(t, 1, closed.Load())
}

// ownHeader is a vendor whose token travels in a header of its own, which net/http does not know to be secret.
type ownHeader struct{ mint }

func (*ownHeader) Authorize(req *http.Request, t *vendorlogin.Token) error {
	req.Header.Set("Access-Token", t.Access.Reveal())
	req.Header.Set("X-Api-Key", "example-key")
	return nil
}

func TestRedirectsElsewhereGoWithout(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var elsewhere http.Header
		a := &api{}
		a.answer = func(req *http.Request) *http.Response {
			switch req.URL.Host + req.URL.Path {
			case "api.example.com/things":
				return redirect(status, "https://evil.test/take")
			case "evil.test/take":
				elsewhere = req.Header.Clone()
				return &http.Response{StatusCode: 401, Header: http.Header{}, Body: http.NoBody}
			}
			return nil
		}
		m := &ownHeader{}
		c := newTransportClient(t, m, nil)
		got, _ := get(t, c.Transport(a), things)
		assert.Equal(t, 401, got, "a foreign 401 goes back as it is")
		for _, name := range []string{"Authorization", "Access-Token", "X-Api-Key"} {
			assert.Empty(t, elsewhere.Get(name), name)
		}
		_, alive := c.Peek()
		assert.True(t, alive, "and condemns nothing")
		assert.EqualValues(t, 1, m.logins.Load())
	}
}

func TestRedirectBackFromElsewhereGoesWithout(t *testing.T) {
	t.Parallel()
	a := &api{}
	a.answer = func(req *http.Request) *http.Response {
		switch req.URL.Host + req.URL.Path {
		case "api.example.com/things":
			return redirect(307, "https://evil.test/take")
		case "evil.test/take":
			return redirect(307, "https://api.example.com/delete-everything")
		}
		return nil
	}
	get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
	assert.Equal(t, []string{
		"api.example.com/things Bearer access-1", "evil.test/take ", "api.example.com/delete-everything ",
	}, a.requests())
}

func TestRedirectThatNamesNoRequestIsOfTheOrigin(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodGet, things, nil)
	require.NoError(t, err)
	req.Response = &http.Response{StatusCode: 302}
	resp, err := newTransportClient(t, &mint{}, nil).Transport(&api{}).RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, 200, resp.StatusCode)
}

func TestRedirectOnTheOriginKeepsTheToken(t *testing.T) {
	t.Parallel()
	a := &api{}
	a.answer = func(req *http.Request) *http.Response {
		if req.URL.Path == "/things" {
			return redirect(307, "https://api.example.com/other")
		}
		return nil
	}
	get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
	assert.Equal(t, "api.example.com/other Bearer access-1", a.requests()[1])
}

func redirect(status int, to string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Location": {to}}, Body: http.NoBody}
}

func TestLoginThroughTheClientItself(t *testing.T) {
	t.Parallel()
	m, a := &mint{via: &http.Client{}}, &api{}
	c := newTransportClient(t, m, nil)
	m.via.Transport = c.Transport(a) // the login's own traffic now meets the injection

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := c.Token(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"api.example.com/login "}, a.requests(), "and carries no token")
}

func TestRequestWithoutTokenPassesUntouched(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{}
	rt := newTransportClient(t, m, nil).Transport(a)
	req := newRequest(t, "https://elsewhere.test/public")
	resp, err := rt.RoundTrip(req.WithContext(vendorlogin.WithoutToken(req.Context())))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []string{"elsewhere.test/public "}, a.requests())
	assert.Zero(t, m.logins.Load())
}

func TestTokenErrorClosesTheBody(t *testing.T) {
	t.Parallel()
	m := &mint{}
	wrong := vendorlogin.ErrInvalidCredentials
	m.err.Store(&wrong)
	var closed atomic.Int64
	req, err := http.NewRequest(http.MethodPost, things, &countedBody{io.NopCloser(strings.NewReader("x")), &closed})
	require.NoError(t, err)
	_, err = newTransportClient(t, m, nil).Transport(&api{}).RoundTrip(req)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	assert.EqualValues(t, 1, closed.Load())
}

func TestHeaderInjectionIsRefused(t *testing.T) {
	t.Parallel()
	a := &api{}
	bad := &scripted{token: "example\r\nX-Evil: 1"}
	var closed atomic.Int64
	req, err := http.NewRequest(http.MethodPost, things, &countedBody{io.NopCloser(strings.NewReader("x")), &closed})
	require.NoError(t, err)
	_, err = newTransportClient(t, bad, nil).Transport(a).RoundTrip(req)
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.EqualValues(t, 1, closed.Load())
	assert.NotContains(t, err.Error(), "Evil")
	assert.Empty(t, a.requests())
}

// refusing puts no token on anything.
type refusing struct{ mint }

func (*refusing) Authorize(*http.Request, *vendorlogin.Token) error {
	return vendorlogin.ErrBadResponse
}

func TestAuthorizerThatFailsClosesTheBody(t *testing.T) {
	t.Parallel()
	a := &api{}
	var closed atomic.Int64
	req, err := http.NewRequest(http.MethodPost, things, &countedBody{io.NopCloser(strings.NewReader("x")), &closed})
	require.NoError(t, err)
	_, err = newTransportClient(t, &refusing{}, nil).Transport(a).RoundTrip(req)
	require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
	assert.EqualValues(t, 1, closed.Load())
	assert.Empty(t, a.requests())
}

// scripted gives one token for ever.
type scripted struct {
	mint
	token string
}

func (s *scripted) Login(context.Context) (*vendorlogin.Token, error) {
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(s.token), ExpiresAt: time.Now().Add(time.Hour)}, nil
}

func TestBaseErrorComesBack(t *testing.T) {
	t.Parallel()
	down := errors.New("the network is down")
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodGet, things, httpmock.NewErrorResponder(down))
	_, err := newTransportClient(t, &mint{}, nil).Transport(mock).RoundTrip(newRequest(t, things))
	require.ErrorIs(t, err, down)
}

func TestCallerWhoLeavesDuringTheRenewalGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, a := &mint{}, &api{accepts: 2}
		c := newTransportClient(t, m, nil)
		_, err := c.Token(t.Context())
		require.NoError(t, err)
		m.took = 20 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		resp, err := c.Transport(a).RoundTrip(newRequest(t, things).WithContext(ctx))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, 401, resp.StatusCode)
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

func TestAuthorizeSetsTheVendorsHeaders(t *testing.T) {
	t.Parallel()
	req := newRequest(t, things)
	require.NoError(t, newTransportClient(t, &ownHeader{}, nil).Authorize(req))
	assert.Equal(t, http.Header{"Access-Token": {"access-1"}, "X-Api-Key": {"example-key"}}, req.Header)

	req = newRequest(t, things)
	require.NoError(t, newTransportClient(t, &mint{}, nil).Authorize(req))
	assert.Equal(t, http.Header{"Authorization": {"Bearer access-1"}}, req.Header)
}

func TestEmptyTokenIsNotSent(t *testing.T) {
	t.Parallel()
	req := newRequest(t, things)
	require.ErrorIs(t, (&vendorlogin.Token{}).SetAuthHeader(req), vendorlogin.ErrBadResponse)
	assert.Empty(t, req.Header)
}

func TestNilAuthenticatorIsRefused(t *testing.T) {
	t.Parallel()
	for _, a := range []vendorlogin.Authenticator{nil, (*mint)(nil)} {
		_, err := vendorlogin.NewClient(a, nil)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	}
}

// misnaming is a vendor whose API names no origin that is well formed.
type misnaming struct{ mint }

func (*misnaming) APIOrigins(*vendorlogin.Token) []string {
	return []string{"api.example.com", "https://"}
}

func TestOriginsThatAreNotWellFormedReplaceNothing(t *testing.T) {
	t.Parallel()
	status, _ := get(t, newTransportClient(t, &misnaming{}, nil).Transport(&api{}), things)
	assert.Equal(t, 200, status)
}

func TestAccountWithoutAnEndpointHasNoOrigin(t *testing.T) {
	t.Parallel()
	rt := newTransportClient(t, accounted{}, nil).Transport(&api{})
	_, err := rt.RoundTrip(&http.Request{URL: &url.URL{Path: "/things"}, Header: http.Header{}})
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "example.com", "ftp://example.com", "https://", "https://u@example.com", "https://example.com/path", "https://example.com?q",
		"http://[::1", "https://u:p@example.com",
	} {
		_, err := vendorlogin.NewClient(&mint{}, &vendorlogin.Options{Origins: []string{bad}})
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%q", bad)
	}
	for origin, requests := range map[string]map[string]bool{
		"http://h":      {"http://h:80/x": true, "http://H/x": true, "https://h/x": false, "http://h:8080/x": false},
		"https://h:443": {"https://h/x": true, "HTTPS://h/x": true, "http://h:443/x": false},
		"https://h/":    {"https://h/x": true, "https://h.example/x": false},
	} {
		for target, want := range requests {
			c, err := vendorlogin.NewClient(&mint{}, &vendorlogin.Options{Origins: []string{origin}})
			require.NoError(t, err)
			u, err := url.Parse(target)
			require.NoError(t, err)
			_, err = c.Transport(&api{}).RoundTrip(&http.Request{URL: u, Header: http.Header{}})
			assert.Equal(t, want, err == nil, "%s to %s: %v", target, origin, err)
			require.NoError(t, c.Close())
		}
	}
	c, err := vendorlogin.NewClient(accounted{vendorlogin.Account{Endpoint: "http://[::1"}}, nil)
	require.NoError(t, err)
	_, err = c.Transport(&api{}).RoundTrip(newRequest(t, things))
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "an endpoint that does not parse is no origin, and no panic")
	require.NoError(t, c.Close())
}
