package vendorlogin

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// Transport returns a RoundTripper that puts the token on every request it sends through base; nil means http.DefaultTransport. It
// changes no request it is given, and is safe for concurrent use. A response's Request is the caller's, without the token.
//
// When an API rejects the token (status 401, or what the vendor's [Rejecter] says), one renewal replaces it for all callers. The request is
// then sent once more, and its response is returned, whatever it is. A request whose body cannot be had again (no GetBody) is not sent
// again. Rejections cost at most one renewal per minute, and fewer while renewed tokens are rejected too: one endpoint that always says 401
// does not cost one login per request. In between the 401 is returned, unless another process has brought a token. Where the renewal fails
// the 401 is returned too. Meanwhile the Transport reads the first 64 KiB of the 401's body, since the login may need its connection. A
// body that stalls is closed soon after the renewal, and the caller gets what came.
//
// The token goes to Options.Origins only. A request to anywhere else is [ErrInvalidRequest]; one that a redirect leads elsewhere goes
// there without the token.
//
// A request waits for a token as long as its ctx and its http.Client's Timeout last; the renewal goes on for the others. So give both more
// time than a login takes, which is at most [Options.LoginTimeout]. Where a person is asked for a code, add 5 minutes for each code.
//
// Where requests are retried as well, retry on the outside: the retrying transport's base is this one.
func (c *Client) Transport(base http.RoundTripper) http.RoundTripper {
	t := &transport{client: c, base: base, origins: parseOrigins(c.k.set.Origins)}
	t.authorizer, _ = c.k.vendor.auth.(Authorizer)
	t.rejecter, _ = c.k.vendor.auth.(Rejecter)
	if len(t.origins) == 0 {
		t.originer, _ = c.k.vendor.auth.(Originer)
		t.origins = endpointOrigin(c.k.vendor.auth.Account().Endpoint)
	}
	return t
}

// HTTPClient returns a new http.Client over [Client.Transport] and http.DefaultTransport, whatever client the logins go through. For a
// proxy, a certificate authority or a mock of your own, give its transport to Transport, and to the vendor's Config too. Replacing the
// Transport of the returned client takes the token out.
func (c *Client) HTTPClient() *http.Client { return &http.Client{Transport: c.Transport(nil)} }

type transport struct {
	client     *Client
	base       http.RoundTripper
	authorizer Authorizer // nil: the Authorization header
	rejecter   Rejecter   // nil: status 401
	originer   Originer   // nil: origins holds for every token
	origins    []origin
	named      atomic.Pointer[namedOrigins]
}

// namedOrigins are those that the Originer names for a token.
type namedOrigins struct {
	token   *Token
	origins []origin
}

// RoundTrip sends req with the token.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	k := &t.client.k
	if req.URL == nil || req.Header == nil {
		closeBody(req)
		return nil, k.vendor.failure("request", ErrInvalidRequest, "it has no URL or no Header")
	}
	ctx := req.Context()
	if ctx.Value(withoutTokenKey{}) != nil || k.inside(ctx) {
		return t.next().RoundTrip(req) // a login
	}
	if t.originer == nil && !t.allows(req, t.origins) {
		return t.sendElsewhere(req)
	}
	token, err := t.client.Token(ctx)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	if t.originer != nil && !t.allows(req, t.originsOf(token)) {
		return t.sendElsewhere(req)
	}
	disputed := k.cached.Load().isRejected()
	resp, err := t.send(req, token)
	switch {
	case err != nil:
		return nil, err
	case !rejects(t.rejecter, resp, token):
		k.accepted(token, disputed)
		return resp, nil
	}
	return t.replay(req, resp, token)
}

// allows reports whether req, and the redirects that led to it, stay on the origins.
func (t *transport) allows(req *http.Request, origins []origin) bool {
	return slices.Contains(origins, originOf(req.URL)) && !cameBy(req, origins)
}

// originsOf asks the Originer once per token.
func (t *transport) originsOf(token *Token) []origin {
	if n := t.named.Load(); n != nil && n.token == token {
		return n.origins
	}
	origins := parseOrigins(t.originer.APIOrigins(token))
	if len(origins) == 0 {
		origins = t.origins
	}
	t.named.Store(&namedOrigins{token, origins})
	return origins
}

