package totp

import (
	"time"

	"github.com/vendorlogin/vendorlogin"
)

func unavailable(a vendorlogin.Account, err error, retryAt time.Time) error {
	return &vendorlogin.Error{Account: a, Op: "otp", Kind: vendorlogin.ErrUnavailable, Err: err, RetryAt: retryAt}
}

func invalid(a vendorlogin.Account, op, field, reason string) error {
	return &vendorlogin.Error{Account: a, Op: op, Kind: vendorlogin.ErrInvalidRequest,
		Fields: []vendorlogin.FieldError{{Field: "TOTP " + field, Reason: reason}}}
}
