package genlogs_test

import (
	"testing"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*vendortest.Options, *genlogs.Config){
		"query":   func(*vendortest.Options, *genlogs.Config) {},
		"body":    func(o *vendortest.Options, c *genlogs.Config) { o.BodyCredentials, c.CredentialsInBody = true, true },
		"refresh": func(o *vendortest.Options, c *genlogs.Config) { o.RefreshWorks, c.UseRefresh = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authtest.TestAuthenticator(t, func(t *testing.T) authtest.Vendor {
				options, config := &vendortest.Options{}, genlogs.Config{}
				set(options, &config)
				srv := vendortest.NewGenLogs(options)
				return authtest.Vendor{
					Server: srv, BaseURL: srv.URL, API: srv.APIURL(),
					Username: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, Secrets: []string{vendortest.DefaultAPIKey},
					New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
						config.Email, config.APIKey = s.Username, vendorlogin.SecretString(vendortest.DefaultAPIKey)
						config.Password, config.BaseURL, config.HTTPClient = s.Password, s.BaseURL, s.HTTPClient
						return genlogs.New(config)
					},
				}
			})
		})
	}
}
