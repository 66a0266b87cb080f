package genericlogin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

var jsonOnly = http.Header{"Content-Type": {"application/json"}}

func TestLogin(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(20 * time.Minute).Truncate(time.Second)
	w := adaptertest.NewWire()
	user := `{"name":"users/101","email":"ops@example.com","mfaEnabled":true}`
	w.On("POST", loginURL, cookied(200, `{"token":"`+adaptertest.JWT("a", end)+`","user":`+user+`}`,
		"access-token=cookie", "refresh-token=cookie"))
	before := time.Now()

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, adaptertest.JWT("a", end), got.Access.Reveal(), "cookies are for web mode")
	assert.True(t, got.Refresh.IsZero())
	assert.Equal(t, "Bearer", got.Type)
	assert.WithinRange(t, got.IssuedAt, before, time.Now())
	assert.WithinDuration(t, end, got.ExpiresAt, 0)
	assert.Zero(t, got.RefreshExpiresAt)
	assert.Equal(t, "users/101", got.Subject)
	assert.Equal(t, map[string]string{"email": "ops@example.com"}, got.Extra)
	require.Len(t, w.Requests(), 1)
	adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly, loginBody)
}

// The example has a token and a challenge: a token is a login.
func TestLoginWithTheExampleResponse(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, "login.json"))

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "<string>", got.Access.Reveal())
	assert.Zero(t, got.ExpiresAt, "unknown is not a time")
	assert.Equal(t, "<string>", got.Subject)
	assert.Equal(t, map[string]string{"email": "<string>", "requireResetPassword": "true"}, got.Extra)
	assert.Len(t, w.Requests(), 1)
}

func TestServiceAccount(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(200, "service-account.json"))

	got, err := authenticator(t, config(w)).Login(t.Context())

	require.NoError(t, err)
	assert.Equal(t, "example-access-token", got.Access.Reveal())
	assert.Empty(t, got.Subject)
	assert.Empty(t, got.Extra)
}

func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	code := vendorlogin.SecretString("example-code")
	for name, c := range map[string]struct {
		config genericlogin.Config
		body   string
		scope  string
	}{
		"OAuth 2.0": {genericlogin.Config{OAuth2Code: code, Email: email},
			`{"idpName":"idps/example","idpContext":{"oauth2Context":{"code":"example-code"}}}`, "idps/example"},
		"OpenID Connect": {genericlogin.Config{OIDCCode: code, Email: email},
			`{"idpName":"idps/example","idpContext":{"oidcContext":{"code":"example-code"}}}`, "idps/example"},
		"LDAP": {genericlogin.Config{Email: "ldapuser", Password: code},
			`{"email":"ldapuser","password":"example-code","idpName":"idps/example"}`, "idps/example"},
		"in web mode": {genericlogin.Config{OIDCCode: code, Email: email, Web: true},
			`{"web":true,"idpName":"idps/example","idpContext":{"oidcContext":{"code":"example-code"}}}`, "web idps/example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(200, `{"token":"a"}`))
			c.config.IdPName, c.config.BaseURL, c.config.HTTPClient = "idps/example", base, w.Client()
			a := authenticator(t, c.config)

			_, err := a.Login(t.Context())

			require.NoError(t, err)
			require.Len(t, w.Requests(), 1)
			adaptertest.AssertSent(t, w.Requests()[0], "POST", loginURL, jsonOnly, c.body)
			assert.Equal(t, vendorlogin.Account{
				Vendor: "genericlogin", Endpoint: base, Principal: c.config.Email, Scope: c.scope,
			}, a.Account())
		})
	}
}

// The server folds before it looks: one user is one account. What is sent stays as it was typed, since older servers do not fold.
func TestOneUserIsOneAccount(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"Ops@Example.com", "ops@example.com ", " OPS@EXAMPLE.COM", email} {
		w := adaptertest.NewWire()
		w.On("POST", loginURL, adaptertest.Reply(200, `{"token":"a"}`))
		c := config(w)
		c.Email = typed
		a := authenticator(t, c)

		_, err := a.Login(t.Context())

		require.NoError(t, err)
		assert.Equal(t, email, a.Account().Principal)
		assert.JSONEq(t, fmt.Sprintf(`{"email":%q,"password":"example-password"}`, typed), w.Requests()[0].Body)
	}
}

