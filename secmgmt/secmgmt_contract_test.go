package secmgmt_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.TestContract(t, adaptertest.Contract{
		New: func(w *adaptertest.Wire, name string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error) {
			return secmgmt.New(secmgmt.Config{Username: name, Password: password, BaseURL: base, HTTPClient: w.Client()})
		},
		NameField: "Username",
		Login:     adaptertest.Call{Method: "POST", URL: tokenURL},
		Refresh:   adaptertest.Call{Method: "PUT", URL: tokenURL},
		Token: func(access string, headers ...string) adaptertest.Responder {
			return adaptertest.Reply(200, answer(`[{"token":"`+access+`","refreshToken":"r"}]`), headers...)
		},
		Wrong:     "error-credentials.json",
		Undecided: "error-other.json",
	})
}
