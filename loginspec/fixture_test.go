package loginspec_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
)

const (
	exampleUser     = "ops@example.com"
	examplePassword = "example-password"
)

// A sent request is one that reached a vendor, with its body read.
type sent struct {
	*http.Request
	body string
}

// A wire is an http.RoundTripper that asks a handler, in memory, and remembers what was sent where.
type wire struct {
	handler func(w http.ResponseWriter, r *http.Request)
	mu      sync.Mutex
	sent    []sent
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	r := req.Clone(req.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.mu.Lock()
	w.sent = append(w.sent, sent{r, string(body)})
	w.mu.Unlock()
	if w.handler == nil {
		return nil, errors.New("nobody is there")
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	w.handler(recorder, again)
	resp := recorder.Result()
	resp.Request = req
	return resp, nil
}

func (w *wire) requests() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sent(nil), w.sent...)
}

// respond is a handler that always says the same.
func respond(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// parseYAML reads a description that is right.
func parseYAML(t testing.TB, text string) *loginspec.Spec {
	spec, err := specyaml.Read(strings.NewReader(strings.ReplaceAll(text, "\t", "  ")))
	require.NoError(t, err)
	return spec
}

// config has every input of s that is not given: as the user or the password.
func config(s *loginspec.Spec, w *wire, values map[string]string) loginspec.Config {
	c := loginspec.Config{
		Values: map[string]string{}, Secrets: map[string]vendorlogin.SecretFunc{}, HTTPClient: &http.Client{Transport: w},
	}
	for _, in := range s.Inputs {
		value, given := values[in.Name]
		switch {
		case given && in.Secret:
			c.Secrets[in.Name] = vendorlogin.SecretString(value)
		case given:
			c.Values[in.Name] = value
		case in.Secret && !in.Optional:
			c.Secrets[in.Name] = vendorlogin.SecretString(examplePassword)
		case in.Name == s.User:
			c.Values[in.Name] = exampleUser
		}
	}
	return c
}

// newClient is a Client of what s describes.
func newClient(t *testing.T, s *loginspec.Spec, c loginspec.Config) *vendorlogin.Client {
	t.Helper()
	auth, err := loginspec.New(s, c)
	require.NoError(t, err)
	client, err := vendorlogin.NewClient(auth, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

// login logs in as text describes, to a vendor that is handler.
func login(t *testing.T, text string, values map[string]string, handler func(http.ResponseWriter, *http.Request)) (*vendorlogin.Token,
	*wire, error) {
	t.Helper()
	w := &wire{handler: handler}
	spec := parseYAML(t, text)
	auth, err := loginspec.New(spec, config(spec, w, values))
	require.NoError(t, err)
	token, err := auth.Login(t.Context())
	return token, w, err
}

// mistakes are what New finds wrong.
func mistakes(t *testing.T, text string, c loginspec.Config) string {
	t.Helper()
	spec, err := specyaml.Read(strings.NewReader(text))
	if err == nil {
		_, err = loginspec.New(spec, c)
	}
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok)
	assert.True(t, e.Unprocessed)
	return err.Error()
}

func contains(text, part string) bool { return strings.Contains(text, part) }

// checkMade computes again what a body was made of.
func checkMade(t *testing.T, body string) {
	var got struct{ B, H, H64 string }
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	pair := base64.StdEncoding.EncodeToString([]byte(exampleUser + ":" + examplePassword))
	assert.Equal(t, pair, got.B)
	sum := sha256.Sum256([]byte(examplePassword))
	assert.Equal(t, hex.EncodeToString(sum[:]), got.H)
	sum = sha256.Sum256([]byte(pair))
	assert.Equal(t, base64.StdEncoding.EncodeToString(sum[:]), got.H64)
}

func readAll(r *http.Request) string {
	data, _ := io.ReadAll(r.Body)
	return string(data)
}

// checkXML reads the document of FuzzPlaces with another reader than the one that is tested.
func checkXML(t *testing.T, body, value string) {
	var got struct {
		B struct {
			C    string `xml:"c,attr"`
			Text string `xml:",chardata"`
		} `xml:"b"`
		D string `xml:"d"`
	}
	require.NoError(t, xml.Unmarshal([]byte(body), &got))
	assert.Equal(t, []string{value, value, value}, []string{got.B.C, got.B.Text, got.D})
}
