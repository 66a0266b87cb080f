package gcore_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for name, user := range map[string]vendortest.User{
		"password":        {},
		"second factor":   {TOTP: adaptertest.TOTPSecret},
		"another account": {ClientIDs: []int{2, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				srv := vendortest.NewGcore(&vendortest.Options{Users: []vendortest.User{adaptertest.User(user)}})
				return adaptertest.Vendor(srv, user.TOTP != "", func(s authtest.Setup) (vendorlogin.Authenticator, error) {
					c := gcore.Config{
						Username: s.Username, Password: s.Password, OTP: s.OTP, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
					}
					if user.ClientIDs != nil {
						c.ClientID = "7"
					}
					return gcore.New(c)
				})
			})
		})
	}
}
