package authtest

import (
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// renewalCases check what a Client makes of the authenticator.
var renewalCases = []authCase{
	{
		name: "hold",
		rule: "under a Client a wrong password costs one login: 20 callers at once and 20 later ones get its error, with RetryAt",
		check: func(t *authTrial) {
			wrong := "wrong-" + random()
			alone := t.open()
			alone.setPassword(wrong)
			_, err := alone.auth.Login(t.ctx)
			alone.failed("a wrong password", err, vendorlogin.ErrInvalidCredentials)

			s := t.open()
			s.setPassword(wrong)
			client := s.client()
			defer client.Close()
			errs := make([]error, 20)
			together(len(errs), func(i int) { _, errs[i] = client.Token(t.ctx) })
			for range 20 {
				time.Sleep(time.Second)
				_, err := client.Token(t.ctx)
				errs = append(errs, err)
			}
			for _, err := range errs {
				e := s.failed("a wrong password, under a Client", err, vendorlogin.ErrInvalidCredentials)
				if e.RetryAt.IsZero() {
					t.fatalf("the error after a wrong password, under a Client, has no RetryAt")
				}
			}
			s.sentAtMost("40 calls with a wrong password, under a Client", len(alone.wire.requests()))
		},
	},
	{
		name: "reads-once",
		rule: "under a Client a secret is read once per login, though the Client takes its fingerprint: a prompt asks once",
		check: func(t *authTrial) {
			s := t.open()
			client := s.client()
			defer client.Close()
			_, err := client.Token(t.ctx)
			t.worked("Token", err)
			if n := s.passwordReads(); n != 1 {
				t.fatalf("one login under a Client read the password %d times", n)
			}
		},
	},
}

func (s *stage) client() *vendorlogin.Client {
	client, err := vendorlogin.NewClient(s.auth, nil)
	s.worked("NewClient", err)
	return client
}
