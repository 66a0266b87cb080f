package authtest

import (
	"context"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

var otpCases = []authCase{
	{
		name: "asked",
		rule: "the one-time password is asked for when the vendor wants one, once a Login",
		check: func(t *authTrial) {
			s := t.openWithOTP()
			for logins := 1; logins <= 2; logins++ {
				s.login()
				if s.asked != logins {
					t.fatalf("after %d Logins a one-time password was asked for %d times", logins, s.asked)
				}
			}
		},
	},
	{
		name: "missing",
		rule: "where no source is configured a Login that needs a one-time password ends in ErrOTPRequired, without a loop",
		check: func(t *authTrial) {
			most := t.steps(logins)
			s := t.openWithOTP()
			s.auth = s.again(func(o *Setup) { o.OTP = nil })
			_, err := s.auth.Login(t.ctx)
			s.failed("a Login without a one-time password", err, vendorlogin.ErrOTPRequired)
			s.sentAtMost("without a one-time password", most)
			s.once("without a one-time password")
		},
	},
	{
		name: "wrong",
		rule: "a wrong one-time password is ErrOTPRejected; no code is sent twice, and a person is asked 3 times at most",
		check: func(t *authTrial) {
			s := t.openWithOTP()
			asked := 0
			s.auth = s.again(func(o *Setup) {
				o.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
					asked++
					code := strings.Repeat(string(rune('0'+asked%10)), 6)
					s.add("a one-time password", code)
					return code, nil
				})
			})
			_, err := s.auth.Login(t.ctx)
			s.failed("a wrong one-time password", err, vendorlogin.ErrOTPRejected)
			if asked > 3 {
				t.fatalf("a person was asked for a one-time password %d times", asked)
			}
			s.once("after a wrong one-time password")
		},
	},
	{
		name: "same",
		rule: "a one-time password is never sent twice, though its source gives it again",
		check: func(t *authTrial) {
			s := t.openWithOTP()
			s.add("a one-time password", "111222")
			s.auth = s.again(func(o *Setup) {
				o.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return "111222", nil })
			})
			_, err := s.auth.Login(t.ctx)
			s.failed("a wrong one-time password", err, vendorlogin.ErrOTPRejected)
			s.carriedOnce("the same one-time password", "111222")
		},
	},
	{
		name: "once",
		rule: "a request with a one-time password in it is not sent again, though the vendor asks to come back soon",
		check: func(t *authTrial) {
			t.atEach(logins, func(before int) {
				s := t.openWithOTP()
				_, err := logins.run(s, before, respond(429, "", "", "Retry-After", "1"))
				s.failed("a 429 with Retry-After 1", err, vendorlogin.ErrRateLimited)
				if s.code != "" {
					s.carriedOnce("a one-time password", s.code)
				}
			})
		},
	},
}

// openWithOTP is open, for a vendor with a second factor.
func (t *authTrial) openWithOTP() *stage {
	s := t.open()
	if s.vendor.OTP == nil {
		t.skip("the vendor wants no one-time password: Vendor.OTP is nil")
	}
	return s
}
