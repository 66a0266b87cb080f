package vendorlogin

import (
	"context"
	"errors"
	"maps"
	"time"
)

// takeFingerprint reads the credentials once a renewal, and only when it matters: they may be far away, or in somebody's head. It is
// nil where there is none.
func (r *renewal) takeFingerprint(ctx context.Context) *uint64 {
	f, ok := r.client.auth.(Fingerprinter)
	if !ok || r.fingerprint.Load() != nil {
		return r.fingerprint.Load()
	}
	if sum, err := f.Fingerprint(ctx); err == nil {
		r.fingerprint.Store(&sum)
	}
	return r.fingerprint.Load()
}

// login and refresh ask the vendor.
func (r *renewal) login(ctx context.Context) (*Token, error) {
	r.takeFingerprint(ctx)
	r.refreshing.Store(false)
	return r.ask(EventLogin, "login", func() (*Token, error) { return r.client.auth.Login(ctx) })
}

func (r *renewal) refresh(ctx context.Context, old *Token) (*Token, error) {
	r.used.Store(true)
	r.refreshing.Store(true)
	t, err := r.ask(EventRefresh, "refresh", func() (*Token, error) { return r.client.auth.(Refresher).Refresh(ctx, old) })
	if err == nil && t.Refresh.IsZero() {
		t.Refresh, t.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	return t, err
}

func (r *renewal) ask(typ EventType, op string, exchange func() (*Token, error)) (*Token, error) {
	if err := r.send(); err != nil {
		return nil, err
	}
	sent := time.Now()
	got, err := exchange()
	e := Event{Type: typ, Duration: time.Since(sent)}
	var t *Token
	switch {
	case err != nil:
		e.Err = r.client.asError(op, err)
	case got == nil || got.Access.IsZero():
		e.Err = r.client.failure(op, ErrBadResponse, "the authenticator gave no token")
	default:
		t = own(got, sent)
		e.Expires = t.ExpiresAt
	}
	r.client.tell(e)
	return t, e.Err
}

// own is a copy of t, which the Authenticator may keep, on our clocks' terms.
func own(t *Token, sent time.Time) *Token {
	c := *t
	c.Extra = maps.Clone(t.Extra)
	if c.IssuedAt.Before(sent) { // some give a token again that they have given before
		c.IssuedAt = sent
	}
	c.IssuedAt = c.IssuedAt.Round(0)
	c.ExpiresAt = c.ExpiresAt.Round(0)
	c.RefreshExpiresAt = c.RefreshExpiresAt.Round(0)
	return &c
}

// asError is err as an *Error, whatever the Authenticator gave.
func (c *Client) asError(op string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return e
	}
	e := &Error{Account: c.auth.Account(), Op: op, Kind: ErrUnavailable, Err: err}
	for _, kind := range []error{ErrInvalidCredentials, ErrForbidden, ErrOTPRequired, ErrOTPRejected, ErrRateLimited, ErrRefreshRejected,
		ErrInvalidRequest, ErrBadResponse} {
		if errors.Is(err, kind) {
			e.Kind = kind
		}
	}
	if err == e.Kind {
		e.Err = nil
	}
	return e
}
