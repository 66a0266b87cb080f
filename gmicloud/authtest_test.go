package gmicloud_test

import (
	"context"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]bool{"password": false, "second factor": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				user := vendortest.User{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, EmailCode: second}
				srv := vendortest.NewGMICloud(&vendortest.Options{Users: []vendortest.User{user}})
				v := authtest.Vendor{
					Server: srv, BaseURL: srv.URL, API: srv.APIURL(), Password: user.Password,
					New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
						return gmicloud.New(gmicloud.Config{
							Email: user.Email, Password: s.Password, OTP: s.OTP, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
						})
					},
				}
				if second {
					v.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
						return srv.Code(user.Email), nil
					})
				}
				return v
			})
		})
	}
}
