package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "example-password"

var examples = map[string]struct {
	handler  func(v *vendor, w http.ResponseWriter, r *http.Request)
	user     string // the input that says who logs in
	secret   string
	base     string
	lifetime time.Duration
	subject  string
}{
	"portal":    {portal, "username", "password", "base_url", 10 * time.Minute, ""},
	"basic":     {basic, "username", "password", "base_url", 20 * time.Minute, ""},
	"xml":       {soap, "username", "password", "base_url", time.Hour, "42"},
	"region":    {region, "client_id", "client_secret", "login_url", time.Hour, ""},
	"mailcode":  {mailcode, "email", "password", "base_url", time.Hour, ""},
	"assertion": {assertion, "client_email", "private_key", "base_url", time.Hour, ""},
}

// Each example logs in to a vendor that takes what it describes, calls the API, and stops after one rejected password.
func TestExamples(t *testing.T) {
	t.Parallel()
	for name, example := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t, example.handler)
			spec, err := read(name + ".yaml")
			require.NoError(t, err)
			secret, wrong := password, "wrong-password"
			if name == "assertion" {
				v.key, secret = newKey(t)
				_, wrong = newKey(t)
			}
			client := func(secret string) *vendorlogin.Client {
				auth, err := loginspec.New(spec, config(v, example.user, example.base, map[string]string{example.secret: secret}))
				require.NoError(t, err)
				c, err := vendorlogin.NewClient(auth, nil)
				require.NoError(t, err)
				t.Cleanup(func() { _ = c.Close() })
				return c
			}

			good := client(secret)
			token, err := good.Token(t.Context())
			require.NoError(t, err)
			assert.Equal(t, example.subject, token.Subject)
			assert.InDelta(t, example.lifetime.Seconds(), token.ExpiresAt.Sub(token.IssuedAt).Seconds(), 60)
			resp, err := good.HTTPClient().Get(v.URL + "/api/me")
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, 200, resp.StatusCode)
			require.NoError(t, good.Logout(t.Context()))

			v.logins.Store(0)
			bad := client(wrong)
			for range 20 {
				_, err = bad.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			}
			assert.EqualValues(t, 1, v.logins.Load())
			assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), wrong)
		})
	}
}

// config is what each example may have; what one does not know is taken out.
func config(v *vendor, user, base string, secrets map[string]string) loginspec.Config {
	c := loginspec.Config{
		Values:     map[string]string{user: "ops@example.com", base: v.URL},
		Secrets:    map[string]vendorlogin.SecretFunc{},
		HTTPClient: &http.Client{Transport: v.Client().Transport},
	}
	for name, value := range secrets {
		c.Secrets[name] = vendorlogin.SecretString(value)
	}
	switch user {
	case "client_id":
		c.Secrets["api_key"] = vendorlogin.SecretString("example-api-key")
	case "client_email":
		c.Values["key_id"] = "example-key"
	}
	typed := 0
	c.OTP = vendorlogin.OTPFunc(func(ctx context.Context, challenge vendorlogin.Challenge) (string, error) {
		if typed++; typed == 1 {
			return "000000", nil
		}
		if challenge.Attempt != 2 || challenge.Method != "email" || challenge.Resend == nil {
			return "", errors.New("another challenge was expected")
		}
		return "004217", challenge.Resend(ctx)
	})
	return c
}

func TestExplain(t *testing.T) {
	for name := range examples {
		var out strings.Builder
		require.NoError(t, run(t.Context(), []string{name + ".yaml"}, strings.NewReader(""), &out))
		assert.Contains(t, out.String(), "login[0]\n")
		assert.Contains(t, out.String(), "for -login set\n")
	}
}

// With -login the command logs in with values from the environment, and shows none of the secrets.
func TestLogin(t *testing.T) {
	v := start(t, basic)
	t.Setenv("BASIC_BASE_URL", v.URL)
	t.Setenv("BASIC_USERNAME", "ops@example.com")
	t.Setenv("BASIC_PASSWORD", password)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-login", "basic.yaml"}, strings.NewReader(""), &out))
	assert.Contains(t, out.String(), "access at header x-auth-token: is there")
	assert.Contains(t, out.String(), "token: expires in 20m0s")
	assert.NotContains(t, out.String(), password)
	assert.NotContains(t, out.String(), "basic-token")
}

// What a program makes is named on the command line.
func TestMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "v.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
name: v
login:
  - {url: "https://v.example/login", json: {a: "${saml}"}, keep: {access: {json: t}}}
`), 0o600))
	err := run(t.Context(), []string{file}, strings.NewReader(""), io.Discard)
	require.ErrorContains(t, err, "${saml}, which is unknown; known are code; Config.Made lacks it")
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-made", "saml", file}, strings.NewReader(""), &out))
	assert.Contains(t, out.String(), `"a": "[redacted]"`)
	assert.Contains(t, out.String(), "for -login set\n  V_SAML\n")
}

// What a login lacks is said before anything is sent, with the names to set.
func TestMissing(t *testing.T) {
	err := run(t.Context(), []string{"-login", "basic.yaml"}, strings.NewReader(""), io.Discard)
	require.EqualError(t, err, "not in the environment: BASIC_USERNAME, BASIC_PASSWORD")
}

// Several mistakes in a description are a line each.
func TestMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spoiled.yaml")
	text := "name: v\nuser: usr\nlogin:\n  - {url: \"https://api.example.com/login\", keep: {acces: {json: token}}}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var out strings.Builder
	err := run(t.Context(), []string{file}, strings.NewReader(""), &out)
	require.Error(t, err)
	assert.Empty(t, out.String())
	assert.Contains(t, inLines(err), "line 2: user is no input\n")
	assert.Greater(t, strings.Count(inLines(err), "\n"), 0)
}

func TestUsage(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), nil, nil, io.Discard), "usage")
	require.Error(t, run(t.Context(), []string{"no-such-file.yaml"}, nil, io.Discard))
}
