package genericlogin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	email      = "ops@example.com"
	password   = "example-password"
	totpSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" // a known example

	base       = "https://login.example.com"
	loginURL   = base + "/v1/auth/login"
	refreshURL = base + "/v1/auth/refresh"
	logoutURL  = base + "/v1/auth/logout"

	loginBody = `{"email":"ops@example.com","password":"example-password"}`
	challenge = `{"mfaTempToken":"example-mfa-temp-token"}`
)

// wire is a mocked vendor that remembers what it was sent.
type wire struct {
	mock *httpmock.MockTransport

	mu   sync.Mutex
	sent []request
}

type request struct {
	Method, URL string
	Header      http.Header
	Body        string
}

func newWire() *wire { return &wire{mock: httpmock.NewMockTransport()} }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	w.mu.Lock()
	w.sent = append(w.sent, request{r.Method, r.URL.String(), r.Header.Clone(), string(body)})
	w.mu.Unlock()
	return w.mock.RoundTrip(r)
}

func (w *wire) requests() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]request(nil), w.sent...)
}

// answers makes the vendor answer a call with these, one after the other, and then with an error.
func (w *wire) answers(method, url string, all ...httpmock.Responder) {
	responder := all[0]
	for _, next := range all[1:] {
		responder = responder.Then(next)
	}
	w.mock.RegisterResponder(method, url, responder)
}

func reply(status int, body string) httpmock.Responder {
	return httpmock.NewStringResponder(status, body).HeaderSet(http.Header{"Content-Type": {"application/json"}})
}

func file(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(data)
}

// cookied is an answer with cookies.
func cookied(status int, body string, cookies ...string) httpmock.Responder {
	return httpmock.NewStringResponder(status, body).HeaderSet(http.Header{"Content-Type": {"application/json"}, "Set-Cookie": cookies})
}

func config(w *wire) genericlogin.Config {
	return genericlogin.Config{
		Email: email, Password: vendorlogin.SecretString(password), BaseURL: base, HTTPClient: &http.Client{Transport: w},
	}
}

func authenticator(t testing.TB, c genericlogin.Config) *genericlogin.Authenticator {
	t.Helper()
	a, err := genericlogin.New(c)
	require.NoError(t, err)
	return a
}

// codes gives these one-time passwords, one after the other.
type codes struct {
	mu    sync.Mutex
	codes []string
	asked []vendorlogin.Challenge
}

func (s *codes) OTP(_ context.Context, c vendorlogin.Challenge) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, c)
	if len(s.codes) == 0 {
		return "", errors.New("no more codes")
	}
	code := s.codes[0]
	s.codes = s.codes[1:]
	return code, nil
}

// machine is a source that needs no person.
type machine struct{ *codes }

func (machine) NonInteractive() bool { return true }

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"), Type: "Bearer", Subject: "users/101",
		RefreshExpiresAt: time.Now().Add(time.Hour), Extra: map[string]string{"email": email},
	}
}

// vendorError is err, which must be the one kind of error that adapters return.
func vendorError(t testing.TB, err error) *vendorlogin.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.Truef(t, ok, "%T is no *vendorlogin.Error", err)
	return e
}

// jwt is a token with that end; mark makes it unique.
func jwt(mark string, end time.Time) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"HS256"}`)) + "." + part(fmt.Appendf(nil, `{"exp":%d,"jti":%q}`, end.Unix(), mark)) + "." + part([]byte(mark))
}

// assertSent checks a request to the last header, those that every request has apart.
func assertSent(t *testing.T, want, got request) {
	t.Helper()
	header := got.Header.Clone()
	assert.Equal(t, "application/json", header.Get("Accept"))
	header.Del("Accept")
	header.Del("User-Agent")
	got.Header = header
	assert.Equal(t, want, got)
}
