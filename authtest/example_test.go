package authtest_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// The test of a store is one call. tokenstore.NewFile stands for the store that is yours.
func ExampleTestStore() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		authtest.TestStore(t, func(t *testing.T) vendorlogin.Store {
			return tokenstore.NewFile(t.TempDir())
		})
	}
}

// The test of a vendor is one call, and a server that behaves like the vendor. Package gcore stands for the vendor that is yours.
func ExampleTestAuthenticator() {
	_ = func(t *testing.T) { // func TestAuthenticator(t *testing.T)
		authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
			server := vendortest.NewGcore(nil)
			return authtest.Vendor{
				Server:   server,
				BaseURL:  server.URL,
				API:      server.APIURL(),
				Username: vendortest.DefaultEmail,
				Password: vendortest.DefaultPassword,
				New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
					return gcore.New(gcore.Config{
						Username:   s.Username,
						Password:   s.Password,
						OTP:        s.OTP,
						BaseURL:    s.BaseURL,
						HTTPClient: s.HTTPClient,
					})
				},
			}
		})
	}
}
