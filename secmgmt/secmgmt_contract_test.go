package secmgmt_test

import (
	"cmp"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.TestContract(t, adaptertest.Contract{
		New: func(s adaptertest.Setup) (vendorlogin.Authenticator, error) {
			return secmgmt.New(secmgmt.Config{Username: s.Name, Password: s.Password, BaseURL: cmp.Or(s.BaseURL, base), HTTPClient: s.HTTPClient})
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
