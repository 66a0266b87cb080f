package gcore_test

import (
	"context"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]vendortest.User{
		"password":        {},
		"second factor":   {TOTP: totpSecret},
		"another account": {ClientIDs: []int{2, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user.Email, user.Password = vendortest.DefaultEmail, vendortest.DefaultPassword
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				srv := vendortest.NewGcore(&vendortest.Options{Users: []vendortest.User{user}})
				v := authtest.Vendor{
					Server: srv, BaseURL: srv.URL, API: srv.APIURL(), Password: user.Password,
					New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
						c := gcore.Config{
							Username: user.Email, Password: s.Password, OTP: s.OTP, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
						}
						if user.ClientIDs != nil {
							c.ClientID = "7"
						}
						return gcore.New(c)
					},
				}
				if user.TOTP != "" {
					v.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
						return srv.Code(user.Email), nil
					})
				}
				return v
			})
		})
	}
}
