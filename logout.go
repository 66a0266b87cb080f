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
	if h := c.current.Load(); h != nil {
		c.current.Store(h.marked(dropped)) // not handed out while it is being revoked
	}
	return c.start(ctx, &renewal{job: jobLogout}, c.logout), true, nil
}

// logout forgets before it revokes, so that nothing that goes wrong at the vendor keeps the token in the store.
func (c *Client) logout(ctx context.Context, r *renewal) outcome {
	s := r.load(ctx)
	t := s.newest(c.current.Load())
	err := errors.Join(r.forget(ctx, s), r.revoke(ctx, t))
	c.tell(Event{Type: EventLogout, Err: err})
	return outcome{err: err, forget: true}
}

// revoke ends t's session, where the vendor can.
func (r *renewal) revoke(ctx context.Context, t *Token) error {
	v, ok := r.client.auth.(Revoker)
	if !ok || t == nil {
		return nil
	}
	if err := r.send(); err != nil {
		return err
	}
	if err := v.Revoke(ctx, t); err != nil {
		return r.client.asError("logout", err)
	}
	return nil
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
		if s.alone() {
			err = s.err
		}
		if s.alone() || s.version == "" {
			break
		}
		if err = r.dropToken(ctx, s); !errors.Is(err, ErrRecordChanged) {
			break
		}
		r.reload(ctx, s)
	}
	if err != nil {
		return r.client.storeError(err)
	}
	return nil
}
