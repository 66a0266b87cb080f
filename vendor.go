package vendorlogin

import (
	"context"
	"errors"
	"time"
)

// A vendor is the Authenticator as a renewal asks it: tokens are copies in local terms, and errors are *Errors.
type vendor struct{ auth Authenticator }

// login asks for a token with the credentials.
func (v vendor) login(ctx context.Context) (*Token, *Error) {
	sent := time.Now()
	t, err := v.auth.Login(ctx)
	return v.normalized("login", t, err, sent)
}

// refresh asks for a token with the refresh token of old, which stays if the vendor returns no other.
func (v vendor) refresh(ctx context.Context, old *Token) (*Token, *Error) {
	sent := time.Now()
	got, err := v.auth.(Refresher).Refresh(ctx, old)
	t, failure := v.normalized("refresh", got, err, sent)
	if failure == nil && t.Refresh.IsZero() {
		t.Refresh, t.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	return t, failure
}

// revoke ends t's session, where the vendor can.
func (v vendor) revoke(ctx context.Context, t *Token) error {
	r, ok := v.auth.(Revoker)
	if !ok {
		return nil
	}
	if err := r.Revoke(ctx, t); err != nil {
		return v.toError("logout", err)
	}
	return nil
}

// fingerprint is that of the credentials; nil where there is none.
func (v vendor) fingerprint(ctx context.Context) *uint64 {
	f, ok := v.auth.(Fingerprinter)
	if !ok {
		return nil
	}
	sum, err := f.Fingerprint(ctx)
	if err != nil {
		return nil
	}
	return &sum
}

// normalized is a copy of t, which the Authenticator may keep.
func (v vendor) normalized(op string, t *Token, err error, sent time.Time) (*Token, *Error) {
	if err != nil {
		return nil, v.toError(op, err)
	}
	if t == nil || t.Access.IsZero() {
		return nil, v.failure(op, ErrBadResponse, "the authenticator returned no token")
	}
	c := t.local()
	if _, err := c.authHeader(); err != nil { // better one failed login than a token with which each request fails
		e := v.toError(op, err)
		e.Op = op
		return nil, e
	}
	if !c.isUTF8() { // a Store would change it
		return nil, v.failure(op, ErrBadResponse, "the token is not UTF-8")
	}
	if c.IssuedAt.Before(sent) || c.IssuedAt.After(time.Now()) { // some return a token again that they have returned before
		c.IssuedAt = sent.Round(0)
	}
	return c, nil
}

// toError is err as an *Error of this account, whatever the Authenticator returned. It never changes what it is given.
func (v vendor) toError(op string, err error) *Error {
	known, ok := errors.AsType[*Error](err)
	switch {
	case ok && known == nil:
		err = plainError("the error is a nil *Error")
	case ok:
		e := *known
		if e.Account == (Account{}) {
			e.Account = v.auth.Account()
		}
		if e.Op == "" {
			e.Op = op
		}
		if e.Kind == nil || errors.Is(e.Kind, context.Canceled) || errors.Is(e.Kind, context.DeadlineExceeded) {
			e.Err, e.Kind = errors.Join(e.Kind, e.Err), ErrUnavailable
		}
		return &e
	}
	e := &Error{Account: v.auth.Account(), Op: op, Kind: ErrUnavailable, Err: err}
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			e.Kind = kind
		}
	}
	if err == e.Kind {
		e.Err = nil
	}
	return e
}

// authorized is err of putting a token on a request.
func (v vendor) authorized(err error) error {
	if err == nil {
		return nil
	}
	return v.toError("authorize", err)
}

// failure is an error found here, before anything was sent or after nothing usable came; text says more than kind, or is empty.
func (v vendor) failure(op string, kind error, text string) *Error {
	e := &Error{Account: v.auth.Account(), Op: op, Kind: kind}
	if text != "" {
		e.Err = plainError(text)
	}
	return e
}

// unsent is a failure of which the vendor saw nothing.
func (v vendor) unsent(op string, kind error, text string) *Error {
	e := v.failure(op, kind, text)
	e.Unprocessed = true
	return e
}
