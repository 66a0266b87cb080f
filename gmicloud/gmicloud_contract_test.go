package gmicloud_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.TestContract(t, adaptertest.Contract{
		New: func(s adaptertest.Setup) (vendorlogin.Authenticator, error) {
			return gmicloud.New(gmicloud.Config{Email: s.Name, Password: s.Password, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient})
		},
		NameField: "Email",
		Before: func(w *adaptertest.Wire) {
			w.On("POST", tokensURL, adaptertest.Reply(201, `{"authToken":"first","is2FARequired":false}`))
		},
		Login:   adaptertest.Call{Method: "POST", URL: sessionsURL},
		Refresh: adaptertest.Call{Method: "PATCH", URL: sessionsURL},
		Token: func(access string, headers ...string) adaptertest.Responder {
			return adaptertest.Reply(201, pair(access, "refresh"), headers...)
		},
		Wrong:     "wrong_password.json",
		Undecided: `{"group":"session","code":99,"message":"No."}`,
	})
}
