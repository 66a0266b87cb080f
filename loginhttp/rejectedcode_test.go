package loginhttp_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A clockwork is a device that knows why its codes are rejected.
type clockwork struct{ device }

func (*clockwork) RejectedCause() string { return "the clock may be wrong" }

func TestRejectedCode(t *testing.T) {
	t.Parallel()
	rejected := &vendorlogin.Error{Op: "otp", Kind: vendorlogin.ErrOTPRejected, Status: 401}
	known := &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Err: errors.New("the code has expired")}
	other := &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials}

	got := loginhttp.RejectedCode(&clockwork{}, rejected)
	require.EqualError(t, got, "otp: one-time password rejected (401): the clock may be wrong")
	assert.ErrorIs(t, got, vendorlogin.ErrOTPRejected)
	assert.NoError(t, rejected.Err, "the error that was handed in is as it was")

	for _, err := range []error{nil, known, other, fmt.Errorf("the vendor is away")} {
		assert.Equal(t, err, loginhttp.RejectedCode(&clockwork{}, err))
	}
	assert.Same(t, rejected, loginhttp.RejectedCode(&device{}, rejected), "a source that names no cause")
	assert.Same(t, rejected, loginhttp.RejectedCode(nil, rejected))
}

func TestSecondFactorNamesTheLikelyCause(t *testing.T) {
	t.Parallel()
	rejected := &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 401}
	source := &clockwork{device{person{codes: []string{"1"}}}}
	err := loginhttp.Endpoint{Account: account}.SecondFactor(t.Context(), source, vendorlogin.Challenge{Method: "totp"},
		func(string) error { return rejected })
	require.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
	assert.ErrorContains(t, err, "the clock may be wrong")
}
