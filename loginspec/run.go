package loginspec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/reading"
	"github.com/vendorlogin/vendorlogin/internal/sent"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// steps runs steps in their order. Every secret that they send is read before the first request.
func (r *run) steps(ctx context.Context, steps []Step) error {
	for _, name := range r.reads[r.op] {
		if _, _, err := r.Value(ctx, name); err != nil {
			return err
		}
	}
	for i := range steps {
		s := &steps[i]
		if s.Only != "" && !r.isSet(s.Only) || s.Unless != "" && r.isSet(s.Unless) {
			continue
		}
		if err := r.step(ctx, s, i == 0, i == len(steps)-1); err != nil {
			return err
		}
	}
	return nil
}

// step runs one step. Where the password is not in the same request, a person may have another try at a code.
func (r *run) step(ctx context.Context, s *Step, first, last bool) error {
	keep := r.keeping(s, last)
	r.code = ""
	method, optional := s.codeMethod()
	if method == "" || optional && r.config.OTP == nil {
		return r.send(ctx, r.op, s, keep)
	}
	challenge := vendorlogin.Challenge{Account: r.endpoint.Account, Method: method, Attempt: 1}
	if s.Resend != nil {
		challenge.Resend = func(ctx context.Context) error { return r.send(ctx, "resend", s.Resend, s.Resend.Keep) }
	}
	if !first {
		return r.endpoint.SecondFactor(ctx, r.config.OTP, challenge, func(code string) error {
			r.code = code
			return r.send(ctx, "otp", s, keep)
		})
	}
	code, err := vendorlogin.AskOTP(ctx, r.config.OTP, challenge)
	if err != nil {
		return err
	}
	r.code = code
	return r.send(ctx, r.op, s, keep)
}

// keeping is what a step keeps. In a refresh, what the response does not say again stays as it was: of the last step everything but
// access, of those before it the Token's fields.
func (r *run) keeping(s *Step, last bool) map[string]Source {
	keep := s.Keep
	if r.op != "refresh" {
		return keep
	}
	if keep == nil && last {
		keep = r.spec.tokenKeep()
	}
	keep = maps.Clone(keep)
	for name, source := range keep {
		source.Maybe = source.Maybe || name != "access" && (last || isTokenField(name))
		keep[name] = source
	}
	return keep
}

// codeMethod is how the code reaches the user, and whether the step does without one where there is no source.
func (s *Step) codeMethod() (method string, optional bool) {
	if s.Code == "when_configured" {
		return "totp", true
	}
	return s.Code, s.WhenConfigured
}

// send sends the request of a step and keeps what it is to keep.
func (r *run) send(ctx context.Context, op string, s *Step, keep map[string]Source) error {
	for _, local := range []map[string]Make{r.making, s.Make} {
		for name := range local {
			delete(r.memo, name)
			r.forgetMadeOf(name)
		}
	}
	r.making = s.Make
	r.forgetMadeOf("code")
	call, err := r.call(ctx, op, s)
	if err != nil {
		return r.asError(op, err)
	}
	for name := range r.inputs {
		if secret := r.memo[name]; secret != "" && r.inputs[name].Once && r.spec.uses(s, s.Make)[name] {
			if err := vendorlogin.Spend(ctx, vendorlogin.NewSecret(secret)); err != nil {
				return err
			}
			call.Once = true
		}
	}
	answer, err := r.exchange(ctx, call, s)
	if err == nil {
		resp := &reading.Response{Answer: answer}
		_, keeps := keep["access"]
		if _, before := r.last.keep["access"]; keeps || !before {
			r.last.call, r.last.resp, r.last.keep = call, resp, keep
		}
		err = r.keep(call, s, keep, resp)
	}
	if r.trace != nil {
		r.trace(r, s, answer, err)
	}
	return call.hide(err)
}

// carriesSecret reports whether the step sends what an attempt is counted for, or a refresh token.
func (r *run) carriesSecret(s *Step) bool {
	for name := range r.spec.uses(s, s.Make) {
		if name == "code" || name == "refresh" || r.secrets[name] != nil || r.made[name] != nil {
			return true
		}
	}
	return false
}

// exchange sends the request.
func (r *run) exchange(ctx context.Context, call *filledCall, s *Step) (*loginhttp.Answer, error) {
	endpoint := r.endpoint
	r.matched = ""
	if !r.carriesSecret(s) {
		ctx = sent.Without(ctx)
	}
	endpoint.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		return r.classify(call.Op, s, &reading.Response{Answer: a})
	}
	answer, err := endpoint.Do(ctx, call.Call, nil)
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok {
		switch {
		case isRedirect(e.Status) && e.Err != nil && !slices.Contains(s.Status, e.Status):
			e.Err = fmt.Errorf("%w; a redirect means success only where the step's status lists it", e.Err)
		case call.Op == "otp" && e.Kind == vendorlogin.ErrInvalidCredentials && r.matched == "":
			e.Kind = vendorlogin.ErrOTPRejected // the password was taken by an earlier step
		case call.Op == "login" && e.Kind == vendorlogin.ErrRefreshRejected:
			e.Kind = vendorlogin.ErrInvalidCredentials // a configured refresh token is the credential
		}
	}
	return answer, err
}

// isRejection reports whether the vendor does not know the token, or the credentials.
func isRejection(err error) bool {
	return errors.Is(err, vendorlogin.ErrInvalidCredentials) || errors.Is(err, vendorlogin.ErrRefreshRejected)
}
