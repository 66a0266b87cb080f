package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// advice says what e means, and whether a person has to do something.
func advice(e *vendorlogin.Error) (text string, needed bool) {
	for _, a := range []struct {
		kind   error
		text   string
		needed bool
	}{
		{vendorlogin.ErrInvalidCredentials, "The vendor rejects the password. Correct it: it is read again by itself.", true},
		{vendorlogin.ErrOTPRequired, "The vendor wants a one-time code, and there is no source for it.", true},
		{vendorlogin.ErrOTPRejected, "The vendor rejects the one-time code. Check the TOTP secret and the clock.", true},
		{vendorlogin.ErrForbidden, "The vendor forbids this account to log in. Ask the vendor.", true},
		{vendorlogin.ErrInvalidRequest, "The vendor rejects the request. Check this account's configuration.", true},
		{vendorlogin.ErrRateLimited, "Too many logins for now. It goes on by itself.", false},
		{vendorlogin.ErrUnavailable, "The vendor cannot be reached. It goes on by itself.", false},
	} {
		if errors.Is(e, a.kind) {
			return a.text, a.needed
		}
	}
	return "The login failed. It is tried again by itself.", false
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// moment is "15:04:05 UTC (in 12 min)".
func moment(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case d <= 0:
		return clock(t) + " (now)"
	case d < 2*time.Minute:
		return fmt.Sprintf("%s (in %.0f s)", clock(t), d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%s (in %.0f min)", clock(t), d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%s (in %.0f h)", clock(t), d.Hours())
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
