package loginhttp

import (
	"context"
	"errors"
	"slices"

	"github.com/vendorlogin/vendorlogin"
)

// maxCodes is how many codes a person is asked for in one login.
const maxCodes = 3

// SecondFactor asks src for a one-time password and gives it to send, which sends it. While send returns ErrOTPRejected, a person
// is asked again, three times in all, with c.Attempt counting; a non-interactive source is asked once. No code is sent twice:
// a source that returns one again is not asked further, and the error is that of the send before. Otherwise the error is that of
// [vendorlogin.AskOTP], or of the last send, as [RejectedCode] returns it.
func (e Endpoint) SecondFactor(
	ctx context.Context, src vendorlogin.OTPSource, c vendorlogin.Challenge, send func(code string) error,
) error {
	c.Account = e.Account
	var sent []string
	var rejection error
	for c.Attempt = 1; ; c.Attempt++ {
		code, err := vendorlogin.AskOTP(ctx, src, c)
		switch {
		case rejection != nil && (slices.Contains(sent, code) || wasSent(err)):
			return RejectedCode(src, rejection)
		case err != nil:
			return err
		}
		sent = append(sent, code)
		rejection = send(code)
		if !errors.Is(rejection, vendorlogin.ErrOTPRejected) || c.Attempt >= maxCodes || isNonInteractive(src) {
			return RejectedCode(src, rejection)
		}
	}
}

// wasSent reports whether a Client knows the code of AskOTP's err as one that was sent.
func wasSent(err error) bool {
	e, ok := errors.AsType[*vendorlogin.Error](err)
	return ok && e.Kind == vendorlogin.ErrOTPRequired && e.Unprocessed
}

// isNonInteractive reports whether src needs no person.
func isNonInteractive(src vendorlogin.OTPSource) bool {
	n, ok := src.(vendorlogin.NonInteractive)
	return ok && n.NonInteractive()
}
