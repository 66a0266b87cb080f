package loginhttp

import (
	"errors"

	"github.com/vendorlogin/vendorlogin"
)

// RejectedCode adds to a vendorlogin.ErrOTPRejected without an Err the likely cause that src names, such as a wrong clock. Other errors
// come back as they are. A source names one by a method RejectedCause() string, as totp's does: the vendor cannot know that this host's
// clock is wrong. An adapter that sends a code of src without [Endpoint.SecondFactor] calls it for the error of that request.
func RejectedCode(src vendorlogin.OTPSource, err error) error {
	source, ok := src.(interface{ RejectedCause() string })
	failure, typed := errors.AsType[*vendorlogin.Error](err)
	if !ok || !typed || failure.Kind != vendorlogin.ErrOTPRejected || failure.Err != nil {
		return err
	}
	explained := *failure
	explained.Err = errors.New(source.RejectedCause())
	return &explained
}
