package loginhttp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestForeign(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 405, 422, 499} {
		e := (&loginhttp.Answer{Status: status}).Foreign()
		assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind, status)
		assert.EqualError(t, e, "unavailable: not in the vendor's format", status)
	}
	for _, status := range []int{200, 302, 401, 429, 500, 503} {
		assert.Nil(t, (&loginhttp.Answer{Status: status}).Foreign(), status)
	}
}
