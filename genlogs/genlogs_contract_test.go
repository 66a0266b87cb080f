package genlogs_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for name, useRefresh := range map[string]bool{"login": false, "refresh": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := adaptertest.Contract{
				New: func(s adaptertest.Setup) (vendorlogin.Authenticator, error) {
					return genlogs.New(genlogs.Config{
						Email: s.Name, Password: s.Password, APIKey: vendorlogin.SecretString(apiKey), UseRefresh: useRefresh,
						BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
					})
				},
				NameField: "Email",
				Login:     adaptertest.Call{Method: "POST", URL: tokenURL},
				Token: func(access string, headers ...string) adaptertest.Responder {
					return adaptertest.Reply(200, `{"access_token_data":{"token":"`+access+`"}}`, headers...)
				},
				Wrong:     "detail_text.json",
				Undecided: `{"detail":"No."}`,
				APIHeader: "Access-Token",
			}
			if useRefresh {
				v.Refresh = adaptertest.Call{Method: "POST", URL: refreshURL}
			}
			adaptertest.TestContract(t, v)
		})
	}
}
