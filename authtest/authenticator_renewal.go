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
		name: "outage",
		rule: "under a Client an outage of 3 seconds, or a maintenance page for as long, is over by the fifth, for a caller a second",
		check: func(t *authTrial) {
			for what, f := range map[string]fault{
				"a 503":                respond(503, "", ""),
				"a 404 page":           respond(404, "text/html", "<html>down for maintenance</html>"),
				"a 403 page":           respond(403, "text/html", "<html>down for maintenance</html>"),
				"a refused connection": refuse,
			} {
				s := t.open()
				if s.vendor.OTP != nil {
					t.skip("the vendor wants one-time passwords, one after the other")
				}
				s.wire.breakAfter(0, f)
				s.tokenAfterOutage(what)
			}
		},
	},
	{
		name: "refresh-rejected",
		rule: "under a Client, where the vendor rejects a refresh token, the same call logs in",
		check: func(t *authTrial) {
			most := t.steps(refreshes) + t.steps(logins)
			s := t.open()
			client := s.client()
			defer client.Close()
			stored := &vendorlogin.Token{Refresh: vendorlogin.NewSecret("garbage-" + random()), IssuedAt: time.Now()}
			s.add("the refresh token", stored.Refresh.Reveal())
			t.worked("Seed", client.Seed(t.ctx, stored))
			_, err := client.Token(t.ctx)
			t.worked("Token where the refresh token is garbage", err)
			s.sentAtMost("Token where the refresh token is garbage", most)
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

// tokenAfterOutage asks for a token each second. The wire is mended after three.
func (s *stage) tokenAfterOutage(what string) {
	client := s.client()
	defer client.Close()
	for second := range 6 {
		if second == 3 {
			s.wire.clear()
		}
		_, err := client.Token(s.ctx)
		if err == nil {
			return
		}
		s.failed(what, err, kinds...)
		time.Sleep(time.Second)
	}
	s.fatalf("%s for 3 seconds: 5 seconds after it began there is no token", what)
}

func (s *stage) client() *vendorlogin.Client {
	client, err := vendorlogin.NewClient(s.auth, nil)
	s.worked("NewClient", err)
	return client
}
