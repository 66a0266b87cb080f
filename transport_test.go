package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// mint is an Authenticator that gives access-1, access-2 and so on.
type mint struct {
	logins atomic.Int64
	same   bool // always access-1, as a vendor whose tokens depend on nothing but the second
	took   time.Duration
	err    atomic.Pointer[error]
	via    *http.Client // its login traffic, if any
}

func (*mint) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "mint", Endpoint: "https://api.example.com/base", Principal: "ops@example.com"}
}

func (m *mint) Login(ctx context.Context) (*vendorlogin.Token, error) {
	n := m.logins.Add(1)
	time.Sleep(m.took)
	if err := m.err.Load(); err != nil {
		return nil, *err
	}
	if m.via != nil {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/login", nil)
		resp, err := m.via.Do(req)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
	}
	if m.same {
		n = 1
	}
	now := time.Now()
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(fmt.Sprint("access-", n)), IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, nil
}

// api is a base transport: it accepts the tokens from accepts on and keeps what it was sent.
type api struct {
	mu      sync.Mutex
	accepts int // the lowest number of a token that is good; 0: all
	sent    []string
	bodies  []string
	closed  atomic.Int64 // response bodies closed
	answer  func(req *http.Request) *http.Response
	before  func(token string)
}

func (a *api) RoundTrip(req *http.Request) (*http.Response, error) {
	token := req.Header.Get("Authorization")
	if a.before != nil {
		a.before(token)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = append(a.sent, req.URL.Host+req.URL.Path+" "+token)
	var body string
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
		_ = req.Body.Close()
	}
	a.bodies = append(a.bodies, body)
	if a.answer != nil {
		if resp := a.answer(req); resp != nil {
			resp.Request = req
			resp.Body = &countedBody{ReadCloser: resp.Body, closed: &a.closed}
			return resp, nil
		}
	}
	var n int
	_, _ = fmt.Sscanf(token, "Bearer access-%d", &n)
	status := http.StatusOK
	if n < a.accepts {
		status = http.StatusUnauthorized
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: req,
		Body: &countedBody{ReadCloser: io.NopCloser(strings.NewReader("answer to " + token)), closed: &a.closed}}, nil
}

func (a *api) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.sent...)
}

type countedBody struct {
	io.ReadCloser
	closed *atomic.Int64
}

func (b *countedBody) Close() error {
	b.closed.Add(1)
	return b.ReadCloser.Close()
}

func newTransportClient(t *testing.T, a vendorlogin.Authenticator, o *vendorlogin.Options) *vendorlogin.Client {
	t.Helper()
	c, err := vendorlogin.NewClient(a, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func get(t *testing.T, rt http.RoundTripper, url string) (int, string) {
	t.Helper()
	resp, err := (&http.Client{Transport: rt}).Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(body)
}

const things = "https://api.example.com/things"

func TestTransportPutsTheTokenOnAndChangesNothing(t *testing.T) {
	t.Parallel()
	a := &api{}
	rt := newTransportClient(t, &mint{}, nil).Transport(a)
	req, err := http.NewRequest(http.MethodPost, things, strings.NewReader("body"))
	require.NoError(t, err)
	req.Header.Set("X-Mine", "kept")

	resp, err := rt.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []string{"api.example.com/things Bearer access-1"}, a.requests())
	assert.Equal(t, []string{"body"}, a.bodies)
	assert.Equal(t, http.Header{"X-Mine": {"kept"}}, req.Header, "the request given is not changed")
}

func TestRefusedTokenIsRenewedOnceAndTheRequestSentAgain(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{accepts: 2}
	rt := newTransportClient(t, m, nil).Transport(a)
	req, err := http.NewRequest(http.MethodPost, things, strings.NewReader("body"))
	require.NoError(t, err)

	resp, err := (&http.Client{Transport: rt}).Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, "answer to Bearer access-2", string(body))
	assert.Equal(t, []string{"body", "body"}, a.bodies)
	assert.EqualValues(t, 2, a.closed.Load(), "the first answer is closed too")
	assert.EqualValues(t, 2, m.logins.Load())
}

// concurrentRefusals has 100 requests refused at once, all with the same token, and gives how many renewals that cost.
func concurrentRefusals(t *testing.T) string {
	m := &mint{took: time.Second}
	var arrived atomic.Int64
	all := make(chan struct{})
	a := &api{accepts: 2, before: func(token string) {
		if token != "Bearer access-1" {
			return
		}
		if arrived.Add(1) == 100 {
			close(all)
		}
		<-all
	}}
	rt := newTransportClient(t, m, nil).Transport(a)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			status, _ := get(t, rt, things)
			assert.Equal(t, 200, status)
		})
	}
	wg.Wait()
	assert.Len(t, a.requests(), 200)
	return fmt.Sprint(m.logins.Load() - 1)
}

func TestEndpointThatAlwaysRefusesCostsOneRenewalAMinuteThenLess(t *testing.T) {
	t.Parallel()
	for callers, same := range map[int]bool{1: false, 2: true, 50: false} {
		synctest.Test(t, func(t *testing.T) {
			m, a := &mint{same: same, took: time.Millisecond}, &api{accepts: 1 << 30, before: func(string) { time.Sleep(time.Millisecond) }}
			rt := newTransportClient(t, m, &vendorlogin.Options{RenewBefore: time.Nanosecond}).Transport(a)
			begin := time.Now()
			var at []time.Duration
			for seen := int64(1); time.Since(begin) < 50*time.Minute; time.Sleep(5 * time.Second) {
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						status, _ := get(t, rt, things)
						assert.Equal(t, 401, status)
					})
				}
				wg.Wait()
				if n := m.logins.Load(); n != seen {
					seen = n
					at = append(at, time.Since(begin).Round(time.Minute))
				}
			}
			assert.Equal(
				t,
				[]time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute},
				at,
			)
		})
	}
}

func TestRefusalsAreReportedOncePerRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []error
		c, err := vendorlogin.NewClient(&mint{}, &vendorlogin.Options{OnEvent: func(e vendorlogin.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Type == vendorlogin.EventRefused {
				told = append(told, e.Err)
			}
		}})
		require.NoError(t, err)
		rt := c.Transport(&api{accepts: 1 << 30})
		for range 5 {
			status, _ := get(t, rt, things)
			require.Equal(t, 401, status)
		}
		require.NoError(t, c.Close())
		require.Len(t, told, 2)
		assert.NoError(t, told[0], "the token is renewed")
		e, ok := errors.AsType[*vendorlogin.Error](told[1])
		require.True(t, ok, "and then it is not")
		assert.Equal(t, time.Minute, time.Until(e.RetryAt))
	})
}

func TestAcceptedReplayBringsTheRestBackToAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, a := &mint{}, &api{accepts: 3}
		rt := newTransportClient(t, m, nil).Transport(a)
		status, _ := get(t, rt, things) // access-1, then access-2: both refused
		require.Equal(t, 401, status)
		time.Sleep(time.Minute)
		status, _ = get(t, rt, things) // access-3
		require.Equal(t, 200, status)
		a.mu.Lock()
		a.accepts = 4
		a.mu.Unlock()
		time.Sleep(2*time.Minute - time.Nanosecond)
		status, _ = get(t, rt, things)
		require.Equal(t, 401, status, "the second rest is two minutes")
		time.Sleep(time.Nanosecond)
		status, _ = get(t, rt, things)
		require.Equal(t, 200, status)
		a.mu.Lock()
		a.accepts = 5
		a.mu.Unlock()
		time.Sleep(time.Minute)
		status, _ = get(t, rt, things)
		require.Equal(t, 200, status, "after an accepted replay the rest is a minute again")
		assert.EqualValues(t, 5, m.logins.Load())
	})
}

func TestRefusalOfAnOldTokenRenewsNothing(t *testing.T) {
	t.Parallel()
	m := &mint{}
	var c *vendorlogin.Client
	a := &api{accepts: 2}
	a.before = func(token string) {
		if token == "Bearer access-1" { // while this request is out, the token is renewed
			_, err := c.Renew(t.Context())
			assert.NoError(t, err)
		}
	}
	c = newTransportClient(t, m, nil)
	status, body := get(t, c.Transport(a), things)
	assert.Equal(t, 200, status)
	assert.Equal(t, "answer to Bearer access-2", body)
	assert.EqualValues(t, 2, m.logins.Load())
}

func TestBodyThatCannotBeHadAgainIsNotSentAgain(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{accepts: 2}
	c := newTransportClient(t, m, nil)
	req, err := http.NewRequest(http.MethodPost, things, io.NopCloser(strings.NewReader("once")))
	require.NoError(t, err)

	resp, err := c.Transport(a).RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "answer to Bearer access-1", string(body), "the first answer comes back untouched")
	assert.Equal(t, 401, resp.StatusCode)
	assert.Len(t, a.requests(), 1)
	_, alive := c.Peek()
	assert.False(t, alive, "the token is invalidated all the same")
}

func TestRenewalThatFailsHandsBackTheFirstAnswer(t *testing.T) {
	t.Parallel()
	m, a := &mint{}, &api{accepts: 2}
	c := newTransportClient(t, m, nil)
	_, err := c.Token(t.Context())
	require.NoError(t, err)
	wrong := vendorlogin.ErrInvalidCredentials
	m.err.Store(&wrong)

	for range 3 {
		resp, err := c.Transport(a).RoundTrip(newRequest(t, things))
		if err != nil { // from the second on there is no token to send
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, "answer to Bearer access-1", string(body))
	}
	assert.EqualValues(t, 2, m.logins.Load())
}

func newRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return req
}

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

func TestRefusedAnswerThatNeverEndsHoldsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endless, writer := io.Pipe()
		defer writer.Close()
		a := &api{accepts: 2}
		a.answer = func(req *http.Request) *http.Response {
			if req.Header.Get("Authorization") != "Bearer access-1" {
				return nil
			}
			return &http.Response{StatusCode: 401, Header: http.Header{}, Body: endless, ContentLength: -1}
		}
		begin := time.Now()
		status, _ := get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
		assert.Equal(t, 200, status)
		assert.Equal(t, 100*time.Millisecond, time.Since(begin))
	})
}

func TestSmallRefusedAnswerIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	left := strings.NewReader("refused")
	a := &api{accepts: 2}
	a.answer = func(req *http.Request) *http.Response {
		if req.Header.Get("Authorization") != "Bearer access-1" {
			return nil
		}
		return &http.Response{StatusCode: 401, Header: http.Header{}, Body: io.NopCloser(left), ContentLength: 7}
	}
	status, _ := get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
	assert.Equal(t, 200, status)
	assert.Zero(t, left.Len())
}

func TestBodyThatFailsToComeAgainHandsBackTheFirstAnswer(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodPost, things, strings.NewReader("body"))
	require.NoError(t, err)
	req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	resp, err := newTransportClient(t, &mint{}, nil).Transport(&api{accepts: 2}).RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "answer to Bearer access-1", string(body))
}

type closeCounter struct {
	api
	closed int
}

func (c *closeCounter) CloseIdleConnections() { c.closed++ }

func TestCloseIdleConnectionsIsPassedOn(t *testing.T) {
	t.Parallel()
	base := &closeCounter{}
	(&http.Client{Transport: newTransportClient(t, &mint{}, nil).Transport(base)}).CloseIdleConnections()
	assert.Equal(t, 1, base.closed)
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
