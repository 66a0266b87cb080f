package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

func TestAdvice(t *testing.T) {
	t.Parallel()
	for kind, needed := range map[error]bool{
		vendorlogin.ErrInvalidCredentials: true,
		vendorlogin.ErrOTPRequired:        true,
		vendorlogin.ErrOTPRejected:        true,
		vendorlogin.ErrForbidden:          true,
		vendorlogin.ErrInvalidRequest:     true,
		vendorlogin.ErrRateLimited:        false,
		vendorlogin.ErrUnavailable:        false,
		vendorlogin.ErrBadResponse:        false,
	} {
		text, got := advice(&vendorlogin.Error{Kind: kind})
		assert.Equal(t, needed, got, kind)
		assert.NotEmpty(t, text)
	}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	for in, want := range map[time.Duration]string{
		-time.Second:     "03:04:04 UTC (now)",
		59 * time.Second: "03:05:04 UTC (in 59 s)",
		time.Hour:        "04:04:05 UTC (in 60 min)",
		5 * time.Hour:    "08:04:05 UTC (in 5 h)",
		72 * time.Hour:   "2026-01-05 03:04 UTC",
	} {
		assert.Equal(t, want, moment(now.Add(in), now))
	}
}
