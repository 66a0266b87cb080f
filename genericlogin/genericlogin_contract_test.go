package genericlogin_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for name, web := range map[string]bool{"plain": false, "web": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			adaptertest.TestContract(t, adaptertest.Contract{
				New: func(s adaptertest.Setup) (vendorlogin.Authenticator, error) {
					return genericlogin.New(genericlogin.Config{
						Email: s.Name, Password: s.Password, Web: web, BaseURL: cmp.Or(s.BaseURL, base), HTTPClient: s.HTTPClient,
					})
				},
				Login:   adaptertest.Call{Method: "POST", URL: loginURL},
				Refresh: adaptertest.Call{Method: "POST", URL: refreshURL},
				Token: func(access string, headers ...string) adaptertest.Responder {
					if web && !strings.Contains(access, " ") {
						return adaptertest.Reply(200, `{}`, append(headers, "Set-Cookie", "access-token="+access)...)
					}
					return adaptertest.Reply(200, `{"token":"`+access+`"}`, headers...)
				},
				Wrong:     "error-credentials.json",
				Undecided: `{"code":2,"message":"unknown"}`,
			})
		})
	}
}
