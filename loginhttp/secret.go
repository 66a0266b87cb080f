package loginhttp

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
)

// Secret reads a secret for the request of op. A nil f, an empty secret and one with a control character in it, as a file in UTF-16
// has, are ErrInvalidRequest and name field. An *Error of f keeps its Kind; any other error of f is wrapped by ErrUnavailable. If
// ctx ended, the Kind is ctx.Err(). Nothing was sent then, and the error says so.
func (e Endpoint) Secret(ctx context.Context, op, field string, f vendorlogin.SecretFunc) (string, error) {
	if f == nil {
		return "", e.badSecret(op, field, "is required")
	}
	secret, err := f(ctx)
	if err != nil {
		return "", e.noSecret(ctx, op, err)
	}
	value := secret.Reveal()
	switch {
	case value == "":
		return "", e.badSecret(op, field, "is empty")
	case strings.ContainsFunc(value, unicode.IsControl):
		return "", e.badSecret(op, field, "holds a control character")
	}
	return value, nil
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
	if ended := ctx.Err(); ended != nil {
		failure = vendorlogin.Error{Kind: ended}
	}
	failure.Account, failure.Op, failure.Unprocessed = e.Account, op, true
	return &failure
}
