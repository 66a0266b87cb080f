package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "example-password"

// A vendor is a server that takes what its description says and nothing else.
type vendor struct {
	*httptest.Server
	logins atomic.Int64
	key    *rsa.PrivateKey // of assertion
	resent atomic.Int64
}

// start serves a vendor on loopback. handler's URL is the server's.
func start(t *testing.T, handler func(v *vendor, w http.ResponseWriter, r *http.Request)) *vendor {
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler(v, w, r) }))
	t.Cleanup(v.Close)
	return v
}

func reply(w http.ResponseWriter, status int, format string, args ...any) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, format, args...)
}

// granted answers an API request that carries a token, or does not.
func granted(w http.ResponseWriter, ok bool) {
	if !ok {
		reply(w, 401, `{"error": "unauthorized"}`)
		return
	}
	reply(w, 200, `{"ok": true}`)
}

func portal(v *vendor, w http.ResponseWriter, r *http.Request) {
	cookie := func(name string) string {
		if c, err := r.Cookie(name); err == nil {
			return c.Value
		}
		return ""
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	form := `<form method="post"><input type="hidden" name="csrf" value="a&#43;b/c=&amp;d"></form>`
	switch {
	case r.Method == "GET" && r.URL.Path == "/login":
		http.SetCookie(w, &http.Cookie{Name: "SESSION", Value: "visitor-session"})
		reply(w, 200, "%s", form)
	case r.URL.Path == "/login":
		v.logins.Add(1)
		if cookie("SESSION") != "visitor-session" || r.FormValue("csrf") != "a+b/c=&d" {
			reply(w, 403, "no session")
			return
		}
		if r.FormValue("username") != "ops@example.com" || r.FormValue("password") != password {
			reply(w, 200, "<p>Wrong user name or password</p>%s", form)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "SESSION", Value: "user-session", MaxAge: 600})
		w.Header().Set("Location", "/")
		reply(w, 303, "")
	case r.URL.Path == "/logout":
		reply(w, 200, "bye")
	case cookie("SESSION") != "user-session":
		w.Header().Set("Location", "/login")
		reply(w, 302, "")
	default:
		reply(w, 200, "welcome")
	}
}

func basic(v *vendor, w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == "POST" && r.URL.Path == "/v1/session":
		v.logins.Add(1)
		user, given, _ := r.BasicAuth()
		if user != "ops@example.com" || given != password || r.URL.RawQuery != "" {
			reply(w, 401, `{"error": "unauthorized"}`)
			return
		}
		w.Header().Set("X-Auth-Token", "basic-token")
		reply(w, 201, "")
	case r.Method == "DELETE":
		reply(w, 204, "")
	default:
		granted(w, r.Header.Get("X-Auth-Token") == "basic-token")
	}
}

func soap(v *vendor, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/services/session" {
		granted(w, r.URL.Query().Get("session") == "soap-session")
		return
	}
	v.logins.Add(1)
	body, _ := io.ReadAll(r.Body)
	want := `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><login><user>ops@example.com</user>` +
		`<password type="plain">` + password + `</password></login></soap:Body></soap:Envelope>`
	envelope := `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>`
	w.Header().Set("Content-Type", "text/xml")
	if !strings.HasSuffix(string(body), want) || r.Header.Get("SOAPAction") != "login" || r.Header.Get("Content-Type") != "text/xml" {
		reply(w, 200, envelope, "<s:Fault><faultcode>INVALID_LOGIN</faultcode><faultstring>no</faultstring></s:Fault>")
		return
	}
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	reply(w, 200, envelope, `<loginResponse><session id="soap-session"/><validUntil>`+until+`</validUntil><userId>42</userId></loginResponse>`)
}

func region(v *vendor, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") != "example-api-key" {
		reply(w, 400, `{"error": "invalid_request"}`)
		return
	}
	if r.URL.Path != "/oauth/token" {
		granted(w, r.Header.Get("Authorization") == "Bearer region-token")
		return
	}
	v.logins.Add(1)
	if r.FormValue("client_id") != "ops@example.com" || r.FormValue("client_secret") != password {
		reply(w, 400, `{"error": "invalid_client"}`)
		return
	}
	reply(w, 200, `{"access_token": "region-token", "token_type": "bearer", "expires_in": 3600, "instance_url": %q}`, v.URL)
}

func mailcode(v *vendor, w http.ResponseWriter, r *http.Request) {
	var in struct{ Email, Password, Challenge, Code string }
	if r.Method == "POST" && json.NewDecoder(r.Body).Decode(&in) != nil {
		reply(w, 400, `{"error": "no JSON"}`)
		return
	}
	switch r.URL.Path {
	case "/auth":
		v.logins.Add(1)
		if in.Email != "ops@example.com" || in.Password != password {
			reply(w, 400, `{"error": "wrong_password"}`)
			return
		}
		reply(w, 200, `{"challenge": {"id": "example-challenge"}}`)
	case "/auth/code/resend":
		v.resent.Add(1)
		reply(w, 204, "")
	case "/auth/code":
		if in.Challenge != "example-challenge" || in.Code != "004217" || v.resent.Load() == 0 {
			reply(w, 400, `{"error": "wrong_code"}`)
			return
		}
		reply(w, 200, `{"token": "mail-token", "expiresInMs": 3600000}`)
	default:
		granted(w, r.Header.Get("Authorization") == "Bearer mail-token")
	}
}

func assertion(v *vendor, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/token" {
		granted(w, r.Header.Get("Authorization") == "Bearer assertion-token")
		return
	}
	v.logins.Add(1)
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(r.FormValue("assertion"), claims, func(*jwt.Token) (any, error) { return &v.key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(v.URL+"/token"), jwt.WithIssuer("ops@example.com"),
		jwt.WithExpirationRequired())
	if err != nil || token.Header["kid"] != "example-key" || claims["jti"] == "" {
		reply(w, 400, `{"error": "invalid_grant"}`)
		return
	}
	reply(w, 200, `{"access_token": "assertion-token", "expires_in": 3600}`)
}

func newKey(t *testing.T) (*rsa.PrivateKey, string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

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
