package loginhttp

import (
	"cmp"
	"context"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
)

// noResponse is the failure of a request that err is all we have of.
func (x *exchange) noResponse(caller, bounded context.Context, err error) *vendorlogin.Error {
	kind, cause := ended(caller, bounded)
	if kind == nil {
		kind, cause = vendorlogin.ErrUnavailable, safeCause(err, x.scrubber())
		if isMalformed(cause) {
			kind = vendorlogin.ErrBadResponse
		}
	}
	failure := x.fail(kind, cause)
	failure.Unprocessed = x.attempts.unprocessed
	return failure
}

// truncated is the failure of a response whose body could not be read to its end; err says why. Where the status rejects the
// credentials, it does: a rejected password must not look as if trying again could help.
func (x *exchange) truncated(caller, bounded context.Context, a *Answer, err error) *vendorlogin.Error {
	kind, cause := ended(caller, bounded)
	if rejects := a.Status == http.StatusUnauthorized || a.Status == http.StatusTooManyRequests; rejects || kind == nil {
		kind, cause = statusKind(a.Status, x.Op, false), cmp.Or(bounded.Err(), safeCause(err, x.scrubber()))
	}
	failure := x.fail(kind, cause)
	x.addStatus(failure, a)
	return failure
}

// ended is the failure of an exchange whose time is over, nil where it is not: that of a caller that left is its ctx.Err().
func ended(caller, bounded context.Context) (kind, cause error) {
	if err := caller.Err(); err != nil {
		return err, nil
	}
	if err := bounded.Err(); err != nil {
		return vendorlogin.ErrUnavailable, err
	}
	return nil, nil
}
