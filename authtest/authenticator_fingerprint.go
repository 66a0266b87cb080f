package authtest

import (
	"context"
	"errors"

	"github.com/vendorlogin/vendorlogin"
)

var fingerprintCases = []authCase{
	{
		name: "secrets",
		rule: "Fingerprint is the same for the same secrets, another when one changes, and asks the vendor nothing",
		check: func(t *authTrial) {
			s := t.open()
			first := s.fingerprint(s.auth)
			if s.fingerprint(s.auth) != first {
				t.fatalf("Fingerprint is another at the second look")
			}
			if s.fingerprint(s.again(func(*Setup) {})) != first {
				t.fatalf("Fingerprint differs between two authenticators with the same secrets")
			}
			s.setPassword("changed-password-" + random())
			if s.fingerprint(s.auth) == first {
				t.fatalf("Fingerprint is the same after the password has changed")
			}
			s.setPassword(s.vendor.Password)
			if s.fingerprint(s.auth) != first {
				t.fatalf("Fingerprint is another when the password has changed back")
			}
			if n := len(s.wire.requests()); n > 0 {
				t.fatalf("Fingerprint sent %d requests", n)
			}
		},
	},
	{
		name: "fails",
		rule: "the error of Fingerprint is that of the secret that cannot be read, and shows none",
		check: func(t *authTrial) {
			s := t.open()
			s.fingerprint(s.auth)
			cause := errors.New("the vault is sealed")
			broken := s.again(func(o *Setup) {
				o.Password = func(context.Context) (vendorlogin.Secret, error) {
					return vendorlogin.NewSecret("canary-beside-an-error"), cause
				}
			})
			s.add("the password", "canary-beside-an-error")
			_, err := broken.(vendorlogin.Fingerprinter).Fingerprint(t.ctx)
			t.returned("Fingerprint", err, cause)
			s.silent("the error of Fingerprint", err)
		},
	},
}

// fingerprint asks for the fingerprint, or skips the case.
func (s *stage) fingerprint(auth vendorlogin.Authenticator) uint64 {
	f, ok := auth.(vendorlogin.Fingerprinter)
	if !ok {
		s.skip("the authenticator is no vendorlogin.Fingerprinter")
	}
	sum, err := f.Fingerprint(s.ctx)
	s.worked("Fingerprint", err)
	return sum
}
