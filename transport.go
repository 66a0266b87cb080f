package vendorlogin

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Transport gives a RoundTripper that puts the token on every request it sends through base; nil means http.DefaultTransport. It
// changes no request it is given and is safe for concurrent use.
//
// When an API refuses the token (status 401, or what the vendor's [Rejecter] says), the token is renewed once, shared with whoever
// else is renewing, and the request sent once more; what comes back then is handed on, whatever it is. A request whose body cannot be
// had again (no GetBody) is not sent again. A refusal costs at most one renewal a minute, and less often while renewed tokens are
// refused too, so that one endpoint that always says 401 does not cost a login a request; until then the refusal is handed on.
//
// The token goes to Options.Origins only. A request to anywhere else is [ErrInvalidRequest]; one that a redirect leads elsewhere goes
// there without the token.
//
// Where requests are retried as well, retry on the outside: the retrying transport's base is this one.
func (c *Client) Transport(base http.RoundTripper) http.RoundTripper {
	return &transport{client: c, base: base, origins: c.origins()}
}

type transport struct {
	client  *Client
	base    http.RoundTripper
	origins []origin
}

// RoundTrip sends req with the token.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL == nil || req.Header == nil {
		closeBody(req)
		return nil, t.client.failure("request", ErrInvalidRequest, "it has no URL or no Header")
	}
	ctx := req.Context()
	if ctx.Value(withoutTokenKey{}) != nil || ctx.Value(clientKey{t.client}) != nil {
		return t.next().RoundTrip(req) // a login
	}
	if !t.allows(req.URL) || t.strayed(req) {
		if req.Response != nil { // where a redirect leads
			return t.next().RoundTrip(req)
		}
		closeBody(req)
		return nil, t.client.failure("request", ErrInvalidRequest, "the token is not for "+req.URL.Host+", which is not in Options.Origins")
	}
	token, err := t.client.Token(ctx)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, err := t.send(req, token)
	if err != nil || !rejected(t.client.auth, resp, token) {
		return resp, err
	}
	return t.again(req, resp, token)
}

// again renews the token that resp refused, and sends req once more. Where that cannot be done, resp goes back untouched.
func (t *transport) again(req *http.Request, resp *http.Response, refused *Token) (*http.Response, error) {
	if !t.client.condemn(refused) || req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return resp, nil
	}
	rest := readAhead(resp.Body) // the login may need the connection
	resp.Body = rest
	token, err := t.client.Token(req.Context())
	if err != nil {
		return resp, nil
	}
	second := *req
	if req.GetBody != nil {
		if second.Body, err = req.GetBody(); err != nil {
			return resp, nil
		}
	}
	rest.discard()
	answer, err := t.send(&second, token)
	if err == nil {
		t.client.replayed(token, !rejected(t.client.auth, answer, token))
	}
	return answer, err
}

// send puts the token on a copy of req.
func (t *transport) send(req *http.Request, token *Token) (*http.Response, error) {
	signed := req.Clone(req.Context())
	if err := authorize(t.client.auth, signed, token); err != nil {
		closeBody(req)
		return nil, err
	}
	return t.next().RoundTrip(signed)
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

const (
	firstRest = time.Minute // after a renewal that a refusal caused
	lastRest  = 15 * time.Minute
)

// rejections keeps refusals from costing a renewal each.
type rejections struct {
	until   time.Duration // monotonic: no renewal before
	refused int           // renewed tokens in a row that were refused too
	last    *Token        // the one counted last
	told    bool          // that a refusal changes nothing until then
}

// condemn drops the refused token and reports whether another is to be tried: because one is already there or on its way, or because
// it is time to fetch one.
func (c *Client) condemn(refused *Token) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.current.Load()
	if h == nil || c.renewal.underWay() && c.renewal.job == jobLogout {
		return false // logged out: nobody has asked for a new session
	}
	if h.token != refused || h.flags&dropped != 0 {
		return true
	}
	if c.rejections == nil {
		c.rejections = &rejections{}
	}
	mono, wall := c.now()
	r := c.rejections
	if mono < r.until {
		if !r.told {
			err := c.failure("request", ErrUnavailable, "an API refused a token that was renewed just now")
			err.RetryAt = wall.Add(r.until - mono)
			c.emit(Event{Type: EventRefused, Err: err})
		}
		r.told = true
		return false
	}
	r.until, r.told = mono+doubled(firstRest, lastRest, r.refused+1), false
	c.current.Store(h.marked(dropped))
	c.emit(Event{Type: EventRefused})
	return true
}

// replayed is told how the renewed token fared with one of the requests that wait for it. Where one is accepted, the token is good.
func (c *Client) replayed(token *Token, accepted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rejections
	switch {
	case r == nil:
	case accepted:
		r.refused, r.last = 0, token
	case r.last != token:
		r.refused++
		r.last = token
	}
}

// An origin is scheme, host and port of a URL.
type origin struct{ scheme, host, port string }

func parseOrigin(s string) (origin, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return origin{}, plainError("has an entry that is not like https://api.example.com")
	}
	return originOf(u), nil
}

func originOf(u *url.URL) origin {
	o := origin{scheme: u.Scheme, host: u.Hostname(), port: u.Port()}
	if o.port == "" {
		switch {
		case strings.EqualFold(o.scheme, "https"):
			o.port = "443"
		case strings.EqualFold(o.scheme, "http"):
			o.port = "80"
		}
	}
	return o
}

func (o origin) is(p origin) bool {
	return strings.EqualFold(o.scheme, p.scheme) && strings.EqualFold(o.host, p.host) && o.port == p.port
}

// origins are those of the options, or else the vendor's own.
func (c *Client) origins() []origin {
	var all []origin
	for _, s := range c.opts.Origins {
		if o, err := parseOrigin(s); err == nil {
			all = append(all, o)
		}
	}
	if len(c.opts.Origins) != 0 {
		return all
	}
	if u, err := url.Parse(c.auth.Account().Endpoint); err == nil && u.Host != "" {
		all = append(all, originOf(u))
	}
	return all
}

func (t *transport) allows(u *url.URL) bool {
	o := originOf(u)
	for _, allowed := range t.origins {
		if o.is(allowed) {
			return true
		}
	}
	return false
}

// strayed reports whether redirects led req here by way of a foreign origin, which then chose what is asked here.
func (t *transport) strayed(req *http.Request) bool {
	for resp := req.Response; resp != nil && resp.Request != nil; resp = resp.Request.Response {
		if !t.allows(resp.Request.URL) {
			return true
		}
	}
	return false
}
