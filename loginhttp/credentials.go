package loginhttp

import (
	"context"
	"errors"
	"slices"

	"github.com/vendorlogin/vendorlogin"
)

// Secret reads a secret for the request of op. An empty one, or a nil f, is ErrInvalidRequest naming field. An *Error of f keeps its
// Kind; any other error of f, ctx's too, is wrapped by ErrUnavailable. Nothing was sent then, and the error says so.
func (e Endpoint) Secret(ctx context.Context, op, field string, f vendorlogin.SecretFunc) (string, error) {
	if f == nil {
		return "", e.badSecret(op, field, "is required")
	}
	secret, err := f(ctx)
	if err != nil {
		return "", e.noSecret(ctx, op, err)
	}
	if secret.IsZero() {
		return "", e.badSecret(op, field, "is empty")
	}
	return secret.Reveal(), nil
}

func (e Endpoint) badSecret(op, field, reason string) error {
	failure := Invalid("", field, reason)
	failure.Account, failure.Op = e.Account, op
	return failure
}

// noSecret is the failure of a SecretFunc. Its own words may be logged: its contract says so.
func (e Endpoint) noSecret(ctx context.Context, op string, err error) error {
	failure := vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: err}
	if own, ok := err.(*vendorlogin.Error); ok {
		failure = *own
	} else if own, ok := errors.AsType[*vendorlogin.Error](err); ok {
		failure.Kind = own.Kind
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		failure.Err = ended
	}
	failure.Account, failure.Op, failure.Unprocessed = e.Account, op, true
	return &failure
}

// maxCodes is how many codes a person is asked for in one login.
const maxCodes = 3

// SecondFactor asks src for a one-time password and hands it to send, which sends it. While send answers ErrOTPRejected, a person
// is asked again, three times in all, with c.Attempt counting; a source that needs no person is asked once. No code is sent twice:
// where one comes again, that was the last. The error is that of [vendorlogin.AskOTP], or of the last
// send, as [RejectedCode] gives it.
func (e Endpoint) SecondFactor(ctx context.Context, src vendorlogin.OTPSource, c vendorlogin.Challenge, send func(code string) error) error {
	if c.Account == (vendorlogin.Account{}) {
		c.Account = e.Account
	}
	var sent []string
	var refused error
	for c.Attempt = 1; ; c.Attempt++ {
		code, err := vendorlogin.AskOTP(ctx, src, c)
		if err != nil {
			return err
		}
		if slices.Contains(sent, code) {
			return refused
		}
		sent = append(sent, code)
		refused = send(code)
		if !errors.Is(refused, vendorlogin.ErrOTPRejected) || c.Attempt >= maxCodes || unattended(src) {
			return RejectedCode(src, refused)
		}
	}
}

// unattended reports whether src needs no person.
func unattended(src vendorlogin.OTPSource) bool {
	u, ok := src.(vendorlogin.NonInteractive)
	return ok && u.NonInteractive()
}
