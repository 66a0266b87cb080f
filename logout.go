package vendorlogin

import (
	"context"
	"errors"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/flight"
	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// Logout ends the session at the vendor, where the vendor can, and forgets the token here and in the Store. It forgets the token even
// where the vendor could not be told; the error then says so. It waits for a renewal under way. The next Token logs in again.
func (c *Client) Logout(ctx context.Context) error {
	return c.alone(ctx, "logout", jobLogout, (*order).logout)
}

// Seed takes over a token from elsewhere, such as another tool's file, so that nobody has to log in again to move here. It waits for a
// renewal under way. A copy of the token then replaces the cached one and the one in the Store, a newer one too, and a hold ends, but for a
// Retry-After. So call it once, and not at each start: a single-use refresh token would be sent again.
//
// A zero IssuedAt is now. An expired or empty access token is accepted if there is a refresh token; else it is [ErrInvalidRequest]. So is a
// token that is not UTF-8 or has a control character in it, such as the line break at a file's end. Where the Store fails the error is
// [ErrStore], and the token is cached all the same. A refresh token that this Client has sent before is not sent again; the last 8 are
// remembered.
func (c *Client) Seed(ctx context.Context, t *Token) error {
	if t == nil || t.Access.IsZero() && t.Refresh.IsZero() {
		return c.k.vendor.failure("seed", ErrInvalidRequest, "the token has neither Access nor Refresh")
	}
	for _, s := range []string{t.Access.Reveal(), t.Refresh.Reveal(), t.Type} {
		if !httpheader.ValidValue(s) {
			return c.k.vendor.failure("seed", ErrInvalidRequest, "the token has a control character, such as a line break, in it")
		}
	}
	if !t.isUTF8() {
		return c.k.vendor.failure("seed", ErrInvalidRequest, "the token is not UTF-8")
	}
	now := time.Now().Round(0)
	if t.Refresh.IsZero() && !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return c.k.vendor.failure("seed", ErrInvalidRequest, "the token has expired, and there is no refresh token")
	}
	seeded := t.local()
	if seeded.IssuedAt.IsZero() {
		seeded.IssuedAt = now
	}
	return c.alone(ctx, "seed", jobSeed, func(o *order, ctx context.Context) outcome { return o.seed(ctx, seeded) })
}

// alone does a job once nothing else is under way. Two Logouts at once are one.
func (c *Client) alone(ctx context.Context, op string, j job, work func(*order, context.Context) outcome) error {
	for {
		r, mine, err := c.startAlone(ctx, op, j, work)
		if err != nil {
			return err
		}
		out, err := r.flight.Wait(ctx)
		switch {
		case errors.Is(err, flight.ErrClosed):
			return c.k.vendor.failure(op, ErrClosed, "")
		case err != nil:
			e := c.k.leftBy(err)
			e.Op, e.Unprocessed = op, false
			return e
		case mine:
			return asError(out.err)
		}
	}
}

func (c *Client) startAlone(ctx context.Context, op string, j job, work func(*order, context.Context) outcome) (*run, bool, error) {
	k := &c.k
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.closed:
		return nil, false, k.vendor.failure(op, ErrClosed, "")
	case k.inside(ctx):
		return nil, false, k.vendor.failure(op, ErrInvalidRequest, "asked for from within its own login")
	case k.run.underWay():
		return k.run, k.run.job == j && j == jobLogout, nil
	}
	if h := k.cached.Load(); h != nil && j == jobLogout {
		k.cached.Store(h.with(h.flags | rejectedFlag)) // not handed out while it is being revoked
	}
	return k.begin(ctx, &run{job: j}, work), true, nil
}
