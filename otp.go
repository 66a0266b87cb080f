package vendorlogin

import (
	"context"
	"errors"
	"runtime"
	"strings"
)

// A Challenge is a vendor asking for a second factor.
type Challenge struct {
	Account   Account
	Namespace string // Options.Namespace of the Client that logs in; empty outside a Client
	Method    string // how the code reaches the user: "email", "totp"; empty: the vendor did not say
	Attempt   int    // 1 for the first code of this login, then 2 and 3 where the one before was rejected

	// Resend asks the vendor to send the code again; nil where it cannot. It is valid until OTP returns.
	Resend func(ctx context.Context) error
}

// An OTPSource returns one-time passwords. OTP returns a string, since leading zeros count. Implementations are safe for concurrent
// use and give up when ctx ends. The exception is a prompt that cannot, such as one that reads a terminal: it is left running,
// its goroutine ends when it returns, and its code is dropped.
//
// A source that needs no person, such as package totp's, is a [NonInteractive] too.
type OTPSource interface {
	// OTP returns the code for c. An error ends the login; its text may be logged.
	OTP(ctx context.Context, c Challenge) (string, error)
}

// A NonInteractive is an [OTPSource] that may need no person. Such a source is asked once per login, and by renewals in the
// background too.
type NonInteractive interface {
	// NonInteractive reports whether no person is needed.
	NonInteractive() bool
}

// An OTPFunc is a function as an [OTPSource], such as a prompt on a terminal.
type OTPFunc func(ctx context.Context, c Challenge) (string, error)

// OTP calls f.
func (f OTPFunc) OTP(ctx context.Context, c Challenge) (string, error) { return f(ctx, c) }

// AskOTP asks s for a code; it is how an [Authenticator] asks. The code comes without surrounding blanks and is never empty.
// AskOTP records it as about to be sent, like [Spend], but for 10 minutes only, since codes come again by chance.
//
// The error is [ErrOTPRequired] when s is nil, when s fails with an error that is no *Error, and, with Unprocessed set, for a code that
// was sent in the last 10 minutes. It is ErrOTPRequired, without asking, when a [Client] renews in the background and s would ask a
// person (see Options.PromptInBackground). An *[Error] of s is returned as it is. In a Client's login a person has 5 minutes, and a
// NonInteractive source one minute; [Client.Close] ends both. When that time is over the error is [ErrUnavailable], when no attempt is
// left [ErrRateLimited].
func AskOTP(ctx context.Context, s OTPSource, c Challenge) (string, error) {
	if f, ok := s.(OTPFunc); s == nil || ok && f == nil {
		return "", otpError(c, errors.New("no OTP source is configured"))
	}
	code, err := promptOTP(ctx, s, c)
	if err != nil {
		return "", err
	}
	if code == "" {
		return "", otpError(c, errors.New("the OTP source returned an empty code"))
	}
	err = spend(ctx, NewSecret(code), true)
	if errors.Is(err, ErrInvalidCredentials) {
		err = &Error{Op: "otp", Kind: ErrOTPRequired, Unprocessed: true,
			Err: errors.New("the OTP source returned a code that was sent before")}
	}
	if err != nil {
		return "", err
	}
	return code, nil
}

// promptOTP asks s, under the renewal's terms where there is one.
func promptOTP(ctx context.Context, s OTPSource, c Challenge) (string, error) {
	asking := ctx
	if scope := scopeOf(ctx); scope != nil && scope.prompt != nil {
		var asked func()
		var err error
		if asking, asked, err = scope.prompt(ctx, s); err != nil {
			return "", otpError(c, err)
		}
		defer asked()
		c.Namespace = scope.namespace
	}
	code, err := waitForOTP(asking, s, c)
	if ctx.Err() != nil {
		return "", &Error{Account: c.Account, Op: "otp", Kind: ctx.Err()}
	}
	if ended := asking.Err(); ended != nil {
		return "", &Error{Op: "otp", Kind: ErrUnavailable, Err: ended}
	}
	if err != nil {
		return "", otpError(c, err)
	}
	return strings.TrimSpace(code), nil
}

// waitForOTP waits for s no longer than ctx lasts, whether or not s heeds it.
func waitForOTP(ctx context.Context, s OTPSource, c Challenge) (string, error) {
	type result struct {
		code     string
		err      error
		returned bool
		panicked any
	}
	results := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			results <- r
		}()
		r.code, r.err = s.OTP(ctx, c)
		r.returned = true
	}()
	select {
	case r := <-results:
		switch { // what would have happened here happens here
		case r.panicked != nil:
			panic(r.panicked)
		case !r.returned:
			runtime.Goexit()
		}
		return r.code, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// isNonInteractive reports whether s needs no person.
func isNonInteractive(s OTPSource) bool {
	n, ok := s.(NonInteractive)
	return ok && n.NonInteractive()
}

func otpError(c Challenge, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Account: c.Account, Op: "otp", Kind: ErrOTPRequired, Err: err}
}
