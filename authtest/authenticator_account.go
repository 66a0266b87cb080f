package authtest

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

var accountCases = []authCase{
	{
		name: "same",
		rule: "Account says which account this is, the same for the same configuration, whatever the password",
		check: func(t *authTrial) {
			s := t.open()
			account := s.auth.Account()
			switch base, err := url.Parse(account.Endpoint); {
			case account.Vendor == "":
				t.fatalf("Account has no Vendor")
			case account.Principal == "":
				t.fatalf("Account has no Principal: two users would share a record in a Store")
			case err != nil || base.Host == "" || base.Scheme == "":
				t.fatalf("Account.Endpoint %q is no URL; tokens are sent to its origin", account.Endpoint)
			case !sameHost(account.Endpoint, s.setup.BaseURL):
				t.fatalf("Account.Endpoint %q is not the BaseURL that was configured, %q", account.Endpoint, s.setup.BaseURL)
			}
			s.login()
			if s.auth.Account() != account {
				t.fatalf("Account is another after Login")
			}
			other := s.again(func(o *Setup) { o.Password = vendorlogin.SecretString("another-and-longer-password") })
			if other.Account() != account {
				t.fatalf("Account depends on the password")
			}
		},
	},
	{
		name: "endpoint",
		rule: "Account differs when the endpoint does, and not by a slash at its end",
		check: func(t *authTrial) {
			s := t.open()
			slash := s.again(func(o *Setup) { o.BaseURL = strings.TrimSuffix(o.BaseURL, "/") + "/" })
			if slash.Account() != s.auth.Account() {
				t.fatalf("a slash at the end of BaseURL makes another Account")
			}
			elsewhere := s.again(func(o *Setup) { o.BaseURL = "https://elsewhere.example" })
			if elsewhere.Account() == s.auth.Account() {
				t.fatalf("another BaseURL makes the same Account")
			}
			_, err := slash.Login(t.ctx)
			t.worked("Login with a slash at the end of BaseURL", err)
		},
	},
	{
		name: "user",
		rule: "Account differs when the user does",
		check: func(t *authTrial) {
			s := t.open()
			if s.vendor.Username == "" {
				t.skip("New takes no name from Setup: Vendor.Username is empty")
			}
			if s.again(func(o *Setup) { o.Username = "another-" + o.Username }).Account() == s.auth.Account() {
				t.fatalf("another Username makes the same Account")
			}
		},
	},
	{
		name: "tells-nothing",
		rule: "Account and Authenticator print no secret",
		check: func(t *authTrial) {
			s := t.open()
			s.login()
			s.silent("Account", s.auth.Account())
			s.silent("the Authenticator", s.auth)
		},
	},
}

func sameHost(a, b string) bool {
	first, err := url.Parse(a)
	second, err2 := url.Parse(b)
	return err == nil && err2 == nil && strings.EqualFold(first.Host, second.Host)
}

var newCases = []authCase{
	{
		name: "does-nothing",
		rule: "New validates and does no I/O: no request, no look at a secret",
		check: func(t *authTrial) {
			s := t.open()
			if n := len(s.wire.requests()); n > 0 {
				t.fatalf("New sent %d requests", n)
			}
			if s.passwordReads() > 0 {
				t.fatalf("New read the password")
			}
		},
	},
	{
		name: "names",
		rule: "no name is ErrInvalidRequest from New; so is one with blanks around it, unless it makes the same Account: one user is one",
		check: func(t *authTrial) {
			s := t.prepare()
			if s.vendor.Username == "" {
				t.skip("New takes no name from Setup: Vendor.Username is empty")
			}
			account := s.again(func(*Setup) {}).Account()
			for _, name := range []string{"", " ", " %s", "%s ", "\t%s", "%s\r\n"} {
				setup := s.setup
				setup.Username = strings.ReplaceAll(name, "%s", s.vendor.Username)
				auth, err := s.vendor.New(setup)
				if err == nil && auth.Account() == account {
					continue // the vendor trims names, and so does the key
				}
				s.failed(fmt.Sprintf("New with the name %q", setup.Username), err, vendorlogin.ErrInvalidRequest)
			}
		},
	},
	{
		name: "rejects",
		rule: "what cannot work is ErrInvalidRequest from New: no password; a BaseURL that is no URL, has a query or a user, or is plain http",
		check: func(t *authTrial) {
			s := t.prepare()
			refuse := func(what string, change func(*Setup)) {
				setup := s.setup
				change(&setup)
				_, err := s.vendor.New(setup)
				s.failed("New with "+what, err, vendorlogin.ErrInvalidRequest)
			}
			s.add("what is in the URL", "canary-in-the-url")
			refuse("no Password", func(o *Setup) { o.Password = nil })
			for what, base := range map[string]string{
				"a BaseURL with a query":                   "https://vendor.example/v1?key=canary-in-the-url",
				"a BaseURL with a password":                "https://ops:canary-in-the-url@vendor.example",
				"a BaseURL with plain http":                "http://vendor.example",
				"a BaseURL without a scheme":               "vendor.example",
				"a BaseURL without a host":                 "https:///v1",
				"a BaseURL with a scheme that is not http": "ftp://vendor.example",
				"a BaseURL that is no URL":                 "https://vendor.example:canary-in-the-url/%zz",
			} {
				refuse(what, func(o *Setup) { o.BaseURL = base })
			}
			if n := len(s.wire.requests()); n > 0 {
				t.fatalf("New sent %d requests", n)
			}
		},
	},
}
