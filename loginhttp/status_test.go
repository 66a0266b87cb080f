package loginhttp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

// What a status means where the vendor's words say no more.
func TestStatusKinds(t *testing.T) {
	t.Parallel()
	want := map[int]error{
		401: vendorlogin.ErrInvalidCredentials, 403: vendorlogin.ErrForbidden, 429: vendorlogin.ErrRateLimited,
		407: vendorlogin.ErrUnavailable, 408: vendorlogin.ErrUnavailable, 421: vendorlogin.ErrUnavailable,
		425: vendorlogin.ErrUnavailable, 499: vendorlogin.ErrUnavailable,
		199: vendorlogin.ErrBadResponse, 600: vendorlogin.ErrBadResponse, 999: vendorlogin.ErrBadResponse,
	}
	for status := 300; status < 600; status++ {
		switch {
		case want[status] != nil:
		case status < 400:
			want[status] = vendorlogin.ErrBadResponse
		case status < 500:
			want[status] = vendorlogin.ErrInvalidRequest
		default:
			want[status] = vendorlogin.ErrUnavailable
		}
	}
	for status, kind := range want {
		for _, op := range []string{"login", "refresh", "otp", "resend", "select", "logout"} {
			v := responding(status, `{"message":"no"}`)
			call := login()
			call.Op = op
			answer, err := endpoint(v).Do(t.Context(), call, &struct{}{})
			if op == "refresh" && status == 401 {
				assertKind(t, vendorlogin.ErrRefreshRejected, err)
			} else {
				assertKind(t, kind, err)
			}
			own := failure(t, err)
			assert.Equal(t, vendorlogin.Error{
				Account: account, Op: op, Kind: own.Kind, Err: own.Err, Status: status,
				Request: "POST api.example.com/v1/login", Unprocessed: status == 429 || status == 407 || status == 421 || status == 425,
			}, *own)
			assert.Equal(t, 1, v.count(), "%d must be sent once", status)
			assert.Equal(t, status, answer.Status)
		}
	}
}
