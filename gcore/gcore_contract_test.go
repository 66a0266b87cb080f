package gcore_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.TestContract(t, adaptertest.Contract{
		New: func(s adaptertest.Setup) (vendorlogin.Authenticator, error) {
			return gcore.New(gcore.Config{Username: s.Name, Password: s.Password, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient})
		},
		NameField: "Username",
		Login:     adaptertest.Call{Method: "POST", URL: loginURL},
		Refresh:   adaptertest.Call{Method: "POST", URL: refreshURL},
		Token: func(access string, headers ...string) adaptertest.Responder {
			return adaptertest.Reply(200, pair(access, "refresh"), headers...)
		},
		Wrong:     "error-credentials.json",
		Undecided: "error-forbidden.json",
	})
}
