package genericlogin_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user vendortest.User
		web  bool
	}{
		"password":          {},
		"service account":   {user: vendortest.User{Service: true}},
		"second factor":     {user: vendortest.User{TOTP: adaptertest.TOTPSecret}},
		"web":               {web: true},
		"web second factor": {user: vendortest.User{TOTP: adaptertest.TOTPSecret}, web: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				user := adaptertest.User(c.user)
				srv := vendortest.NewGenericLogin(&vendortest.Options{Users: []vendortest.User{user}})
				return adaptertest.Vendor(srv, user.TOTP != "", func(s authtest.Setup) (vendorlogin.Authenticator, error) {
					return genericlogin.New(genericlogin.Config{
						Email: s.Username, Password: s.Password, OTP: s.OTP, Web: c.web, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
					})
				})
			})
		})
	}
}
