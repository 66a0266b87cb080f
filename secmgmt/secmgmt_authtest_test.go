package secmgmt_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} { // of a failure in the envelope
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				srv := vendortest.NewSecMgmt(&vendortest.Options{NAKStatus: status})
				return adaptertest.Vendor(srv, false, func(s authtest.Setup) (vendorlogin.Authenticator, error) {
					return secmgmt.New(secmgmt.Config{
						Username: s.Username, Password: s.Password, BaseURL: s.BaseURL, HTTPClient: s.HTTPClient,
					})
				})
			})
		})
	}
}