// The provider's code is good once.
func TestIdentityProvidersCodeIsSentOnce(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(503, `{}`, "Retry-After", "0"), adaptertest.Reply(200, `{"token":"a"}`))
	c := config(w)
	c.Password, c.IdPName, c.OIDCCode = nil, "idps/example", vendorlogin.SecretString("example-code")

	_, err := authenticator(t, c).Login(t.Context())

	require.Error(t, err)
	assert.Len(t, w.Requests(), 1)
}

func TestUnsentWhenASecretIsNotThere(t *testing.T) {
	t.Parallel()
	vault := errors.New("the vault is sealed")
	failing := func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.Secret{}, vault }
	idp := func(c *genericlogin.Config) { c.Password, c.IdPName = nil, "idps/example" }
	empty := vendorlogin.SecretString("")
	for name, c := range map[string]struct {
		change func(*genericlogin.Config)
		want   error
		field  string
	}{
		"empty password":        {func(c *genericlogin.Config) { c.Password = empty }, vendorlogin.ErrInvalidRequest, "Password"},
		"failing password":      {func(c *genericlogin.Config) { c.Password = failing }, vault, ""},
		"empty OAuth 2.0 code":  {func(c *genericlogin.Config) { idp(c); c.OAuth2Code = empty }, vendorlogin.ErrInvalidRequest, "OAuth2Code"},
		"empty OIDC code":       {func(c *genericlogin.Config) { idp(c); c.OIDCCode = empty }, vendorlogin.ErrInvalidRequest, "OIDCCode"},
		"failing OIDC code":     {func(c *genericlogin.Config) { idp(c); c.OIDCCode = failing }, vault, ""},
		"empty recovery code":   {func(c *genericlogin.Config) { c.RecoveryCode = empty }, vendorlogin.ErrInvalidRequest, "RecoveryCode"},
		"failing recovery code": {func(c *genericlogin.Config) { c.RecoveryCode = failing }, vault, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			cfg := config(w)
			c.change(&cfg)

			_, err := authenticator(t, cfg).Login(t.Context())

			assert.ErrorIs(t, err, c.want)
			e := adaptertest.VendorError(t, err)
			assert.True(t, e.Unprocessed)
			if c.field != "" {
				require.Len(t, e.Fields, 1)
				assert.Equal(t, c.field, e.Fields[0].Field)
			}
			assert.Empty(t, w.Requests())
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	code := vendorlogin.SecretString("example-code")
	type of = genericlogin.Config
	idp := func(c *of) { c.Password, c.IdPName, c.OIDCCode = nil, "idps/example", code }
	for name, c := range map[string]struct {
		change func(*of)
		fields []string
	}{
		"no e-mail":               {func(c *of) { c.Email = "" }, []string{"Email"}},
		"a blank e-mail":          {func(c *of) { c.Email = " " }, []string{"Email"}},
		"an e-mail of two lines":  {func(c *of) { c.Email = "ops@example.com\n" }, []string{"Email"}},
		"no password":             {func(c *of) { c.Password = nil }, []string{"Password"}},
		"no e-mail, provider":     {func(c *of) { idp(c); c.Email = "" }, []string{"Email"}},
		"both codes":              {func(c *of) { idp(c); c.OAuth2Code = code }, []string{"OAuth2Code", "OIDCCode"}},
		"both codes, no provider": {func(c *of) { c.Password, c.OAuth2Code, c.OIDCCode = nil, code, code }, []string{"OAuth2Code", "OIDCCode"}},
		"no provider, OAuth 2.0":  {func(c *of) { c.Password, c.OAuth2Code = nil, code }, []string{"IdPName"}},
		"no provider, OIDC":       {func(c *of) { idp(c); c.IdPName = "" }, []string{"IdPName"}},
		"no code":                 {func(c *of) { idp(c); c.OIDCCode = nil }, []string{"Password"}},
		"a bare provider":         {func(c *of) { idp(c); c.IdPName = "example" }, []string{"IdPName"}},
		"an empty provider":       {func(c *of) { idp(c); c.IdPName = "idps/" }, []string{"IdPName"}},
		"a blank provider":        {func(c *of) { idp(c); c.IdPName = "idps/ " }, []string{"IdPName"}},
		"a provider's path":       {func(c *of) { idp(c); c.IdPName = "idps/a/b" }, []string{"IdPName"}},
		"a provider with a blank": {func(c *of) { idp(c); c.IdPName = "idps/example " }, []string{"IdPName"}},
		"LDAP, a bare provider":   {func(c *of) { c.IdPName = "example" }, []string{"IdPName"}},
		"code and password":       {func(c *of) { idp(c); c.Password = code }, []string{"Password"}},
		"no base URL":             {func(c *of) { c.BaseURL = "" }, []string{"BaseURL"}},
		"a query":                 {func(c *of) { c.BaseURL += "?x=secret" }, []string{"BaseURL"}},
		"a version":               {func(c *of) { c.BaseURL += "/v1/" }, []string{"BaseURL"}},
		"user information":        {func(c *of) { c.BaseURL = "https://ops:secret@login.example.com" }, []string{"BaseURL"}},
		"plain http":              {func(c *of) { c.BaseURL = "http://login.example.com" }, []string{"BaseURL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			cfg := config(w)
			c.change(&cfg)

			a, err := genericlogin.New(cfg)

			assert.Nil(t, a)
			adaptertest.AssertInvalid(t, err, "genericlogin", c.fields...)
			assert.Empty(t, w.Requests())
		})
	}
}

func TestAccountsThatDiffer(t *testing.T) {
	t.Parallel()
	code := vendorlogin.SecretString("example-code")
	seen := map[string]bool{}
	for _, change := range []func(*genericlogin.Config){
		func(c *genericlogin.Config) {},
		func(c *genericlogin.Config) { c.Web = true },
		func(c *genericlogin.Config) { c.Email = "dev@example.com" },
		func(c *genericlogin.Config) { c.Password, c.IdPName, c.OIDCCode = nil, "idps/example", code },
		func(c *genericlogin.Config) { c.Password, c.IdPName, c.OIDCCode = nil, "idps/other", code },
		func(c *genericlogin.Config) { c.Password, c.IdPName, c.OIDCCode, c.Web = nil, "idps/other", code, true },
	} {
		c := config(adaptertest.NewWire())
		change(&c)
		key := authenticator(t, c).Account().Key()
		assert.False(t, seen[key])
		seen[key] = true
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	fingerprint := func(change func(*genericlogin.Config)) uint64 {
		c := config(adaptertest.NewWire())
		change(&c)
		sum, err := authenticator(t, c).Fingerprint(t.Context())
		require.NoError(t, err)
		return sum
	}
	same := func(*genericlogin.Config) {}
	assert.Equal(t, fingerprint(same), fingerprint(same))
	seen := map[uint64]bool{fingerprint(same): true}
	for _, change := range []func(*genericlogin.Config){
		func(c *genericlogin.Config) { c.Password = vendorlogin.SecretString("other") },
		func(c *genericlogin.Config) { c.RecoveryCode = vendorlogin.SecretString("one") },
		func(c *genericlogin.Config) { c.RecoveryCode = vendorlogin.SecretString("two") },
		func(c *genericlogin.Config) {
			c.Password, c.IdPName, c.OIDCCode = nil, "idps/example", vendorlogin.SecretString("one")
		},
		func(c *genericlogin.Config) {
			c.Password, c.IdPName, c.OIDCCode = nil, "idps/example", vendorlogin.SecretString("two")
		},
	} {
		sum := fingerprint(change)
		assert.False(t, seen[sum])
		seen[sum] = true
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(genericlogin.Authenticator{}), uintptr(144), "there may be 100,000 of them")
}
