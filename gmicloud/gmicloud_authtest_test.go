package gmicloud_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]bool{"password": false, "second factor": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				user := adaptertest.User(vendortest.User{EmailCode: second})
				srv := vendortest.NewGMICloud(&vendortest.Options{Users: []vendortest.User{user}})
				return adaptertest.Vendor(srv, second, func(s authtest.Setup) (vendorlogin.Authenticator, error) {
					return gmicloud.New(gmicloud.Config{
						Email: s.Username, Password: s.Password, OTP: s.OTP, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
					})
				})
			})
		})
	}
}
