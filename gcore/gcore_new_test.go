package gcore_test

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*gcore.Config)
		field  string
	}{
		"no user name":                     {func(c *gcore.Config) { c.Username = "" }, "Username"},
		"a blank user name":                {func(c *gcore.Config) { c.Username = " \t" }, "Username"},
		"a user name of two lines":         {func(c *gcore.Config) { c.Username = "ops@example.com\r\nx" }, "Username"},
		"no password":                      {func(c *gcore.Config) { c.Password = nil }, "Password"},
		"a blank client id":                {func(c *gcore.Config) { c.ClientID = " " }, "ClientID"},
		"a client id that leads elsewhere": {func(c *gcore.Config) { c.ClientID = ".." }, "ClientID"},
		"a client id of two lines":         {func(c *gcore.Config) { c.ClientID = "4\n2" }, "ClientID"},
		"a query":                          {func(c *gcore.Config) { c.BaseURL = "https://api.gcore.com?x=secret" }, "BaseURL"},
		"user information":                 {func(c *gcore.Config) { c.BaseURL = "https://ops:secret@api.gcore.com" }, "BaseURL"},
		"plain http":                       {func(c *gcore.Config) { c.BaseURL = "http://api.gcore.com" }, "BaseURL"},
		"no scheme":                        {func(c *gcore.Config) { c.BaseURL = "api.gcore.com" }, "BaseURL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			cfg := config(w)
			c.change(&cfg)

			a, err := gcore.New(cfg)

			assert.Nil(t, a)
			adaptertest.AssertInvalid(t, err, "gcore", c.field)
			assert.Empty(t, w.Requests())
		})
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	assert.Equal(t, vendorlogin.Account{Vendor: "gcore", Endpoint: gcore.DefaultBaseURL, Principal: username}, authenticator(t, c).Account())

	c.ClientID, c.BaseURL = "42", "http://127.0.0.1:1/"
	assert.Equal(
		t, vendorlogin.Account{Vendor: "gcore", Endpoint: "http://127.0.0.1:1", Principal: username, Scope: "42"}, authenticator(t, c).Account(),
	)
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	fingerprint := func(password string) uint64 {
		c := config(adaptertest.NewWire())
		c.Password = vendorlogin.SecretString(password)
		sum, err := authenticator(t, c).Fingerprint(t.Context())
		require.NoError(t, err)
		return sum
	}
	assert.Equal(t, fingerprint("one"), fingerprint("one"))
	assert.NotEqual(t, fingerprint("one"), fingerprint("two"))
}

func TestSize(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(gcore.Authenticator{}), uintptr(130), "there may be 100,000 of them")
}
