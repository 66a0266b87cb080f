package authtest

import (
	"net/http"
	"net/url"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var clientCases = []authCase{
	{
		name: "unchanged",
		rule: "the caller's http.Client is read at each call and never changed; its cookie jar is not used, and its pool left alone",
		check: func(t *authTrial) {
			s := t.open()
			jar := &noJar{}
			s.setup.HTTPClient.Jar = jar
			s.setup.HTTPClient.Timeout = time.Hour
			before := *s.setup.HTTPClient
			s.login()
			s.wire.breakAfter(0, refuse)
			_, err := s.auth.Login(t.ctx)
			s.failed("a refused connection", err, vendorlogin.ErrUnavailable)
			after := s.setup.HTTPClient
			switch {
			case after.Transport != before.Transport, after.Jar != before.Jar, after.Timeout != before.Timeout, after.CheckRedirect != nil:
				t.fatalf("Login changed the caller's http.Client")
			case jar.used:
				t.fatalf("Login used the caller's cookie jar")
			case s.wire.idleClosed:
				t.fatalf("Login closed the idle connections of the caller's transport")
			}
		},
	},
	{
		name: "later",
		rule: "the caller's http.Client is read at each call: a transport put into it after New is used",
		check: func(t *authTrial) {
			s := t.prepare()
			s.setup.HTTPClient = &http.Client{Transport: (&wire{handler: http.NotFoundHandler()}).transport()}
			auth, err := s.vendor.New(s.setup)
			t.worked("New", err)
			s.auth = auth
			s.setup.HTTPClient.Transport = s.wire.transport()
			s.login()
		},
	},
	{
		name: "of-its-own",
		rule: "a login never waits for itself, though its http.Client is one that a Client's Transport was put into",
		check: func(t *authTrial) {
			most := t.steps(logins)
			s := t.open()
			client, err := vendorlogin.NewClient(s.auth, nil)
			t.worked("NewClient", err)
			defer client.Close()
			s.setup.HTTPClient.Transport = client.Transport(s.wire)
			_, err = s.auth.Login(t.ctx)
			t.worked("Login through the Transport of its own Client", err)
			s.sentAtMost("Login through the Transport of its own Client", most)
		},
	},
}

// A noJar notes that it was used.
type noJar struct {
	http.CookieJar
	used bool
}

func (j *noJar) SetCookies(*url.URL, []*http.Cookie) { j.used = true }

func (j *noJar) Cookies(*url.URL) []*http.Cookie {
	j.used = true
	return nil
}
