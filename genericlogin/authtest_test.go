package genericlogin_test

import (
	"context"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/genericlogin"
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
		"second factor":     {user: vendortest.User{TOTP: totpSecret}},
		"web":               {web: true},
		"web second factor": {user: vendortest.User{TOTP: totpSecret}, web: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.user.Email, c.user.Password = vendortest.DefaultEmail, vendortest.DefaultPassword
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				srv := vendortest.NewGenericLogin(&vendortest.Options{Users: []vendortest.User{c.user}})
				v := authtest.Vendor{
					Server: srv, BaseURL: srv.URL, API: srv.APIURL(), Password: c.user.Password,
					New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
						return genericlogin.New(genericlogin.Config{
							Email: c.user.Email, Password: s.Password, OTP: s.OTP, Web: c.web, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
						})
					},
				}
				if c.user.TOTP != "" {
					v.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
						return srv.Code(c.user.Email), nil
					})
				}
				return v
			})
		})
	}
}
