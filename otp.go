package vendorlogin

import (
	"context"
	"errors"
	"runtime"
	"strings"
)

// A Challenge is a vendor asking for a second factor.
type Challenge struct {
	Account Account
	Method  string // how the code reaches the user: "email", "totp"; empty: the vendor did not say
	Attempt int    // 1 for the first code asked for in this login, then 2 and 3 where the one before was refused

	// Resend asks the vendor to send the code again; nil where it cannot. It is valid until OTP returns.
	Resend func(ctx context.Context) error
}

// An OTPSource gives one-time passwords. OTP is a string, since leading zeros count, and each code is used once. Implementations
// are safe for concurrent use and give up when ctx ends. A prompt that cannot, such as one that reads a terminal, is left behind then:
// its goroutine lives until it returns, and what it returns is dropped.
//
// A source that needs no person, such as package totp's, says so with a method Unattended() bool: it is asked in background
// renewals too, and once a login.
type OTPSource interface {
	// OTP gives the code for c. An error ends the login; what it says may be logged.
	OTP(ctx context.Context, c Challenge) (string, error)
}

// An OTPFunc is a function as an [OTPSource], such as a prompt on a terminal.
type OTPFunc func(ctx context.Context, c Challenge) (string, error)

// OTP calls f.
func (f OTPFunc) OTP(ctx context.Context, c Challenge) (string, error) { return f(ctx, c) }

// AskOTP asks s for a code; it is how an [Authenticator] asks. It answers [ErrOTPRequired], without asking, when s is nil, and when
// a Client is renewing in the background and s would prompt a person (see Options.PromptInBackground). The code comes without
// surrounding space and is never empty. Closing the Client ends the wait.
func AskOTP(ctx context.Context, s OTPSource, c Challenge) (string, error) {
	if f, ok := s.(OTPFunc); s == nil || ok && f == nil {
		return "", otpError(c, errors.New("no OTP source is configured"))
	}
	if r := renewalIn(ctx); r != nil {
		if err := r.prompting(s, c); err != nil {
			return "", err
		}
		var cancel context.CancelFunc
		ctx, cancel = r.untilClose(ctx)
		defer cancel()
	}
	code, err := ask(ctx, s, c)
	if ctx.Err() != nil {
		return "", &Error{Account: c.Account, Op: "otp", Kind: ErrUnavailable, Err: ctx.Err()}
	}
	if err != nil {
		return "", otpError(c, err)
	}
	code = strings.TrimSpace(code)
	if code == "" {
		return "", otpError(c, errors.New("the OTP source gave an empty code"))
	}
	return code, nil
}

// ask waits for s no longer than ctx lasts, whether or not s heeds it.
func ask(ctx context.Context, s OTPSource, c Challenge) (string, error) {
	if unattended(s) {
		return s.OTP(ctx, c)
	}
	type answer struct {
		code     string
		err      error
		returned bool
		panicked any
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			a.panicked = recover()
			answers <- a
		}()
		a.code, a.err = s.OTP(ctx, c)
		a.returned = true
	}()
	select {
	case a := <-answers:
		switch { // what would have happened here happens here
		case a.panicked != nil:
			panic(a.panicked)
		case !a.returned:
			runtime.Goexit()
		}
		return a.code, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// unattended reports whether s needs no person.
func unattended(s OTPSource) bool {
	u, ok := s.(interface{ Unattended() bool })
	return ok && u.Unattended()
}

func otpError(c Challenge, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Account: c.Account, Op: "otp", Kind: ErrOTPRequired, Err: err}
}
