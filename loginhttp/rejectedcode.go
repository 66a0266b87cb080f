package loginhttp

import (
	"errors"

	"github.com/vendorlogin/vendorlogin"
)

// RejectedCode adds the likely cause that src names, such as a wrong clock, if err is vendorlogin.ErrOTPRejected and has no Err. Other
// errors come back as they are. A source names a cause by a method RejectedCause() string, as totp's does: the vendor cannot know that this
// host's clock is wrong. An Authenticator that sends a code of src without [Endpoint.SecondFactor] calls it for the error of that request.
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
