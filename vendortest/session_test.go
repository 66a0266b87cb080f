package vendortest_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	email    = vendortest.DefaultEmail
	password = vendortest.DefaultPassword
	secret   = "JBSWY3DPEHPK3PXP" // of an authenticator, base32
)

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

// session calls one server, one way.
type session struct {
	*testing.T
	srv    *vendortest.Server
	client *http.Client
}

// bothWays runs a test in memory and over a socket.
func bothWays(t *testing.T, make func(*vendortest.Options) *vendortest.Server, o vendortest.Options, test func(s session)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		srv := make(&o)
		t.Cleanup(srv.Close)
		test(session{t, srv, noRedirects(srv.Client())})
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		srv := make(&o).Start()
		t.Cleanup(srv.Close)
		test(session{t, srv, noRedirects(socketClient(t))})
	})
}

func noRedirects(c *http.Client) *http.Client {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

func socketClient(t *testing.T) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// inMemory is a session for tests that need one way only.
func inMemory(t *testing.T, make func(*vendortest.Options) *vendortest.Server, o *vendortest.Options) session {
	srv := make(o)
	t.Cleanup(srv.Close)
	return session{t, srv, noRedirects(srv.Client())}
}

// do sends a request; header is name, value, name, value. A name starting with
// "-" is removed.
func (s session) do(method, url, body string, header ...string) answer {
	s.Helper()
	resp, err := s.try(method, url, body, header...)
	require.NoError(s, err)
	return resp
}

func (s session) try(method, url, body string, header ...string) (answer, error) {
	s.Helper()
	if strings.HasPrefix(url, "/") {
		url = s.srv.URL + url
	}
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(s.Context(), method, url, r)
	require.NoError(s, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if name, gone := strings.CutPrefix(header[i], "-"); gone {
			req.Header.Del(name)
			continue
		}
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(data)}, err
}

// noProblems fails the test when the server found fault with what it was sent.
func (s session) noProblems() {
	s.Helper()
	assert.Empty(s, s.srv.Problems())
	assert.Zero(s, s.srv.Counts().Invalid)
}

// problem wants exactly one request found fault with, for that reason.
func (s session) problem(part string) {
	s.Helper()
	assert.Equal(s, 1, s.srv.Counts().Invalid)
	assert.Contains(s, strings.Join(s.srv.Problems(), "\n"), part)
}

// is compares status and body.
func (a answer) is(t assert.TestingT, status int, body string) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	assert.Equal(t, status, a.status)
	assert.JSONEq(t, body, a.body)
	assert.Contains(t, a.header.Get("Content-Type"), "application/json")
}

// field digs a string out of the answer: "content.0.token".
func (a answer) field(t require.TestingT, path string) string {
	v := a.value(t, path)
	s, ok := v.(string)
	require.True(t, ok, "%s is not a string in %s", path, a.body)
	return s
}

func (a answer) value(t require.TestingT, path string) any {
	var v any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), "body %q", a.body)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			require.NotEmpty(t, in)
			v = in[int(name[0]-'0')]
		default:
			require.Fail(t, "no "+path, "in %s", a.body)
		}
	}
	return v
}

// keys are the names in a JSON object.
func (a answer) keys(t require.TestingT) []string {
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v))
	var names []string
	for name := range v {
		names = append(names, name)
	}
	return names
}

// claims reads a JWT's header and payload.
func claims(t require.TestingT, token string) (header string, payload map[string]any) {
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	h, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	p, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(p, &payload))
	return string(h), payload
}

// code is what an authenticator app shows, by another implementation than ours.
func code(t require.TestingT, at time.Time) string {
	c, err := totp.GenerateCode(secret, at)
	require.NoError(t, err)
	return c
}

// otherCode is a code that is right at no time near now.
func otherCode(t require.TestingT) string {
	near := map[string]bool{}
	for d := -2; d <= 2; d++ {
		near[code(t, time.Now().Add(time.Duration(d)*30*time.Second))] = true
	}
	for _, c := range []string{"000000", "111111", "222222", "333333", "444444", "555555"} {
		if !near[c] {
			return c
		}
	}
	return "666666"
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }
