package authtest

import (
	"context"
	"errors"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// An operation is what can go wrong.
type operation struct {
	name       string
	givesToken bool
	// ready makes what the operation needs, or says why there is nothing to test.
	ready func(s *stage) (skip string)
	call  func(s *stage, ctx context.Context) error
}

var (
	logins = operation{
		name:       "login",
		givesToken: true,
		ready:      func(*stage) string { return "" },
		call: func(s *stage, ctx context.Context) error {
			_, err := s.auth.Login(ctx)
			return err
		},
	}
	refreshes = operation{
		name:       "refresh",
		givesToken: true,
		ready: func(s *stage) string {
			if _, ok := s.auth.(vendorlogin.Refresher); !ok {
				return "the authenticator is no vendorlogin.Refresher"
			}
			if s.login().Refresh.IsZero() {
				return "Login gives no refresh token"
			}
			return ""
		},
		call: func(s *stage, ctx context.Context) error {
			_, err := s.auth.(vendorlogin.Refresher).Refresh(ctx, s.token)
			return err
		},
	}
	revokes = operation{
		name: "revoke",
		ready: func(s *stage) string {
			if _, ok := s.auth.(vendorlogin.Revoker); !ok {
				return "the authenticator is no vendorlogin.Revoker"
			}
			s.login()
			return ""
		},
		call: func(s *stage, ctx context.Context) error {
			return s.auth.(vendorlogin.Revoker).Revoke(ctx, s.token)
		},
	}
)

// openFor sets a stage for an operation, or skips the case.
func (t *authTrial) openFor(op operation) *stage {
	s := t.open()
	if skip := op.ready(s); skip != "" {
		t.skip(skip)
	}
	s.wire.clear()
	return s
}

// steps is how many requests the operation takes when all is well.
func (t *authTrial) steps(op operation) int {
	s := t.openFor(op)
	t.worked("the "+op.name, op.call(s, t.ctx))
	return len(s.wire.requests())
}

// atEach is for each of the requests that the operation takes, so that each can be broken: before is how many come before it.
func (t *authTrial) atEach(op operation, f func(before int)) {
	for before := range t.steps(op) {
		f(before)
	}
}

// run does the operation with the wire broken, and gives how long it took.
func (op operation) run(s *stage, before int, f fault) (took time.Duration, err error) {
	s.wire.breakAfter(before, f)
	start := time.Now()
	err = op.call(s, s.ctx)
	return time.Since(start), err
}

// A failureCase breaks the wire, for each operation and at each of the requests that it takes.
type failureCase struct {
	name  string
	rule  string
	check func(t *authTrial, op operation)

	forTokens bool // only for operations that are to give a token; what a rejected logout means is the vendor's affair
}

// attempt breaks the wire and ends the case unless that leads to an error of one of those kinds after one request, at once.
func (op operation) attempt(s *stage, before, status int, what string, f fault, kinds ...error) *vendorlogin.Error {
	took, err := op.run(s, before, f)
	e := s.failed(what, err, kinds...)
	if errors.Is(err, vendorlogin.ErrOTPRejected) {
		return e // a code was rejected, and another one asked for
	}
	if e.Status != status {
		s.fatalf("the error after %s has Status %d", what, e.Status)
	}
	if took >= time.Second {
		s.fatalf("%s was slept over for %v", what, took)
	}
	s.sentAtMost("after "+what, before+1)
	return e
}

// oneAttempt is attempt on a stage of its own.
func (t *authTrial) oneAttempt(op operation, before, status int, what string, f fault, kinds ...error) *vendorlogin.Error {
	return op.attempt(t.openFor(op), before, status, what, f, kinds...)
}
