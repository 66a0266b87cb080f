package vendorlogin

import (
	"context"
	"errors"
)

// Logout ends the session at the vendor, where the vendor can, and forgets the token here and in the store, even when the vendor
// could not be told; the error then says so. A renewal under way is waited for first. The next Token logs in again.
func (c *Client) Logout(ctx context.Context) error {
	for {
		r, mine, err := c.startLogout(ctx)
		if err != nil {
			return err
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
		if mine {
			return r.err
		}
	}
}

// startLogout begins the logout, or else gives what is under way.
func (c *Client) startLogout(ctx context.Context) (r *renewal, mine bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, false, &Error{Account: c.auth.Account(), Op: "logout", Kind: ErrClosed}
	case ctx.Value(clientKey{c}) != nil:
		return nil, false, c.failure("logout", ErrInvalidRequest, "asked for from within its own login")
	case c.renewal.underWay():
		return c.renewal, c.renewal.job == jobLogout, nil
	}
	return c.start(ctx, &renewal{job: jobLogout}, c.logout), true, nil
}

func (c *Client) logout(ctx context.Context, r *renewal) outcome {
	out := outcome{forget: true}
	s := r.load(ctx)
	t := s.newest(c.current.Load())
	if v, ok := c.auth.(Revoker); ok && t != nil {
		if out.err = r.send(); out.err == nil {
			out.err = v.Revoke(ctx, t)
		}
		if out.err != nil {
			out.err = c.asError("logout", out.err)
		}
	}
	if err := r.forget(ctx, s); err != nil {
		out.err = errors.Join(out.err, c.storeError(err))
	}
	c.tell(Event{Type: EventLogout, Err: out.err})
	return out
}

// newest is the token of the record, or the one in hand if it is later.
func (s *shared) newest(h *held) *Token {
	switch {
	case s.rec.Token == nil && h == nil:
		return nil
	case h == nil, s.rec.Token != nil && s.version != h.version && s.rec.Token.IssuedAt.After(h.token.IssuedAt):
		return s.rec.Token.token()
	}
	return h.token
}

// forget takes the token out of the record.
func (r *renewal) forget(ctx context.Context, s *shared) error {
	var err error
	for range 3 {
		if s.alone() || s.version == "" {
			return nil
		}
		if err = r.dropToken(ctx, s); !errors.Is(err, ErrRecordChanged) {
			return err
		}
		r.reload(ctx, s)
	}
	return err
}
