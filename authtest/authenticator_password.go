package authtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var passwordCases = []authCase{
	{
		name: "wrong",
		rule: "wrong credentials are ErrInvalidCredentials, and are sent once",
		check: func(t *authTrial) {
			most := t.steps(logins)
			s := t.open()
			s.setPassword("wrong-" + random())
			start := time.Now()
			_, err := s.auth.Login(t.ctx)
			e := s.failed("a wrong password", err, vendorlogin.ErrInvalidCredentials)
			switch {
			case e.Op != "login":
				t.fatalf("the error after a wrong password has Op %q, not \"login\"", e.Op)
			case e.Status == 0:
				t.fatalf("the error after a wrong password has no Status")
			case e.Request == "":
				t.fatalf("the error after a wrong password does not say which Request was rejected")
			case e.Unprocessed:
				t.fatalf("the error after a wrong password is marked Unprocessed, but the vendor looked at it")
			case time.Since(start) >= time.Second:
				t.fatalf("Login slept for %v after a wrong password", time.Since(start))
			}
			s.sentAtMost("after a wrong password", most)
			s.once("after a wrong password")
		},
	},
	{
		name: "each-time",
		rule: "the password is read at every Login, so that a rotated one is picked up",
		check: func(t *authTrial) {
			s := t.open()
			s.login()
			reads := s.passwordReads()
			if reads == 0 {
				t.fatalf("Login did not read the password")
			}
			s.setPassword("rotated-" + random())
			_, err := s.auth.Login(t.ctx)
			s.failed("a rotated password that the vendor does not know yet", err, vendorlogin.ErrInvalidCredentials)
			if s.passwordReads() == reads {
				t.fatalf("a second Login did not read the password")
			}
			s.setPassword(s.vendor.Password)
			s.login()
		},
	},
	{
		name: "missing",
		rule: "an empty secret is ErrInvalidRequest from Login, before any request",
		check: func(t *authTrial) {
			s := t.open()
			s.setPassword("")
			_, err := s.auth.Login(t.ctx)
			s.failed("an empty password", err, vendorlogin.ErrInvalidRequest)
			s.sentAtMost("after an empty password", 0)
		},
	},
	{
		name: "control-characters",
		rule: "a secret with a NUL or another control character is ErrInvalidRequest from Login, before any request",
		check: func(t *authTrial) {
			for _, character := range []string{"\x00", "\x1b", "\x7f"} {
				s := t.open()
				s.setPassword("canary-" + random() + character + "password")
				_, err := s.auth.Login(t.ctx)
				s.failed(fmt.Sprintf("a password with %q in it", character), err, vendorlogin.ErrInvalidRequest)
				s.sentAtMost(fmt.Sprintf("with %q in the password", character), 0)
			}
		},
	},
	{
		name: "unreadable",
		rule: "a secret that cannot be read ends Login, before any request, with an error that wraps the reason",
		check: func(t *authTrial) {
			s := t.open()
			cause := errors.New("the vault is sealed")
			s.auth = s.again(func(o *Setup) {
				o.Password = func(context.Context) (vendorlogin.Secret, error) {
					return vendorlogin.NewSecret("canary-beside-an-error"), cause
				}
			})
			s.add("the password", "canary-beside-an-error")
			_, err := s.auth.Login(t.ctx)
			s.failed("a password that cannot be read", err, cause)
			if !slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) }) {
				t.fatalf("a password that cannot be read ended in %s, which is none of the sentinels", quote(err))
			}
			s.sentAtMost("after a password that cannot be read", 0)
		},
	},
	{
		name: "ctx",
		rule: "Login honours ctx while it reads a secret",
		check: func(t *authTrial) {
			s := t.open()
			s.auth = s.again(func(o *Setup) {
				o.Password = func(ctx context.Context) (vendorlogin.Secret, error) {
					select {
					case <-ctx.Done():
						return vendorlogin.Secret{}, ctx.Err()
					case <-t.ctx.Done(): // it came with a ctx of another's
						return vendorlogin.Secret{}, t.ctx.Err()
					}
				}
			})
			ctx, cancel := context.WithTimeout(t.ctx, 3*time.Second)
			defer cancel()
			start := time.Now()
			_, err := s.auth.Login(ctx)
			t.returned("Login whose ctx ended", err, context.DeadlineExceeded)
			if took := time.Since(start); took > 4*time.Second {
				t.fatalf("Login whose ctx ended after 3s went on for %v", took)
			}
			s.sentAtMost("after ctx ended", 0)
		},
	},
}

// kinds are the sentinels that Login may end in.
var kinds = []error{
	vendorlogin.ErrInvalidCredentials, vendorlogin.ErrForbidden, vendorlogin.ErrOTPRequired, vendorlogin.ErrOTPRejected,
	vendorlogin.ErrRateLimited, vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidRequest, vendorlogin.ErrUnavailable,
	vendorlogin.ErrBadResponse,
}