// sendElsewhere sends a request that a redirect led to another origin, without the token. A direct one is a mistake.
func (t *transport) sendElsewhere(req *http.Request) (*http.Response, error) {
	if req.Response != nil {
		return t.next().RoundTrip(req)
	}
	closeBody(req)
	return nil, t.client.k.vendor.failure("request", ErrInvalidRequest,
		"the token is not for "+req.URL.Host+", which is not among the vendor's origins or Options.Origins")
}

// replay renews the token that resp rejected, and sends req once more. Where that cannot be done, resp goes back.
func (t *transport) replay(req *http.Request, resp *http.Response, rejected *Token) (*http.Response, error) {
	k := &t.client.k
	if !k.reject(req.Context(), rejected) || req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return resp, nil
	}
	settled := readAhead(resp) // the login may need the connection
	token, err := t.client.Token(req.Context())
	settled()
	if err != nil || token == rejected {
		return resp, nil
	}
	second := *req
	if req.GetBody != nil {
		if second.Body, err = req.GetBody(); err != nil {
			return resp, nil
		}
	}
	discard(resp.Body)
	replayed, err := t.send(&second, token)
	if err != nil {
		return nil, err
	}
	replayed.Request = req
	if rejects(t.rejecter, replayed, token) {
		k.reject(req.Context(), token)
	} else {
		k.accepted(token, false)
	}
	return replayed, nil
}

// An authorizedRequest is a copy of the caller's request with a token on it, in one allocation.
type authorizedRequest struct {
	http.Request
	authorization [1]string
}

// send puts the token on a copy of req. The copy is shallow, so that trailers that are set while the body is read arrive.
func (t *transport) send(req *http.Request, token *Token) (*http.Response, error) {
	authorized := &authorizedRequest{Request: *req}
	authorized.Header = make(http.Header, len(req.Header)+1)
	maps.Copy(authorized.Header, req.Header)
	if err := t.authorize(authorized, token); err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := t.next().RoundTrip(&authorized.Request)
	if resp == nil && err == nil { // a mock's too: http.Client would say so of base itself
		return nil, t.client.k.vendor.failure("request", ErrBadResponse, "the base transport returned neither a response nor an error")
	}
	if resp != nil {
		resp.Request = req
		if resp.Body == nil { // a mock's
			resp.Body = http.NoBody
		}
	}
	return resp, err
}

func (t *transport) authorize(authorized *authorizedRequest, token *Token) error {
	token = t.client.k.withHeader(token)
	if t.authorizer == nil {
		value, err := token.authHeader()
		authorized.authorization[0] = value
		authorized.Header["Authorization"] = authorized.authorization[:]
		return t.client.k.vendor.authorized(err)
	}
	for name, values := range authorized.Header {
		authorized.Header[name] = values[:len(values):len(values)] // adding to it must not reach the caller's
	}
	u := *authorized.URL
	authorized.URL = &u
	return t.client.k.vendor.authorized(t.authorizer.Authorize(&authorized.Request, token))
}

func (t *transport) next() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// CloseIdleConnections passes on what http.Client asks of its Transport.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// readAhead reads the start of resp's body meanwhile. Until settled has returned, resp is not to be touched; a body that has not ended by
// then, and does not soon, is cut off, and left to itself where its Close does not end a Read.
func readAhead(resp *http.Response) (settled func()) {
	body, done := resp.Body, make(chan struct{})
	ahead := &http.Response{Body: body}
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // whoever reads it meets the panic
		_ = peek(ahead)                  // whatever its encoding: it is rejected
	}()
	return func() {
		closing := time.AfterFunc(discardTime, func() { _ = body.Close() })
		defer closing.Stop()
		select {
		case <-done:
			resp.Body = ahead.Body
		case <-time.After(2 * discardTime):
			resp.Body = stuckBody{}
		}
	}
}

// A stuckBody stands for one that was closed while a Read of it has not returned yet.
type stuckBody struct{}

func (stuckBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (stuckBody) Close() error { return nil }

// discardTime is what the body of a rejected response has to end, so that its connection can be used again.
const discardTime = 100 * time.Millisecond

// discard closes a body whose start readAhead has read.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxPeek)
	_ = body.Close()
}

// rejects reports whether resp means that the token is not accepted any more.
func rejects(r Rejecter, resp *http.Response, t *Token) bool {
	if r != nil {
		return r.Rejected(resp, t)
	}
	return resp.StatusCode == http.StatusUnauthorized
}
