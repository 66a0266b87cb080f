package loginspec_test

import (
	"maps"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// readSpec reads a description of testdata.
func readSpec(t testing.TB, name string) *loginspec.Spec {
	file, err := os.Open("testdata/" + name + ".yaml")
	require.NoError(t, err)
	defer file.Close()
	spec, err := specyaml.Read(file)
	require.NoError(t, err)
	return spec
}

// The five vendors as data keep the contract that their Go packages keep.
func TestVendors(t *testing.T) {
	t.Parallel()
	type values map[string]string
	for name, c := range map[string]struct {
		spec    string
		options vendortest.Options
		user    vendortest.User
		open    func(*vendortest.Options) *vendortest.Server
		values  values
		keys    []string // secrets beside the password
		second  bool
	}{
		"gcore": {spec: "gcore", open: vendortest.NewGcore},
		"gcore, second factor": {spec: "gcore", open: vendortest.NewGcore, user: vendortest.User{TOTP: adaptertest.TOTPSecret},
			second: true},
		"gcore, another account": {spec: "gcore", open: vendortest.NewGcore, user: vendortest.User{ClientIDs: []int{2, 7}},
			values: values{"client_id": "7"}},
		"gmicloud": {spec: "gmicloud", open: vendortest.NewGMICloud, values: values{"device_id": "spec1"}},
		"gmicloud, second factor": {spec: "gmicloud", open: vendortest.NewGMICloud, values: values{"device_id": "spec1"},
			user: vendortest.User{EmailCode: true}, second: true},
		"genlogs": {spec: "genlogs", open: vendortest.NewGenLogs, options: vendortest.Options{RefreshWorks: true},
			keys: []string{vendortest.DefaultAPIKey}},
		"secmgmt, failures with 200": {spec: "secmgmt", open: vendortest.NewSecMgmt, options: vendortest.Options{NAKStatus: 200}},
		"secmgmt, failures with 400": {spec: "secmgmt", open: vendortest.NewSecMgmt, options: vendortest.Options{NAKStatus: 400}},
		"genericlogin":               {spec: "genericlogin", open: vendortest.NewGenericLogin},
		"genericlogin, second factor": {spec: "genericlogin", open: vendortest.NewGenericLogin,
			user: vendortest.User{TOTP: adaptertest.TOTPSecret}, second: true},
		"genericlogin, web": {spec: "genericlogin-web", open: vendortest.NewGenericLogin},
		"genericlogin, web second factor": {spec: "genericlogin-web", open: vendortest.NewGenericLogin,
			user: vendortest.User{TOTP: adaptertest.TOTPSecret}, second: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := readSpec(t, c.spec)
			authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
				user, options := adaptertest.User(c.user), c.options
				options.Users = []vendortest.User{user}
				srv := c.open(&options)
				v := adaptertest.Vendor(srv, c.second, func(s authtest.Setup) (vendorlogin.Authenticator, error) {
					config := loginspec.Config{
						Values:     values{"base_url": s.BaseURL, userOf(spec): s.Username},
						Secrets:    map[string]vendorlogin.SecretFunc{"password": s.Password},
						OTP:        s.OTP,
						HTTPClient: s.HTTPClient,
					}
					maps.Copy(config.Values, c.values)
					if c.keys != nil {
						config.Secrets["api_key"] = vendorlogin.SecretString(c.keys[0])
					}
					return loginspec.New(spec, config)
				})
				v.Secrets = append(v.Secrets, c.keys...)
				return v
			})
		})
	}
}

func userOf(spec *loginspec.Spec) string { return spec.User }
