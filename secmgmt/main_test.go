package secmgmt_test

import (
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
	"github.com/vendorlogin/vendorlogin/secmgmt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username = "ops@example.com"
	password = "example-password"
	base     = "https://portal.example.com"
	tokenURL = base + "/api/v2/auth/token"

	loginBody = `{"username":"ops@example.com","password":"example-password"}`
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

func config(w *wire) secmgmt.Config {
	return secmgmt.Config{
		Username: username, Password: vendorlogin.SecretString(password), BaseURL: base, HTTPClient: &http.Client{Transport: w},
	}
}

func authenticator(t testing.TB, c secmgmt.Config) *secmgmt.Authenticator {
	t.Helper()
	a, err := secmgmt.New(c)
	require.NoError(t, err)
	return a
}

func oldToken() *vendorlogin.Token {
	return &vendorlogin.Token{
		Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"), Type: "Bearer", Subject: "old-customer",
		RefreshExpiresAt: time.Now().Add(time.Minute),
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

// answer is an envelope with that content and no error.
func answer(content string) string {
	return fmt.Sprintf(`{"errorCode":"","errorMessage":"","content":%s,"pageable":{"page":0,"size":10,"totalPages":1,"totalElements":1}}`, content)
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
